from __future__ import annotations

from itertools import permutations, product

import numpy as np
import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy import policies
from taskonomy_core.taxonomy.choice import choice_of
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.policies import Performance, performance, random_taxonomies
from taskonomy_core.taxonomy.problem import Problem, state_problem
from taskonomy_core.taxonomy.solver import solve

EDGES = (Edge("t", (), 0.2, 0.9, 0.5), Edge("u", ("t",), 0.1, 0.6, 0.3), Edge("v", ("t",), 0.1, 0.3, None))
PROBLEM = Problem(EDGES, {"t": 1, "u": 1, "v": 1}, {"t": 1}, 1, 1)


def test_means_over_all_targets_or_the_transferred():
    choice = choice_of(PROBLEM, EDGES[:2])
    assert performance(choice) == Performance(gain=0.75, quality=0.4, targets=2)
    assert performance(choice, transferred_only=True) == Performance(gain=0.6, quality=0.3, targets=1)
    assert performance(choice).plain() == {"gain": 0.75, "quality": 0.4, "targets": 2}


def test_a_mean_with_a_hole_is_none():
    assert performance(choice_of(PROBLEM, EDGES)).quality is None
    assert performance(choice_of(PROBLEM, EDGES[:1]), transferred_only=True) == Performance(None, None, 0)


@pytest.mark.parametrize("best_edges", [False, True])
def test_random_taxonomies_are_feasible_seeded_and_no_better_than_the_best(random_affinity, best_edges):
    problem = state_problem(random_affinity(5, density=1), 2.5, costs={"t0": 2.0, "s0": 0.5})
    drawn = random_taxonomies(problem, 30, seed=7, best_edges=best_edges).choices()
    best = solve(problem)
    assert len(drawn) == 30
    assert len({choice.sources for choice in drawn}) > 3
    for choice in drawn:
        assert choice.cost <= 2.5
        assert choice.cost == sum(problem.costs[source] for source in choice.sources)
        assert [edge.target for edge in choice.edges] == list(problem.targets)
        assert all(edge in problem.edges and set(edge.needs) <= set(choice.sources) for edge in choice.edges)
        assert choice.worth <= best.objective + 1e-12
    again = random_taxonomies(problem, 50, seed=7, best_edges=best_edges).choices()
    assert again[:30] == drawn
    assert random_taxonomies(problem, 30, seed=8, best_edges=best_edges).choices() != drawn


def by_hand(problem, best_edges):
    """What the rule of `random_taxonomies` gives: {edges by target: probability}, by going through all it may do."""
    found: dict[tuple[Edge, ...], float] = {}
    for order in permutations(problem.costs):
        labelled, spent = set(problem.forced), problem.labels_cost(problem.forced)
        for task in order:
            if task not in labelled and spent + problem.costs[task] <= problem.budget:
                labelled.add(task)
                spent += problem.costs[task]
        offers = [
            [edge for edge in problem.edges if edge.target == target and labelled.issuperset(edge.needs)]
            for target in problem.targets
        ]
        if best_edges:
            offers = [sorted(edges, key=problem.worth)[-1:] for edges in offers]
        ways = list(product(*offers))
        for way in ways:
            found[way] = found.get(way, 0.0) + 1 / len(ways)
    total = sum(found.values())
    return {way: weight / total for way, weight in found.items()}


@pytest.mark.parametrize("best_edges", [False, True])
@pytest.mark.parametrize(
    "options",
    [
        {"budget": 2},
        {"budget": 2, "costs": {"t0": 2, "s0": 0.5}, "have": ["t1"]},
        {"budget": 3, "costs": {"t0": 1.5}, "forced": ["s0"], "objective": "gain"},
    ],
    ids=["unit costs", "costs and labels at hand", "a forced label"],
)
def test_chance_draws_as_often_as_its_rule_says(random_affinity, options, best_edges):
    # Half of the transfers are missing, so that some draws serve not every target.
    problem = state_problem(random_affinity(2, targets=3, density=0.5), **options)
    expected = by_hand(problem, best_edges)
    count = 20_000
    drawn = random_taxonomies(problem, count, seed=3, best_edges=best_edges)
    ways = [tuple(drawn.edges[place] for place in row) for row in drawn.chosen]
    assert len(expected) >= 3
    assert set(ways) <= expected.keys()
    for way, chance in expected.items():
        assert ways.count(way) / count == pytest.approx(chance, abs=5 * (chance * (1 - chance) / count) ** 0.5)


def test_transfers_that_cost_something_stay_within_the_budget(random_affinity):
    affinity = random_affinity(3, density=1)
    # Four targets: one label and three transfers cost 2.5, and two labels with two transfers cost 3.
    problem = state_problem(affinity, 3, transfer_costs=dict.fromkeys(affinity.targets, 0.5))
    drawn = random_taxonomies(problem, 300, seed=0).choices()
    assert max(choice.cost for choice in drawn) <= 3
    assert {2.5, 3.0} <= {choice.cost for choice in drawn}
    assert {len(choice.sources) for choice in drawn} == {1, 2}


@pytest.mark.parametrize("transferred_only", [False, True])
def test_their_numbers_are_those_of_the_choices(random_affinity, transferred_only):
    problem = state_problem(random_affinity(6, density=1), 2, weights={"t1": 3})
    drawn = random_taxonomies(problem, 40, seed=2)
    choices = drawn.choices()
    assert drawn.objectives() == pytest.approx([choice.worth for choice in choices])
    means = [performance(choice, transferred_only=transferred_only) for choice in choices]
    for score in ("gain", "quality"):
        found = drawn.means(score, transferred_only=transferred_only)
        assert found == pytest.approx([getattr(mean, score) for mean in means])


def test_their_means_have_holes_where_those_of_choices_have():
    drawn = random_taxonomies(PROBLEM, 2, seed=0)
    assert drawn.means("gain") == pytest.approx([0.6, 0.6])
    assert np.isnan(drawn.means("quality")).all()
    own = random_taxonomies(Problem(EDGES[:1], {"t": 1}, {"t": 1}, 1, 1), 2, seed=0)
    assert np.isnan(own.means("gain", transferred_only=True)).all()


def test_best_edges_leave_only_the_labels_to_chance(random_affinity):
    problem = state_problem(random_affinity(5, density=1), 3)

    def mean(best_edges):
        return random_taxonomies(problem, 40, seed=1, best_edges=best_edges).objectives().mean()

    assert mean(best_edges=True) > mean(best_edges=False)


def test_large_problems_are_drawn_in_parts(random_affinity, monkeypatch):
    problem = state_problem(random_affinity(5, density=1), 3)
    monkeypatch.setattr(policies, "_CELLS", 7 * len(problem.edges))
    drawn = random_taxonomies(problem, 40, seed=1)
    assert drawn.chosen.shape == (40, 4)
    assert len({choice.sources for choice in drawn.choices()}) > 3


@pytest.mark.parametrize("edges", [EDGES[1:2], ()], ids=["too dear", "none at all"])
def test_what_chance_cannot_serve_is_said(edges):
    with pytest.raises(TaxonomyError) as refused:
        random_taxonomies(Problem(edges, {"u": 1}, {"t": 2}, 1, 1), 1, seed=0)
    assert str(refused.value) == (
        "Of 1000 random sets of labels within the budget of 1, none served every target.\n"
        "Raise the budget; type: tk taxonomy --budget N"
    )


def test_what_chance_serves_too_seldom_is_said():
    # One label in 3,000 serves.
    costs = {"t": 1, **{f"x{number}": 1 for number in range(2999)}}
    with pytest.raises(TaxonomyError) as refused:
        random_taxonomies(Problem(EDGES[1:2], {"u": 1}, costs, 1, 1), 1000, seed=0)
    assert "random sets of labels within the budget of 1, " in refused.value.message
