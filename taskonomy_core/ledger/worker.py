"""One worker: claims what is ready, trains it, commits each result by itself, until nothing is left.

A kill at any moment loses the jobs in training alone: results are committed one by one, and the claims of a dead
process are void.
"""

from __future__ import annotations

import importlib
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from taskonomy_core.errors import JobError, LedgerError
from taskonomy_core.learning.outcome import Outcome, Trainer
from taskonomy_core.ledger.jobs import Job, Keys
from taskonomy_core.ledger.owner import HEARTBEAT, Owner
from taskonomy_core.ledger.plan import NEW, RUNNING, STALE
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.schedule import next_unit
from taskonomy_core.ledger.store import Store

POLL = 0.5
OPENER = "taskonomy_core.ledger.opening:open_registered"

TrainerOpener = Callable[[Project, Store, str, Keys], Trainer]


@dataclass(frozen=True)
class RunOrder:
    """What every worker of one run is told; plain data, so that any executor can carry it.

    Attributes:
        registry: the path of registry.toml.
        run: the name of the run, in its results.
        order: the most sources of a transfer.
        device: "cpu" or "cuda".
        group: the most transfers that train together.
        new_only: whether stale jobs are left alone.
        since: jobs that failed up to this serial of the ledger are tried again; -1 for none.
        opener: "module:function" that opens the trainer, a TrainerOpener.
    """

    registry: str
    run: str
    order: int
    device: str = "cpu"
    group: int = 6
    new_only: bool = False
    since: int = -1
    opener: str = OPENER

    @property
    def wanted(self) -> tuple[str, ...]:
        """The states of jobs that this run trains."""
        return (NEW,) if self.new_only else (NEW, STALE)

    def plain(self) -> dict[str, Any]:
        """As the mapping that `work` takes."""
        return asdict(self)


def work(order: Mapping[str, Any]) -> None:
    """The body of one worker (contract.RunWorker); `order` is a RunOrder as plain data.

    Errors: LedgerError and DataError end the worker, a JobError ends its job alone.
    """
    given = RunOrder(**order)
    project = Project.read(Path(given.registry))
    with Store.open(project.folder) as store:
        Worker(project, store, given).run()


class Worker:
    """Trains jobs of one project with one trainer, which is opened for the first job."""

    def __init__(self, project: Project, store: Store, order: RunOrder) -> None:
        self._project, self._store, self._order = project, store, order
        self._owner = Owner.this()
        self._planner = project.planner(store)
        self._trainer: Trainer | None = None
        self._last_target = ""

    def run(self) -> None:
        """Train until nothing is ready and nobody else trains anything that could make it so."""
        with _beating(self._project.folder, self._owner):
            try:
                while unit := self._next():
                    self._train(unit)
            finally:
                self._store.release(self._owner)

    def _next(self) -> list[Job]:
        """Claim the next unit; waits while others train, for what they finish may make jobs ready (or they may die)."""
        order = self._order
        while True:
            plan = self._planner.plan(self._store.snapshot(), order.order, order.since)
            unit = next_unit(plan, order.wanted, order.group, self._last_target)
            if unit:
                taken = self._store.claim(unit, self._owner, order.since)
                if taken:
                    return taken
            elif not plan.of(RUNNING):
                return []
            else:
                time.sleep(POLL)

    def _train(self, unit: list[Job]) -> None:
        """Train the jobs of a unit and commit each; a JobError of all is one of each."""
        self._last_target = unit[0].target
        for job, answer in zip(unit, self._answers(unit), strict=True):
            if isinstance(answer, JobError):
                self._store.fail(job, answer.message, self._owner, self._order.run)
            else:
                self._store.finish(job, answer, self._owner, self._order.run)

    def _answers(self, unit: list[Job]) -> list[Outcome | JobError]:
        trainer = self._open()
        first = unit[0]
        try:
            if first.sources:  # transfers, or a reference
                return list(trainer.transfers(first.target, [job.sources for job in unit]))
            return [getattr(trainer, first.kind)(first.target)]
        except JobError as error:
            return [error] * len(unit)

    def _open(self) -> Trainer:
        if self._trainer is None:
            module, _, function = self._order.opener.partition(":")
            opener: TrainerOpener = getattr(importlib.import_module(module), function)
            self._trainer = opener(self._project, self._store, self._order.device, self._planner.keys)
        return self._trainer


@contextmanager
def _beating(folder: Path, owner: Owner) -> Iterator[None]:
    """Tell the ledger from a thread of its own that this worker lives, however long its jobs take."""
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
