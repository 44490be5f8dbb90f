"""Which job a worker takes next. Results do not depend on it, only how soon all is done."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from math import ceil

from taskonomy_core.ledger.jobs import NETWORK, Job
from taskonomy_core.ledger.plan import DONE, Plan, PlannedJob


def next_unit(plan: Plan, states: Sequence[str], group: int, last_target: str = "") -> list[Job]:
    """What to train next: one job, or up to `group` readouts of one target and order, which train together.

    Networks come first, since everything else may wait for them; then readouts of a target whose sources are all
    there; then scratch and constant; then readouts of which some must still wait. The longest first, so that nobody
    is left with a long job at the end; among readouts the target of the last unit, whose labels are at hand. Empty
    when nothing is ready.
    """
    open_jobs = [planned.job for planned in plan.of(*states)]
    networks = [job for job in open_jobs if job.kind == NETWORK]
    if networks:
        return [min(networks, key=lambda job: _longest_first(plan, job))]
    ready, waiting = _readouts(plan, open_jobs)
    whole = [where for where in ready if where not in waiting]
    singles = [job for job in open_jobs if not job.sources]
    if not whole and singles:
        return [min(singles, key=lambda job: _longest_first(plan, job))]
    if not ready:
        return []
    chosen = min(whole or ready, key=lambda where: (where[0], where[1] != last_target, -len(ready[where]), where[1]))
    jobs = ready[chosen]
    # Even groups: seven candidates in groups of at most six are four and three, not six and one.
    return jobs[: ceil(len(jobs) / ceil(len(jobs) / group))]


def order_of_work(plan: Plan, states: Sequence[str], group: int) -> list[PlannedJob]:
    """All that one worker would train of a plan, in its order; what waits for a network that nobody trains is not in.

    What the beam may still add comes after it, and is not in it either.
    """
    planned = {part.job.key: part for part in plan.jobs}
    left, found, target = plan, [], ""
    while unit := next_unit(left, states, group, target):
        target = unit[0].target
        keys = {job.key for job in unit}
        found += [planned[job.key] for job in unit]
        left = replace(left, jobs=tuple(replace(p, state=DONE) if p.job.key in keys else p for p in left.jobs))
    return found


def _longest_first(plan: Plan, job: Job) -> tuple[float, str]:
    return -(plan.estimates.seconds(job.kind, job.target) or 0.0), job.name


def _readouts(plan: Plan, open_jobs: Sequence[Job]) -> tuple[dict[tuple[int, str], list[Job]], set[tuple[int, str]]]:
    """The readouts whose sources are trained, by (order, target), and where others still wait for theirs.

    Those of one target are of one kind: transfers if it is one, else its reference.
    """
    trained = {planned.job.target for planned in plan.of(DONE) if planned.job.kind == NETWORK}
    ready: dict[tuple[int, str], list[Job]] = defaultdict(list)
    waiting = set()
    for job in open_jobs:
        if not job.sources:
            continue
        if trained.issuperset(job.sources):
            ready[job.order, job.target].append(job)
        else:
            waiting.add((job.order, job.target))
    return dict(ready), waiting
