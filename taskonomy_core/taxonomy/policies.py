"""What a taxonomy is worth to its user, and what chance would have given for the same budget."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.choice import Choice, affordable, best_choice, choice_of
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.problem import Problem
from taskonomy_core.taxonomy.taxonomy import Taxonomy

_DRAWS = 1000


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


def random_taxonomies(problem: Problem, count: int, seed: int, *, best_edges: bool = False) -> list[Choice]:
    """Draw feasible taxonomies by chance, for the paper's significance test (section 5, facts 6.8).

    Tasks are labelled in a random order as long as they fit in the budget; every target then takes one of the edges
    that these labels allow, by chance, or the best with `best_edges` (chance picks the labels alone). Draws that leave
    a target without an edge are drawn again.

    Args:
        problem: budget, roles, costs, order and edges.
        count: how many.
        seed: the same seed gives the same taxonomies.
        best_edges: see above.

    Raises:
        TaxonomyError: 1000 draws in a row served not every target.
    """
    draws = np.random.default_rng(seed)
    return [_draw(problem, draws, best_edges) for _ in range(count)]


def _draw(problem: Problem, draws: np.random.Generator, best_edges: bool) -> Choice:
    for _ in range(_DRAWS):
        labelled = _labels(problem, draws)
        choice = best_choice(problem, problem.edges, labelled)
        if choice is None:
            continue
        if best_edges:
            return choice
        offers: dict[str, list[Edge]] = {target: [] for target in problem.targets}
        for edge in problem.edges:
            if edge.target in offers and labelled.issuperset(edge.needs):
                offers[edge.target].append(edge)
        return choice_of(problem, [_pick(edges, draws) for edges in offers.values()])
    raise TaxonomyError(
        f"{_DRAWS} random sets of labels within the budget of {problem.budget:g} served not every target.",
        "Raise the budget; type: tk taxonomy --budget N",
    )


def _labels(problem: Problem, draws: np.random.Generator) -> set[str]:
    spent, labelled = 0.0, set()
    tasks = sorted(problem.costs)
    for number in draws.permutation(len(tasks)):
        price = problem.costs[tasks[number]]
        if affordable(problem, spent + price):
            spent += price
            labelled.add(tasks[number])
    return labelled


def _pick(edges: Sequence[Edge], draws: np.random.Generator) -> Edge:
    return edges[int(draws.integers(len(edges)))]


def _mean(numbers: Iterable[float | None]) -> float | None:
    listed = list(numbers)
    known = [number for number in listed if number is not None]
    return statistics.fmean(known) if known and len(known) == len(listed) else None
