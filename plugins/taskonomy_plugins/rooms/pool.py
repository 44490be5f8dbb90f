"""Pieces of work spread over processes that end with their parent."""

from __future__ import annotations

import multiprocessing
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from concurrent.futures.process import BrokenProcessPool
from typing import TypeVar

from taskonomy_core.errors import DataError

Order = TypeVar("Order")
Result = TypeVar("Result")


def end_with_parent() -> None:
    """From now on this worker ends when its parent does: a pool's workers would wait for a killed parent for ever."""
    parent = multiprocessing.parent_process()
    if parent is None:
        raise RuntimeError("this process is no worker")

    def follow() -> None:
        parent.join()
        os._exit(1)

    threading.Thread(target=follow, daemon=True).start()


def spread(work: Callable[[Order], Result], orders: Sequence[Order], processes: int) -> Iterator[Result]:
    """The results of `work` for every order, as they come; in this process where one process is enough.

    When the caller stops listening, orders that nobody has begun are dropped.
    """
    workers = min(processes, len(orders))
    if workers <= 1:
        yield from map(work, orders)
        return
    # Spawned, not forked: a fork of a process whose torch has threads may hang.
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=end_with_parent)
    try:
        for future in as_completed([pool.submit(work, order) for order in orders]):
            yield future.result()
    except BrokenProcessPool as error:
        raise DataError(
            "A process that rendered rooms was killed, perhaps for want of memory.",
            "Type the command again with fewer processes; it goes on where it stopped.",
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)
