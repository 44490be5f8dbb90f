"""A choice of labels with the edges it allows: what the solver looks for and what it is compared with."""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable
from dataclasses import dataclass

from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.problem import Problem

# The share of the budget that a solver's tolerance may overrun.
_OVERRUN = 2e-6


@dataclass(frozen=True)
class Choice:
    """A set of labelled tasks with the best edge that it allows each target."""

    sources: tuple[str, ...]
    edges: tuple[Edge, ...]
    cost: float
    worth: float


def best_choice(
    problem: Problem, edges: Collection[Edge], labelled: Collection[str], transferred: Collection[str] | None = None
) -> Choice | None:
    """The best edge of every target, once it is known what is labelled; None where some target has none.

    Labels that no edge stands on are dropped, unless they are forced. Of equal edges the one with fewer sources is
    taken, then by name. Where transfers cost something, a target's best edge may be more than the budget has left;
    `transferred` then says which of those targets are served by a transfer.
    """
    allowed = {*labelled, *problem.forced}
    best: dict[str, tuple[tuple[float, int, tuple[str, ...]], Edge]] = {}
    for edge in edges:
        if edge.target not in problem.targets or not allowed.issuperset(edge.needs):
            continue
        if transferred is not None and pays(problem, edge.target) and edge.supervised == (edge.target in transferred):
            continue
        rank = (-problem.worth(edge), len(edge.needs), edge.needs)
        if edge.target not in best or rank < best[edge.target][0]:
            best[edge.target] = rank, edge
    if len(best) < len(problem.targets):
        return None
    return choice_of(problem, (edge for _, edge in best.values()))


def pays(problem: Problem, target: str) -> bool:
    """Whether a transfer to this target costs anything."""
    return (problem.transfer_costs or {}).get(target, 0.0) > 0


def choice_of(problem: Problem, edges: Iterable[Edge]) -> Choice:
    """The choice that consists of these edges, one per target."""
    chosen = tuple(sorted(edges, key=lambda edge: edge.target))
    sources = tuple(sorted({*problem.forced, *(task for edge in chosen for task in edge.needs)}))
    return Choice(
        sources,
        chosen,
        cost=problem.labels_cost(sources) + math.fsum(problem.transfer_cost(edge) for edge in chosen),
        worth=math.fsum(problem.worth(edge) for edge in chosen),
    )


def affordable(problem: Problem, cost: float) -> bool:
    """Whether a cost is within the budget, up to a solver's tolerance."""
    return cost <= limit(problem)


def limit(problem: Problem) -> float:
    """The most that may be spent: the budget, up to a solver's tolerance."""
    return problem.budget * (1 + _OVERRUN)
