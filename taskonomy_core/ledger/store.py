"""The ledger: SQLite at FOLDER/ledger.sqlite, and the files of FOLDER/objects. The only SQL of the program.

Promises:
* Any number of processes may use one ledger at once. A job is trained by the one that holds its claim.
* Each result is committed by itself, its files first: a kill at any moment loses the jobs in training alone.
* A result that is done is never overwritten. Facts are stored, conclusions (plan, win rates, taxonomy) never.
* Whatever SQLite or the disk complains about becomes a LedgerError with the next command.

Imports no torch by itself; reading and writing weights does.
"""

from __future__ import annotations

import json
import logging
import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskonomy_core.errors import LedgerError
from taskonomy_core.ledger.connection import BACKUP, FILE, OLD, connect, sentences
from taskonomy_core.ledger.jobs import Job
from taskonomy_core.ledger.migrations import MIGRATIONS, NEWEST
from taskonomy_core.ledger.objects import OBJECTS, DamagedObjectError, Objects, Tensors, disk_error, remove_file
from taskonomy_core.ledger.owner import Owner, Silences
from taskonomy_core.ledger.records import DONE, FAILED, Card, Claim, Result, Snapshot, Stored, StoredFile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


PATIENCE = 30.0

_log = logging.getLogger(__name__)

_WRITTEN = (
    "key, serial, kind, target, sources, parts, state, reason, weights, losses, metrics, seconds, run, "
    "details, host, process"
)
_RESULT = f"{_WRITTEN}, finished"
_SERIAL = "serial"  # the fact of the last serial that was given when results were removed


class Store:
    """One process's door to a ledger. Use `Store.open`; not to be shared between threads."""

    def __init__(self, folder: Path, database: sqlite3.Connection, clock: Callable[[], float]) -> None:
        self.folder = folder
        self.objects = Objects(folder / OBJECTS)
        self._db = database
        self._silences = Silences(clock)

    @staticmethod
    def open(
        folder: Path, *, create: bool = True, patience: float = PATIENCE, clock: Callable[[], float] = time.monotonic
    ) -> Store:
        """Open the ledger of a folder, bringing its tables up to date.

        Where there is none, `create=False` gives an empty one in memory, for commands that only look. `patience` is
        how many seconds to wait for another program's lock; `clock` measures how long others are silent.

        Errors: LedgerError (newer version, locked, damaged, full or read-only disk).
        """
        if not create and not (folder / FILE).exists():
            store = Store(folder, sqlite3.connect(":memory:", isolation_level=None), clock)
            store._migrate()
            return store
        store = Store(folder, connect(folder, patience), clock)
        try:
            store._migrate()
        except BaseException:
            store.close()
            raise
        return store

    def close(self) -> None:
        """Close the connection."""
        self._db.close()

    def __enter__(self) -> Store:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    # Reading

    def snapshot(self) -> Snapshot:
        """All results and living claims at one moment."""
        with self._transaction("BEGIN"):
            results = self._rows(f"SELECT {_RESULT} FROM result")
            claims = self._claims()
        return Snapshot({row[0]: _result(row) for row in results}, {claim.key: claim for claim, _ in claims})

    def results_of(self, run: str, after: int) -> list[Result]:
        """What one run has written after a serial number, in order."""
        rows = self._rows(f"SELECT {_RESULT} FROM result WHERE run = ? AND serial > ? ORDER BY serial", run, after)
        return [_result(row) for row in rows]

    def column(self, result: Result) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
        """The image ids and losses of a result that has them.

        Errors: LedgerError where its file is damaged; the result then counts as failed and is trained again.
        """
        assert result.losses is not None, f"{result.name} has no losses"
        with self._intact(result):
            arrays: dict[str, Any] = self.objects.get_arrays(result.losses)
        return arrays["image_ids"], arrays["losses"]

    def finished(self, key: str) -> Result | None:
        """The result of one key, if it is done."""
        rows = self._rows(f"SELECT {_RESULT} FROM result WHERE key = ? AND state = ?", key, DONE)
        return _result(rows[0]) if rows else None

    def weights(self, key: str) -> Tensors:
        """The trained weights of a finished job. Errors: as of `column`; KeyError for a job that is not done."""
        result = self.finished(key)
        if result is None:
            raise KeyError(key)
        assert result.weights is not None
        with self._intact(result):
            return self.objects.get_tensors(result.weights)

    def verify(self, result: Result) -> tuple[StoredFile, ...]:
        """Read the files of a finished result back; a damaged one makes it a failed one, as of `column`."""
        files = []
        for what, digest in (("weights", result.weights), ("losses", result.losses)):
            if digest is None:
                continue
            path, fault, size = self.objects.path(digest), "", 0
            try:
                size = len(self.objects.get(digest))
            except DamagedObjectError as error:
                fault, size = error.message, path.stat().st_size if path.exists() else 0
                self._mark_damaged(result, fault)
            files.append(StoredFile(what, path, size, fault))
        return tuple(files)

    def facts(self) -> dict[str, str]:
        """What plugins told when they were last opened."""
        return dict(self._rows("SELECT name, value FROM fact"))

    def cards(self) -> dict[str, Card]:
        """The task cards that were last seen, by name."""
        rows = self._rows("SELECT name, version, title, task_group, needs, trainable FROM card ORDER BY name")
        return {
            name: Card(name, version, title, group, tuple(json.loads(needs)), bool(trainable))
            for name, version, title, group, needs, trainable in rows
        }

    def bytes_used(self) -> int:
        """How much disk the ledger and its objects take."""
        return self.objects.bytes_used() + sum(file.stat().st_size for file in self.folder.glob("ledger.*"))

    # Writing

    def record_facts(self, facts: Mapping[str, str]) -> None:
        """Keep what plugins tell."""
        with self._transaction():
            self._db.executemany("INSERT OR REPLACE INTO fact (name, value) VALUES (?, ?)", sorted(facts.items()))

    def record_cards(self, cards: Iterable[Card]) -> None:
        """Keep the cards of tasks that were loaded."""
        rows = [
            (card.name, card.version, card.title, card.group, json.dumps(card.needs), card.trainable) for card in cards
        ]
        with self._transaction():
            self._db.executemany(
                "INSERT OR REPLACE INTO card (name, version, title, task_group, needs, trainable) "
                "VALUES (?, ?, ?, ?, ?, ?)",
                rows,
            )

    def claim(self, jobs: Sequence[Job], owner: Owner, since: int) -> list[Job]:
        """Take the jobs that are free: not done, not failed after serial `since`, not held by a living process.

        The claim of a dead process is taken over.
        """
        with self._transaction():
            held = {claim.key for claim, _ in self._claims()}
            taken = [job for job in jobs if job.key not in held and not self._settled(job.key, since)]
            self._db.executemany(
                "INSERT OR REPLACE INTO claim (key, kind, target, sources, host, pid, born, token, heartbeat) "
                "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)",
                [
                    # A counter that begins somewhere else each time: a claim taken anew is no old one at rest.
                    (job.key, *_named(job), owner.host, owner.pid, owner.born, owner.token, secrets.randbits(31))
                    for job in taken
                ],
            )
        return taken

    def beat(self, owner: Owner) -> None:
        """Say that the owner's claims are alive."""
        with self._transaction():
            self._db.execute("UPDATE claim SET heartbeat = heartbeat + 1 WHERE token = ?", (owner.token,))

    def release(self, owner: Owner) -> None:
        """Give back what the owner has claimed and not finished."""
        with self._transaction():
            self._db.execute("DELETE FROM claim WHERE token = ?", (owner.token,))

    def give_back(self, jobs: Sequence[Job], owner: Owner) -> None:
        """Give back what the owner has claimed of these jobs."""
        with self._transaction():
            self._db.executemany(
                "DELETE FROM claim WHERE key = ? AND token = ?", [(job.key, owner.token) for job in jobs]
            )

    def finish(self, job: Job, stored: Stored, owner: Owner, run: str) -> None:
        """Store a result whose files are there: they are read back, then its row is written and the claim is gone.

        Errors: objects.DamagedObjectError where a file is not there or not what it should be; nothing is written then.
        """
        for digest in filter(None, (stored.weights, stored.losses)):
            self.objects.get(digest)
        self._end(job, owner, run, DONE, "", stored)

    def fail(self, job: Job, reason: str, owner: Owner, run: str) -> None:
        """Store that a job cannot be finished, and why."""
        nothing = Stored(None, None, {}, 0.0, owner.host, owner.pid)
        self._end(job, owner, run, FAILED, reason, nothing)

    def remove(self, results: Iterable[Result]) -> None:
        """Forget results, but none that was written anew meanwhile. Their files stay, until `sweep` is told of them."""
        with self._transaction():
            self._db.execute("INSERT OR REPLACE INTO fact VALUES (?, ?)", (_SERIAL, str(self._last_serial())))
            rows = [(result.key, result.serial) for result in results]
            self._db.executemany("DELETE FROM result WHERE key = ? AND serial = ?", rows)

    def sweep(self, digests: Iterable[str]) -> set[str]:
        """Delete those of these files that no result names, and say which. Meanwhile no result can be written."""
        with self._transaction():
            named = {digest for row in self._rows("SELECT weights, losses FROM result") for digest in row}
            swept = set(digests) - named
            for digest in sorted(swept):
                remove_file(self.objects.path(digest))
        return swept

    def back_up(self) -> None:
        """Copy the ledger (not its objects) to FOLDER/ledger.backup, for the day that its file is damaged."""
        self._copy_to(self.folder / BACKUP)

    # Inside

    def _copy_to(self, path: Path) -> None:
        """Copy the ledger whole, or leave what is there; two processes may do so at once."""
        temporary = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}.part")
        try:
            with (
                sentences(path),
                closing(sqlite3.connect(temporary, isolation_level=None)) as copy,
                # SQLite copies from no connection that is about to write, which this store's own may be.
                closing(sqlite3.connect(self.folder / FILE, isolation_level=None)) as source,
            ):
                source.backup(copy)
            temporary.replace(path)
        except OSError as error:
            raise disk_error(error, self.folder) from error
        finally:
            temporary.unlink(missing_ok=True)

    def _end(self, job: Job, owner: Owner, run: str, state: str, reason: str, stored: Stored) -> None:
        """Write the row. Errors: DamagedObjectError where `sweep` has just taken a file, which no row named yet."""
        with self._transaction():
            for digest in filter(None, (stored.weights, stored.losses)):
                self.objects.require(digest)
            done = self._rows("SELECT 1 FROM result WHERE key = ? AND state = ?", job.key, DONE)
            if not done:  # else another process, which took this one for dead, was quicker; its result is the same
                serial = self._last_serial() + 1
                self._db.execute(
                    f"INSERT OR REPLACE INTO result ({_WRITTEN}) VALUES (?{', ?' * 15})",
                    (
                        *(job.key, serial, *_named(job), json.dumps(dict(job.parts), sort_keys=True)),
                        *(state, reason, stored.weights, stored.losses, json.dumps(dict(stored.metrics))),
                        *(stored.seconds, run, json.dumps(dict(job.details), sort_keys=True, default=str)),
                        *(stored.host, stored.process),
                    ),
                )
            self._db.execute("DELETE FROM claim WHERE key = ? AND token = ?", (job.key, owner.token))

    def _last_serial(self) -> int:
        """Of all rows that ever were: runs compare with what they saw before some were removed."""
        rows = self._rows(
            "SELECT serial FROM result UNION ALL SELECT CAST(value AS INTEGER) FROM fact WHERE name = ? "
            "ORDER BY serial DESC LIMIT 1",
            _SERIAL,
        )
        return int(rows[0][0]) if rows else 0

    def _settled(self, key: str, since: int) -> bool:
        rows = self._rows("SELECT 1 FROM result WHERE key = ? AND (state = ? OR serial > ?)", key, DONE, since)
        return bool(rows)

    def _claims(self) -> list[tuple[Claim, Owner]]:
        """The claims of living processes."""
        rows = self._rows("SELECT key, kind, target, sources, host, pid, born, token, heartbeat FROM claim")
        silences = self._silences.look({(row[0], row[7]): row[8] for row in rows})
        found = []
        for key, kind, target, sources, host, pid, born, token, _ in rows:
            owner = Owner(host, pid, born, token)
            if owner.lives(silences[key, token]):
                claim = Claim(key, kind, target, tuple(json.loads(sources)), host, pid, owner.by_heartbeat)
                found.append((claim, owner))
        return found

    @contextmanager
    def _intact(self, result: Result) -> Iterator[None]:
        """A damaged file makes its result a failed one, which the next `tk transfer` trains again."""
        try:
            yield
        except DamagedObjectError as error:
            self._mark_damaged(result, error.message)
            raise LedgerError(
                f"{error.message} It belongs to the {result.name}.",
                "Type: tk transfer (it trains that one again; all else is kept)",
            ) from error

    def _mark_damaged(self, result: Result, reason: str) -> None:
        """Unless it was trained again in the meantime."""
        with self._transaction():
            self._db.execute(
                "UPDATE result SET state = ?, reason = ? WHERE key = ? AND serial = ?",
                (FAILED, reason, result.key, result.serial),
            )

    def _rows(self, query: str, *values: Any) -> list[Any]:
        with sentences(self.folder / FILE):
            return self._db.execute(query, values).fetchall()

    @contextmanager
    def _transaction(self, begin: str = "BEGIN IMMEDIATE") -> Iterator[None]:
        """All or nothing."""
        with sentences(self.folder / FILE):
            self._db.execute(begin)
            try:
                yield
                self._db.execute("COMMIT")
            except BaseException:
                if self._db.in_transaction:  # SQLite itself rolls back when the disk is full
                    self._db.execute("ROLLBACK")
                raise

    def _migrate(self) -> None:
        """Take the steps that this file has not seen, all or none; the file as it was is kept beside it."""
        if self._version() == NEWEST:
            return
        with self._transaction():  # from here on no other process migrates
            version = self._version()
            old = self.folder / OLD.format(version=version)
            if 0 < version < NEWEST:
                self._copy_to(old)
            for number, statements in enumerate(MIGRATIONS[version:], version + 1):
                for statement in statements:
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version = {number}")
        if 0 < version < NEWEST:
            _log.warning(
                "The ledger %s is now of version %d; as it was, of version %d, it is kept in %s.",
                *(self.folder / FILE, NEWEST, version, old),
            )

    def _version(self) -> int:
        version = int(self._rows("PRAGMA user_version")[0][0])
        if version > NEWEST:
            raise LedgerError(
                f"The ledger {self.folder / FILE} is of version {version}; "
                f"this taskonomy knows versions up to {NEWEST}.",
                "Type: pip install --upgrade taskonomy",
            )
        return version


def _named(job: Job) -> tuple[str, str, str]:
    return job.kind, job.target, json.dumps(job.sources)


def _result(row: Sequence[Any]) -> Result:
    key, serial, kind, target, sources, parts, state, reason, weights, losses, metrics, seconds, run, *where = row
    details, host, process, finished = where
    return Result(
        *(key, serial, kind, target, tuple(json.loads(sources)), json.loads(parts), state, reason),
        *(weights, losses, json.loads(metrics), seconds, run, details, host, process, finished),
    )
