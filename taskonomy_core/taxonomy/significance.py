"""Whether a taxonomy is worth more than chance: its numbers against those of random ones (facts 6.8)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.policies import performance, random_taxonomies
from taskonomy_core.taxonomy.problem import Problem
from taskonomy_core.taxonomy.solver import TIE, solve
from taskonomy_core.taxonomy.staircase import Staircase, staircase
from taskonomy_core.taxonomy.taxonomy import Taxonomy


@dataclass(frozen=True, eq=False)
class Measure:
    """One number of a taxonomy, and the same number of random ones.

    Attributes:
        name: "objective", "gain" or "quality".
        value: of the best taxonomy.
        drawn: float64 [draws], of the random ones; without those that have no such number.
    """

    name: str
    value: float
    drawn: NDArray[np.float64]

    @property
    def mean(self) -> float:
        """The mean of the random ones."""
        return float(self.drawn.mean())

    @property
    def spread(self) -> float:
        """The standard deviation of the random ones."""
        return float(self.drawn.std())

    @property
    def best(self) -> float:
        """The best of the random ones."""
        return float(self.drawn.max())

    @property
    def p(self) -> float:
        """How often chance does as well: (1 + random ones that are no worse) / (1 + random ones); never 0."""
        no_worse = self.drawn >= self.value - TIE * max(1.0, abs(self.value))
        return float(1 + no_worse.sum()) / (1 + len(self.drawn))

    def plain(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {
            "name": self.name,
            "value": self.value,
            "mean": self.mean,
            "spread": self.spread,
            "best": self.best,
            "p": self.p,
        }


@dataclass(frozen=True)
class Significance:
    """A taxonomy against chance.

    Attributes:
        taxonomy: the best one.
        measures: the objective always; mean gain and mean quality where they were measured.
        seed: of the random ones.
    """

    taxonomy: Taxonomy
    measures: tuple[Measure, ...]
    seed: int


def significance(
    problem: Problem,
    draws: int = 1000,
    seed: int = 0,
    *,
    best_edges: bool = False,
    transferred_only: bool = False,
    solver: str = "auto",
    seconds: float | None = None,
) -> Significance:
    """Hold the best taxonomy against random feasible ones of the same budget (paper section 5, facts 6.8).

    With the objective "gain" or "quality" and `transferred_only` it is the paper's test; its number of draws and its
    sampling rule are not stated there, ours is that of `random_taxonomies`.

    Args:
        problem: what is to be solved.
        draws: how many random taxonomies; at least 1.
        seed: the same seed gives the same ones.
        best_edges: the random ones take the best edges that their labels allow: chance picks the labels alone.
        transferred_only: gain and quality are means over the targets that are transferred to, not over all.
        solver, seconds: see `solve`.

    Raises:
        TaxonomyError: the problem is infeasible, or chance finds (next to) nothing that is feasible.
    """
    best = solve(problem, solver, seconds)
    if not best.feasible:
        raise TaxonomyError(f"Infeasible: {best.reason}.", "Raise the budget; type: tk taxonomy --budget N")
    return _against_chance(problem, best, draws, seed, best_edges, transferred_only)


def significance_by_budget(
    problem: Problem,
    draws: int = 1000,
    seed: int = 0,
    *,
    best_edges: bool = False,
    transferred_only: bool = False,
    solver: str = "auto",
    seconds: float | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    found: Staircase | None = None,
) -> list[Significance]:
    """`significance` at every budget at which the best taxonomy changes (see `staircase`), budgets ascending.

    Args:
        problem: its own budget does not matter.
        draws, seed, best_edges, transferred_only, solver, seconds: as there.
        progress: called with (done, total) in hundredths of the way to the staircase.
        found: the staircase of this problem, where it is known already.
    """
    found = found or staircase(problem, solver, seconds, progress)
    if not found.steps:
        raise TaxonomyError(f"Infeasible at every budget: {found.reason}.", "Type: tk taxonomy --help")
    return [
        _against_chance(replace(problem, budget=step.budget), step.taxonomy, draws, seed, best_edges, transferred_only)
        for step in found.steps
    ]


def _against_chance(
    problem: Problem, best: Taxonomy, draws: int, seed: int, best_edges: bool, transferred_only: bool
) -> Significance:
    drawn = random_taxonomies(problem, draws, seed, best_edges=best_edges)
    mean = performance(best, transferred_only=transferred_only)
    numbers = {
        "objective": (best.objective, drawn.objectives()),
        "gain": (mean.gain, drawn.means("gain", transferred_only=transferred_only)),
        "quality": (mean.quality, drawn.means("quality", transferred_only=transferred_only)),
    }
    measures = []
    for name, (value, of_drawn) in numbers.items():
        known = of_drawn[~np.isnan(of_drawn)]
        if value is not None and len(known):
            measures.append(Measure(name, value, known))
    return Significance(best, tuple(measures), seed)
