from __future__ import annotations

import math

import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.problem import Problem, as_budget, state_problem

SCORES = Affinity(
    (
        Edge("a", (), 0.5, None, 0.5),
        Edge("a", ("b",), 0.25, None, 0.3),
        Edge("b", (), 0.6, 0.9, 0.5),
        Edge("b", ("a", "c"), 0.1, 0.8, 0.4),
        Edge("b", ("b",), 0.3, 0.8, 0.4),
    ),
    {},
)
ROLES = {"a": "both", "b": "both", "c": "source"}
TRY = "Give what you can spend, in the unit of the costs; type for example: tk taxonomy --budget 6"


def test_defaults_serve_every_measured_target():
    problem = state_problem(SCORES, "3")
    assert (problem.budget, problem.max_order, problem.objective) == (3.0, 2, "sqrt")
    assert problem.targets == {"a": 1.0, "b": 1.0}
    assert problem.costs == {"a": 1.0, "b": 1.0, "c": 1.0}
    assert [(e.target, e.sources) for e in problem.edges] == [("a", ()), ("b", ()), ("a", ("b",)), ("b", ("a", "c"))]


def test_a_budget_of_0_is_one():
    assert state_problem(SCORES, 0).budget == 0
    assert as_budget("0.0") == 0


def test_roles_order_and_options_say_what_may_be_chosen():
    roles = {"a": "both", "b": "target", "c": "unused"}
    problem = state_problem(
        SCORES, 1, roles=roles, max_order=1, costs={"a": 2.0, "c": 5.0}, transfer_costs={"b": 0.5, "c": 1.0}
    )
    assert problem.targets == {"a": 1.0, "b": 1.0}
    assert problem.costs == {"a": 2.0}
    assert problem.transfer_costs == {"b": 0.5}
    assert problem.edges == (SCORES.edge("a"),)
    # What roles and order forbid is kept for saying what would help; a readout of b's own encoder is no edge at all.
    assert problem.ruled_out == (SCORES.edge("a", "b"), SCORES.edge("b"), SCORES.edge("b", "a", "c"))
    assert problem.largest_cost == 2.5


def test_what_is_labelled_already_costs_nothing_and_what_is_forced_costs_everyone():
    problem = state_problem(SCORES, 1, costs={"a": 3, "c": 0.5}, have=["a"], forced=["c", "c"])
    assert problem.costs == {"a": 0, "b": 1, "c": 0.5}
    assert problem.forced == ("c",)
    assert problem.labels_cost(["a", "c"]) == 0.5
    assert problem.cost(SCORES.edge("a")) == 0.5
    assert problem.cost(SCORES.edge("a", "b")) == 1.5


def test_a_transfer_is_paid_and_supervision_is_not():
    problem = state_problem(SCORES, 1, transfer_costs={"a": 0.25})
    assert problem.transfer_cost(SCORES.edge("a", "b")) == 0.25
    assert problem.transfer_cost(SCORES.edge("a")) == 0
    assert problem.transfer_cost(SCORES.edge("b", "a", "c")) == 0
    assert problem.cost(SCORES.edge("a", "b")) == 1.25


def test_worth_is_the_weighted_score():
    edge = SCORES.edge("a", "b")
    expected = {"sqrt": 1.0, "affinity": 0.5, "quality": 0.6}
    for objective, value in expected.items():
        assert state_problem(SCORES, 1, weights={"a": 2}, objective=objective).worth(edge) == pytest.approx(value)
    assert state_problem(SCORES, 1, objective="gain").worth(SCORES.edge("b", "a", "c")) == 0.8


def test_cost_of_an_edge_is_that_of_what_it_stands_on():
    problem = state_problem(SCORES, 1, costs={"a": 3, "c": 0.5})
    assert problem.cost(SCORES.edge("b", "a", "c")) == 3.5
    assert problem.cost(SCORES.edge("a")) == 3


@pytest.mark.parametrize(
    ("budget", "said"),
    [
        (-1, f"The budget is -1; it must be a number from 0.\n{TRY}"),
        (-1e-9, f"The budget is -1e-09; it must be a number from 0.\n{TRY}"),
        ("-inf", f"The budget '-inf' is not a finite number.\n{TRY}"),
        (math.nan, f"The budget nan is not a finite number.\n{TRY}"),
        ("inf", f"The budget 'inf' is not a finite number.\n{TRY}"),
        (True, f"The budget True is not a finite number.\n{TRY}"),
        ("six", f"The budget 'six' is not a number.\n{TRY}"),
        (None, f"The budget None is not a number.\n{TRY}"),
    ],
)
def test_a_budget_that_makes_no_sense_is_refused(budget, said):
    for ask in (as_budget, lambda b: state_problem(SCORES, b)):
        with pytest.raises(TaxonomyError) as refused:
            ask(budget)
        assert str(refused.value) == said


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            {"objective": "beauty"},
            "There is no objective 'beauty'.\nChoose one of these: sqrt, affinity, gain, quality.",
        ),
        (
            {"max_order": 0},
            "The order 0 is not a whole number from 1.\nIt is the most sources that one transfer may have; type for "
            "example: tk taxonomy --budget 6 --order 2",
        ),
        (
            {"max_order": 1.5},
            "The order 1.5 is not a whole number from 1.\nIt is the most sources that one transfer may have; type for "
            "example: tk taxonomy --budget 6 --order 2",
        ),
        (
            {"costs": {"a": -1.0}},
            "The cost of a is -1.0; it must be a number from 0.\n"
            "Correct cost under [tasks.a] in registry.toml, or the option.",
        ),
        (
            {"weights": {"b": math.nan}},
            "The weight of b is nan; it must be a number from 0.\n"
            "Correct weight under [tasks.b] in registry.toml, or the option.",
        ),
        (
            {"roles": {"a": "teacher"}},
            "The role of a is 'teacher'.\nCorrect it in registry.toml to one of: source, target, both, unused.",
        ),
        (
            {"transfer_costs": {"a": math.inf}},
            "The transfer cost of a is inf; it must be a number from 0.\n"
            "Correct transfer_cost under [tasks.a] in registry.toml, or the option.",
        ),
        *(
            (
                {option: names},
                "There is no task 'bb'. Did you mean b?\nType: tk tasks",
            )
            for option, names in [
                ("costs", {"bb": 1.0}),
                ("transfer_costs", {"bb": 1.0}),
                ("weights", {"bb": 1.0}),
                ("have", ["bb"]),
                ("forced", ["bb"]),
            ]
        ),
        (
            {"roles": ROLES | {"c": "unused"}, "forced": ["c"]},
            "c cannot be labelled by force and unused.\nLeave one out, or type: tk taxonomy --source c ...",
        ),
        (
            {"roles": ROLES | {"c": "unused"}, "have": ["a", "c"]},
            "c cannot be labelled already and unused.\nLeave one out, or type: tk taxonomy --source c ...",
        ),
        (
            {"roles": ROLES | {"b": "target"}, "forced": ["b"]},
            "b cannot be labelled by force and a target alone, which is never labelled.\n"
            "Leave one out, or type: tk taxonomy --both b ...",
        ),
        (
            {"roles": ROLES | {"b": "target"}, "have": ["b"]},
            "b cannot be labelled already and a target alone, which is never labelled.\n"
            "Leave one out, or type: tk taxonomy --both b ...",
        ),
        (
            {"roles": {"a": "source"}},
            "There is no target to serve.\nGive a task the role target; type: tk tasks",
        ),
    ],
)
def test_a_problem_that_makes_no_sense_is_refused(options, said):
    with pytest.raises(TaxonomyError) as refused:
        state_problem(SCORES, 2, **options)
    assert str(refused.value) == said


def test_a_score_that_was_not_measured_is_named():
    with pytest.raises(TaxonomyError) as refused:
        state_problem(SCORES, 2, objective="gain").worth(SCORES.edge("a", "b"))
    assert str(refused.value) == (
        "b -> a has no gain: a has no network trained from scratch to compare with.\n"
        "Train what is missing, then ask again; type: tk transfer"
    )
    problem = Problem((Edge("a", ("b",), None),), {"a": 1.0}, {"b": 1.0}, 1, 1)
    with pytest.raises(TaxonomyError, match=r"^b -> a has no affinity\.\n"):
        problem.worth(problem.edges[0])
