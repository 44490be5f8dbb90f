"""Whether a taxonomy is worth more than chance: its numbers against those of random ones (facts 6.8)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.taxonomy.solver import TIE
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
