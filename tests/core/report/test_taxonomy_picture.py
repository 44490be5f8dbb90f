from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from taskonomy_core.report.taxonomy_picture import draw_taxonomy
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.problem import state_problem
from taskonomy_core.taxonomy.solver import solve


def texts(path):
    return re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text())


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
    stopped = replace(taxonomy, status="best so far", bound=taxonomy.objective * 1.25)
    said = texts(draw_taxonomy(stopped, tmp_path / "t.svg"))
    assert any(text.endswith("best so far (at most 25.0 % better is possible)") for text in said)


def test_a_task_labelled_for_others_shows_no_scores_of_its_own(scores, tmp_path):
    taxonomy = solve(state_problem(scores, 1, roles={"jigsaw": "source", "depth": "target"}))
    assert taxonomy.sources == ("jigsaw",)
    said = texts(draw_taxonomy(taxonomy, tmp_path / "t.svg"))
    assert said[said.index("Jigsaw") + 1] == "Depth"
    assert said[said.index("Depth") + 1 :][:2] == [".25", "-"]


def test_an_infeasible_one_says_why(scores, tmp_path):
    taxonomy = solve(state_problem(scores, 1, costs=dict.fromkeys(("normals", "depth", "jigsaw"), 3)))
    said = " ".join(texts(draw_taxonomy(taxonomy, tmp_path / "t.svg")))
    assert "No taxonomy fits." in said
    assert "no edge into these targets is within the budget of 1" in said


def test_names_keep_their_distance(random_taxonomy, tmp_path):
    svg = draw_taxonomy(random_taxonomy, tmp_path / "t.svg").read_text()
    heights = sorted(
        float(re.search(r' y="([\d.]+)"', tag)[1])
        for tag in re.findall(r"<text[^>]*>T\d+</text>", svg)
        if "700" not in tag
    )
    assert len(heights) == len(random_taxonomy.transferred) > 3
    # Names are 9 points high.
    assert all(after - before > 12 for before, after in pairwise(heights))


@pytest.fixture
def random_taxonomy():
    draws = np.random.default_rng(3)
    names = [f"t{n}" for n in range(12)]
    edges = [Edge(n, (), 0.5, 0.9, 0.5) for n in names]
    edges += [Edge(n, (s,), float(draws.uniform(0, 0.4)), 0.5, 0.3) for n in names for s in names if s != n]
    return solve(state_problem(Affinity(tuple(edges), {}), 4))


@pytest.mark.parametrize("ending", [".png", ".svg"])
def test_the_same_taxonomy_gives_the_same_file(scores, tmp_path, ending):
    taxonomy = solve(state_problem(scores, 2))
    one, two = (draw_taxonomy(taxonomy, tmp_path / f"{name}{ending}").read_bytes() for name in "ab")
    assert one == two
