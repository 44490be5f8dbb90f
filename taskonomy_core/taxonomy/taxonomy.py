"""The answer: which tasks to label, which edge serves each target, and how sure that is."""

from __future__ import annotations

from dataclasses import dataclass, field

from taskonomy_core.taxonomy.edges import Edge

OPTIMAL = "optimal"
FEASIBLE = "feasible"
INFEASIBLE = "infeasible"
_WORDS = {OPTIMAL: "proved best", FEASIBLE: "best so far", INFEASIBLE: "infeasible"}


@dataclass(frozen=True)
class Taxonomy:
    """What to label within a budget and where every target gets its features.

    Attributes:
        status: "optimal" (proved best), "feasible" (best so far: the solver was stopped; see `gap`) or "infeasible"
            (see `reason`).
        reason: why there is no taxonomy, in words; else "".
        budget, max_order, objective_name: the question.
        sources: the tasks to label, sorted; only those that some edge stands on, or that were forced.
        cost: what they cost together, and the transfers with them.
        edges: one per target, sorted by target; an edge without sources is full supervision of its target.
        objective: the sum over targets that was maximised, recomputed from the edges; None when infeasible.
        bound: no taxonomy of this problem can exceed it; None when infeasible.
        solver: "highs", "scipy", "cbc", "greedy" (see there), or "" where none was needed.
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
        if self.status == OPTIMAL:
            return 0.0
        return max(self.bound - self.objective, 0.0) / max(abs(self.objective), 1e-12)

    @property
    def sure(self) -> str:
        """How sure the answer is, in words: "proved best" and "best so far" are never the same."""
        return _WORDS[self.status]

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

    def plain(self) -> dict[str, object]:
        """Everything as plain data for JSON; a fully supervised target is the edge from itself."""
        return {
            "budget": self.budget,
            "order": self.max_order,
            "status": self.status,
            "reason": self.reason,
            "solver": self.solver,
            "seconds": round(self.seconds, 4),
            "objective": {"name": self.objective_name, "value": self.objective, "bound": self.bound, "gap": self.gap},
            "sources": list(self.sources),
            "cost": self.cost,
            "edges": [
                {
                    "target": edge.target,
                    "sources": list(edge.needs),
                    "affinity": edge.affinity,
                    "gain": edge.gain,
                    "quality": edge.quality,
                }
                for edge in self.edges
            ],
        }
