"""Galleries of a project that was really trained: the right networks, examples and losses."""

from __future__ import annotations

import threading
from pathlib import Path

import numpy as np
import pytest

from taskonomy_core.errors import TaskonomyError
from taskonomy_core.ledger.project import Project, columns
from taskonomy_core.ledger.showroom import OWN, SCRATCH, TRANSFER, Showroom, TaskGallery
from taskonomy_core.ledger.store import Store


@pytest.fixture(scope="module")
def rooms(trained: Path) -> Showroom:
    return Showroom(Project.read(trained / "registry.toml"))


def stored(trained: Path, task: str, reference: str, sources: tuple[str, ...] = ()) -> dict[int, float]:
    project = Project.read(trained / "registry.toml")
    with Store.open(project.folder) as store:
        (column,) = (
            each
            for each in columns(project.roster, project.recipe, store)
            if (each.target, each.reference, each.sources) == (task, reference, sources)
        )
    return dict(zip(column.image_ids.tolist(), column.losses.tolist(), strict=True))


def test_what_is_trained_can_be_shown(rooms: Showroom) -> None:
    assert sorted(rooms.tasks()) == ["brightness", "denoising", "egomotion", "normals"]


def test_losses_are_those_that_the_tournaments_compared(rooms: Showroom, trained: Path) -> None:
    found = rooms.show("normals", ("denoising", "brightness"), 3)
    assert [(said.by, said.sources) for said in found.said] == [
        (OWN, ()),
        (TRANSFER, ("brightness", "denoising")),
        (SCRATCH, ()),
    ]
    references = (("self", ()), ("", ("brightness", "denoising")), ("scratch", ()))
    for said, (reference, sources) in zip(found.said, references, strict=True):
        losses = stored(trained, "normals", reference, sources)
        assert said.losses.tolist() == [losses[each] for each in found.ids.tolist()]
        assert said.pictures.shape == (3, 32, 32, 3)
    assert (found.task, found.title) == ("normals", "Normals")
    assert len({said.pictures.tobytes() for said in found.said}) == 3


def test_examples_have_labels_and_are_spread_out(rooms: Showroom, trained: Path) -> None:
    own = stored(trained, "normals", "self")
    labelled = [each for each, loss in own.items() if not np.isnan(loss)]
    assert rooms.show("normals", (), 4).ids.tolist() == [labelled[place * len(labelled) // 4] for place in range(4)]
    assert rooms.show("normals", (), 999).ids.tolist() == labelled
    assert rooms.show("normals", (), 0).said == ()


def test_a_transfer_that_was_not_trained_is_left_out(rooms: Showroom) -> None:
    sources = ("brightness", "denoising", "egomotion")
    assert [said.by for said in rooms.show("normals", sources, 1).said] == [OWN, SCRATCH]


@pytest.mark.parametrize("task", ["random_projection"])
def test_an_encoder_that_predicts_nothing_is_refused(rooms: Showroom, task: str) -> None:
    with pytest.raises(TaskonomyError) as raised:
        rooms.show(task)
    assert str(raised.value) == f"{task} has no finished network to show.\nType: tk transfer"


def test_any_thread_may_ask(rooms: Showroom) -> None:
    expected = rooms.show("denoising", ("normals",), 2)
    found: list[TaskGallery] = []
    asking = [threading.Thread(target=lambda: found.append(rooms.show("denoising", ("normals",), 2))) for _ in range(3)]
    for thread in asking:
        thread.start()
    for thread in asking:
        thread.join()
    assert len(found) == 3
    for each in found:
        for said, other in zip(each.said, expected.said, strict=True):
            np.testing.assert_array_equal(said.pictures, other.pictures)
