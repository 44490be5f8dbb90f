"""Where a task that nobody labelled should get its features: the best transfers to it, and what labels would add."""

from __future__ import annotations

from dataclasses import dataclass

from taskonomy_core.taxonomy.edges import Edge


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
