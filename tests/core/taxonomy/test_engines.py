from __future__ import annotations

import numpy as np
import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy import engines
from taskonomy_core.taxonomy.engines import SOLVERS, available_solvers, choose_solver, open_engine, relaxation_bound
from taskonomy_core.taxonomy.problem import state_problem
from taskonomy_core.taxonomy.program import Row, tight_program


def test_highs_is_preferred_and_all_three_are_here():
    assert available_solvers() == SOLVERS
    assert choose_solver() == "highs"
    assert choose_solver("cbc") == "cbc"


def test_a_missing_solver_is_passed_over_or_named(monkeypatch):
    monkeypatch.setitem(engines._AVAILABLE, "highs", lambda: False)
    assert choose_solver() == "scipy"
    with pytest.raises(TaxonomyError) as refused:
        choose_solver("highs")
    assert str(refused.value) == "The solver highs is not installed here.\nChoose one of these: scipy, cbc."


def test_an_unknown_solver_is_named():
    with pytest.raises(TaxonomyError) as refused:
        choose_solver("gurobi")
    assert str(refused.value) == "There is no solver 'gurobi'.\nChoose one of these: auto, highs, scipy, cbc."


@pytest.fixture
def program(random_affinity):
    problem = state_problem(random_affinity(3), 2)
    return tight_program(problem, problem.edges)


@pytest.mark.parametrize("name", SOLVERS)
def test_bounds_hold(program, name):
    found = open_engine(name, program).run(program)
    value = program.objective @ found.values
    assert found.optimal
    assert not found.infeasible
    assert value - 1e-6 <= found.bound <= relaxation_bound(program) + 1e-6
    assert found.bound == pytest.approx(value)


@pytest.mark.parametrize("name", SOLVERS)
def test_a_contradiction_is_infeasible_and_the_next_question_is_not(program, name):
    engine = open_engine(name, program)
    y = tuple(range(program.y.start, program.y.stop))
    for none in (program.with_rows(Row(y, (1.0,) * len(y), upper=0.0)), program.with_budget(0)):
        found = engine.run(none)
        assert (found.infeasible, found.values, found.optimal) == (True, None, False)
        assert engine.run(program).optimal


@pytest.mark.parametrize("name", SOLVERS)
def test_time_that_suffices_changes_nothing(program, name):
    engine = open_engine(name, program)
    for _ in range(2):
        found = engine.run(program, seconds=60)
        assert found.optimal
        assert found.bound == pytest.approx(engine.run(program).bound)


@pytest.mark.parametrize("name", ["scipy", "cbc"])
def test_what_is_stopped_is_never_called_proved(random_affinity, name):
    problem = state_problem(random_affinity(0, targets=45, extra_sources=0, max_order=2, density=0.3), 12)
    hard = tight_program(problem, problem.edges)
    found = open_engine(name, hard).run(hard, seconds=0.3)
    assert not found.optimal
    assert not found.infeasible
    if name == "cbc":  # it keeps its bound to itself, and the relaxation's is used; SciPy's may be that of the start
        assert found.bound == pytest.approx(relaxation_bound(hard))
    assert found.values is None or hard.objective @ found.values < found.bound


def test_a_solver_that_breaks_is_a_bug_with_a_traceback(program, monkeypatch):
    class Broken:
        status, message = 4, "numerical difficulties"

    monkeypatch.setattr("scipy.optimize.milp", lambda *_, **__: Broken())
    with pytest.raises(ArithmeticError, match=r"scipy.optimize.milp failed: numerical difficulties"):
        open_engine("scipy", program).run(program)
    assert relaxation_bound(program) == np.inf
