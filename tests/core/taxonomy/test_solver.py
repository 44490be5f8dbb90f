from __future__ import annotations

import math
from dataclasses import replace
from itertools import combinations

import numpy as np
import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy import engines, solver
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.engines import SOLVERS, Found
from taskonomy_core.taxonomy.problem import OBJECTIVES, state_problem
from taskonomy_core.taxonomy.program import SCALE, textbook_program, tight_program
from taskonomy_core.taxonomy.solver import solve

CHEAP_FIRST = {"t0": 2.0, "t1": 0.5, "t3": 1.5, "s0": 0.0}


def worth(problem, edge):
    score = {
        "sqrt": lambda: math.sqrt(edge.affinity),
        "affinity": lambda: edge.affinity,
        "gain": lambda: edge.gain,
        "quality": lambda: edge.quality,
    }[problem.objective]()
    return problem.targets[edge.target] * score


def brute_force(problem):
    """Every set of labels in turn; (objective, -cost, -size, names) of the best, or None. Knows nothing of programs."""
    best = None
    for size in range(len(problem.costs) + 1):
        for labelled in combinations(sorted(problem.costs), size):
            cost = sum(problem.costs[s] for s in labelled)
            if cost > problem.budget + 1e-9:
                continue
            total = 0.0
            for target in problem.targets:
                offers = [
                    worth(problem, e)
                    for e in problem.edges
                    if e.target == target and set(e.sources or (target,)) <= set(labelled)
                ]
                if not offers:
                    break
                total += max(offers)
            else:
                key = (round(total, 9), -round(cost, 9), -size, [[-ord(c) for c in s] for s in labelled])
                if best is None or key > best[0]:
                    best = key, total, labelled
    return best


def check(problem, engine):
    expected = brute_force(problem)
    found = solve(problem, engine)
    if expected is None:
        assert found.status == "infeasible"
        assert found.reason
        return found
    _, total, labelled = expected
    assert found.status == "proved best"
    assert found.objective == pytest.approx(total, abs=1e-9)
    assert found.bound == found.objective
    assert found.gap == 0
    assert found.sources == labelled
    assert [e.target for e in found.edges] == sorted(problem.targets)
    assert found.cost <= problem.budget + 1e-9
    assert all(set(e.needs) <= set(found.sources) for e in found.edges)
    return found


@pytest.mark.parametrize("engine", SOLVERS)
@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("seed", range(3))
def test_every_solver_and_objective_equals_brute_force(random_affinity, engine, objective, seed):
    scores = random_affinity(seed)
    weights = {"t1": 3.0, "t2": 0.0}
    for budget in (1.5, 2, 4):
        check(state_problem(scores, budget, costs=CHEAP_FIRST, weights=weights, objective=objective), engine)


@pytest.mark.parametrize("engine", SOLVERS)
@pytest.mark.parametrize("seed", range(4))
def test_ties_go_to_the_cheaper_then_the_fewer_then_the_first_names(random_affinity, engine, seed):
    scores = random_affinity(seed, levels=2, density=1)
    for budget in (2, 3, 6):
        check(state_problem(scores, budget, objective="affinity"), engine)
        check(state_problem(scores, budget, costs=CHEAP_FIRST, objective="quality"), engine)


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
    roles = {"t0": "target", "t1": "both", "t2": "source", "t3": "both", "s0": "source"}
    problem = state_problem(scores, 2, roles=roles, max_order=1)
    assert set(problem.targets) == {"t0", "t1", "t3"}
    assert set(problem.costs) == {"t1", "t2", "t3", "s0"}
    found = check(problem, "highs")
    assert not found.edge("t0").supervised
    assert "t0" not in {source for edge in problem.edges for source in edge.needs}


@pytest.mark.parametrize("seed", range(5))
def test_tight_and_textbook_forms_have_one_optimum(random_affinity, seed):
    scores = random_affinity(seed, targets=5, extra_sources=3, max_order=3, density=0.4)
    for objective in ("sqrt", "affinity"):
        problem = state_problem(scores, 3, objective=objective)
        forms = [make(problem, problem.edges) for make in (tight_program, textbook_program)]
        optima = [engines.run(form, "scipy") for form in forms]
        assert [found.optimal for found in optima] == [True, True]
        values = [form.objective @ found.values for form, found in zip(forms, optima, strict=True)]
        assert values[0] == pytest.approx(values[1], abs=1e-4)
        bounds = [engines.relaxation_bound(form) for form in forms]
        assert values[0] - 1e-6 <= bounds[0] <= bounds[1] + 1e-6


def test_x_stays_continuous_and_y_is_binary(random_affinity):
    problem = state_problem(random_affinity(0), 3)
    assert tight_program(problem, problem.edges).binary.sum() == len(problem.costs)
    assert textbook_program(problem, problem.edges).binary.all()


def test_prices_that_only_rounding_puts_above_the_budget_are_paid(random_affinity):
    scores = random_affinity(1, targets=2, extra_sources=0, max_order=1)
    for engine in SOLVERS:
        found = solve(state_problem(scores, 0.3, costs={"t0": 0.1, "t1": 0.2}, objective="quality"), engine)
        assert found.sources == check_sources(scores)


def check_sources(scores):
    """Both when the sum of own labels beats either alone."""
    own = 1.0
    t0 = scores.edge("t1", "t0")
    t1 = scores.edge("t0", "t1")
    options = {("t0", "t1"): own}
    if t0:
        options[("t0",)] = 0.5 + t0.quality
    if t1:
        options[("t1",)] = 0.5 + t1.quality
    return max(options, key=lambda labelled: options[labelled])


def test_inputs_are_left_alone(random_affinity):
    scores = random_affinity(2)
    costs, weights, roles = {"t0": 1.0}, {"t0": 2.0}, dict.fromkeys(("t0", "t1", "t2", "t3"), "both")
    before = scores.plain()
    solve(state_problem(scores, 2, costs=costs, weights=weights, roles=roles))
    assert scores.plain() == before
    assert (costs, weights) == ({"t0": 1.0}, {"t0": 2.0})


def test_nothing_is_printed(random_affinity, capfd):
    for engine in SOLVERS:
        solve(state_problem(random_affinity(0), 2), engine)
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("engine", SOLVERS)
def test_a_target_that_nothing_feeds_is_named(random_affinity, engine):
    scores = random_affinity(0)
    lonely = replace(scores, edges=tuple(e for e in scores.edges if e.target != "t1"))
    roles = {"t0": "both", "t1": "target", "t2": "both"}
    found = solve(state_problem(lonely, 2, roles=roles, max_order=2), engine)
    assert (found.status, found.feasible, found.edges, found.objective, found.gap) == (
        "infeasible",
        False,
        (),
        None,
        None,
    )
    assert found.reason == (
        "t1 has no transfer of order 2 or less from the tasks that may be labelled, and cannot be labelled"
    )


def test_a_target_that_costs_more_than_the_budget_is_named(random_affinity):
    scores = random_affinity(0, density=1, max_order=1)
    problem = state_problem(scores, 1, costs=dict.fromkeys(("t0", "t1", "t2", "t3", "s0", "s1"), 4.0))
    problem = replace(problem, edges=tuple(e for e in problem.edges if e.target == "t0"), targets={"t0": 1.0})
    assert solve(problem).reason == (
        "no edge into these targets is within the budget of 1: t0 (the cheapest is own labels -> t0 at 4)"
    )


@pytest.mark.parametrize("engine", SOLVERS)
def test_a_budget_that_serves_each_but_not_all_says_what_would(random_affinity, engine):
    scores = random_affinity(0)
    own = replace(scores, edges=tuple(e for e in scores.edges if e.supervised))
    found = solve(state_problem(own, 3), engine)
    assert found.status == "infeasible"
    assert found.reason == (
        "no set of labels within the budget of 3 serves all 4 targets; the cheapest that does costs 4 (t0, t1, t2, t3)"
    )


def test_best_so_far_is_never_called_proved(random_affinity, monkeypatch):
    problem = state_problem(random_affinity(0), 3)
    best = solve(problem)
    real = engines.run

    def stopped(program, engine, seconds=None):
        found = real(program, engine, seconds)
        return Found(found.values, optimal=False, infeasible=False, bound=found.bound + 0.5 * SCALE)

    monkeypatch.setattr(solver, "run", stopped)
    halted = solve(problem, seconds=60)
    assert halted.status == "best so far"
    assert halted.objective == pytest.approx(best.objective)
    assert halted.bound == pytest.approx(best.objective + 0.5)
    assert halted.gap == pytest.approx(0.5 / best.objective)


def test_no_taxonomy_in_time_is_said(random_affinity, monkeypatch):
    monkeypatch.setattr(solver, "run", lambda *_: Found(None, optimal=False, infeasible=False, bound=np.inf))
    with pytest.raises(TaxonomyError) as refused:
        solve(state_problem(random_affinity(0), 3), "highs", seconds=5)
    assert str(refused.value) == (
        "The solver highs found no taxonomy within 5 seconds.\n"
        "Give it more time; type: tk taxonomy --budget N --seconds 600"
    )


def test_a_false_claim_of_a_solver_is_a_bug_with_a_traceback(random_affinity, monkeypatch):
    real = engines.run

    def boasting(program, engine, seconds=None):
        return replace(real(program, engine, seconds), bound=1e9)

    monkeypatch.setattr(solver, "run", boasting)
    with pytest.raises(ArithmeticError, match="claims"):
        solve(state_problem(random_affinity(0), 3))


def test_plain_data(random_affinity):
    found = solve(state_problem(random_affinity(0), 2))
    plain = found.plain()
    assert plain["status"] == "proved best"
    assert plain["sources"] == list(found.sources)
    assert [row["target"] for row in plain["targets"]] == ["t0", "t1", "t2", "t3"]
    for row, edge in zip(found.rows(), found.edges, strict=True):
        assert row["how"] == ("transfer" if edge.sources else "own labels")
        assert row["labelled"] == (edge.target in found.sources)
    assert set(found.supervised) | {e.target for e in found.transferred} == {"t0", "t1", "t2", "t3"}
    source = found.transferred[0].sources[0]
    assert found.transferred[0].target in found.feeds(source)
