"""The answer: which tasks to label, which edge serves each target, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, field

from taskonomy_core.taxonomy.edges import Edge

PROVED_BEST = "proved best"
BEST_SO_FAR = "best so far"
INFEASIBLE = "infeasible"


@dataclass(frozen=True)
class Taxonomy:
    """What to label within a budget and where every target gets its features.

    Attributes:
        status: "proved best", "best so far" (the solver was stopped; see `gap`) or "infeasible" (see `reason`).
        reason: why there is no taxonomy, in words; else "".
        budget, max_order, objective_name: the question.
        sources: the tasks to label, sorted; only those that some edge stands on.
        cost: what they cost together.
        edges: one per target, sorted by target; an edge without sources is full supervision of its target.
        objective: the sum over targets that was maximised, recomputed from the edges; None when infeasible.
        bound: no taxonomy of this problem can exceed it; None when infeasible.
        solver: "highs", "scipy", "cbc", or "" where none was needed.
        seconds: wall clock; not part of equality.
    """

    status: str
    budget: float
    max_order: int
    objective_name: str
    reason: str = ""
    sources: tuple[str, ...] = ()
    cost: float = 0.0
    edges: tuple[Edge, ...] = ()
    objective: float | None = None
    bound: float | None = None
    solver: str = field(default="", compare=False)
    seconds: float = field(default=0.0, compare=False)

    @property
    def gap(self) -> float | None:
        """How far the bound lies above the objective, as a share of the objective; 0 when proved best."""
        if self.objective is None or self.bound is None:
            return None
        if self.status == PROVED_BEST:
            return 0.0
        return max(self.bound - self.objective, 0.0) / max(abs(self.objective), 1e-12)

    @property
    def feasible(self) -> bool:
        """False when no set of labels within the budget serves every target."""
        return self.status != INFEASIBLE

    def edge(self, target: str) -> Edge | None:
        """The edge that serves a target."""
        return next((edge for edge in self.edges if edge.target == target), None)

    @property
    def transferred(self) -> tuple[Edge, ...]:
        """The edges that are transfers."""
        return tuple(edge for edge in self.edges if not edge.supervised)

    @property
    def supervised(self) -> tuple[str, ...]:
        """The targets that are served by their own fully supervised network."""
        return tuple(edge.target for edge in self.edges if edge.supervised)

    def feeds(self, source: str) -> tuple[str, ...]:
        """The targets that take features from a source by transfer."""
        return tuple(edge.target for edge in self.edges if source in edge.sources)

    def rows(self) -> list[dict[str, object]]:
        """One plain dictionary per target, for tables and JSON.

        `how` is "own labels" or "transfer"; `labelled` says whether the target's own labels are paid for.
        """
        return [
            {
                **edge.row(),
                "how": "own labels" if edge.supervised else "transfer",
                "labelled": edge.target in self.sources,
            }
            for edge in self.edges
        ]

    def plain(self) -> dict[str, object]:
        """Everything as plain data for JSON."""
        return {
            "status": self.status,
            "reason": self.reason,
            "budget": self.budget,
            "max_order": self.max_order,
            "objective_name": self.objective_name,
            "sources": list(self.sources),
            "cost": self.cost,
            "objective": self.objective,
            "bound": self.bound,
            "gap": self.gap,
            "solver": self.solver,
            "seconds": round(self.seconds, 4),
            "targets": self.rows(),
        }
