"""Galleries of a project's own run: test pictures, what they should give, and what the finished networks make of them.

For the page and the report. What is opened stays open: torch, the plugins and the data source, once for all tasks.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.contract import Progress, no_progress
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.ledger.jobs import Job
from taskonomy_core.ledger.networks import StoredNetworks
from taskonomy_core.ledger.objects import Tensors
from taskonomy_core.ledger.opening import open_registered
from taskonomy_core.ledger.project import Project, column_of
from taskonomy_core.ledger.store import Store

if TYPE_CHECKING:
    from taskonomy_core.learning.trainer import LocalTrainer

OWN, TRANSFER, SCRATCH = "own", "transfer", "scratch"

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Said:
    """What one network says of the examples.

    Attributes:
        by: "own" (the task's own network), "transfer" (from `sources`) or "scratch".
        sources: of a transfer; else empty.
        pictures: uint8 [N, H, W, 3], by the task's own `picture`.
        losses: float64 [N], as stored when it was scored: those that the tournaments compared.
    """

    by: str
    sources: tuple[str, ...]
    pictures: Pictures
    losses: NDArray[np.float64]


@dataclass(frozen=True)
class TaskGallery:
    """Some test examples of one task; N may be 0 where none has a label.

    Attributes:
        task, title: its name and what people read.
        ids: int64 [N], of the examples.
        inputs: uint8 [N, h, w, 3], what its encoder is shown; `target`: uint8 [N, H, W, 3], what should be said.
        said: by its own network, the transfer that was asked for and the from-scratch network; those that are done.
    """

    task: str
    title: str
    ids: NDArray[np.int64]
    inputs: Pictures
    target: Pictures
    said: tuple[Said, ...]


class Showroom:
    """Makes the galleries of one project, one at a time, in whatever thread asks.

    Args:
        project: its registry.toml and recipe.
        device: what the networks compute on.
        preparing: told of the data source's preparation, where it has to render or index anything anew.
    """

    def __init__(self, project: Project, device: str = "cpu", preparing: Progress = no_progress) -> None:
        self._project, self._device, self._preparing = project, device, preparing
        self._lock = threading.Lock()
        self._trainer: LocalTrainer | None = None
        self._networks = _Networks()

    def tasks(self) -> tuple[str, ...]:
        """The tasks that have a finished network to show, in the order of registry.toml. Imports no torch."""
        with self._store() as store:
            keys, snapshot = self._project.planner(store).keys, store.snapshot()
        able = {*keys.trained} - keys.left_out.keys()
        return tuple(
            name for name in self._project.roster.tasks if name in able and snapshot.scored(keys.network(name).key)
        )

    def show(self, task: str, sources: Sequence[str] = (), count: int = 3) -> TaskGallery:
        """Some test examples of a task, spread evenly over those that have a label.

        Args:
            task: one of `tasks()`.
            sources: of the transfer to show beside its own network, in any order; none for none.
            count: at most how many examples.

        Errors: TaskonomyError where the task has no finished network, or its code, its plugin or the data source fails.
        """
        with self._lock, self._store() as store:
            keys, snapshot = self._project.planner(store).keys, store.snapshot()
            self._networks.now = StoredNetworks(store, keys)
            asked = {OWN: keys.network(task) if task in keys.trained else None}
            if task in keys.targets:
                asked[TRANSFER] = keys.transfer(tuple(sorted(sources)), task) if sources else None
                asked[SCRATCH] = keys.scratch(task)
            jobs = {
                by: job
                for by, job in asked.items()
                if job is not None and snapshot.scored(job.key) and keys.left_out.keys().isdisjoint(job.sources)
            }
            if OWN not in jobs:
                raise TaskonomyError(f"{task} has no finished network to show.", "Type: tk transfer")
            columns = {by: column_of(store, snapshot.results[job.key]) for by, job in jobs.items()}
            losses = {
                by: dict(zip(column.image_ids.tolist(), column.losses.tolist(), strict=True))
                for by, column in columns.items()
            }
            labelled = [each for each, loss in losses[OWN].items() if not np.isnan(loss)]
            picked = np.linspace(0, len(labelled), min(count, len(labelled)) + 1).astype(int)[:-1]
            ids = np.array([labelled[place] for place in picked], dtype=np.int64)
            return self._shown(task, ids, jobs, losses, store)

    def _shown(
        self, task: str, ids: NDArray[np.int64], jobs: dict[str, Job], losses: dict[str, dict[int, float]], store: Store
    ) -> TaskGallery:
        from taskonomy_core.learning.compare import compare

        trainer = self._opened()
        if not len(ids):
            nothing = np.empty((0, 1, 1, 3), np.uint8)
            return TaskGallery(task, trainer.task(task).title, ids, nothing, nothing, ())
        makers = [self._maker(trainer, by, job, store) for by, job in jobs.items()]
        found = compare(trainer, task, ids, makers)
        said = tuple(
            Said(by, job.sources, pictures, np.array([losses[by][each] for each in ids.tolist()]))
            for (by, job), pictures in zip(jobs.items(), found.said, strict=True)
        )
        return TaskGallery(task, found.title, ids, found.inputs, found.target, said)

    def _maker(self, trainer: LocalTrainer, by: str, job: Job, store: Store) -> Callable[[Any], Any]:
        if by == OWN:
            return partial(trainer.finished_network, job.target)
        state = store.weights(job.key)
        if by == SCRATCH:
            return partial(trainer.finished_scratch, job.target, state)
        return partial(trainer.finished_transfer, job.target, job.sources, state)

    def _opened(self) -> LocalTrainer:
        if self._trainer is None:
            self._trainer = open_registered(self._project, self._device, self._networks, self._preparing)
        return self._trainer

    def _store(self) -> Store:
        # A store belongs to one thread.
        return Store.open(self._project.folder, create=False)


class _Networks:
    """Finished networks for a trainer that outlives every store: those of the one that is open `now`."""

    now: StoredNetworks

    def key(self, task: str) -> str:
        return self.now.key(task)

    def state(self, task: str) -> Tensors:
        return self.now.state(task)
