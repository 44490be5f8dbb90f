from __future__ import annotations

import math
import re
import struct
from itertools import permutations
from xml.etree import ElementTree

import numpy as np
import pytest
from matplotlib import colormaps
from matplotlib.colors import to_hex

from taskonomy_core.report.affinity_picture import displayed, draw_affinity, row_ranks
from taskonomy_core.report.canvas import ACCENT
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.edges import Edge

PNG = b"\x89PNG\r\n\x1a\n"
SVG = "{http://www.w3.org/2000/svg}"


def texts(path):
    return ["".join(text.itertext()) for text in ElementTree.parse(path).iter(f"{SVG}text")]


def fills(path, panel):
    """The colours of the measured cells of a panel, row by row."""
    (group,) = [group for group in ElementTree.parse(path).iter(f"{SVG}g") if group.get("id") == panel]
    styles = [element.get("style", "") for element in group.iter()]
    return [found[1] for style in styles if (found := re.search(r"fill: (#\w{6})", style))]


def colour(share):
    """The colour at a share of the scale, 0 the darkest."""
    return to_hex(colormaps["YlGnBu"](np.linspace(0.97, 0.1, 256)[min(int(share * 256), 255)]))


def many(count, missing=()):
    """Every transfer among `count` tasks, the better the nearer; with the own network the best."""
    names = [f"t{n:03}" for n in range(count)]
    edges = [Edge(name, (), 0.5, 0.9, 0.5) for name in names]
    for (i, target), (j, source) in permutations(enumerate(names), 2):
        if (target, source) not in missing:
            edges.append(Edge(target, (source,), 0.5 / count / abs(i - j), 0.5, 0.3))
    return Affinity(tuple(edges), {})


def test_ranks_by_hand():
    ranks = row_ranks(np.array([[0.1, 0.3, np.nan, 0.3], [np.nan, 5.0, 6.0, 7.0]]))
    assert ranks[0, [0, 1, 3]].tolist() == [3, 1, 1]
    assert ranks[1, 1:].tolist() == [3, 2, 1]
    assert np.isnan(ranks[[0, 1], [2, 0]]).all()


def test_what_is_displayed_by_hand():
    # 0.05 of 0.5 is a tenth: exp(-20 / 10).
    shown = displayed(np.array([[0.05, 0.45, np.nan], [0.0, 0.0, 0.0], [np.nan, np.nan, np.nan]]))
    assert shown[0, :2] == pytest.approx([math.exp(-2), math.exp(-18)])
    assert shown[1].tolist() == [1, 1, 1]
    assert np.isnan(shown[[0, 2, 2], [2, 0, 1]]).all()


def test_the_picture_says_names_and_ranks(scores, tmp_path):
    path = draw_affinity(scores, tmp_path / "a.svg", titles={"normals": "Surface normals"})
    said = texts(path)
    # Once as a row, and as a column of both panels.
    assert said.count("Surface normals") == 3
    assert said.count("Jigsaw") == 2
    assert [text for text in said if text.endswith("AHP")] == ["Before AHP", "After AHP"]
    # normals: depth 1, jigsaw 2; depth: jigsaw 1, from normals alone nothing was measured. And 0 to 1 of two scales.
    assert sorted(text for text in said if text.isdigit()) == ["0", "0", "1", "1", "1", "1", "2"]


def test_colours_after_ahp_by_hand(scores, tmp_path):
    path = draw_affinity(scores, tmp_path / "a.svg")
    # Of depth: itself 0.6, jigsaw 0.1 of 0.7; of normals: depth 0.4, jigsaw 0.1, itself 0.3 of 0.8.
    shares = [0.6 / 0.7, 0.1 / 0.7, 0.4 / 0.8, 0.1 / 0.8, 0.3 / 0.8]
    assert fills(path, "After-AHP") == [colour(math.exp(-20 * share)) for share in shares]
    # Without losses: gains, of which more is better.
    assert fills(path, "Before-AHP") == [colour(1 - gain - 1e-9) for gain in (0.8, 0.25, 0.91, 0.6, 0.9)]
    assert any("gain" in text and "training from scratch" in text for text in texts(path))
    assert [text for text in texts(path) if text.endswith(" is better")] == ["higher is better", "lower is better"]


def test_losses_are_shown_on_one_logarithmic_scale(scores, tmp_path):
    losses = {
        ("depth", "depth"): 0.01,
        ("depth", "jigsaw"): 0.1,
        ("normals", "depth"): 1.0,
        ("normals", "normals"): 100,
    }
    path = draw_affinity(scores, tmp_path / "a.svg", losses=losses)
    assert fills(path, "Before-AHP") == [colour(share) for share in (0, 0.25, 0.5, 1)]
    said = texts(path)
    assert "mean test loss, one logarithmic scale for all rows" in said
    assert {"0.01", "1", "1e+02"} <= set(said)


def test_losses_of_zero_or_less_have_a_linear_scale(scores, tmp_path):
    losses = {("depth", "depth"): -1.0, ("depth", "jigsaw"): 0.0, ("normals", "depth"): 3.0}
    path = draw_affinity(scores, tmp_path / "a.svg", losses=losses)
    assert fills(path, "Before-AHP") == [colour(share) for share in (0, 0.25, 1)]
    assert "mean test loss, one linear scale for all rows" in texts(path)


def test_a_source_better_than_the_own_network_is_ringed(scores, tmp_path):
    def rings(affinity):
        return draw_affinity(affinity, tmp_path / "a.svg").read_text().count(f"stroke: {ACCENT}")

    # depth -> normals; the legend has one anyway.
    none = Affinity(tuple(edge for edge in scores.edges if edge.sources != ("depth",)), {})
    assert rings(scores) == rings(none) + 1


def test_groups_put_tasks_together(scores, tmp_path):
    groups = {"normals": "3d", "depth": "3d", "jigsaw": "other"}
    by_group = texts(draw_affinity(scores, tmp_path / "a.svg", groups=dict(reversed(groups.items()))))
    assert by_group.index("Jigsaw") < by_group.index("Depth") < by_group.index("Normals")
    by_group = texts(draw_affinity(scores, tmp_path / "a.svg", groups=groups))
    assert by_group.index("Depth") < by_group.index("Normals") < by_group.index("Jigsaw")


def test_without_groups_tasks_that_serve_alike_stand_side_by_side(tmp_path):
    # a and c serve x well, b and d serve y.
    edges = [Edge("x", (s,), share) for s, share in zip("abcd", (0.4, 0.1, 0.39, 0.11), strict=True)]
    edges += [Edge("y", (s,), share) for s, share in zip("abcd", (0.1, 0.4, 0.12, 0.38), strict=True)]
    columns = [text for text in texts(draw_affinity(Affinity(tuple(edges), {}), tmp_path / "a.svg")) if text in "ABCD"]
    assert abs(columns.index("A") - columns.index("C")) == 1
    assert abs(columns.index("B") - columns.index("D")) == 1


def test_without_a_tree_names_order(tmp_path):
    # One source is no tree.
    one = Affinity((Edge("b", ("a",), 0.4, 0.5, 0.5), Edge("b", (), 0.6, 0.5, 0.5), Edge("c", ("a",), 1.0)), {})
    assert [text for text in texts(draw_affinity(one, tmp_path / "b.svg")) if text in "ABC"] == ["A", "B", "C", "A"]


@pytest.mark.parametrize(("count", "numbered"), [(3, True), (26, True), (100, False)])
def test_any_number_of_tasks_fits(tmp_path, count, numbered):
    path = draw_affinity(many(count), tmp_path / "a.png")
    sides = struct.unpack(">II", path.read_bytes()[16:24])
    assert 500 < min(sides) <= max(sides) < 5000
    said = texts(draw_affinity(many(count), tmp_path / "a.svg"))
    assert said.count("T002") == 3
    # Every cell but those of the own networks, and both ends of two scales.
    assert sum(text.isdigit() for text in said) == (count * (count - 1) if numbered else 0) + 4
    assert any("rank" in text for text in said) == numbered


def test_what_is_not_measured_is_crossed_out(tmp_path):
    def crosses(affinity):
        return draw_affinity(affinity, tmp_path / "a.svg").read_text().count("<use ")

    # In both panels.
    assert crosses(many(5, missing={("t001", "t003")})) == crosses(many(5)) + 2


def test_without_affinities_gains_are_drawn_alone(tmp_path):
    edges = (Edge("a", ("b",), None, 0.7, 0.4), Edge("a", (), None, 0.9, 0.5))
    path = draw_affinity(Affinity(edges, {}), tmp_path / "a.svg")
    assert fills(path, "Before-AHP") == [colour(0.3 - 1e-9)]
    assert fills(path, "After-AHP") == []


def test_odd_titles_are_text(scores, tmp_path):
    odd = {"normals": "$x^2$ <b>&", "depth": "cost $5", "jigsaw": "Very " * 30}
    said = texts(draw_affinity(scores, tmp_path / "a.svg", titles=odd))
    assert [said.count(text) for text in ("$x^2$ <b>&", "cost $5", "Very Very Very Very Very Ve…")] == [3, 3, 2]
    draw_affinity(scores, tmp_path / "a.png", titles=odd | {"jigsaw": "深度"})


@pytest.mark.parametrize("ending", [".png", ".svg"])
def test_the_same_scores_give_the_same_file(scores, tmp_path, ending):
    one, two = (draw_affinity(scores, tmp_path / f"{name}{ending}").read_bytes() for name in "ab")
    assert one == two
    assert ending == ".svg" or one.startswith(PNG)
