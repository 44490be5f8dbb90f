"""The question that a taxonomy answers: which tasks to label within a budget, and which edge serves each target."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.edges import Edge, usable

OBJECTIVES = ("sqrt", "linear", "gain", "quality")
ROLES = ("source", "target", "both")

_TRY_BUDGET = "Give what you can spend, in the unit of the costs; type for example: tk taxonomy --budget 6"


@dataclass(frozen=True)
class Problem:
    """Everything that the 0/1 program needs to know; see `state_problem` for how it comes from affinities and roles.

    Attributes:
        edges: what may be chosen: transfers, and with no sources the full supervision of a target.
        targets: every task to be served, with its weight (importance, >= 0).
        costs: every task that may be labelled, with the cost of its labels (>= 0).
        budget: what the labelled tasks may cost together.
        max_order: largest number of sources of one transfer.
        objective: what is summed over targets, each times its weight: "sqrt" of the affinity (the paper's own
            evaluation, facts 5.5), "linear" affinity (the paper's formula), "gain" or "quality".
    """

    edges: tuple[Edge, ...]
    targets: Mapping[str, float]
    costs: Mapping[str, float]
    budget: float
    max_order: int
    objective: str = "sqrt"

    def __post_init__(self) -> None:
        object.__setattr__(self, "budget", as_budget(self.budget))
        object.__setattr__(self, "targets", dict(sorted(self.targets.items())))
        object.__setattr__(self, "costs", dict(sorted(self.costs.items())))
        if self.objective not in OBJECTIVES:
            raise TaxonomyError(
                f"There is no objective {self.objective!r}.", f"Choose one of these: {', '.join(OBJECTIVES)}."
            )
        if isinstance(self.max_order, bool) or not isinstance(self.max_order, int) or self.max_order < 1:
            raise TaxonomyError(
                f"The order {self.max_order!r} is not a whole number from 1.",
                "It is the most sources that one transfer may have; type for example: tk taxonomy --budget 6 --order 2",
            )
        if not self.targets:
            raise TaxonomyError("There is no target to serve.", "Give a task the role target; type: tk tasks")
        for kind, table in (("cost", self.costs), ("weight", self.targets)):
            for task, number in table.items():
                if not (math.isfinite(number) and number >= 0):
                    raise TaxonomyError(
                        f"The {kind} of {task} is {number}; it must be a number from 0.",
                        f"Correct {kind} under [tasks.{task}] in registry.toml.",
                    )

    def worth(self, edge: Edge) -> float:
        """What choosing an edge adds to the objective: the weight of its target times its score."""
        score = edge.affinity if self.objective in ("sqrt", "linear") else getattr(edge, self.objective)
        if score is None:
            what = {"gain": "network trained from scratch", "quality": "task-specific network"}.get(self.objective)
            raise TaxonomyError(
                f"{edge.name} has no {self.objective if what else 'affinity'}"
                + (f": {edge.target} has no {what} to compare with." if what else "."),
                "Train what is missing, then ask again; type: tk transfer",
            )
        return self.targets[edge.target] * (math.sqrt(score) if self.objective == "sqrt" else float(score))

    def cost(self, edge: Edge) -> float:
        """What the labels cost that an edge stands on."""
        return sum(self.costs[task] for task in edge.needs)


def state_problem(
    affinity: Affinity,
    budget: object,
    *,
    roles: Mapping[str, str] | None = None,
    costs: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
    max_order: int | None = None,
    objective: str = "sqrt",
) -> Problem:
    """State the problem of a budget.

    Args:
        affinity: the scores.
        budget: a number above 0, or text that is one.
        roles: task -> "source" (never served), "target" (never labelled: no supervision, nothing is transferred from
            it) or "both". Tasks without a role take no part. By default all measured targets are both, and the
            other sources are sources.
        costs: task -> cost of its labels; 1 where not given.
        weights: task -> importance; 1 where not given.
        max_order: largest number of sources of a transfer; all that were measured by default.
        objective: see Problem.

    Raises:
        TaxonomyError: a budget, cost, weight, order, role or objective that makes no sense.
    """
    if roles is None:
        roles = dict.fromkeys(affinity.sources, "source") | dict.fromkeys(affinity.targets, "both")
    for task, role in roles.items():
        if role not in ROLES:
            raise TaxonomyError(
                f"The role of {task} is {role!r}.", f"Correct it in registry.toml to one of: {', '.join(ROLES)}."
            )
    targets = {task for task, role in roles.items() if role != "source"}
    sources = {task for task, role in roles.items() if role != "target"}
    order = max(affinity.max_order, 1) if max_order is None else max_order
    transfers = usable((edge for edge in affinity.edges if edge.target in targets), sources, order)
    supervised = [e for e in affinity.edges if e.supervised and e.target in targets and e.target in sources]
    return Problem(
        edges=(*supervised, *transfers),
        targets={task: (weights or {}).get(task, 1.0) for task in targets},
        costs={task: (costs or {}).get(task, 1.0) for task in sources},
        budget=as_budget(budget),
        max_order=order,
        objective=objective,
    )


def as_budget(budget: object) -> float:
    """A budget as a number, or a TaxonomyError that says what is wrong with it."""
    try:
        number = float(budget)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TaxonomyError(f"The budget {budget!r} is not a number.", _TRY_BUDGET) from None
    if isinstance(budget, bool) or not math.isfinite(number):
        raise TaxonomyError(f"The budget {budget!r} is not a finite number.", _TRY_BUDGET)
    if number <= 0:
        raise TaxonomyError(f"The budget is {number:g}; it must be above 0.", _TRY_BUDGET)
    return number
