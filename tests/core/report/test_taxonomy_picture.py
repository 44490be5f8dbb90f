from __future__ import annotations

import re
import struct
from collections import Counter
from dataclasses import replace
from itertools import pairwise
from xml.etree import ElementTree

import numpy as np
import pytest

from taskonomy_core.report.canvas import MUTED, PALETTE
from taskonomy_core.report.taxonomy_picture import draw_taxonomy, width_of
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.problem import state_problem
from taskonomy_core.taxonomy.solver import solve
from taskonomy_core.taxonomy.taxonomy import Taxonomy

SVG = "{http://www.w3.org/2000/svg}"


def texts(path):
    return ["".join(text.itertext()) for text in ElementTree.parse(path).iter(f"{SVG}text")]


def curves(path):
    """Colour, dashes and width of every line between tasks."""
    found = []
    for element in ElementTree.parse(path).iter(f"{SVG}path"):
        style = element.get("style", "")
        if " C " in element.get("d", "").replace("\n", " ") and "fill: none" in style:
            width = re.search(r"stroke-width: ([\d.]+)", style)
            found.append((re.search(r"stroke: (#\w+)", style)[1], "dasharray" in style, float(width[1])))
    return found


def taxonomy_of(*edges, sources, **more):
    return Taxonomy(
        "optimal", len(sources), 4, "sqrt", sources=sources, cost=len(sources), edges=edges, objective=1.0, **more
    )


def own(task):
    return Edge(task, (), 0.5, 0.9, 0.5)


def test_the_picture_says_what_is_labelled_and_how_good_it_is(scores, tmp_path):
    taxonomy = solve(state_problem(scores, 1))
    assert taxonomy.sources == ("depth",)
    said = texts(draw_taxonomy(taxonomy, tmp_path / "t.svg", titles={"depth": "Z-depth"}))
    assert "Taxonomy at budget 1" in said
    assert "1 task to label at cost 1, 2 targets served; mean gain .85, mean quality .53; proved best" in said
    at = said.index("Z-depth")
    assert said[at : at + 3] == ["Z-depth", ".80", ".50"]
    at = said.index("Normals")
    assert said[at : at + 3] == ["Normals", ".91", ".55"]


def test_a_stopped_solver_is_not_called_best(scores, tmp_path):
    taxonomy = solve(state_problem(scores, 1))
    stopped = replace(taxonomy, status="feasible", bound=taxonomy.objective * 1.25)
    said = texts(draw_taxonomy(stopped, tmp_path / "t.svg"))
    assert any(text.endswith("best so far (at most 25.0 % better is possible)") for text in said)


def test_a_task_labelled_for_others_shows_no_scores_of_its_own(scores, tmp_path):
    taxonomy = solve(state_problem(scores, 1, roles={"jigsaw": "source", "depth": "target"}))
    assert taxonomy.sources == ("jigsaw",)
    said = texts(draw_taxonomy(taxonomy, tmp_path / "t.svg"))
    assert said[said.index("Jigsaw") + 1] == "Depth"
    assert said[said.index("Depth") + 1 :][:2] == [".25", "-"]


def test_kinds_of_tasks_differ_in_shape_and_fill(tmp_path):
    def marks(*edges, sources, unused=()):
        """Outline and fill of every mark: how often."""
        path = draw_taxonomy(taxonomy_of(*edges, sources=sources), tmp_path / "t.svg", unused=unused)
        tree = ElementTree.parse(path)
        shapes = {path.get("id"): path for path in tree.iter(f"{SVG}path")}
        found = Counter()
        for use in tree.iter(f"{SVG}use"):
            shape = shapes[use.get("{http://www.w3.org/1999/xlink}href")[1:]]
            outline = re.sub(r"[-\d.\s]+", "", shape.get("d")).upper()
            filled = "fill: #ffffff" not in use.get("style") and outline != "MLML"
            found[outline, filled] += 1
        return found

    # Each mark is there once more in the legend.
    circle, square, cross = "MCCCCCCCCZ", "MLLLZ", "MLML"
    assert marks(own("a"), sources=("a",)) == {(circle, True): 2}
    assert marks(own("a"), Edge("b", ("a",), 0.1), sources=("a",)) == {(circle, True): 2, (circle, False): 2}
    everything = marks(
        own("a"),
        Edge("b", ("a", "c"), 0.1),
        Edge("d", ("a",), 0.1),
        sources=("a", "c", "d"),
        unused=("e", "f", "g", "h", "i"),
    )
    # d is labelled for others and still served by a transfer.
    assert everything == {(circle, True): 2, (square, True): 3, (circle, False): 3, (cross, False): 6}


def test_unused_tasks_are_named(tmp_path):
    said = texts(draw_taxonomy(taxonomy_of(own("a"), sources=("a",)), tmp_path / "t.svg", unused=("z", "b")))
    at = said.index("Neither labelled nor served")
    assert said[at + 1 : at + 3] == ["B", "Z"]
    assert "Neither labelled nor served" not in texts(
        draw_taxonomy(taxonomy_of(own("a"), sources=("a",)), tmp_path / "t.svg")
    )


def test_widths_by_hand():
    assert [width_of(affinity, 0.16) for affinity in (0.16, 0.04, 0.01, 0.0, None)] == [6, 3, 1.5, 0.5, 0.5]
    assert width_of(None, 0.0) == 0.5


def test_a_transfer_is_as_wide_as_its_affinity_and_its_sources_share_that(tmp_path):
    edges = (Edge("x", ("a",), 0.16), Edge("y", ("a", "b"), 0.04), own("a"))
    path = draw_taxonomy(taxonomy_of(*edges, sources=("a", "b")), tmp_path / "t.svg")
    assert sorted(width for _, _, width in curves(path)) == [1.5, 1.5, 6]
    assert Counter(colour for colour, _, _ in curves(path)) == {PALETTE[0]: 2, PALETTE[1]: 1}
    said = texts(path)
    at = said.index("0.16")
    assert said[at : at + 3] == ["0.16", "0.04", "0.01"]
    assert "square root" in said[at + 3]
    assert "several sources share it" in said[at + 3]


def test_without_affinities_no_width_is_explained(tmp_path):
    path = draw_taxonomy(taxonomy_of(Edge("x", ("a",), None), sources=("a",)), tmp_path / "t.svg")
    assert [width for _, _, width in curves(path)] == [0.5]
    assert not any("square root" in text for text in texts(path))


def test_more_sources_than_colours_are_dashed(tmp_path):
    names = tuple(f"s{n:02}" for n in range(len(PALETTE) + 1))
    edges = tuple(Edge(f"t{n:02}", (name,), 0.1) for n, name in enumerate(names))
    drawn = curves(draw_taxonomy(taxonomy_of(*edges, sources=names), tmp_path / "t.svg"))
    assert len({(colour, dashed) for colour, dashed, _ in drawn}) == len(names)
    assert sum(dashed for _, dashed, _ in drawn) == 1


def test_a_labelled_task_that_feeds_nothing_has_no_colour(tmp_path):
    svg = draw_taxonomy(taxonomy_of(own("a"), sources=("a",)), tmp_path / "t.svg").read_text()
    assert f"fill: {MUTED}; stroke: {MUTED}" in svg
    assert not any(colour in svg for colour in PALETTE)


def test_an_infeasible_one_says_why(scores, tmp_path):
    taxonomy = solve(state_problem(scores, 1, costs=dict.fromkeys(("normals", "depth", "jigsaw"), 3)))
    said = " ".join(texts(draw_taxonomy(taxonomy, tmp_path / "t.svg")))
    assert "No taxonomy fits." in said
    assert taxonomy.reason
    assert taxonomy.reason in said


def test_a_long_reason_is_wrapped_and_cut(tmp_path):
    taxonomy = Taxonomy("infeasible", 1, 1, "sqrt", reason="nothing serves it; " * 500)
    said = texts(draw_taxonomy(taxonomy, tmp_path / "t.svg"))
    assert max(map(len, said)) <= 130
    assert said[-1].endswith(" …")


def heights(path):
    """Of the names of targets t0, t1, ... on the right."""
    tags = re.findall(r"<text[^>]*>T\d+</text>", path.read_text())
    return sorted(float(re.search(r' y="([\d.]+)"', tag)[1]) for tag in tags if "700" not in tag)


@pytest.fixture
def random_taxonomy():
    draws = np.random.default_rng(3)
    names = [f"t{n}" for n in range(12)]
    edges = [Edge(n, (), 0.5, 0.9, 0.5) for n in names]
    edges += [Edge(n, (s,), float(draws.uniform(0, 0.4)), 0.5, 0.3) for n in names for s in names if s != n]
    return solve(state_problem(Affinity(tuple(edges), {}), 4))


def test_names_keep_their_distance(random_taxonomy, tmp_path):
    found = heights(draw_taxonomy(random_taxonomy, tmp_path / "t.svg"))
    assert len(found) == len(random_taxonomy.transferred) > 3
    # Names are 9 points high.
    assert all(after - before > 12 for before, after in pairwise(found))


def test_a_hundred_tasks_fit(tmp_path):
    edges = [Edge(f"t{n}", (f"s{n % 20:02}", f"s{n % 7 + 1:02}"), 0.001 * n, 0.9, 0.4) for n in range(80)]
    taxonomy = taxonomy_of(*edges, sources=tuple(f"s{n:02}" for n in range(20)))
    found = heights(draw_taxonomy(taxonomy, tmp_path / "t.svg"))
    assert len(found) == 80
    assert all(after - before > 9 for before, after in pairwise(found))
    sides = struct.unpack(">II", draw_taxonomy(taxonomy, tmp_path / "t.png").read_bytes()[16:24])
    assert max(sides) < 4000


def test_odd_titles_are_text(tmp_path):
    odd = {"a": "$x^2$ <b>&", "b": "cost $5", "c": "Very " * 30, "d": "深度"}
    taxonomy = taxonomy_of(own("a"), Edge("b", ("a", "c"), 0.1), sources=("a", "c"))
    path = draw_taxonomy(taxonomy, tmp_path / "t.svg", titles=odd, unused=("d",))
    assert {"$x^2$ <b>&", "cost $5", "Very Very Very Very Very Ve…", "深度"} <= set(texts(path))
    draw_taxonomy(taxonomy, tmp_path / "t.png", titles=odd, unused=("d",))


@pytest.mark.parametrize("ending", [".png", ".svg"])
def test_the_same_taxonomy_gives_the_same_file(scores, tmp_path, ending):
    taxonomy = solve(state_problem(scores, 2))
    one, two = (draw_taxonomy(taxonomy, tmp_path / f"{name}{ending}", unused=("jigsaw",)).read_bytes() for name in "ab")
    assert one == two
