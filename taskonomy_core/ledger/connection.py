"""Opening the ledger's file, and what SQLite complains about as sentences. The store is its only user."""

from __future__ import annotations

import shutil
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from taskonomy_core.errors import LedgerError
from taskonomy_core.ledger.mounts import network_file_system
from taskonomy_core.ledger.objects import OBJECTS, disk_error

FILE = "ledger.sqlite"
BACKUP = "ledger.backup"
OLD = "ledger.v{version}.sqlite"

_RETRY = 0.05
_PAGES = 2**16


def connect(folder: Path, patience: float) -> sqlite3.Connection:
    """Open FOLDER/ledger.sqlite for many processes at once, waiting up to `patience` seconds for a lock.

    Errors: LedgerError (locked, damaged, emptied, full or read-only disk).
    """
    path = folder / FILE
    try:
        folder.mkdir(parents=True, exist_ok=True)
        _refuse_emptied(folder)
    except OSError as error:
        raise disk_error(error, folder) from error
    with sentences(path):
        database = sqlite3.connect(path, timeout=patience, isolation_level=None)
        try:
            if network_file_system(folder):
                # A write-ahead log needs memory that all who read share, which two machines do not have; without one,
                # locks are all that it takes. They are waited for longer, and every write reaches the disk.
                _use_journal(database, "DELETE", patience)
                database.execute("PRAGMA synchronous = FULL")
            else:
                # Safe against every death of a process. If the power fails, the last results may be gone, the file is
                # whole, and an object that did not reach the disk is found damaged and trained again.
                _use_journal(database, "WAL", patience)
                database.execute("PRAGMA synchronous = NORMAL")
            database.execute("PRAGMA foreign_keys = ON")
        except BaseException:
            database.close()
            raise
    return database


@contextmanager
def sentences(path: Path) -> Iterator[None]:
    """Turn what SQLite says about a file into a LedgerError; a mistake in our own SQL stays what it is."""
    try:
        yield
    except sqlite3.Error as error:
        # The low byte is the kind of trouble, the rest its details.
        found = _sentence(getattr(error, "sqlite_errorcode", 0) & 0xFF, path)
        if found is None:
            raise
        raise found from error


def _sentence(code: int, path: Path) -> LedgerError | None:
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return LedgerError(
            f"The ledger {path} is locked by another program.",
            "Close what has it open, or wait until it ends; then type the same command again.",
        )
    if code == sqlite3.SQLITE_FULL or (code == sqlite3.SQLITE_IOERR and _little_room(path.parent)):
        return LedgerError(
            f"The disk of {path} is full; what was finished before is kept.",
            "Free some space (tk status shows what the store uses), then type the same command again.",
        )
    if code in (sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM):
        return LedgerError(
            f"The ledger {path} cannot be opened for writing.",
            "Make the folder writable, or copy the project to one that is; then type the same command again.",
        )
    if code == sqlite3.SQLITE_IOERR:
        return LedgerError(
            f"The disk refuses to read or write the ledger {path}.",
            "Look whether it is full or failing (type: df), then type the same command again.",
        )
    if code in (sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT):
        return damaged(path)
    return None


def _little_room(folder: Path) -> bool:
    """Whether there is no room for a few pages: not all that SQLite writes then fails with the code of a full disk."""
    try:
        return shutil.disk_usage(folder).free < _PAGES
    except OSError:
        return False


def damaged(path: Path) -> LedgerError:
    """The sentence for a ledger that is no longer one, with the way back to its last copy where there is one."""
    folder = path.parent
    aside = f"mkdir {folder}/damaged && mv {folder}/{FILE}* {folder}/damaged/"
    if (folder / BACKUP).exists():
        hint = (
            f"Type: {aside} && cp {folder}/{BACKUP} {path} (the copy made after the last whole run); then: tk transfer"
        )
    else:
        hint = f"Type: {aside} ; then: tk transfer (it trains everything again)"
    return LedgerError(f"The ledger {path} is damaged: it is truncated, or no SQLite file.", hint)


def _refuse_emptied(folder: Path) -> None:
    """SQLite takes an empty file for a new ledger; beside stored results it is a truncated one."""
    path, log = folder / FILE, folder / f"{FILE}-wal"
    if not path.exists() or path.stat().st_size or (log.exists() and log.stat().st_size):
        return
    if any((folder / OBJECTS).glob("??/*.safetensors")):
        raise damaged(path)


def _use_journal(database: sqlite3.Connection, mode: str, patience: float) -> None:
    """WAL lets readers and one writer work side by side. SQLite does not wait for a lock here, so we do."""
    deadline = time.monotonic() + patience
    while True:
        try:
            database.execute(f"PRAGMA journal_mode = {mode}")
            return
        except sqlite3.OperationalError as error:
            busy = getattr(error, "sqlite_errorcode", 0) & 0xFF == sqlite3.SQLITE_BUSY
            if not busy or time.monotonic() > deadline:
                raise
            time.sleep(_RETRY)
