"""The executor `inline`: one worker, in this process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from taskonomy_core.contract.executor import ExecutorKind, RunWorker
from taskonomy_core.contract.hookspecs import hookimpl
from taskonomy_plugins.executors._memory import keep_memory


def run(worker: RunWorker, order: Mapping[str, Any], workers: int) -> Iterator[None]:
    """Run one worker to its end, whatever `workers` says, and yield once after it.

    Errors and KeyboardInterrupt come out as they are. The caller gets no turn in between: where progress should be
    seen while jobs run, use `processes`.
    """
    keep_memory()
    worker(order)
    yield


INLINE = ExecutorKind("inline", "One worker in this process", run)


@hookimpl
def taskonomy_executors() -> list[ExecutorKind]:
    """The executor `inline`."""
    return [INLINE]
