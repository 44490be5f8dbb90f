"""One process at a time: a lock that the system lets go of when its holder dies, whatever way it dies."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from taskonomy_plugins.rooms.shards import cannot_write

_PAUSE_S = 0.2


@contextmanager
def held(path: Path, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock file at `path`; `waiting` is called again and again while another process holds it.

    On Windows nothing is locked. That costs time, not truth: two processes would render the same shards.
    """
    if sys.platform == "win32":
        yield
        return
    import fcntl

    try:
        file = path.open("a")
    except OSError as error:
        raise cannot_write(path.parent, error) from error
    with file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                waiting()
                time.sleep(_PAUSE_S)
        yield
