from __future__ import annotations

import json
import math
from dataclasses import replace
from itertools import combinations, islice

import numpy as np
import pytest
from brute_force import NEAR, Question, budgets, questions
from hypothesis import given, settings
from hypothesis import strategies as st

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.engines import SOLVERS, Found, open_engine, relaxation_bound
from taskonomy_core.taxonomy.problem import OBJECTIVES, state_problem
from taskonomy_core.taxonomy.program import SCALE, textbook_program, tight_program
from taskonomy_core.taxonomy.solver import TaxonomySolver, solve

CHEAP_FIRST = {"t0": 2.0, "t1": 0.5, "t3": 1.5, "s0": 0.0}


def agree(question, budget, found, unlike=()):
    """What the solver says is what trying everything says, and adds up."""
    best = question.best(budget, unlike)
    if best is None:
        assert found.status == "infeasible"
        assert found.reason
        assert (found.edges, found.sources, found.objective, found.bound, found.gap) == ((), (), None, None, None)
        return
    assert found.status == "optimal"
    assert found.objective == pytest.approx(best.worth, abs=NEAR)
    assert (found.bound, found.gap) == (found.objective, 0)
    assert found.sources == best.sources
    assert found.cost == pytest.approx(best.cost, abs=NEAR)
    assert [edge.target for edge in found.edges] == question.targets
    assert all(set(edge.sources or (edge.target,)) <= set(found.sources) for edge in found.edges)
    assert all(question.affinity.edge(edge.target, *edge.sources) == edge for edge in found.edges)
    assert sum(question.score(edge) for edge in found.edges) == pytest.approx(found.objective)
    paid = sum(question.transfer_price(edge.target) for edge in found.edges if edge.sources)
    assert sum(question.price(task) for task in found.sources) + paid == pytest.approx(found.cost)


@pytest.mark.parametrize(("engine", "examples"), [("highs", 200), ("scipy", 60), ("cbc", 40)])
def test_every_solver_equals_brute_force(random_affinity, engine, examples):
    @settings(max_examples=examples, deadline=None)
    @given(st.data())
    def check(data):
        question = data.draw(questions(random_affinity))
        budget = data.draw(budgets(question))
        agree(question, budget, solve(question.problem(budget), engine))

    check()


@pytest.mark.parametrize("engine", SOLVERS)
@pytest.mark.parametrize("objective", OBJECTIVES)
def test_every_objective_equals_brute_force(random_affinity, engine, objective):
    question = Question(
        random_affinity(0), {"costs": CHEAP_FIRST, "weights": {"t1": 3.0, "t2": 0.0}, "objective": objective}
    )
    for budget in (0, 1.5, 2, 4):
        agree(question, budget, solve(question.problem(budget), engine))


@pytest.mark.parametrize("engine", SOLVERS)
@pytest.mark.parametrize("seed", range(2))
def test_ties_go_to_the_cheaper_then_the_fewer_then_the_first_names(random_affinity, engine, seed):
    scores = random_affinity(seed, levels=2, density=1)
    for options in ({"objective": "affinity"}, {"objective": "quality", "costs": CHEAP_FIRST}):
        question = Question(scores, options)
        for budget in (2, 3, 6):
            tied = [way for way in question.ways if way.cost <= budget]
            assert sum(way.worth > question.best(budget).worth - NEAR for way in tied) > 1
            agree(question, budget, solve(question.problem(budget), engine))


@pytest.mark.parametrize("engine", SOLVERS)
def test_among_many_equal_sources_the_first_names_win(engine):
    names = [f"s{n:02}" for n in range(26)]
    edges = [Edge("t", pair, 0.25) for pair in combinations(names[3:], 2) if pair[0] != "s03" or pair[1] > "s20"]
    scores = Affinity((*edges, Edge("u", (names[25],), 0.1), Edge("u", (names[24],), 0.1)), {})
    found = solve(state_problem(scores, 9), engine)
    assert found.sources == ("s03", "s24")


@pytest.mark.parametrize("seed", range(4))
def test_roles_are_kept(random_affinity, seed):
    scores = random_affinity(seed, density=1)
    roles = {"t0": "target", "t1": "both", "t2": "source", "t3": "both", "s0": "source", "s1": "unused"}
    question = Question(scores, {"roles": roles, "max_order": 1})
    found = solve(question.problem(2))
    agree(question, 2, found)
    assert [edge.target for edge in found.edges] == ["t0", "t1", "t3"]
    assert set(found.sources) <= {"t1", "t2", "t3", "s0"}
    assert not found.edge("t0").supervised


def test_a_budget_of_0_buys_what_is_labelled_already(random_affinity):
    scores = random_affinity(0, density=1)
    found = solve(state_problem(scores, 0, have=("t0", "s1")))
    assert (found.status, found.cost) == ("optimal", 0)
    assert set(found.sources) <= {"t0", "s1"}
    assert solve(state_problem(scores, 0)).status == "infeasible"


def test_what_is_forced_is_labelled_and_paid_though_it_serves_nothing():
    scores = Affinity((Edge("t", (), 0.5), Edge("t", ("a",), 0.4), Edge("t", ("b",), 0.1)), {})
    found = solve(state_problem(scores, 2, forced=("b",)))
    assert (found.sources, found.cost, found.supervised) == (("b", "t"), 2, ("t",))
    assert solve(state_problem(scores, 1, forced=("b",))).sources == ("b",)


def test_a_transfer_that_costs_is_weighed_against_labels():
    # By hand: 5 buys t and u own labels (.9 + .8); 3 buys u's labels and, for 1, t from u; 2 only a with free u.
    edges = (
        Edge("t", (), 0.9),
        Edge("t", ("u",), 0.6),
        Edge("t", ("a",), 0.2),
        Edge("u", (), 0.8),
        Edge("u", ("a",), 0.1),
    )
    options = {
        "costs": {"t": 3.0, "u": 2.0, "a": 1.0},
        "transfer_costs": {"t": 1.0},
        "objective": "affinity",
    }

    def ask(budget):
        found = solve(state_problem(Affinity(edges, {}), budget, **options))
        return found.sources, found.cost, found.objective

    assert ask(5) == (("t", "u"), 5, pytest.approx(1.7))
    assert ask(4) == (("u",), 3, pytest.approx(1.4))
    assert ask(2) == (("a",), 2, pytest.approx(0.3))
    assert ask(1.9)[0] == ()


def test_alternatives_equal_brute_force(random_affinity):
    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def check(data):
        question = data.draw(questions(random_affinity))
        budget = data.draw(budgets(question))
        count = data.draw(st.integers(0, 5), label="count")
        found = TaxonomySolver(question.problem(budget)).alternatives(count)
        before = []
        for answer in found:
            agree(question, budget, answer, before)
            before.append(answer.sources)
        if len(found) <= count and before[0]:
            assert question.best(budget, before) is None
        assert len(found) <= count + 1

    check()


def test_alternatives_come_in_order_and_end_when_there_are_no_more(random_affinity):
    problem = state_problem(random_affinity(5, levels=2, density=1), 2)
    for engine in SOLVERS:
        found = TaxonomySolver(problem, engine).alternatives(1000)
        worths = [answer.objective for answer in found]
        assert worths == sorted(worths, reverse=True)
        assert 5 < len(found) < 1000
        assert len({answer.sources for answer in found}) == len(found)
    endless = TaxonomySolver(problem)
    assert [answer.sources for answer in found[:3]] == [a.sources for a in endless.alternatives(2)]
    # The warm model forgets what it was told to avoid.
    assert endless.solve() == found[0]
    last = list(islice(endless._answers(problem), len(found), None))
    assert [answer.reason for answer in last] == ["no other set of labels within the budget serves every target"]


def test_an_infeasible_answer_has_no_alternatives(random_affinity):
    found = TaxonomySolver(state_problem(random_affinity(0), 0)).alternatives(3)
    assert [answer.status for answer in found] == ["infeasible"]


@pytest.mark.parametrize("engine", SOLVERS)
def test_only_what_is_better_is_of_interest_above_an_objective(random_affinity, engine):
    problem = state_problem(random_affinity(1), 3)
    asked = TaxonomySolver(problem, engine)
    best = asked.solve()
    assert asked.solve(above=best.objective - 1e-4) == best
    none = asked.solve(above=best.objective + 1e-4)
    assert not none.feasible or none.objective < best.objective + 1e-4
    if engine == "highs":
        assert none.reason == f"nothing is better than {best.objective + 1e-4:g}"
    assert asked.solve() == best


def test_the_cheapest_and_the_cheapest_above_equal_brute_force(random_affinity):
    @settings(max_examples=60, deadline=None)
    @given(st.data())
    def check(data):
        question = data.draw(questions(random_affinity))
        engine = data.draw(st.sampled_from(["highs", "highs", "scipy", "cbc"]))
        asked = TaxonomySolver(question.problem(question.dearest), engine)
        cheapest = asked.cheapest()
        if not question.ways:
            assert (cheapest, asked.cheapest_above(0)) == (None, None)
            return
        assert cheapest.cost == pytest.approx(min(way.cost for way in question.ways), abs=NEAR)
        worth = data.draw(st.sampled_from(sorted({way.worth for way in question.ways})))
        found = asked.cheapest_above(worth)
        least, most = (
            min((way.cost for way in question.ways if way.worth > worth + margin), default=math.inf)
            for margin in (1e-8, 1e-8 if engine == "highs" else 1e-4)
        )
        assert least - NEAR <= (math.inf if found is None else found) <= most + NEAR

    check()


@pytest.mark.parametrize("seed", range(5))
def test_tight_and_textbook_forms_have_one_optimum(random_affinity, seed):
    scores = random_affinity(seed, targets=5, extra_sources=3, max_order=3, density=0.4)
    for options in ({}, {"objective": "affinity"}, {"transfer_costs": {"t0": 0.5, "t3": 1.0}}):
        problem = state_problem(scores, 3, **options)
        forms = [make(problem, problem.edges) for make in (tight_program, textbook_program)]
        optima = [open_engine("scipy", form).run(form) for form in forms]
        assert [found.optimal for found in optima] == [True, True]
        values = [form.objective @ found.values for form, found in zip(forms, optima, strict=True)]
        assert values[0] == pytest.approx(values[1], abs=1e-4)
        bounds = [relaxation_bound(form) for form in forms]
        assert values[0] - 1e-6 <= bounds[0] <= bounds[1] + 1e-6


@pytest.mark.parametrize("engine", SOLVERS)
def test_prices_that_only_rounding_puts_above_the_budget_are_paid(engine):
    # 0.1 + 0.2 is 0.30000000000000004.
    scores = Affinity((Edge("t", (), 0.5), Edge("u", (), 0.5), Edge("u", ("t",), 0.1)), {})
    found = solve(state_problem(scores, 0.3, costs={"t": 0.1, "u": 0.2}), engine)
    assert (found.status, found.sources) == ("optimal", ("t", "u"))


def test_inputs_are_left_alone(random_affinity):
    scores = random_affinity(2)
    costs, weights, roles = {"t0": 1.0}, {"t0": 2.0}, dict.fromkeys(("t0", "t1", "t2", "t3"), "both")
    before = scores.plain()
    solve(state_problem(scores, 2, costs=costs, weights=weights, roles=roles))
    assert scores.plain() == before
    assert (costs, weights) == ({"t0": 1.0}, {"t0": 2.0})


def test_nothing_is_printed(random_affinity, capfd):
    for engine in SOLVERS:
        TaxonomySolver(state_problem(random_affinity(0), 2), engine).alternatives(2)
        solve(state_problem(random_affinity(0), 0), engine)
    assert capfd.readouterr() == ("", "")


class Halting:
    """An engine that tells another story than the one that it stands before."""

    def __init__(self, engine, change):
        self._engine, self._change = engine, change

    def run(self, program, seconds=None, above=None):
        return self._change(self._engine.run(program, seconds, above))


def halting(problem, change, seconds=None):
    asked = TaxonomySolver(problem, "highs", seconds)
    asked._engine = Halting(asked._engine, change)
    return asked


def test_best_so_far_is_never_called_proved(random_affinity):
    problem = state_problem(random_affinity(0), 3)
    best = solve(problem)

    def stopped(found):
        return Found(found.values, optimal=False, infeasible=False, bound=found.bound + 0.5 * SCALE)

    asked = halting(problem, stopped, seconds=60)
    halted = asked.solve()
    assert halted.status == "feasible"
    assert halted.objective == pytest.approx(best.objective)
    assert halted.bound == pytest.approx(best.objective + 0.5)
    assert halted.gap == pytest.approx(0.5 / best.objective)
    assert [answer.status for answer in asked.alternatives(3)] == ["feasible"]
    unlimited = halting(state_problem(random_affinity(0), 6), stopped, seconds=60)
    assert unlimited.cheapest() is None
    assert unlimited.cheapest_above(0) is None


def test_no_taxonomy_in_time_is_said(random_affinity):
    asked = halting(
        state_problem(random_affinity(0), 3), lambda _: Found(None, optimal=False, infeasible=False, bound=np.inf), 5
    )
    with pytest.raises(TaxonomyError) as refused:
        asked.solve()
    assert str(refused.value) == (
        "The solver highs found no taxonomy within 5 seconds.\n"
        "Give it more time; type: tk taxonomy --budget N --seconds 600"
    )


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda found: replace(found, bound=1e9), r"highs claims 100000 for a taxonomy that is worth [\d.]+"),
        (lambda found: replace(found, values=np.zeros_like(found.values)), r"do not serve every target: \[\]"),
        (lambda found: replace(found, values=np.ones_like(found.values)), "highs returned labels that cost too much"),
    ],
)
def test_a_false_claim_of_a_solver_is_a_bug_with_a_traceback(random_affinity, change, said):
    scores = random_affinity(0, density=1)
    with pytest.raises(ArithmeticError, match=said):
        halting(state_problem(scores, 1), change).solve()


@pytest.mark.parametrize("objective", OBJECTIVES)
def test_a_warm_solver_answers_like_a_new_one_at_every_budget(random_affinity, objective):
    scores = random_affinity(3, levels=3)
    asked = TaxonomySolver(state_problem(scores, 6, costs=CHEAP_FIRST, objective=objective))
    for budget in (6, 0, 2.5, 1, 6, 4):
        fresh = solve(state_problem(scores, budget, costs=CHEAP_FIRST, objective=objective))
        assert asked.solve(budget) == fresh


def test_plain_data_has_the_published_shape():
    edges = (Edge("t", (), 0.25, 0.9, 0.5), Edge("u", (), 0.2, 0.8, 0.5), Edge("u", ("t", "a"), 0.16, None, 0.4))
    found = solve(state_problem(Affinity(edges, {}), 2, costs={"u": 2.0}, max_order=2))
    plain = found.plain()
    assert 0 <= plain.pop("seconds") < 60
    assert plain == {
        "budget": 2.0,
        "order": 2,
        "status": "optimal",
        "reason": "",
        "solver": "highs",
        "objective": {"name": "sqrt", "value": pytest.approx(0.9), "bound": pytest.approx(0.9), "gap": 0.0},
        "sources": ["a", "t"],
        "cost": 2.0,
        "edges": [
            {"target": "t", "sources": ["t"], "affinity": 0.25, "gain": 0.9, "quality": 0.5},
            {"target": "u", "sources": ["a", "t"], "affinity": 0.16, "gain": None, "quality": 0.4},
        ],
    }
    assert json.loads(json.dumps(plain)) == plain
    none = solve(state_problem(Affinity(edges, {}), 0, costs={"u": 2.0})).plain()
    assert none["objective"] == {"name": "sqrt", "value": None, "bound": None, "gap": None}
    assert (none["status"], none["sources"], none["edges"], none["cost"]) == ("infeasible", [], [], 0.0)
    assert none["reason"]


def test_a_taxonomy_answers_what_is_asked_of_it():
    edges = (Edge("t", (), 0.25), Edge("u", ("t", "a"), 0.16), Edge("v", ("a",), 0.16))
    found = solve(state_problem(Affinity(edges, {}), 2))
    assert found.edge("u") == edges[1]
    assert found.edge("w") is None
    assert found.transferred == edges[1:]
    assert found.supervised == ("t",)
    assert (found.feeds("a"), found.feeds("t"), found.feeds("v")) == (("u", "v"), ("u",), ())
    assert (found.sure, replace(found, status="feasible").sure) == ("proved best", "best so far")
    assert replace(found, status="feasible", bound=found.objective * 1.5).gap == pytest.approx(0.5)
    assert found.feasible
    assert not replace(found, status="infeasible").feasible


def test_equal_worth_is_no_matter_of_scale():
    # Ties are told from differences by share of the objective.
    edges = (Edge("t", ("a",), 0.25), Edge("t", ("b",), 0.25 + 1e-5), Edge("u", ("a",), 0.5), Edge("u", ("b",), 0.5))
    for weight in (1e-3, 1.0, 1e3):
        found = solve(state_problem(Affinity(edges, {}), 1, weights={"t": weight, "u": weight}))
        assert found.sources == ("b",)
        assert found.objective == pytest.approx(weight * (math.sqrt(0.25 + 1e-5) + math.sqrt(0.5)))
