from __future__ import annotations

import numpy as np
import pulp
import pytest

from taskonomy_core.taxonomy import through_pulp
from taskonomy_core.taxonomy.engines import ScipyMilp, relaxation_bound
from taskonomy_core.taxonomy.problem import state_problem
from taskonomy_core.taxonomy.program import Program, Row, textbook_program, tight_program
from taskonomy_core.taxonomy.through_pulp import ThroughPulp, cbc


@pytest.mark.parametrize("name", ["cbc", "highs"])
@pytest.mark.parametrize("form", [tight_program, textbook_program])
def test_both_forms_agree_with_scipy(random_affinity, name, form):
    problem = state_problem(random_affinity(2), 3, transfer_costs={"t0": 0.5}, forced=("s1",))
    program = form(problem, problem.edges)
    found = ThroughPulp(name).run(program)
    assert found.optimal
    assert found.bound == pytest.approx(program.objective @ found.values)
    assert found.bound == pytest.approx(ScipyMilp().run(program).bound)


@pytest.mark.parametrize("name", ["cbc", "highs"])
def test_every_kind_of_row_is_handed_on(name):
    # max 3a + 2b + c + d: a <= 1/2 (above), a + b = 1, c between 0.2 and 0.6, d in no row and without weight.
    program = Program(
        edges=(),
        sources=(),
        paying=(),
        objective=np.array([3.0, 2.0, 1.0, 0.0]),
        rows=(Row((0, 1), (1.0, 1.0), 1.0, 1.0), Row((2,), (1.0,), 0.2, 0.6)),
        budget=Row((0,), (1.0,), upper=0.5),
        binary=np.zeros(4, dtype=bool),
        unit=1.0,
    )
    found = ThroughPulp(name).run(program)
    assert found.values.tolist() == pytest.approx([0.5, 0.5, 0.6, 0.0])
    assert found.bound == pytest.approx(3.1)


def test_optimal_is_believed_only_where_it_was_proved(random_affinity, monkeypatch):
    # PuLP calls what a time limit left "Optimal" in its status; sol_status tells.
    problem = state_problem(random_affinity(2), 3)
    program = tight_program(problem, problem.edges)
    real = pulp.LpProblem.solve

    def stopped(self, solver):
        real(self, solver)
        self.sol_status = pulp.LpSolutionIntegerFeasible

    monkeypatch.setattr(pulp.LpProblem, "solve", stopped)
    found = ThroughPulp("cbc").run(program)
    assert (found.optimal, found.infeasible) == (False, False)
    assert found.values is not None
    assert found.bound == relaxation_bound(program)


def test_where_cbc_is_looked_for(monkeypatch):
    assert cbc()
    monkeypatch.setattr(pulp.PULP_CBC_CMD, "pulp_cbc_path", "nowhere/cbc")
    monkeypatch.setattr(through_pulp.shutil, "which", lambda name: f"somewhere/{name}")
    assert cbc() == "somewhere/cbc"
