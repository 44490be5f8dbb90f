"""What a taxonomy is worth to its user, and what chance would have given for the same budget."""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.choice import Choice, choice_of, limit
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.problem import Problem
from taskonomy_core.taxonomy.taxonomy import Taxonomy

_DRAWS = 1000
# The most edges times draws that are looked at in one go.
_CELLS = 20_000_000


@dataclass(frozen=True)
class Performance:
    """Means over the targets of a taxonomy.

    Attributes:
        gain: mean win rate against networks trained from scratch; None where a target has none.
        quality: mean win rate against the fully supervised networks (0.5: equal to them); None where a target has none.
        targets: how many targets the means run over.
    """

    gain: float | None
    quality: float | None
    targets: int

    def plain(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {"gain": self.gain, "quality": self.quality, "targets": self.targets}


def performance(taxonomy: Taxonomy | Choice, *, transferred_only: bool = False) -> Performance:
    """Mean gain and quality over all targets (paper Fig. 9), or over those that are transferred to (facts 6.8)."""
    edges = [edge for edge in taxonomy.edges if not (transferred_only and edge.supervised)]
    return Performance(
        gain=_mean(edge.gain for edge in edges), quality=_mean(edge.quality for edge in edges), targets=len(edges)
    )


@dataclass(frozen=True, eq=False)
class RandomTaxonomies:
    """Feasible taxonomies that chance drew.

    Attributes:
        problem: what they are taxonomies of.
        edges: of the problem, those of each target together.
        chosen: intp [draws, targets]: which of `edges` serves each target, in the order of `problem.targets`.
    """

    problem: Problem
    edges: tuple[Edge, ...]
    chosen: NDArray[np.intp]

    def objectives(self) -> NDArray[np.float64]:
        """The objective of each, float64 [draws]."""
        worth = np.array([self.problem.worth(edge) for edge in self.edges])
        return np.asarray(worth[self.chosen].sum(axis=1))

    def means(self, score: str, *, transferred_only: bool = False) -> NDArray[np.float64]:
        """The mean "gain" or "quality" of each, float64 [draws]; NaN where `performance` has None."""
        scores = np.array([getattr(edge, score) for edge in self.edges], dtype=np.float64)
        counted = np.array([not (transferred_only and edge.supervised) for edge in self.edges])[self.chosen]
        total = np.where(counted, scores[self.chosen], 0.0).sum(axis=1)
        count = counted.sum(axis=1)
        return np.asarray(np.divide(total, count, out=np.full(len(total), np.nan), where=count > 0))

    def choices(self) -> list[Choice]:
        """Each as a Choice."""
        return [choice_of(self.problem, [self.edges[place] for place in row]) for row in self.chosen]


def random_taxonomies(problem: Problem, count: int, seed: int, *, best_edges: bool = False) -> RandomTaxonomies:
    """Draw feasible taxonomies by chance, for the paper's significance test (section 5, facts 6.8).

    Tasks are labelled in a random order as long as they fit in the budget; every target then takes one of the edges
    that these labels allow, by chance, or the best with `best_edges` (chance picks the labels alone). Where transfers
    cost something, labels leave a random share of what all transfers would cost. Draws that leave a target without an
    edge, or whose transfers exceed the budget, are drawn again. The paper does not state its rule.

    Args:
        problem: budget, roles, costs, order and edges.
        count: how many.
        seed: the same seed gives the same taxonomies; more of them begin with the fewer.
        best_edges: see above.

    Raises:
        TaxonomyError: of each 1000 draws less than one was feasible.
    """
    rules = _Rules(problem)
    draws = np.random.default_rng(seed)
    rows = max(1, min(_DRAWS, _CELLS // max(1, len(rules.edges))))
    found: list[NDArray[np.intp]] = []
    kept = tried = 0
    while kept < count:
        feasible = rules.draw(draws, rows, best_edges)
        found.append(feasible)
        kept, tried = kept + len(feasible), tried + rows
        if kept < count and tried >= _DRAWS * (kept + 1):
            raise TaxonomyError(
                f"Of {tried} random sets of labels within the budget of {problem.budget:g}, "
                f"{kept or 'none'} served every target.",
                "Raise the budget; type: tk taxonomy --budget N",
            )
    nothing = np.empty((0, len(problem.targets)), dtype=np.intp)
    return RandomTaxonomies(problem, rules.edges, np.concatenate([nothing, *found])[:count])


class _Rules:
    """A problem as arrays, to draw many taxonomies at once."""

    def __init__(self, problem: Problem) -> None:
        self._problem = problem
        tasks = list(problem.costs)
        into: dict[str, list[Edge]] = {target: [] for target in problem.targets}
        for edge in problem.edges:
            if edge.target in into and problem.costs.keys() >= {*edge.needs}:
                into[edge.target].append(edge)
        for edges in into.values():
            # As best_choice ranks them: the first that is allowed is the best.
            edges.sort(key=lambda edge: (-problem.worth(edge), len(edge.needs), edge.needs))
        self.edges = tuple(edge for edges in into.values() for edge in edges)
        self._ends = np.cumsum([0, *(len(edges) for edges in into.values())])
        needs = [[tasks.index(task) for task in edge.needs] for edge in self.edges]
        places = np.repeat(np.arange(len(needs)), [len(each) for each in needs])
        ones = np.ones(len(places), dtype=np.float32)
        self._needs = sparse.csr_array(
            (ones, (places, np.concatenate([[], *needs]).astype(np.intp))), shape=(len(needs), len(tasks))
        )
        self._prices = np.array(list(problem.costs.values()), dtype=np.float64)
        self._forced = np.array([task in problem.forced for task in tasks], dtype=bool)
        self._transfers = np.array([problem.transfer_cost(edge) for edge in self.edges])

    def draw(self, draws: np.random.Generator, rows: int, best_edges: bool) -> NDArray[np.intp]:
        """The edges of those of `rows` taxonomies that turn out feasible, intp [feasible, targets]."""
        labelled, spent = self._labels(draws, rows)
        lacks: NDArray[np.float32] = self._needs @ (~labelled).T.astype(np.float32)
        allowed = lacks == 0
        lots = draws.random((len(self._ends) - 1, rows))
        served = np.ones(rows, dtype=bool)
        chosen = np.empty((rows, len(lots)), dtype=np.intp)
        for target, (begin, end) in enumerate(pairwise(self._ends)):
            offers = np.cumsum(allowed[begin:end], axis=0, dtype=np.int32)
            if not len(offers):
                return chosen[:0]
            served &= offers[-1] > 0
            wanted = 0 if best_edges else np.floor(lots[target] * offers[-1])
            chosen[:, target] = begin + np.argmax(offers > wanted, axis=0)
        spent += self._transfers[chosen].sum(axis=1)
        return np.asarray(chosen[served & (spent <= limit(self._problem))])

    def _labels(self, draws: np.random.Generator, rows: int) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
        """Tasks labelled in a random order as long as they fit, bool [rows, tasks], and what they cost."""
        order = draws.random((rows, len(self._prices))).argsort(axis=1)
        kept_back = draws.random(rows) * math.fsum((self._problem.transfer_costs or {}).values())
        most = limit(self._problem) - kept_back
        labelled = np.repeat(self._forced[np.newaxis], rows, axis=0)
        spent = np.full(rows, self._prices[self._forced].sum())
        every = np.arange(rows)
        for task in order.T:
            price = np.where(labelled[every, task], 0.0, self._prices[task])
            fits = (price == 0) | (spent + price <= most)
            spent += np.where(fits, price, 0.0)
            labelled[every, task] |= fits
        return labelled, spent


def _mean(numbers: Iterable[float | None]) -> float | None:
    listed = list(numbers)
    known = [number for number in listed if number is not None]
    return statistics.fmean(known) if known and len(known) == len(listed) else None
