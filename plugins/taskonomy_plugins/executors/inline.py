"""The executor `inline`: one worker, in this process."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import Executor, Future
from contextlib import contextmanager
from typing import Any

from taskonomy_core.contract.executor import ExecutorKind, Workplace
from taskonomy_core.contract.hookspecs import hookimpl
from taskonomy_plugins.executors._memory import keep_memory


class _Inline(Executor):
    """Does at once what it is given. The caller gets no turn meanwhile; an interrupt comes out as it is."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """Call it, and give what came of it as a future that has ended."""
        future: Future[Any] = Future()
        future.set_running_or_notify_cancel()
        try:
            future.set_result(fn(*args, **kwargs))
        except Exception as error:
            future.set_exception(error)
        return future


@contextmanager
def open_inline(workplace: Workplace) -> Iterator[Executor]:
    """One worker in this process, whatever `workplace.jobs` says: for debuggers, and where none may be started."""
    keep_memory()
    yield _Inline()


INLINE = ExecutorKind("inline", "One worker in this process", open_inline)


@hookimpl
def taskonomy_executors() -> list[ExecutorKind]:
    """The executor `inline`."""
    return [INLINE]
