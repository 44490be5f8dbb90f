"""Where a task that nobody labelled should get its features: the best transfers to it, and what labels would add."""

from __future__ import annotations

from dataclasses import dataclass, replace

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.choice import affordable
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.infeasible import unserved
from taskonomy_core.taxonomy.problem import Problem


@dataclass(frozen=True)
class Recommendation:
    """What serves one target.

    Attributes:
        target: the task, taken as never labelled.
        by_order: the best transfer of each order by affinity, orders ascending; never empty.
        ranked: the best transfers of any order, best affinity first; never empty.
        own: the target's own network, fully supervised; None where there is none.
    """

    target: str
    by_order: tuple[Edge, ...]
    ranked: tuple[Edge, ...]
    own: Edge | None

    @property
    def own_adds(self) -> dict[str, float | None]:
        """Gain and quality of the own network minus those of the best transfer; None where one is not known."""
        best = self.ranked[0]

        def adds(own: float | None, other: float | None) -> float | None:
            return None if own is None or other is None else own - other

        if self.own is None:
            return {"gain": None, "quality": None}
        return {"gain": adds(self.own.gain, best.gain), "quality": adds(self.own.quality, best.quality)}

    def plain(self) -> dict[str, object]:
        """Plain data for JSON; the own network is the edge from the target itself."""
        return {
            "target": self.target,
            "by_order": [_row(edge) for edge in self.by_order],
            "ranked": [_row(edge) for edge in self.ranked],
            "own": None if self.own is None else _row(self.own),
            "own_adds": self.own_adds,
        }


def _row(edge: Edge) -> dict[str, object]:
    return {
        "order": edge.order,
        "sources": list(edge.needs),
        "affinity": edge.affinity,
        "gain": edge.gain,
        "quality": edge.quality,
    }


def recommend(affinity: Affinity, problem: Problem, target: str, top: int = 10) -> Recommendation:
    """Rank the transfers to one target by affinity, the target being a task that nobody labels.

    Args:
        affinity: the scores; the target's own network is read from them.
        problem: roles, costs, order and budget; the target must not be one of the tasks that may be labelled. Each
            transfer has the whole budget for itself.
        target: the task.
        top: how many transfers of any order; at least 1.

    Raises:
        TaxonomyError: no transfer to it is left within roles, order and budget.
    """
    within = [
        edge
        for edge in problem.edges
        if edge.target == target and not edge.supervised and affordable(problem, problem.cost(edge))
    ]
    if not within:
        transfers = tuple(edge for edge in problem.ruled_out if not edge.supervised)
        reason = unserved(replace(problem, targets={target: 1.0}, ruled_out=transfers), within)
        raise TaxonomyError(
            f"There is nothing to recommend: {reason}.",
            f"Allow more sources, a higher order or a larger budget; type: tk recommend {target} --help",
        )
    ranked = sorted(within, key=lambda e: (e.affinity is None, -(e.affinity or 0.0), e.order, e.sources))
    best: dict[int, Edge] = {}
    for edge in ranked:
        best.setdefault(edge.order, edge)
    return Recommendation(
        target, tuple(best[order] for order in sorted(best)), tuple(ranked[:top]), affinity.edge(target)
    )
