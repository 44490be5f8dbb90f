"""Solvers that are reached through PuLP, which states the program anew for every question."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.taxonomy.engines import Found, relaxation_bound
from taskonomy_core.taxonomy.program import Program


class ThroughPulp:
    """A solver by PuLP's hand: "cbc" is the second opinion of `tk`; "highs" is there for the benchmarks."""

    def __init__(self, name: str) -> None:
        self._name = name

    def run(self, program: Program, seconds: float | None = None, above: float | None = None) -> Found:
        """See Engine; `above` is not used."""
        import pulp

        # Without both gaps PuLP hands on HiGHS's own default, 1e-6 of the objective.
        options = {"msg": False, "gapRel": 0.0, "gapAbs": 0.0, "timeLimit": seconds}
        # getSolver("PULP_CBC_CMD") is deprecated, and COIN_CMD looks on the PATH alone: point it at either.
        solver = pulp.COIN_CMD(path=cbc(), **options) if self._name == "cbc" else pulp.getSolver("HiGHS", **options)
        model, values = _solve(program, solver)
        if model.sol_status == pulp.LpSolutionInfeasible:
            return Found(None, optimal=False, infeasible=True, bound=-np.inf)
        # "Optimal" at a time limit is status alone; sol_status tells whether it was proved.
        proved = model.sol_status == pulp.LpSolutionOptimal and values is not None
        # PuLP does not hand on the bound of a solver that was stopped.
        bound = float(program.objective @ values) if proved and values is not None else relaxation_bound(program)
        return Found(values, optimal=proved, infeasible=False, bound=bound)


def cbc() -> str | None:
    """Where CBC is: the one that PuLP brings, or one on the PATH."""
    import pulp

    bundled = getattr(getattr(pulp, "PULP_CBC_CMD", None), "pulp_cbc_path", None)
    return bundled if bundled and Path(bundled).exists() else shutil.which("cbc")


def _solve(program: Program, solver: Any) -> tuple[Any, NDArray[np.float64] | None]:
    import pulp

    model = pulp.LpProblem("taxonomy", pulp.LpMaximize)
    variables = [
        model.add_variable(f"v{number:06}", 0, 1, pulp.LpInteger if whole else pulp.LpContinuous)
        for number, whole in enumerate(program.binary)
    ]
    weights = program.objective.tolist()
    model.setObjective(pulp.LpAffineExpression([(v, w) for v, w in zip(variables, weights, strict=True) if w]))
    for row in program.all_rows:
        sum_of = pulp.LpAffineExpression(
            [(variables[i], float(c)) for i, c in zip(row.indices, row.coefficients, strict=True)]
        )
        if row.lower == row.upper:
            model.addConstraint(sum_of == row.upper)
            continue
        if np.isfinite(row.lower):
            model.addConstraint(sum_of >= row.lower)
        if np.isfinite(row.upper):
            model.addConstraint(sum_of <= row.upper)
    model.solve(solver)
    values = [variable.value() for variable in variables]
    has_solution = model.sol_status in (pulp.LpSolutionOptimal, pulp.LpSolutionIntegerFeasible)
    # A variable in no row and without weight is not handed over; 0 is as good as any value.
    return model, np.array([value or 0.0 for value in values]) if has_solution else None
