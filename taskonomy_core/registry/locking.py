"""One editor of registry.toml at a time, by a lock that the system lets go of when its holder dies, whatever way."""

from __future__ import annotations

import errno
import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taskonomy_core.errors import RosterError

PATIENCE = 30.0
_RETRY = 0.02
# What some network file systems say of every lock.
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)


@contextmanager
def edited_alone(path: Path) -> Iterator[None]:
    """Hold the file against other editors, from before it is read until after it is replaced.

    It is the file itself that is locked, so none is left lying beside it. Where it is not there or may not be read,
    nothing is held; on Windows and where the file system has no locks neither, and of two editors at the same instant
    the later one wins.

    Errors: RosterError where others hold it for more than PATIENCE seconds.
    """
    handle = _held(path)
    try:
        yield
    finally:
        if handle is not None:
            os.close(handle)


def _held(path: Path) -> int | None:
    deadline = time.monotonic() + PATIENCE
    while True:
        handle = _opened(path)
        if handle is None:
            return None
        held = False
        try:
            held = _locked(handle)
            if held and _lies_at(path, handle):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        if not held:
            if time.monotonic() > deadline:
                raise RosterError(
                    f"{path} is being edited by another program; nothing was changed.",
                    "Wait until it ends, then type the same command again.",
                )
            time.sleep(_RETRY)


def _lies_at(path: Path, handle: int) -> bool:
    """Whether it is still this file; who held it before has put another in its place, and that is the one to hold."""
    try:
        return os.path.samestat(os.fstat(handle), path.stat())
    except OSError:
        return False


def _opened(path: Path) -> int | None:
    if sys.platform == "win32":
        return None
    for flags in (os.O_RDWR, os.O_RDONLY):  # network file systems lock only what is open for writing
        try:
            return os.open(path, flags | os.O_CLOEXEC)
        except OSError:
            continue
    return None


def _locked(handle: int) -> bool:
    """Whether the lock is ours now; that of a file system without locks always is."""
    import fcntl

    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    return True
