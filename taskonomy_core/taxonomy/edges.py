"""Edges of the taxonomy: what may feed a target, and with which scores."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass
from itertools import chain, combinations


@dataclass(frozen=True)
class Edge:
    """One way to serve a target: a transfer from `sources`, or (with no sources) the target's own network.

    Attributes:
        target: the task that is served.
        sources: sorted names; empty for full supervision of the target.
        affinity: share of the target's AHP mass, in (0, 1); None where no tournament was published.
        gain: win rate against the network trained from scratch; None where there is none.
        quality: win rate against the target's own task-specific network (0.5 for that network itself).
        over_constant: win rate against the best constant prediction.
    """

    target: str
    sources: tuple[str, ...]
    affinity: float | None
    gain: float | None = None
    quality: float | None = None
    over_constant: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "sources", tuple(sorted(self.sources)))

    @property
    def order(self) -> int:
        """How many sources it uses; 0 for full supervision."""
        return len(self.sources)

    @property
    def supervised(self) -> bool:
        """True for the target's own task-specific network."""
        return not self.sources

    @property
    def needs(self) -> tuple[str, ...]:
        """The tasks whose networks it stands on: its sources, or the target itself."""
        return self.sources or (self.target,)

    @property
    def name(self) -> str:
        """What messages call it."""
        return f"{' + '.join(self.sources) or 'own labels'} -> {self.target}"

    def row(self) -> dict[str, object]:
        """Plain data: target, sources, order and scores."""
        return {
            "target": self.target,
            "sources": list(self.sources),
            "order": self.order,
            "affinity": self.affinity,
            "gain": self.gain,
            "quality": self.quality,
            "over_constant": self.over_constant,
        }


def usable(edges: Iterable[Edge], sources: Collection[str], max_order: int) -> list[Edge]:
    """The transfers that the program may choose: of order 1..max_order, from allowed sources, never from the target.

    A readout of the target's own encoder takes part in the tournament, but as an edge it would be full supervision
    with a worse network, so it is left out.
    """
    allowed = set(sources)
    return [
        edge
        for edge in edges
        if 1 <= edge.order <= max_order and allowed.issuperset(edge.sources) and edge.target not in edge.sources
    ]


def undominated(edges: Iterable[Edge], score: Callable[[Edge], float]) -> list[Edge]:
    """The edges that could ever be chosen: those with no cheaper edge that is at least as good.

    An edge is dominated when the sources of another edge to the same target are a proper part of its own and the other
    scores no lower. Dropping it never lowers the optimum. Order is kept.
    """
    listed = list(edges)
    scores = {(edge.target, edge.needs): score(edge) for edge in listed}
    of_target: dict[str, list[Edge]] = defaultdict(list)
    for edge in listed:
        of_target[edge.target].append(edge)

    def dominated(edge: Edge) -> bool:
        own, rivals = scores[edge.target, edge.needs], of_target[edge.target]
        if 2**edge.order > len(rivals):
            needs = set(edge.needs)
            return any(scores[r.target, r.needs] >= own and needs > set(r.needs) for r in rivals)
        parts = chain.from_iterable(combinations(edge.needs, size) for size in range(1, edge.order))
        return any(scores.get((edge.target, part), -math.inf) >= own for part in parts)

    return [edge for edge in listed if not dominated(edge)]
