"""One run: a coordinator trains what is wanted, while listeners and the progress display hear of it."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taskonomy_core.contract.executor import JobReport
from taskonomy_core.errors import PluginError, TaskonomyError
from taskonomy_core.ledger.coordinator import Coordinator, RunOrder
from taskonomy_core.ledger.jobs import KINDS, NETWORK, TRANSFER
from taskonomy_core.ledger.left_out import LeftOut
from taskonomy_core.ledger.plan import BLOCKED, NEW, RUNNING, STALE, Plan, PlannedJob
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import DONE, FAILED
from taskonomy_core.ledger.store import Store
from taskonomy_core.registry.naming import listed

if TYPE_CHECKING:
    from taskonomy_core.registry.load import Loaded


@dataclass(frozen=True)
class RunProgress:
    """How far a run is.

    Attributes:
        parts: (ended, all) of this run by (kind, order); `all` counts what the beam may still add at its most.
        failed: how many jobs of this run failed.
        running: names of the jobs in training, by this run or another.
        seconds_left: estimated from measured jobs, for this many workers; None while nothing is known.
    """

    parts: Mapping[tuple[str, int], tuple[int, int]]
    failed: int
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
        stopped: whether it was asked to stop before the end, or stopped because a job failed.
    """

    done: tuple[JobReport, ...]
    failed: tuple[JobReport, ...]
    left: tuple[PlannedJob, ...]
    complaints: tuple[PluginError, ...] = ()
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)
    stopped: bool = False


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


def new_order(
    store: Store, plan: Plan, device: str, jobs: int, group: int, new_only: bool, fail_fast: bool
) -> RunOrder:
    """The order of a new run of what a plan shows."""
    since = -1 if new_only else store.snapshot().serial
    return RunOrder(secrets.token_hex(8), plan.order, device, jobs, group, new_only, fail_fast, since)


def run(
    project: Project,
    store: Store,
    order: RunOrder,
    executor: Executor,
    listeners: Loaded,
    *,
    asked_to_stop: Callable[[], bool] = lambda: False,
    on_progress: Callable[[RunProgress], None] = lambda progress: None,
    on_trouble: Callable[[TaskonomyError], None] = lambda trouble: None,
) -> RunSummary:
    """Train what the order wants, by an open executor; listeners hear of every job once it is stored.

    `asked_to_stop`, once true, lets what is in training end and begins nothing more. Stopped in any other way at any
    moment (an interrupt, a kill), it leaves all finished jobs stored; the same call goes on from there.

    Errors: as of Coordinator.run.
    """
    watch = _Watch(project, store, order, on_progress, listeners)
    coordinator = Coordinator(project, store, order, executor, asked_to_stop, watch.look, on_trouble)
    try:
        coordinator.run()
    finally:
        watch.hear()
    store.back_up()
    return watch.summary(stopped=coordinator.stopping)


def _in_order_of_work(part: tuple[str, int]) -> tuple[int, int]:
    return KINDS.index(part[0]), part[1]


class _Watch:
    """What is told of a run."""

    def __init__(
        self,
        project: Project,
        store: Store,
        order: RunOrder,
        on_progress: Callable[[RunProgress], None],
        listeners: Loaded,
    ) -> None:
        self._project, self._store, self._order = project, store, order
        self._on_progress, self._listeners = on_progress, listeners
        self._reports: list[JobReport] = []
        self._heard = 0
        self._complaints: dict[str, PluginError] = {}

    def look(self, plan: Plan) -> None:
        """Tell what has changed."""
        self.hear()
        self._on_progress(self._progress(plan))

    def summary(self, *, stopped: bool) -> RunSummary:
        """Tell the last of it."""
        plan = self._project.planner(self._store).plan(self._store.snapshot(), self._order.order, self._order.since)
        self._on_progress(self._progress(plan))
        done, failed = (tuple(part for part in self._reports if part.state == state) for state in (DONE, FAILED))
        left = plan.possible(*self._order.wanted, BLOCKED)
        return RunSummary(done, failed, left, tuple(self._complaints.values()), plan.left_out, stopped)

    def hear(self) -> None:
        """Pass on what this run has stored since the last time."""
        for result in self._store.results_of(self._order.run, self._heard):
            self._heard = result.serial
            report = JobReport(result.key, *result.identity, result.state, result.seconds, result.reason)
            self._reports.append(report)
            for error in self._listeners.tell(report, str(self._project.folder)):
                self._complaints.setdefault(error.message.partition(":")[0], error)

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
            {part: (ended.get(part, 0), totals[part]) for part in sorted(totals, key=_in_order_of_work)},
            sum(report.state == FAILED for report in self._reports),
            tuple(planned.job.name for planned in plan.of(RUNNING)),
            (sure.seconds + perhaps.seconds) / self._order.jobs if known else None,
        )
