"""Every sentence that says why there is no taxonomy, from the question to the words."""

from __future__ import annotations

import pytest

from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.engines import SOLVERS
from taskonomy_core.taxonomy.infeasible import too_dear
from taskonomy_core.taxonomy.problem import state_problem
from taskonomy_core.taxonomy.solver import TaxonomySolver, solve

SCORES = Affinity(
    (
        Edge("t", (), 0.5),
        Edge("t", ("a",), 0.2),
        Edge("t", ("b",), 0.3),
        Edge("t", ("a", "b"), 0.4),
        Edge("t", ("t",), 0.1),
        Edge("u", (), 0.5),
        Edge("u", ("a", "b"), 0.3),
        Edge("u", ("a", "c"), 0.4),
        Edge("u", ("a", "b", "c"), 0.6),
    ),
    {},
)


def reason(budget=10, scores=SCORES, solver="auto", **options):
    found = solve(state_problem(scores, budget, **options), solver)
    assert (found.status, found.sources, found.edges, found.cost) == ("infeasible", (), (), 0)
    return found.reason


NONE = "u has no transfer of order {} or less from the tasks that may be labelled, and cannot be labelled"


def test_an_order_that_would_serve_is_told_with_the_best_edge():
    roles = {"t": "both", "u": "target", "a": "source", "b": "source", "c": "source"}
    assert reason(roles=roles, max_order=1) == (NONE.format(1) + "; a + c -> u would serve it, if the order were 2")


def test_a_role_that_would_serve_is_told():
    roles = {"t": "both", "u": "target", "a": "source", "b": "target", "c": "unused"}
    scores = Affinity((*SCORES.edges, Edge("b", ("a",), 0.1)), {})
    assert (
        reason(scores=scores, roles=roles)
        == NONE.format(3) + "; own labels -> u would serve it, if u might be labelled"
    )
    without = Affinity(tuple(edge for edge in scores.edges if edge.target != "u" or edge.sources), {})
    assert reason(scores=without, roles=roles) == NONE.format(3) + "; a + c -> u would serve it, if c might be labelled"
    both = roles | {"a": "target"}
    scores = Affinity((*without.edges, Edge("a", ("t",), 0.1), Edge("b", ("t",), 0.1)), {})
    assert reason(scores=scores, roles=both) == (
        NONE.format(3) + "; a + c -> u would serve it, if a and c might be labelled"
    )


def test_role_and_order_together():
    scores = Affinity((Edge("t", (), 0.5), Edge("u", ("a", "c"), 0.4)), {})
    roles = {"t": "both", "u": "target", "a": "source", "c": "unused"}
    assert reason(scores=scores, roles=roles, max_order=1) == (
        NONE.format(1) + "; a + c -> u would serve it, if c might be labelled and the order were 2"
    )


def test_nothing_measured_serves():
    scores = Affinity((Edge("t", (), 0.5), Edge("u", ("u",), 0.4)), {})
    assert reason(scores=scores, roles={"t": "both", "u": "target"}) == (
        NONE.format(1) + "; nothing that was measured serves it"
    )


def test_what_costs_more_than_the_budget_is_named_with_its_price():
    costs = {"t": 4.0, "a": 2.5, "b": 3.0, "u": 9.0}
    assert reason(2, costs=costs) == (
        "nothing within the budget of 2 serves t: a -> t costs 2.5; "
        "nothing within the budget of 2 serves u: a + c -> u costs 3.5"
    )
    assert reason(0, transfer_costs={"t": 0.5}, have=["a", "c", "u"]) == (
        "nothing within the budget of 0 serves t: a -> t costs 0.5"
    )


@pytest.mark.parametrize("solver", SOLVERS)
def test_a_budget_that_serves_each_but_not_all_says_what_would(solver):
    own = Affinity(tuple(edge for edge in SCORES.edges if edge.supervised), {})
    roles = {"t": "both", "u": "both"}
    assert reason(1, own, solver, roles=roles) == (
        "no set of labels within the budget of 1 serves all 2 targets; the cheapest that does costs 2 (t, u)"
    )


def test_the_cheapest_that_would_may_hold_what_the_budget_cannot_buy_alone():
    # t and u cost 3 each; a and b, 2 each, serve both, but no edge from a and b is within a budget of 3.
    edges = [Edge(task, (), 0.5) for task in "tu"] + [Edge(task, ("a", "b"), 0.3) for task in "tu"]
    costs = {"t": 3.0, "u": 3.0, "a": 2.0, "b": 2.0}
    assert reason(3, Affinity(tuple(edges), {}), costs=costs) == (
        "no set of labels within the budget of 3 serves all 2 targets; the cheapest that does costs 4 (a, b)"
    )


def test_where_no_cheapest_was_found_in_time_nothing_is_said_of_it():
    assert too_dear(state_problem(SCORES, 1), None) == "no set of labels within the budget of 1 serves all 2 targets"


def test_a_warm_solver_gives_the_same_reasons():
    costs = {"t": 4.0, "a": 2.5, "b": 3.0, "u": 9.0}
    asked = TaxonomySolver(state_problem(SCORES, 20, costs=costs))
    for budget in (0, 2, 3, 2.6):
        assert asked.solve(budget).reason == reason(budget, costs=costs)
