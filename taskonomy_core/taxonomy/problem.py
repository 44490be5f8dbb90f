"""The question that a taxonomy answers: which tasks to label within a budget, and which edge serves each target."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.registry.naming import nearest
from taskonomy_core.registry.roster import ROLES
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.edges import Edge, usable

OBJECTIVES = ("sqrt", "affinity", "gain", "quality")

_TRY_BUDGET = "Give what you can spend, in the unit of the costs; type for example: tk taxonomy --budget 6"
_LABELLED_ROLES = ("source", "both")


@dataclass(frozen=True)
class Problem:
    """Everything that the 0/1 program needs to know; see `state_problem` for how it comes from affinities and roles.

    Attributes:
        edges: what may be chosen: transfers, and with no sources the full supervision of a target.
        targets: every task to be served, with its weight (importance, >= 0).
        costs: every task that may be labelled, with the cost of its labels (>= 0).
        budget: what labels and transfers may cost together (>= 0).
        max_order: largest number of sources of one transfer.
        objective: what is summed over targets, each times its weight: "sqrt" of the affinity (the paper's own
            evaluation, facts 5.5), "affinity" (the paper's formula), "gain" or "quality".
        transfer_costs: target -> what serving it by a transfer costs (>= 0), 0 where not given (facts 5.3).
        forced: tasks that are labelled whatever comes of it.
        ruled_out: measured edges into the targets that roles or order forbid; only for saying what would help.
    """

    edges: tuple[Edge, ...]
    targets: Mapping[str, float]
    costs: Mapping[str, float]
    budget: float
    max_order: int
    objective: str = "sqrt"
    transfer_costs: Mapping[str, float] | None = None
    forced: tuple[str, ...] = ()
    ruled_out: tuple[Edge, ...] = ()

    def __post_init__(self) -> None:
        transfer_costs = {task: cost for task, cost in (self.transfer_costs or {}).items() if task in self.targets}
        object.__setattr__(self, "budget", as_budget(self.budget))
        object.__setattr__(self, "targets", dict(sorted(self.targets.items())))
        object.__setattr__(self, "costs", dict(sorted(self.costs.items())))
        object.__setattr__(self, "transfer_costs", dict(sorted(transfer_costs.items())))
        object.__setattr__(self, "forced", tuple(sorted(set(self.forced))))
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
        tables = (("cost", self.costs), ("transfer cost", transfer_costs), ("weight", self.targets))
        for kind, table in tables:
            for task, number in table.items():
                if not (math.isfinite(number) and number >= 0):
                    raise TaxonomyError(
                        f"The {kind} of {task} is {number}; it must be a number from 0.",
                        f"Correct {kind.replace(' ', '_')} under [tasks.{task}] in registry.toml, or the option.",
                    )

    def worth(self, edge: Edge) -> float:
        """What choosing an edge adds to the objective: the weight of its target times its score."""
        score = edge.affinity if self.objective in ("sqrt", "affinity") else getattr(edge, self.objective)
        if score is None:
            what = {"gain": "network trained from scratch", "quality": "task-specific network"}.get(self.objective)
            raise TaxonomyError(
                f"{edge.name} has no {self.objective if what else 'affinity'}"
                + (f": {edge.target} has no {what} to compare with." if what else "."),
                "Train what is missing, then ask again; type: tk transfer",
            )
        return self.targets[edge.target] * (math.sqrt(score) if self.objective == "sqrt" else float(score))

    def cost(self, edge: Edge) -> float:
        """What the labels cost that an edge stands on, those that are forced, and the transfer."""
        return self.labels_cost({*edge.needs, *self.forced}) + self.transfer_cost(edge)

    def labels_cost(self, labelled: Collection[str]) -> float:
        """What labelling these tasks costs."""
        return math.fsum(self.costs[task] for task in labelled)

    def transfer_cost(self, edge: Edge) -> float:
        """What is paid for an edge because it is a transfer."""
        return 0.0 if edge.supervised else (self.transfer_costs or {}).get(edge.target, 0.0)

    @property
    def largest_cost(self) -> float:
        """What labelling everything and transferring to everything would cost: a larger budget changes nothing."""
        return math.fsum([*self.costs.values(), *(self.transfer_costs or {}).values()])


def state_problem(
    affinity: Affinity,
    budget: object,
    *,
    roles: Mapping[str, str] | None = None,
    costs: Mapping[str, float] | None = None,
    transfer_costs: Mapping[str, float] | None = None,
    weights: Mapping[str, float] | None = None,
    have: Collection[str] = (),
    forced: Collection[str] = (),
    max_order: int | None = None,
    objective: str = "sqrt",
) -> Problem:
    """State the problem of a budget.

    Args:
        affinity: the scores.
        budget: a number from 0, or text that is one.
        roles: task -> "source" (never served), "target" (never labelled: no supervision, nothing is transferred from
            it), "both" or "unused". Tasks without a role take no part. By default all measured targets are both, and
            the other sources are sources.
        costs: task -> cost of its labels; 1 where not given.
        transfer_costs: target -> cost of serving it by a transfer; 0 where not given.
        weights: task -> importance; 1 where not given.
        have: tasks that are labelled already: their labels cost nothing.
        forced: tasks that must be labelled.
        max_order: largest number of sources of a transfer; all that were measured by default.
        objective: see Problem.

    Raises:
        TaxonomyError: a budget, cost, weight, order, role or objective that makes no sense, a name that is no task,
            or choices that contradict each other.
    """
    if roles is None:
        roles = dict.fromkeys(affinity.sources, "source") | dict.fromkeys(affinity.targets, "both")
    for task, role in roles.items():
        if role not in ROLES:
            raise TaxonomyError(
                f"The role of {task} is {role!r}.", f"Correct it in registry.toml to one of: {', '.join(ROLES)}."
            )
    for names in (costs, transfer_costs, weights, have, forced):
        for name in names or ():
            if name not in roles:
                raise TaxonomyError(f"There is no task {name!r}.{nearest(name, roles)}", "Type: tk tasks")
    _refuse_contradictions(roles, have=have, forced=forced)
    targets = {task for task, role in roles.items() if role in ("target", "both")}
    sources = {task for task, role in roles.items() if role in _LABELLED_ROLES}
    order = max(affinity.max_order, 1) if max_order is None else max_order
    into = [edge for edge in affinity.edges if edge.target in targets]
    edges = (*(e for e in into if e.supervised and e.target in sources), *usable(into, sources, order))
    chosen = set(edges)
    return Problem(
        edges=edges,
        targets={task: (weights or {}).get(task, 1.0) for task in targets},
        costs={task: 0.0 if task in have else (costs or {}).get(task, 1.0) for task in sources},
        budget=as_budget(budget),
        max_order=order,
        objective=objective,
        transfer_costs={task: cost for task, cost in (transfer_costs or {}).items() if task in targets},
        forced=tuple(forced),
        ruled_out=tuple(edge for edge in into if edge not in chosen and edge.target not in edge.sources),
    )


def _refuse_contradictions(roles: Mapping[str, str], *, have: Collection[str], forced: Collection[str]) -> None:
    for kind, names in (("labelled already", have), ("labelled by force", forced)):
        for name in sorted(names):
            if roles[name] == "unused":
                raise TaxonomyError(
                    f"{name} cannot be {kind} and unused.", f"Leave one out, or type: tk taxonomy --source {name} ..."
                )
            if roles[name] not in _LABELLED_ROLES:
                raise TaxonomyError(
                    f"{name} cannot be {kind} and a target alone, which is never labelled.",
                    f"Leave one out, or type: tk taxonomy --both {name} ...",
                )


def as_budget(budget: object) -> float:
    """A budget as a number, or a TaxonomyError that says what is wrong with it."""
    try:
        number = float(budget)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        raise TaxonomyError(f"The budget {budget!r} is not a number.", _TRY_BUDGET) from None
    if isinstance(budget, bool) or not math.isfinite(number):
        raise TaxonomyError(f"The budget {budget!r} is not a finite number.", _TRY_BUDGET)
    if number < 0:
        raise TaxonomyError(f"The budget is {number:g}; it must be a number from 0.", _TRY_BUDGET)
    return number
