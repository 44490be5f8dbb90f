"""Why there is no taxonomy, and what would make one."""

from __future__ import annotations

from collections.abc import Collection

from taskonomy_core.taxonomy.choice import Choice
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.problem import Problem


def unserved(problem: Problem, edges: Collection[Edge]) -> str:
    """Why some target can never be served by `edges`, those within the budget, and what would serve it; or ""."""
    served = {edge.target for edge in edges}
    said = []
    for target in problem.targets:
        if target in served:
            continue
        offers = [(problem.cost(edge), edge.name) for edge in problem.edges if edge.target == target]
        if offers:
            cost, name = min(offers)
            said.append(f"nothing within the budget of {problem.budget:g} serves {target}: {name} costs {cost:g}")
        else:
            said.append(
                f"{target} has no transfer of order {problem.max_order} or less from the tasks that may be labelled, "
                f"and cannot be labelled{_would_serve(problem, target)}"
            )
    return "; ".join(said)


def _would_serve(problem: Problem, target: str) -> str:
    """ ", but X would serve it if ..." for the best edge that roles or order rule out."""
    others = [edge for edge in problem.ruled_out if edge.target == target]
    if not others:
        return "; nothing that was measured serves it"

    def barred(edge: Edge) -> list[str]:
        return [task for task in edge.needs if task not in problem.costs]

    # What takes the fewest changes first: one more order, then as few more tasks as can be.
    edge = min(others, key=lambda e: (len(barred(e)), e.order, -(e.affinity or 0.0), e.needs))
    needed = [f"{' and '.join(barred(edge))} might be labelled"] if barred(edge) else []
    if edge.order > problem.max_order:
        needed.append(f"the order were {edge.order}")
    return f"; {edge.name} would serve it, if {' and '.join(needed)}"


def too_dear(problem: Problem, cheapest: Choice | None) -> str:
    """The reason when every target could be served alone, but not all of them together; `cheapest` is what would."""
    said = f"no set of labels within the budget of {problem.budget:g} serves all {len(problem.targets)} targets"
    if cheapest is None:
        return said
    return f"{said}; the cheapest that does costs {cheapest.cost:g} ({', '.join(cheapest.sources)})"
