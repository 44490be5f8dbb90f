import errno
import sqlite3
from pathlib import Path
from types import SimpleNamespace

import pytest

from taskonomy_core.errors import LedgerError
from taskonomy_core.ledger import connection
from taskonomy_core.ledger.connection import connect, sentences


def test_a_disk_that_refuses_is_a_sentence(monkeypatch):
    error = sqlite3.OperationalError("disk I/O error")
    error.sqlite_errorcode = sqlite3.SQLITE_IOERR_WRITE
    room = SimpleNamespace(free=2**30)
    monkeypatch.setattr(connection.shutil, "disk_usage", lambda folder: room)
    with pytest.raises(LedgerError) as caught, sentences(Path("ledger.sqlite")):
        raise error
    assert caught.value.message == "The disk refuses to read or write the ledger ledger.sqlite."
    assert caught.value.hint == "Look whether it is full or failing (type: df), then type the same command again."
    room.free = 4096
    with pytest.raises(LedgerError) as caught, sentences(Path("ledger.sqlite")):
        raise error
    assert caught.value.message == "The disk of ledger.sqlite is full; what was finished before is kept."


def test_a_ledger_that_another_program_holds_alone_cannot_be_opened(tmp_path):
    other = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    other.execute("CREATE TABLE something (number INTEGER)")
    other.execute("BEGIN EXCLUSIVE")
    with pytest.raises(LedgerError, match="is locked by another program"):
        connect(tmp_path, patience=0.01)
    other.close()
    connect(tmp_path, patience=0.01).close()


def test_a_folder_that_cannot_be_made_is_a_sentence(tmp_path, monkeypatch):
    def forbidden(*args, **options):
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "mkdir", forbidden)
    with pytest.raises(LedgerError) as caught:
        connect(tmp_path / "new", patience=0.01)
    assert caught.value.message == f"{tmp_path / 'new'} cannot be written (Permission denied)."


def test_readers_and_a_writer_work_side_by_side(tmp_path):
    first, second = connect(tmp_path, patience=0.01), connect(tmp_path, patience=0.01)
    first.execute("CREATE TABLE something (number INTEGER)")
    first.execute("BEGIN IMMEDIATE")
    first.execute("INSERT INTO something VALUES (1)")
    assert second.execute("SELECT count(*) FROM something").fetchone() == (0,)
    first.execute("COMMIT")
    assert second.execute("SELECT count(*) FROM something").fetchone() == (1,)
    first.close()
    second.close()
