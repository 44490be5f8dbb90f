"""Affinity: how well each transfer serves each target, on one scale per target."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.ahp import CLIP, ahp
from taskonomy_core.taxonomy.columns import CONSTANT, SCRATCH, SELF, Contestant, LossColumn
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.tournament import win_rates

_SELF = Contestant(reference=SELF)
_SCRATCH = Contestant(reference=SCRATCH)
_CONSTANT = Contestant(reference=CONSTANT)


@dataclass(frozen=True)
class Affinity:
    """The scores of all transfers into all targets.

    Attributes:
        edges: every transfer and, with no sources, every target's own network; sorted by target, order, sources.
        images: test images that were compared, per target.

    Affinities of one target sum to 1 over all its edges (facts 4.2). Those of different targets compare only as ranks.
    """

    edges: tuple[Edge, ...]
    images: dict[str, int]

    def __post_init__(self) -> None:
        object.__setattr__(self, "edges", tuple(sorted(self.edges, key=lambda e: (e.target, e.order, e.sources))))

    @cached_property
    def _found(self) -> dict[tuple[str, tuple[str, ...]], Edge]:
        return {(edge.target, edge.sources): edge for edge in self.edges}

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """Every target, sorted."""
        return tuple(sorted({edge.target for edge in self.edges}))

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """Every task that some transfer uses, sorted."""
        return tuple(sorted({source for edge in self.edges for source in edge.sources}))

    @property
    def max_order(self) -> int:
        """The largest number of sources of one transfer."""
        return max((edge.order for edge in self.edges), default=0)

    def edge(self, target: str, *sources: str) -> Edge | None:
        """The transfer from exactly these sources; with none, the target's own network; None where not measured."""
        return self._found.get((target, tuple(sorted(sources))))

    def into(self, target: str) -> tuple[Edge, ...]:
        """All edges into a target, best affinity first, its own network among them; unmeasured affinities last."""
        edges = [edge for edge in self.edges if edge.target == target]
        return tuple(sorted(edges, key=lambda e: (e.affinity is None, -(e.affinity or 0.0), e.order, e.sources)))

    def first_order(self, targets: Iterable[str] = (), sources: Iterable[str] = ()) -> NDArray[np.float64]:
        """The matrix of single-source affinities, float64 [targets, sources], NaN where not measured.

        The cell of a target with itself is the affinity of its own network ("self"), as in the paper's Fig. 7.
        Defaults: `self.targets` and `self.sources`.
        """
        rows, columns = tuple(targets) or self.targets, tuple(sources) or self.sources
        matrix = np.full((len(rows), len(columns)), np.nan)
        for i, target in enumerate(rows):
            for j, source in enumerate(columns):
                edge = self.edge(target) if source == target else self.edge(target, source)
                if edge is not None and edge.affinity is not None:
                    matrix[i, j] = edge.affinity
        return matrix

    def rows(self) -> list[dict[str, object]]:
        """One plain dictionary per edge, for tables and JSON; `supervised` marks a target's own network."""
        return [{**edge.row(), "supervised": edge.supervised} for edge in self.edges]

    def plain(self) -> dict[str, object]:
        """Everything as plain data for JSON."""
        return {"images": dict(sorted(self.images.items())), "edges": self.rows()}


def affinity(columns: Iterable[LossColumn], clip: float = CLIP) -> Affinity:
    """Turn loss columns into affinities, gains and qualities (paper section 3.3 and 4; facts 4.2, 6.1).

    Per target, one tournament among all transfers of all orders and `self`; its AHP weights are the affinities.
    `scratch` and `constant` are no contestants, they are what win rates are also measured against: gain is the win
    rate against `scratch`, quality against `self`. All rates of a target are over the same images: those with a loss
    from every column of the target.

    Args:
        columns: of any number of targets, in any order; see LossColumn.
        clip: see `ahp`.

    Raises:
        TaxonomyError: no column at all, columns that do not compare, or a target without any transfer or `self`.
    """
    edges: list[Edge] = []
    images: dict[str, int] = {}
    for target, of_target in by_target(columns).items():
        played = win_rates(of_target)
        edges += edge_scores(target, played.contestants, played.matrix, clip).edges()
        images[target] = played.images
    return Affinity(tuple(edges), images)


def by_target(columns: Iterable[LossColumn]) -> dict[str, list[LossColumn]]:
    """The columns of each target, sorted by target; a TaxonomyError where there is none at all."""
    found: dict[str, list[LossColumn]] = defaultdict(list)
    for column in columns:
        found[column.target].append(column)
    if not found:
        raise TaxonomyError("There are no losses to compare.", "Train transfers first; type: tk transfer")
    return {target: found[target] for target in sorted(found)}


@dataclass(frozen=True, eq=False)
class EdgeScores:
    """What the tournaments of one target say of its edges.

    Attributes:
        target: the task.
        sources: of each edge, in the order of `Affinity.edges`.
        values: float64 [4, ..., edges]: affinity, gain, quality and rate over the constant, in this order; NaN where
            the opponent did not take part.
    """

    target: str
    sources: tuple[tuple[str, ...], ...]
    values: NDArray[np.float64]

    def edges(self) -> list[Edge]:
        """The edges, where there is one tournament."""
        rows = [[None if np.isnan(value) else float(value) for value in edge] for edge in self.values.T]
        return [Edge(self.target, sources, *row) for sources, row in zip(self.sources, rows, strict=True)]


def edge_scores(
    target: str, contestants: tuple[Contestant, ...], rates: NDArray[np.float64], clip: float = CLIP
) -> EdgeScores:
    """The scores of a target's edges from who beats whom, in one tournament or in many at once; see `affinity`.

    Args:
        target: the task.
        contestants: n of them, the references among them.
        rates: [..., n, n], as in WinRates.
        clip: see `ahp`.

    Raises:
        TaxonomyError: there is neither a transfer nor the target's own network.
    """
    place = {contestant: row for row, contestant in enumerate(contestants)}
    ranked = sorted((c for c in contestants if c not in (_SCRATCH, _CONSTANT)), key=lambda c: (len(c.sources), c))
    if not ranked:
        raise TaxonomyError(
            f"{target} has no transfer and no network of its own to compare.", "Train them; type: tk transfer"
        )
    rows = np.array([place[contestant] for contestant in ranked])
    values = np.full((4, *rates.shape[:-2], len(rows)), np.nan)
    values[0] = ahp(rates[..., rows[:, np.newaxis], rows], clip)
    for measure, opponent in enumerate((_SCRATCH, _SELF, _CONSTANT), start=1):
        if opponent in place:
            values[measure] = rates[..., rows, place[opponent]]
    if _SELF in place:
        # Nothing wins strictly against itself; the paper counts `self` against `self` as one half.
        values[2, ..., ranked.index(_SELF)] = 0.5
    return EdgeScores(target, tuple(contestant.sources for contestant in ranked), values)
