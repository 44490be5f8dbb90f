"""The greedy answer against the proved one: never better, within the budget, and honest about it."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.greedy import greedy
from taskonomy_core.taxonomy.problem import OBJECTIVES, state_problem
from taskonomy_core.taxonomy.solver import solve


@settings(max_examples=60, deadline=None)
@given(
    seed=st.integers(0, 10_000),
    budget=st.sampled_from((0, 1, 2, 2.5, 4, 9)),
    objective=st.sampled_from(OBJECTIVES),
    transfer_cost=st.sampled_from((0.0, 0.25)),
    forced=st.sampled_from(((), ("t1",))),
)
def test_it_is_sound_and_never_above_the_best(random_affinity, seed, budget, objective, transfer_cost, forced):
    scores = random_affinity(seed, targets=5, max_order=3, density=0.8)
    options = {"transfer_costs": {"t1": transfer_cost}, "costs": {"t0": 2.0, "s0": 0.0}, "objective": objective}
    problem = state_problem(scores, budget, forced=forced, **options)
    found, best = greedy(problem), solve(problem)
    if found is None:
        return
    assert best.feasible
    assert found.status == "feasible"
    assert found.objective <= best.objective + 1e-9
    assert best.objective <= found.bound + 1e-9
    assert found.cost <= budget + 1e-5
    assert [edge.target for edge in found.edges] == [edge.target for edge in best.edges]
    assert set(found.sources) >= {*forced, *(name for edge in found.edges for name in edge.needs)}
    assert found.cost == pytest.approx(
        sum(problem.costs[name] for name in found.sources) + sum(map(problem.transfer_cost, found.edges))
    )


def test_by_hand():
    # a serves both for 1; with 2, b gets its own labels, which adds 0.5 - 0.3; c could add 0.1 only.
    def edge(target, sources, score):
        return Edge(target, sources, score)

    scores = Affinity(
        (
            edge("a", (), 0.6),
            edge("b", (), 0.5),
            edge("a", ("b",), 0.1),
            edge("b", ("a",), 0.3),
            edge("b", ("c",), 0.4),
        ),
        {},
    )
    one = greedy(state_problem(scores, 1, objective="affinity"))
    assert (one.sources, one.objective, one.bound) == (("a",), pytest.approx(0.9), pytest.approx(1.1))
    two = greedy(state_problem(scores, 2, objective="affinity"))
    assert (two.sources, two.objective) == (("a", "b"), pytest.approx(1.1))
    assert greedy(state_problem(scores, 0, objective="affinity")) is None


def test_on_the_published_scores_it_is_near_the_best(published):
    for budget in (2, 4, 8, 15):
        problem = state_problem(published, budget, max_order=4)
        assert greedy(problem).objective >= 0.9 * solve(problem).objective
