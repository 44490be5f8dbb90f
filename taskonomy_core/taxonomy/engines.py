"""The solvers: each takes a Program and says what it found and how sure it is."""

from __future__ import annotations

import importlib.util
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.program import Program

SOLVERS = ("highs", "scipy", "cbc")


@dataclass(frozen=True, eq=False)
class Found:
    """What a solver says.

    Attributes:
        values: float64, one per variable; None where it has no feasible solution to show.
        optimal: True only when it proved that nothing is better.
        infeasible: True only when it proved that there is no solution.
        bound: no solution exceeds this objective.
    """

    values: NDArray[np.float64] | None
    optimal: bool
    infeasible: bool
    bound: float


def available_solvers() -> tuple[str, ...]:
    """The solvers that this machine has, the preferred one first."""
    return tuple(name for name in SOLVERS if _AVAILABLE[name]())


def choose_solver(name: str = "auto") -> str:
    """The solver of that name, or with "auto" the first of HiGHS, SciPy's milp and CBC that is there."""
    available = available_solvers()
    if name == "auto":
        return available[0]
    if name not in SOLVERS:
        raise TaxonomyError(f"There is no solver {name!r}.", f"Choose one of these: auto, {', '.join(SOLVERS)}.")
    if name not in available:
        raise TaxonomyError(
            f"The solver {name} is not installed here.", f"Choose one of these: {', '.join(available)}."
        )
    return name


def run(program: Program, solver: str, seconds: float | None = None) -> Found:
    """Solve to a gap of 0, or until `seconds` are over."""
    return _RUN[solver](program, seconds)


def relaxation_bound(program: Program) -> float:
    """The optimum when no variable needs to be whole: a bound that any stopped solver can be measured by."""
    from scipy.optimize import Bounds, LinearConstraint, milp

    matrix, lower, upper = program.matrix()
    outcome = milp(
        -program.objective,
        integrality=np.zeros(len(program.objective)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, lower, upper),
    )
    return float(-outcome.fun) if outcome.status == 0 else float("inf")


def _run_scipy(program: Program, seconds: float | None) -> Found:
    from scipy.optimize import Bounds, LinearConstraint, milp

    matrix, lower, upper = program.matrix()
    outcome = milp(
        -program.objective,
        integrality=program.binary.astype(int),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, lower, upper),
        options={"mip_rel_gap": 0.0} | ({} if seconds is None else {"time_limit": seconds}),
    )
    if outcome.status == 2:
        return Found(None, optimal=False, infeasible=True, bound=-np.inf)
    if outcome.status not in (0, 1):
        raise ArithmeticError(f"scipy.optimize.milp failed: {outcome.message}")
    bound = -outcome.mip_dual_bound if outcome.mip_dual_bound is not None else np.inf
    values = None if outcome.x is None else np.asarray(outcome.x)
    return Found(values, optimal=outcome.status == 0, infeasible=False, bound=float(bound))


def _run_highs(program: Program, seconds: float | None) -> Found:
    import pulp

    # PuLP hands HiGHS's own default (1e-6 of the objective) on unless both gaps are named.
    solver = pulp.getSolver("HiGHS", msg=False, gapRel=0.0, gapAbs=0.0, timeLimit=seconds)
    model, values = _solve_with_pulp(program, solver)
    bound = -model.solverModel.getInfo().mip_dual_bound
    return _found(model, values, program, bound)


def _run_cbc(program: Program, seconds: float | None) -> Found:
    import pulp

    # getSolver("PULP_CBC_CMD") is deprecated, and COIN_CMD looks on the PATH alone: point it at either.
    solver = pulp.COIN_CMD(path=_cbc(), msg=False, gapRel=0.0, gapAbs=0.0, timeLimit=seconds)
    model, values = _solve_with_pulp(program, solver)
    proved = model.sol_status == pulp.LpSolutionOptimal and values is not None
    # CBC keeps its bound to itself when it is stopped.
    bound = float(program.objective @ values) if proved and values is not None else relaxation_bound(program)
    return _found(model, values, program, bound)


def _solve_with_pulp(program: Program, solver: Any) -> tuple[Any, NDArray[np.float64] | None]:
    import pulp

    model = pulp.LpProblem("taxonomy", pulp.LpMaximize)
    variables = [
        model.add_variable(f"v{number:06}", 0, 1, pulp.LpInteger if whole else pulp.LpContinuous)
        for number, whole in enumerate(program.binary)
    ]
    weights = program.objective.tolist()
    model.setObjective(pulp.LpAffineExpression([(v, w) for v, w in zip(variables, weights, strict=True) if w]))
    for row in program.rows:
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


def _found(model: Any, values: NDArray[np.float64] | None, program: Program, bound: float) -> Found:
    import pulp

    if model.sol_status == pulp.LpSolutionInfeasible:
        return Found(None, optimal=False, infeasible=True, bound=-np.inf)
    # "Optimal" at a time limit is status alone; sol_status tells whether it was proved.
    return Found(values, optimal=model.sol_status == pulp.LpSolutionOptimal, infeasible=False, bound=bound)


def _cbc() -> str | None:
    import pulp

    bundled = getattr(getattr(pulp, "PULP_CBC_CMD", None), "pulp_cbc_path", None)
    return bundled if bundled and Path(bundled).exists() else shutil.which("cbc")


_AVAILABLE: dict[str, Callable[[], bool]] = {
    "highs": lambda: importlib.util.find_spec("highspy") is not None and importlib.util.find_spec("pulp") is not None,
    "scipy": lambda: importlib.util.find_spec("scipy") is not None,
    "cbc": lambda: importlib.util.find_spec("pulp") is not None and _cbc() is not None,
}
_RUN: dict[str, Callable[[Program, float | None], Found]] = {
    "highs": _run_highs,
    "scipy": _run_scipy,
    "cbc": _run_cbc,
}
