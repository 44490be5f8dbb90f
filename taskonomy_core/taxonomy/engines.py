"""The solvers: each takes a Program and says what it found and how sure it is."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.program import Program

SOLVERS = ("highs", "scipy", "cbc")

Stop = Callable[[], bool]


class CancelledSearchError(TaxonomyError):
    """Nobody waits for the answer any more."""

    def __init__(self) -> None:
        super().__init__("The search was cancelled.", "Ask again.")


def never() -> bool:
    """A Stop that lets the search go on."""
    return False


def go_on(stop: Stop) -> None:
    """Errors: CancelledSearchError where `stop` says that nobody waits any more."""
    if stop():
        raise CancelledSearchError


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


class Engine(Protocol):
    """A solver that is asked several questions about one program: other budgets, objectives or extra rows."""

    def run(self, program: Program, seconds: float | None = None, above: float | None = None) -> Found:
        """Solve to a gap of 0, or until `seconds` are over.

        `program` is the one that the engine was opened with, or one made of it by `with_rows`, `with_budget` and
        `maximising`. Only solutions with an objective of at least `above` are of interest: an engine may stop without
        values as soon as its bound is lower.
        """


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


def open_engine(name: str, program: Program, stop: Stop = never) -> Engine:
    """The solver of a name that `choose_solver` gave, ready for questions about a program.

    HiGHS asks `stop` between the nodes of a search (CancelledSearchError); the others have their time limit alone.
    """
    if name == "highs":
        from taskonomy_core.taxonomy.highs import WarmHighs

        return WarmHighs(program, stop)
    if name == "cbc":
        from taskonomy_core.taxonomy.through_pulp import ThroughPulp

        return ThroughPulp("cbc")
    return ScipyMilp()


class ScipyMilp:
    """SciPy's milp: HiGHS again, from a package that everyone has; starts anew for every question."""

    def run(self, program: Program, seconds: float | None = None, above: float | None = None) -> Found:
        """See Engine; `above` is not used."""
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


def _has_cbc() -> bool:
    from taskonomy_core.taxonomy.through_pulp import cbc

    return cbc() is not None


_AVAILABLE: dict[str, Callable[[], bool]] = {
    "highs": lambda: importlib.util.find_spec("highspy") is not None,
    "scipy": lambda: importlib.util.find_spec("scipy") is not None,
    "cbc": lambda: importlib.util.find_spec("pulp") is not None and _has_cbc(),
}
