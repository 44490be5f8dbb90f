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
    by_target: dict[str, list[LossColumn]] = defaultdict(list)
    for column in columns:
        by_target[column.target].append(column)
    if not by_target:
        raise TaxonomyError("There are no losses to compare.", "Train transfers first; type: tk transfer")
    edges: list[Edge] = []
    images: dict[str, int] = {}
    for target in sorted(by_target):
        found, images[target] = _edges_into(target, by_target[target], clip)
        edges += found
    return Affinity(tuple(edges), images)


def _edges_into(target: str, columns: list[LossColumn], clip: float) -> tuple[list[Edge], int]:
    everyone = win_rates(columns)
    contest = everyone.among(c for c in everyone.contestants if c not in (_SCRATCH, _CONSTANT))
    if not contest.contestants:
        raise TaxonomyError(
            f"{target} has no transfer and no network of its own to compare.", "Train them; type: tk transfer"
        )
    weights = dict(zip(contest.contestants, ahp(contest.matrix, clip), strict=True))
    place = {contestant: row for row, contestant in enumerate(everyone.contestants)}

    def rate(contestant: Contestant, opponent: Contestant) -> float | None:
        # Nothing wins strictly against itself; the paper counts `self` against `self` as one half.
        if contestant == opponent:
            return 0.5
        rates = everyone.against(opponent)
        return None if rates is None else float(rates[place[contestant]])

    edges = [
        Edge(
            target=target,
            sources=contestant.sources,
            affinity=float(weight),
            gain=rate(contestant, _SCRATCH),
            quality=rate(contestant, _SELF),
            over_constant=rate(contestant, _CONSTANT),
        )
        for contestant, weight in weights.items()
    ]
    return edges, everyone.images
