"""The contract of an executor: who trains. It hands out a `concurrent.futures.Executor`, and knows nothing of jobs."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Executor
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path


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


@dataclass(frozen=True)
class Workplace:
    """What an executor is asked for.

    Attributes:
        jobs: how many calls run at once.
        folder: the store's folder, `.taskonomy`, for files of the executor's own; it exists.
        gpus: the GPUs of this machine, as CUDA_VISIBLE_DEVICES names them; workers of this machine share them out, one
            a worker while they last. Empty for work on the CPU.
        config: a file of the executor's own, from `tk transfer --executor-config`; None where none was given.
    """

    jobs: int
    folder: Path
    gpus: tuple[str, ...] = ()
    config: Path | None = None


@dataclass(frozen=True)
class ExecutorKind:
    """What a plugin registers: a name for `--executor` and how to open one.

    `open(workplace)` gives a context manager of a `concurrent.futures.Executor`, of which `submit` alone is called:

    * with a module-level function and plain data, which answers plain data; both can be pickled, and the worker finds
      the function, and the project's folder under its path;
    * more often than `jobs` at a time: what is too much waits, and `Future.cancel` takes back what has not begun;
    * a TaskonomyError that the function raises is the future's exception, of the same class; so is any other, with its
      traceback;
    * a future whose worker died without an answer (it was killed, its node was lost) has a
      `concurrent.futures.BrokenExecutor` as its exception, which says in a few words what happened. The executor stays
      in use: the next `submit` finds a worker. Whether and how often to try again is not its business.

    Leaving the context ends every worker at once, whatever it does, and returns when all are gone. Workers end by
    themselves when the process that opened the executor is gone. They leave Ctrl-C to it.

    Errors: `open` raises a TaskonomyError where it cannot begin (a package that is missing, a faulty `config`).
    """

    name: str
    title: str
    open: Callable[[Workplace], AbstractContextManager[Executor]]
