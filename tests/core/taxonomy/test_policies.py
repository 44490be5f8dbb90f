from __future__ import annotations

import pytest

from taskonomy_core.errors import TaxonomyError
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
    drawn = random_taxonomies(problem, 30, seed=7, best_edges=best_edges)
    best = solve(problem)
    assert len(drawn) == 30
    assert len({choice.sources for choice in drawn}) > 3
    for choice in drawn:
        assert choice.cost <= 2.5
        assert choice.cost == sum(problem.costs[source] for source in choice.sources)
        assert [edge.target for edge in choice.edges] == list(problem.targets)
        assert all(edge in problem.edges and set(edge.needs) <= set(choice.sources) for edge in choice.edges)
        assert choice.worth <= best.objective + 1e-12
    assert random_taxonomies(problem, 30, seed=7, best_edges=best_edges) == drawn
    assert random_taxonomies(problem, 30, seed=8, best_edges=best_edges) != drawn


def test_best_edges_leave_only_the_labels_to_chance(random_affinity):
    problem = state_problem(random_affinity(5, density=1), 3)

    def mean(best_edges):
        return sum(c.worth for c in random_taxonomies(problem, 40, seed=1, best_edges=best_edges)) / 40

    assert mean(best_edges=True) > mean(best_edges=False)


def test_what_chance_cannot_serve_is_said():
    with pytest.raises(TaxonomyError) as refused:
        random_taxonomies(Problem(EDGES[1:2], {"u": 1}, {"t": 2}, 1, 1), 1, seed=0)
    assert str(refused.value) == (
        "1000 random sets of labels within the budget of 1 served not every target.\n"
        "Raise the budget; type: tk taxonomy --budget N"
    )
