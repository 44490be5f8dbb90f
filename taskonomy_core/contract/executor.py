"""The contract of an executor: who runs the workers that train."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Protocol


@dataclass(frozen=True)
class JobReport:
    """How one job ended, as told to the `taskonomy_job_done` hook and to the progress display."""

    key: str
    kind: str
    target: str
    sources: tuple[str, ...]
    state: str
    seconds: float
    reason: str = ""


class RunWorker(Protocol):
    """The body of one worker: runs the jobs it can claim until none is left. Importable and picklable."""

    def __call__(self, order: Mapping[str, Any], /) -> None:
        """Run until no job is left to claim."""
        ...


@dataclass(frozen=True)
class ExecutorKind:
    """What a plugin registers: a name for `--executor` and how to run workers.

    `run(worker, order, workers)` starts `workers` workers, each calling `worker(order)` (order is plain data), and
    yields now and then while they live, so that the caller can draw its progress; it returns when all have ended, and
    stops them when the generator is closed.
    """

    name: str
    title: str
    run: Callable[[RunWorker, Mapping[str, Any], int], Iterable[None]]
