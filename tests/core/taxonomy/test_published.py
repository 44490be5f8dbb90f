"""The authors' own results, from their own measurements (facts 3.6, 4.2, 5.5, 6.3, 6.4)."""

from __future__ import annotations

from collections import Counter

import pytest

from taskonomy_core.taxonomy.aliases import EXTRA_SOURCE
from taskonomy_core.taxonomy.policies import performance, random_taxonomies
from taskonomy_core.taxonomy.problem import state_problem
from taskonomy_core.taxonomy.solver import solve

BUDGETS = (2, 4, 6, 8, 12, 15, 22, 26)


def per_budget(text):
    """ ".8*3 .9" -> the printed values at the eight budgets; the last value goes on to the end."""
    values = []
    for item in text.split():
        value, _, times = item.partition("*")
        values += [float(value)] * int(times or 1)
    return values + [values[-1]] * (len(BUDGETS) - len(values))


# Fig. 9, read from the figure: target -> gain, quality.
ORDER_1 = {
    "segmentation_25d": (".8", ".3*3 .4*3 .5"),
    "edges_texture": ("0 1", "0 .5"),
    "keypoints_2d": ("0 1", "0 .5"),
    "segmentation_2d": (".5*6 .7", ".3*2 .4*4 .5"),
    "keypoints_3d": (".8*3 .9", ".2*3 .5"),
    "autoencoding": (".1*2 1", "0*2 .5"),
    "curvature": (".8*4 .9", ".2*4 .5"),
    "denoising": ("1", ".5"),
    "depth_euclidean": (".8*4 .9", ".3*4 .4*2 .5"),
    "egomotion": (".7", ".5"),
    "room_layout": (".8*5 .9", ".3*5 .5"),
    "point_matching": (".6*4 .8", ".2*4 .5"),
    "normals": ("1", ".5"),
    "object_class": (".6*2 .8*4 .9", ".2*2 .4*4 .5"),
    "edges_occlusion": (".9*5 1", ".3*5 .5"),
    "pose_fixated": (".7*5 .8", ".4*5 .5"),
    "pose_nonfixated": (".6", ".5"),
    "reshading": (".9", ".4*6 .5"),
    "scene_class": (".7*2 1", ".1*2 .5"),
    "segmentation_semantic": (".7*3 .9", ".2*3 .5"),
    "vanishing_points": (".9*4 1", ".2*4 .5"),
    "depth_zbuffer": (".8*4 .9", ".3*4 .5"),
}
ORDER_4 = ORDER_1 | {
    "segmentation_25d": (".8", ".3*2 .4*4 .5"),
    "segmentation_2d": (".5*6 .7", ".3 .4*5 .5"),
    "keypoints_3d": (".8*2 .9", ".2*2 .5"),
    "autoencoding": (".1*3 1", "0*3 .5"),
    "curvature": (".8*3 .9", ".2*3 .5"),
    "depth_euclidean": (".8*2 .9", ".3*2 .4*2 .5"),
    "egomotion": (".7*4 .8", ".5*4 .6"),
    "room_layout": (".8*5 .9", ".3*4 .4 .5"),
    "point_matching": (".6*2 .7*3 .8", ".2*2 .4*3 .5"),
    "object_class": (".6*2 .8*3 .9", ".2*2 .4*3 .5"),
    "edges_occlusion": (".9*6 1", ".3*2 .4*4 .5"),
    "pose_fixated": (".7*4 .8", ".4*4 .5"),
    "reshading": (".9", ".4*4 .5"),
    "segmentation_semantic": (".7*2 .8*2 .9", ".2*4 .5"),
    "depth_zbuffer": (".8*4 .9", ".3*2 .4*4 .5"),
}
# One printed rounding step; MEANS below pins the same taxonomies to three decimals.
STEP = 0.1 + 1e-9

# Facts 5.5: mean gain and quality over the 22 targets.
MEANS = {
    1: {2: (0.664, 0.267), 4: (0.755, 0.312), 8: (0.833, 0.391), 15: (0.870, 0.469), 22: (0.884, 0.500)},
    2: {2: (0.664, 0.267), 4: (0.756, 0.312), 8: (0.838, 0.412), 15: (0.878, 0.481), 22: (0.886, 0.504)},
    4: {2: (0.664, 0.267), 4: (0.756, 0.312), 8: (0.845, 0.414), 15: (0.879, 0.485), 22: (0.886, 0.505)},
}


@pytest.fixture(scope="module")
def ask(published):
    roles = dict.fromkeys(published.sources, "source") | dict.fromkeys(published.targets, "both")
    del roles[EXTRA_SOURCE]

    def ask(budget, order, objective="sqrt", solver="highs"):
        return solve(state_problem(published, budget, roles=roles, max_order=order, objective=objective), solver)

    return ask


def test_the_file_holds_what_the_facts_sheet_counted(published):
    orders = Counter(edge.order for edge in published.edges)
    assert orders == {0: 22, 1: 594, 2: 216, 3: 226, 4: 340} | dict.fromkeys(range(5, 25), 18)
    assert len(published.edges) == 1758
    for target in published.targets:
        assert sum(edge.affinity for edge in published.into(target)) == pytest.approx(1, abs=1e-6)
    assert published.edge("denoising").affinity == pytest.approx(0.794, abs=5e-4)
    best = next(edge for edge in published.into("curvature") if edge.order == 1)
    assert (best.sources, round(best.gain, 2), round(best.quality, 2)) == (("normals",), 0.78, 0.18)


@pytest.mark.parametrize(("order", "figure"), [(1, ORDER_1), (4, ORDER_4)])
def test_figure_9_gain_and_quality_at_every_budget(ask, order, figure):
    wrong = []
    for column, budget in enumerate(BUDGETS):
        found = ask(budget, order)
        assert found.status == "proved best"
        assert len(found.edges) == len(figure) == 22
        for edge in found.edges:
            gain, quality = (per_budget(text)[column] for text in figure[edge.target])
            if abs(edge.gain - gain) > STEP or abs(edge.quality - quality) > STEP:
                wrong.append((budget, edge.target, edge.gain, gain, edge.quality, quality))
    assert wrong == []


def test_figure_9_tells_objectives_apart(ask):
    # The check above would be worth nothing if any objective passed it.
    wrong = 0
    for column, budget in enumerate(BUDGETS):
        for edge in ask(budget, 1, objective="affinity").edges:
            gain, quality = (per_budget(text)[column] for text in ORDER_1[edge.target])
            wrong += abs(edge.gain - gain) > STEP or abs(edge.quality - quality) > STEP
    assert wrong > 20


def test_figure_8_order_1_sources_and_edges(ask):
    two = ask(2, 1)
    assert two.sources == ("denoising", "normals")
    assert two.feeds("denoising") == ("autoencoding", "edges_texture", "keypoints_2d", "segmentation_2d")
    assert len(two.feeds("normals")) == 16
    eight = ask(8, 1)
    assert eight.sources == (
        "autoencoding",
        "denoising",
        "edges_texture",
        "keypoints_2d",
        "keypoints_3d",
        "normals",
        "scene_class",
        "segmentation_semantic",
    )
    assert eight.supervised == eight.sources
    assert set(eight.feeds("normals")) == {
        "vanishing_points",
        "pose_fixated",
        "edges_occlusion",
        "room_layout",
        "curvature",
        "egomotion",
        "pose_nonfixated",
        "reshading",
    }
    assert set(eight.feeds("keypoints_3d")) == {
        "point_matching",
        "depth_euclidean",
        "segmentation_25d",
        "depth_zbuffer",
    }
    assert eight.feeds("scene_class") == ("object_class",)
    assert eight.feeds("autoencoding") == ("segmentation_2d",)


@pytest.mark.parametrize("order", MEANS)
def test_mean_gain_and_quality(ask, order):
    for budget, (gain, quality) in MEANS[order].items():
        means = performance(ask(budget, order))
        assert means.gain == pytest.approx(gain, abs=6e-4)
        assert means.quality == pytest.approx(quality, abs=6e-4)


@pytest.mark.parametrize("order", [1, 4])
def test_all_solvers_answer_alike(ask, order):
    answers = [ask(6, order, solver=solver) for solver in ("highs", "scipy", "cbc")]
    assert answers[0] == answers[1] == answers[2]


def test_the_best_taxonomy_is_far_above_chance(published, ask):
    problem = state_problem(published, 4, max_order=2)
    drawn = random_taxonomies(problem, 50, seed=0).choices()
    best = performance(solve(problem))
    assert max(performance(choice).quality for choice in drawn) < best.quality
