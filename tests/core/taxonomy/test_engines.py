from __future__ import annotations

import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy import engines
from taskonomy_core.taxonomy.engines import SOLVERS, available_solvers, choose_solver, relaxation_bound, run
from taskonomy_core.taxonomy.problem import state_problem
from taskonomy_core.taxonomy.program import tight_program


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


@pytest.mark.parametrize("engine", SOLVERS)
def test_bounds_hold(random_affinity, engine):
    problem = state_problem(random_affinity(3), 2)
    program = tight_program(problem, problem.edges)
    found = run(program, engine)
    value = program.objective @ found.values
    assert found.optimal
    assert not found.infeasible
    assert value - 1e-6 <= found.bound <= relaxation_bound(program) + 1e-6
    assert found.bound == pytest.approx(value)


@pytest.mark.parametrize("engine", SOLVERS)
def test_a_contradiction_is_infeasible(random_affinity, engine):
    problem = state_problem(random_affinity(3), 2)
    program = tight_program(problem, problem.edges)
    y = range(program.y.start, program.y.stop)
    none = engines.Program(
        program.edges,
        program.sources,
        program.objective,
        (*program.rows, type(program.rows[0])(tuple(y), (1.0,) * len(y), upper=0.0)),
        program.binary,
    )
    found = run(none, engine)
    assert found.infeasible
    assert found.values is None
    assert not found.optimal
