from __future__ import annotations

import math

import pytest
from brute_force import NEAR, TENTHS, WHOLE, Question, prices, questions
from hypothesis import given, settings
from hypothesis import strategies as st

from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.problem import state_problem
from taskonomy_core.taxonomy.solver import solve
from taskonomy_core.taxonomy.staircase import Staircase, staircase


def agree(question, stairs):
    """At every cost of some choice, just below and above it, the staircase answers like trying everything."""
    if not question.ways:
        assert stairs.steps == ()
        assert stairs.reason
        return
    best = [step.taxonomy for step in stairs.steps]
    assert all(answer.status == "optimal" for answer in best)
    objectives = [answer.objective for answer in best]
    assert objectives == sorted(set(objectives))
    budgets = {round(way.cost, 6) for way in question.ways} | {question.dearest, question.dearest + 1}
    for budget in sorted({*budgets, *(b + 1e-3 for b in budgets), *(max(b - 1e-3, 0) for b in budgets)}):
        expected, found = question.best(budget), stairs.at(budget)
        if expected is None:
            assert found is None
        else:
            assert found.objective == pytest.approx(expected.worth, abs=NEAR)
            assert (found.sources, found.cost) == (expected.sources, pytest.approx(expected.cost, abs=NEAR))
    for step in stairs.steps:
        assert step.budget == pytest.approx(step.taxonomy.cost, abs=NEAR)


@pytest.mark.parametrize(
    "price",
    [
        prices(st.just(1.0)),
        prices(st.just(0), WHOLE),
        prices(st.sampled_from([2.5, 0.3, 1])),
        prices(TENTHS),
        # No common unit, or one that is too small to walk by.
        prices(st.sampled_from([math.sqrt(2), math.pi, 1.0])),
        prices(st.sampled_from([1.0, 1.001, 2.0])),
    ],
    ids=["ones", "whole", "fractions", "tenths", "incommensurable", "thousandths"],
)
def test_every_budget_equals_brute_force(random_affinity, price):
    @settings(max_examples=25, deadline=None)
    @given(st.data())
    def check(data):
        question = data.draw(questions(random_affinity, price))
        agree(question, staircase(question.problem(0)))

    check()


@pytest.mark.parametrize("engine", ["scipy", "cbc"])
@pytest.mark.parametrize("costs", [{}, {"t0": math.sqrt(2), "t1": math.pi}], ids=["walked", "jumped"])
def test_the_other_solvers_climb_the_same_stairs(random_affinity, engine, costs):
    problem = state_problem(random_affinity(4, targets=5, density=0.4), 0, costs=costs, weights={"t2": 5.0})
    stairs = staircase(problem, engine)
    assert stairs == Staircase(staircase(problem).steps, "", engine)
    assert len(stairs.steps) > 2


EDGES = (
    Edge("t", (), 0.9),
    Edge("t", ("a",), 0.3),
    Edge("t", ("b",), 0.4),
    Edge("u", (), 0.5),
    Edge("u", ("a",), 0.2),
    Edge("u", ("b",), 0.05),
)


@pytest.fixture
def by_hand():
    # a alone .3 + .2 at 1; at 2 a and b .4 + .2; u, t and no more .9 + .5 at 4 + 3; t with a .9 + .2 at 5.
    costs = {"a": 1, "b": 1, "t": 4, "u": 3}
    return state_problem(Affinity(EDGES, {}), 0, costs=costs, objective="affinity")


def test_what_enters_and_leaves_by_hand(by_hand):
    stairs = staircase(by_hand)
    assert [(step.budget, step.until, step.taxonomy.sources) for step in stairs.steps] == [
        (1, 2, ("a",)),
        (2, 4, ("a", "b")),
        (4, 5, ("b", "u")),
        (5, 7, ("a", "t")),
        (7, None, ("t", "u")),
    ]
    assert [round(step.taxonomy.objective, 6) for step in stairs.steps] == [0.5, 0.6, 0.9, 1.1, 1.4]
    assert [(step.enters, step.leaves) for step in stairs.steps] == [
        (("a",), ()),
        (("b",), ()),
        (("u",), ("a",)),
        (("a", "t"), ("b", "u")),
        (("u",), ("a",)),
    ]
    assert stairs.spans() == {
        "a": [(1, 4), (5, 7)],
        "b": [(2, 5)],
        "t": [(5, None)],
        "u": [(4, 5), (7, None)],
    }
    assert stairs.steps[2].changes() == {"until": 5, "enters": ["u"], "leaves": ["a"]}
    assert (stairs.reason, stairs.solver) == ("", "highs")


def test_below_the_first_step_there_is_nothing(by_hand):
    stairs = staircase(by_hand)
    assert stairs.at(0.99) is None
    assert stairs.at(1).sources == ("a",)
    assert stairs.at(4.5).sources == ("b", "u")
    assert stairs.at(100).sources == ("t", "u")


def test_rounding_in_the_costs_moves_no_step():
    # 0.1 + 0.2 is a little more than 0.3.
    edges = (Edge("t", ("a",), 0.2), Edge("u", ("b",), 0.2), Edge("u", (), 0.5))
    costs = {"a": 0.1, "b": 0.2, "u": 0.3}
    stairs = staircase(state_problem(Affinity(edges, {}), 0, costs=costs))
    assert [step.budget for step in stairs.steps] == [pytest.approx(0.3), pytest.approx(0.4)]
    assert stairs.at(0.3).sources == ("a", "b")
    assert stairs.at(0.4).sources == ("a", "u")


def test_where_labels_cost_nothing_there_is_one_step(random_affinity):
    scores = random_affinity(1)
    stairs = staircase(state_problem(scores, 0, have=scores.sources))
    assert [(step.budget, step.until, step.leaves) for step in stairs.steps] == [(0, None, ())]


def test_the_problems_own_budget_does_not_matter(by_hand):
    assert staircase(by_hand) == staircase(
        state_problem(Affinity(EDGES, {}), 3, costs=by_hand.costs, objective="affinity")
    )


def test_no_budget_helps_a_target_that_nothing_serves():
    scores = Affinity((Edge("t", ("a",), 0.5), Edge("u", ("a", "b"), 0.5)), {})
    stairs = staircase(state_problem(scores, 0, roles={"t": "target", "u": "target", "a": "source"}))
    assert stairs.steps == ()
    assert stairs.at(100) is None
    assert stairs.spans() == {}
    assert stairs.reason == (
        "u has no transfer of order 2 or less from the tasks that may be labelled, and cannot be labelled; "
        "a + b -> u would serve it, if b might be labelled"
    )


@pytest.mark.parametrize("costs", [{}, {"t0": math.sqrt(2)}])
def test_progress_goes_to_the_end(random_affinity, costs):
    heard = []
    staircase(state_problem(random_affinity(0), 0, costs=costs), progress=lambda *now: heard.append(now))
    assert heard == sorted(heard)
    assert heard[-1] == (100, 100)


def test_the_last_step_is_what_all_money_buys(random_affinity):
    question = Question(random_affinity(7), {"costs": {"t1": 2.5, "s0": 0.3}, "weights": {"t0": 2.0}})
    stairs = staircase(question.problem(0))
    assert stairs.steps[-1].taxonomy.objective == solve(question.problem(1000)).objective
