"""The process of a run that owns the ledger: it claims units, hands them to an executor, and stores what comes back.

A kill at any moment loses the units in training alone: results are committed one by one, and the claims of a dead
process are void. Several coordinators may share one ledger; each job is trained by the one that holds its claim.
"""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, BrokenExecutor, Executor, Future, wait
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from taskonomy_core.errors import JobError, LedgerError, TaskonomyError
from taskonomy_core.ledger.jobs import Job
from taskonomy_core.ledger.objects import DamagedObjectError
from taskonomy_core.ledger.owner import HEARTBEAT, Owner
from taskonomy_core.ledger.plan import NEW, RUNNING, STALE, Plan
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Stored
from taskonomy_core.ledger.schedule import next_unit
from taskonomy_core.ledger.store import Store
from taskonomy_core.ledger.unit import NetworkFile, Unit
from taskonomy_core.ledger.worker import OPENER, train

# How long to wait for an answer before looking around; planning takes some milliseconds, which a worker could use.
LOOK = 0.5
# A worker that dies takes its unit along; after so many times the job is to blame.
LOSSES = 3
# Seconds before the first new try of what was lost; each next one waits twice as long.
BACK_OFF = 1.0


@dataclass(frozen=True)
class RunOrder:
    """What a run is to do.

    Attributes:
        run: its name, in its results.
        order: the most sources of a transfer.
        device: "cpu" or "cuda".
        jobs: how many units train at once.
        group: the most readouts that train together.
        new_only: whether stale jobs are left alone.
        fail_fast: whether the first failed job ends the run; what is in training by then is finished.
        since: jobs that failed up to this serial of the ledger are tried again; -1 for none.
        opener: "module:function" that opens a worker's trainer, a worker.TrainerOpener.
    """

    run: str
    order: int
    device: str = "cpu"
    jobs: int = 1
    group: int = 6
    new_only: bool = False
    fail_fast: bool = False
    since: int = -1
    opener: str = OPENER

    @property
    def wanted(self) -> tuple[str, ...]:
        """The states of jobs that this run trains."""
        return (NEW,) if self.new_only else (NEW, STALE)


@dataclass(frozen=True)
class _Lost:
    """Jobs whose worker died, and when they may be tried again (monotonic seconds)."""

    jobs: list[Job]
    due: float


class Coordinator:
    """Trains what the order wants until nothing is left, nobody else trains anything, or it is asked to stop.

    Parameters: `asked_to_stop` is looked at twice a second; once it is true nothing is begun, and what is in training
    is finished. `on_turn` is called after each look around with the present plan. `on_trouble` hears of what was lost
    and will be tried again, in sentences.
    """

    def __init__(
        self,
        project: Project,
        store: Store,
        order: RunOrder,
        executor: Executor,
        asked_to_stop: Callable[[], bool],
        on_turn: Callable[[Plan], None],
        on_trouble: Callable[[TaskonomyError], None],
    ) -> None:
        self._project, self._store, self._order, self._executor = project, store, order, executor
        self._asked_to_stop, self._on_turn, self._on_trouble = asked_to_stop, on_turn, on_trouble
        self._owner = Owner.this()
        self._planner = project.planner(store)
        self._data = project.facts(store).data
        self._flying: dict[Future[list[Stored | JobError]], list[Job]] = {}
        self._lost: list[_Lost] = []
        self._losses: Counter[str] = Counter()
        self._last_target = ""
        self._failed = False
        self._planned: Plan | None = None

    @property
    def stopping(self) -> bool:
        """Whether nothing more is begun."""
        return self._asked_to_stop() or (self._failed and self._order.fail_fast)

    def run(self) -> None:
        """Train.

        Errors: LedgerError (disk full, damaged ledger), DataError and PluginError of workers that cannot begin; a bug
        in a worker as it was raised there. Results that other workers were about to give are lost then.
        """
        with _beating(self._project.folder, self._owner):
            try:
                self._on_turn(self._plan())
                while self._turn():
                    self._on_turn(self._plan())
            finally:
                self._store.release(self._owner)

    def _turn(self) -> bool:
        """Hand out what can be handed out, and store what has come; False when there is nothing more to do."""
        if self.stopping:
            self._take_back()
        else:
            self._hand_out()
        if self._flying:
            ended, _ = wait(self._flying, LOOK, FIRST_COMPLETED)
            for future in ended:
                self._take_in(self._flying.pop(future), future)
        elif self.stopping or not (self._lost or self._plan().of(RUNNING)):
            return False
        else:
            time.sleep(LOOK)  # what others finish may make jobs ready; or they may die
        if len(self._flying) <= self._order.jobs:
            self._planned = None
        return True

    def _plan(self) -> Plan:
        """Where everything stood when a worker was last free."""
        if self._planned is None:
            self._planned = self._planner.plan(self._store.snapshot(), self._order.order, self._order.since)
        return self._planned

    # Handing out

    def _hand_out(self) -> None:
        """Give the executor one unit more than it can train at once, so that no worker waits for this process."""
        while len(self._flying) <= self._order.jobs:
            jobs = self._due() or self._claim()
            if not jobs:
                return
            unit = self._unit(jobs)
            if unit is None:  # somebody took a network away since the plan was made
                self._store.give_back(jobs, self._owner)
                self._planned = None
                continue
            future = self._executor.submit(train, unit)
            self._flying[future] = jobs
            if future.done():  # it was trained in this process: store it before the next begins
                return

    def _due(self) -> list[Job]:
        """Lost jobs whose time has come; one at a time once they were lost twice, to find the one that kills."""
        for lost in self._lost:
            if lost.due <= time.monotonic():
                self._lost.remove(lost)
                return lost.jobs
        return []

    def _claim(self) -> list[Job]:
        """The next unit, claimed; empty when nothing is ready."""
        while unit := next_unit(self._plan(), self._order.wanted, self._order.group, self._last_target):
            taken = self._store.claim(unit, self._owner, self._order.since)
            self._planned = None
            if taken:
                self._last_target = taken[0].target
                return taken
        return []

    def _unit(self, jobs: Sequence[Job]) -> Unit | None:
        """What a worker is told; None where a network that it needs is not stored any more."""
        order, networks = self._order, {}
        for name in {source for job in jobs for source in job.sources}:
            key = self._planner.keys.network(name).key
            result = self._store.finished(key)
            if result is None:
                return None
            networks[name] = NetworkFile(key, str(result.weights))
        identities = tuple(job.identity for job in jobs)
        return Unit(self._project, order.run, order.device, self._data, order.opener, identities, networks)

    def _take_back(self) -> None:
        """What the executor has not begun stays untrained."""
        for future in [future for future in self._flying if future.cancel()]:
            del self._flying[future]
        self._lost.clear()

    # Taking in

    def _take_in(self, jobs: list[Job], future: Future[list[Stored | JobError]]) -> None:
        error = future.exception()
        if error is None:
            for job, answer in zip(jobs, future.result(), strict=True):
                self._store_answer(job, answer)
        elif isinstance(error, DamagedObjectError):
            self._damaged(jobs, error)
        elif isinstance(error, BrokenExecutor):
            self._again(jobs, f"{error}")
        else:
            raise error

    def _store_answer(self, job: Job, answer: Stored | JobError) -> None:
        if isinstance(answer, JobError):
            self._store.fail(job, answer.message, self._owner, self._order.run)
            self._failed = True
            return
        try:
            self._store.finish(job, answer, self._owner, self._order.run)
        except DamagedObjectError as error:
            self._again([job], error.message)

    def _damaged(self, jobs: Sequence[Job], error: DamagedObjectError) -> None:
        """A source's network was damaged since it was stored: it counts as failed now, and its jobs wait for it."""
        results = self._store.snapshot().results
        sources = {source for job in jobs for source in job.sources}
        keys = (self._planner.keys.network(name).key for name in sorted(sources))
        networks = [results[key] for key in keys if key in results]
        faulty = [result for result in networks if any(file.fault for file in self._store.verify(result))]
        if not faulty:  # the file is sound here: the worker's disk is to blame
            self._again(jobs, error.message)
            return
        for result in faulty:
            # Once a run, and what a run trained itself not again: a bad disk would keep it busy for ever.
            will = "it is trained again" if result.serial <= self._order.since else "type: tk transfer"
            self._on_trouble(LedgerError(f"A file of the {result.name} is damaged or gone; {will}."))
        self._store.give_back(jobs, self._owner)

    def _again(self, jobs: Sequence[Job], why: str) -> None:
        """Try lost jobs again after a while, or give them up."""
        for job in jobs:
            self._losses[job.key] += 1
        given_up = [job for job in jobs if self._losses[job.key] >= LOSSES]
        for job in given_up:
            reason = f"Its worker was lost {LOSSES} times, the last one: {why}."
            self._store.fail(job, reason, self._owner, self._order.run)
            self._failed = True
        rest = [job for job in jobs if self._losses[job.key] < LOSSES]
        if not rest:
            return
        losses = max(self._losses[job.key] for job in rest)
        wait_s = BACK_OFF * 2 ** (losses - 1)
        due = time.monotonic() + wait_s
        alone = losses > 1  # one at a time, so that the one that kills its worker does not take others along
        self._lost += [_Lost([job], due) for job in rest] if alone else [_Lost(list(rest), due)]
        more = f" and {len(rest) - 1} more" if len(rest) > 1 else ""
        self._on_trouble(
            JobError(f"The worker of the {rest[0].name}{more} was lost ({why}); it is tried again in {wait_s:g} s.")
        )


@contextmanager
def _beating(folder: Path, owner: Owner) -> Iterator[None]:
    """Tell the ledger from a thread of its own that this process lives, however long its jobs take."""
    ended = threading.Event()

    def beat() -> None:
        while not ended.wait(HEARTBEAT):
            try:
                with Store.open(folder) as store:
                    store.beat(owner)
            except LedgerError:
                continue  # locked for the moment; training goes on, and the next beat tells

    thread = threading.Thread(target=beat, daemon=True, name="heartbeat")
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()
