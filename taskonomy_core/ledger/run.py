"""One run: workers train what is wanted, while this process watches the ledger and tells what it sees."""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taskonomy_core.contract.executor import ExecutorKind, JobReport
from taskonomy_core.errors import PluginError, TaskonomyError
from taskonomy_core.ledger.jobs import NETWORK, TRANSFER
from taskonomy_core.ledger.left_out import LeftOut
from taskonomy_core.ledger.plan import BLOCKED, NEW, RUNNING, STALE, Plan, PlannedJob
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import DONE, FAILED
from taskonomy_core.ledger.store import Store
from taskonomy_core.ledger.worker import RunOrder, work
from taskonomy_core.registry.naming import listed

if TYPE_CHECKING:
    from taskonomy_core.registry.load import Loaded

# How often the ledger is looked at; planning takes some milliseconds, which a worker could use.
LOOK = 0.5


@dataclass(frozen=True)
class RunProgress:
    """How far a run is.

    Attributes:
        parts: (ended, all) of this run by (kind, order); `all` counts what the beam may still add at its most.
        running: names of the jobs in training.
        seconds_left: estimated from measured jobs, for this many workers; None while nothing is known.
    """

    parts: Mapping[tuple[str, int], tuple[int, int]]
    running: tuple[str, ...]
    seconds_left: float | None


@dataclass(frozen=True)
class RunSummary:
    """How a run ended.

    Attributes:
        done, failed: its own jobs.
        left: jobs that it wanted and could not begin, blocked ones included; not those of tasks that are left out.
        complaints: what went wrong in listeners, each said once.
        left_out: the tasks that it did without, by name.
    """

    done: tuple[JobReport, ...]
    failed: tuple[JobReport, ...]
    left: tuple[PlannedJob, ...]
    complaints: tuple[PluginError, ...] = ()
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)


def refuse_mixing(plan: Plan) -> None:
    """Refuse to train new jobs alone where their losses would stand beside old ones that measure something else.

    Errors: TaskonomyError if a target with new transfers has transfers or a network of another recipe, data set, seed
    or encoder.
    """
    entering = {planned.job.target for planned in plan.of(NEW) if planned.job.kind == TRANSFER}
    old = [
        planned
        for planned in plan.of(STALE)
        if planned.job.target in entering and planned.job.kind in (NETWORK, TRANSFER) and planned.settings_changed
    ]
    if old:
        changed = dict.fromkeys(words for planned in old for words in planned.settings_changed)
        raise TaskonomyError(
            f"New results could not be compared with {len(old)} that are there: {listed(changed)} changed since.",
            "Type: tk transfer --retrain (trains the old ones again too), or change registry.toml back.",
        )


def startable(plan: Plan, new_only: bool) -> tuple[PlannedJob, ...]:
    """The jobs of a plan that a run would train: with `new_only`, none that waits for a network that is stale."""
    if not new_only:
        return plan.of(NEW, STALE)
    waiting = {planned.job.target for planned in plan.of(STALE) if planned.job.kind == NETWORK}
    return tuple(planned for planned in plan.of(NEW) if waiting.isdisjoint(planned.job.sources))


def new_order(project: Project, store: Store, plan: Plan, device: str, group: int, new_only: bool) -> RunOrder:
    """The order of a new run of what a plan shows."""
    since = -1 if new_only else store.snapshot().serial
    path = str(project.roster.path.resolve())
    return RunOrder(path, secrets.token_hex(8), plan.order, device, group, new_only, since)


def run(
    project: Project,
    store: Store,
    order: RunOrder,
    executor: ExecutorKind,
    workers: int,
    on_progress: Callable[[RunProgress], None],
    listeners: Loaded,
) -> RunSummary:
    """Train what the order wants, by `workers` workers of an executor; listeners hear of every job once it is stored.

    Stopped at any moment (an interrupt, a kill), it leaves all finished jobs stored; the same call goes on from there.

    Errors: what a worker raises, after the others have ended: LedgerError, DataError, or JobError for one that died.
    """
    watch = _Watch(project, store, order, workers, on_progress, listeners)
    turns = iter(executor.run(work, order.plain(), workers))
    try:
        for _ in turns:
            watch.look()
    finally:
        if isinstance(turns, Generator):  # stops the workers, if they still live
            turns.close()
        summary = watch.end()
    store.back_up()
    return summary


class _Watch:
    """What the coordinating process knows of its run."""

    def __init__(
        self,
        project: Project,
        store: Store,
        order: RunOrder,
        workers: int,
        on_progress: Callable[[RunProgress], None],
        listeners: Loaded,
    ) -> None:
        self._store, self._order, self._workers = store, order, workers
        self._on_progress, self._listeners, self._folder = on_progress, listeners, str(project.folder)
        self._planner = project.planner(store)
        self._reports: list[JobReport] = []
        self._heard = 0
        self._complaints: dict[str, PluginError] = {}
        self._looked = -LOOK

    def look(self) -> None:
        """Tell what has changed, unless that was done a moment ago."""
        if time.monotonic() - self._looked < LOOK:
            return
        self._hear()
        self._on_progress(self._progress(self._plan()))
        self._looked = time.monotonic()

    def end(self) -> RunSummary:
        """Tell the last of it."""
        self._hear()
        plan = self._plan()
        self._on_progress(self._progress(plan))
        done, failed = (tuple(part for part in self._reports if part.state == state) for state in (DONE, FAILED))
        left = plan.possible(*self._order.wanted, BLOCKED)
        return RunSummary(done, failed, left, tuple(self._complaints.values()), plan.left_out)

    def _hear(self) -> None:
        """Pass on what this run has stored since the last time."""
        for result in self._store.results_of(self._order.run, self._heard):
            self._heard = result.serial
            report = JobReport(result.key, *result.identity, result.state, result.seconds, result.reason)
            self._reports.append(report)
            for error in self._listeners.tell(report, self._folder):
                self._complaints.setdefault(error.message.partition(":")[0], error)

    def _plan(self) -> Plan:
        return self._planner.plan(self._store.snapshot(), self._order.order, self._order.since)

    def _progress(self, plan: Plan) -> RunProgress:
        ended: dict[tuple[str, int], int] = {}
        for report in self._reports:
            part = report.kind, len(report.sources)
            ended[part] = ended.get(part, 0) + 1
        totals = dict(ended)
        unfinished = plan.of(*self._order.wanted, RUNNING)
        for planned in unfinished:
            part = planned.job.kind, planned.job.order
            totals[part] = totals.get(part, 0) + 1
        for undecided in plan.undecided:
            part = TRANSFER, undecided.order
            totals[part] = totals.get(part, 0) + undecided.at_most
        sure, perhaps = plan.estimate(unfinished), plan.estimate_undecided()
        known = not (sure.unknown or perhaps.unknown)
        return RunProgress(
            {part: (ended.get(part, 0), total) for part, total in sorted(totals.items())},
            tuple(planned.job.name for planned in plan.of(RUNNING)),
            (sure.seconds + perhaps.seconds) / self._workers if known else None,
        )
