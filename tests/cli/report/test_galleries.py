"""Pictures in a page: what stands above and below them, and how they are made to fit."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

from taskonomy_cli.report.galleries import Gallery, shown, transfer_of
from taskonomy_core.ledger.showroom import OWN, SCRATCH, TRANSFER, Said, TaskGallery
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.taxonomy import OPTIMAL, Taxonomy

LARGE = 10**9


def noise(side: int, wide: int = 1, count: int = 2) -> np.ndarray:
    return np.random.default_rng(side).integers(0, 256, (count, side, side * wide, 3), dtype=np.uint8)


def gallery(side: int = 16, task: str = "depth", losses: tuple[float, float] = (0.12345, np.nan)) -> TaskGallery:
    said = tuple(
        Said(by, sources, noise(side), np.array(losses))
        for by, sources in ((OWN, ()), (TRANSFER, ("edges", "normals")), (SCRATCH, ()))
    )
    return TaskGallery(task, "Depth", np.arange(2), noise(side, wide=2), noise(side), said)


def taxonomy(*edges: Edge) -> Taxonomy:
    return Taxonomy(OPTIMAL, 1.0, 2, "sqrt", edges=edges)


def image(uri: str) -> np.ndarray:
    head, _, content = uri.partition(",")
    assert head == "data:image/webp;base64"
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(content))).convert("RGB"))


def length(galleries: list[Gallery]) -> int:
    return sum(len(picture.uri) for each in galleries for row in each.rows for picture in row)


def test_small_pictures_lose_nothing_and_are_enlarged_by_a_whole_factor() -> None:
    (found,) = shown([gallery(side=16)], None, LARGE)
    first = found.rows[0]
    assert (image(first[0].uri) == noise(16, wide=2)[0]).all()
    assert (image(found.rows[1][1].uri) == noise(16)[1]).all()
    assert [(picture.width, picture.height) for picture in first[:2]] == [(256, 128), (128, 128)]


def test_losses_stand_below_and_a_missing_one_is_a_dash() -> None:
    (found,) = shown([gallery()], None, LARGE)
    assert [picture.caption for picture in found.rows[0]] == ["", "", "loss 0.123", "loss 0.123", "loss 0.123"]
    assert found.rows[1][4].caption == "loss -"
    assert found.rows[0][3].alt == "Best transfer of Depth, example 1, loss 0.123"


@pytest.mark.parametrize(
    ("edge", "own", "transfer"),
    [
        (Edge("depth", ("normals", "edges"), 0.1), "", "Chosen transfer"),
        (Edge("depth", (), 0.1), "chosen: it is labelled", "Best transfer"),
        (Edge("normals", (), 0.1), "", "Best transfer"),
    ],
    ids=["transferred", "labelled", "not served"],
)
def test_what_the_taxonomy_chose_is_marked(edge: Edge, own: str, transfer: str) -> None:
    (found,) = shown([gallery()], taxonomy(edge), LARGE)
    assert found.columns[2:] == (("Own network", own), (transfer, "from edges + normals"), ("From scratch", ""))


def test_pictures_shrink_until_they_fit_and_the_last_are_left_out() -> None:
    full = [gallery(side=256, task=f"task{number}") for number in range(4)]
    sizes = []
    for room in (LARGE, 1_000_000, 300_000, 60_000):
        found = shown(full, None, room)
        assert len(found) == 4
        assert length(found) <= room
        sizes.append(length(found))
        # They are shown as large as before.
        assert {picture.height for each in found for row in each.rows for picture in row[1:]} == {128}
    assert sizes == sorted(sizes, reverse=True)
    assert len(set(sizes)) == 4
    few = [each.task for each in shown(full, None, 16_000)]
    assert few == [each.task for each in full[: len(few)]]
    assert 0 < len(few) < 4
    assert shown(full, None, 1) == []


def test_a_gallery_without_examples_is_passed_over() -> None:
    nothing = np.empty((0, 1, 1, 3), np.uint8)
    assert shown([TaskGallery("depth", "Depth", np.arange(0), nothing, nothing, ())], None, LARGE) == []


def test_the_transfer_to_show_is_the_chosen_one_else_the_best() -> None:
    edges = (Edge("depth", (), 0.5), Edge("depth", ("depth",), 0.3), Edge("depth", ("edges",), 0.05))
    measured = Affinity((*edges, Edge("depth", ("normals",), 0.15), Edge("alone", (), 1.0)), {})
    assert transfer_of(measured, taxonomy(Edge("depth", ("edges",), 0.05)), "depth") == ("edges",)
    assert transfer_of(measured, taxonomy(Edge("depth", (), 0.5)), "depth") == ("normals",)
    assert transfer_of(measured, None, "depth") == ("normals",)
    assert transfer_of(measured, None, "alone") == ()
