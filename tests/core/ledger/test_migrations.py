"""Ledgers of every older version are brought up to date; steps are appended, never edited."""

import hashlib
import json
import sqlite3

import pytest

from taskonomy_core.ledger import store as store_module
from taskonomy_core.ledger.migrations import MIGRATIONS, NEWEST
from taskonomy_core.ledger.store import Store

# A step that ledgers in the world have seen must never change. A new step adds its digest here.
DIGESTS = ["53177880b6481336", "c2f68f97621135ef", "8fdce6828c39e011"]


def test_no_step_was_edited():
    found = [hashlib.blake2b(json.dumps(step).encode(), digest_size=8).hexdigest() for step in MIGRATIONS]
    assert found == DIGESTS


def test_a_fresh_ledger_is_of_the_newest_version(tmp_path):
    with Store.open(tmp_path) as store:
        assert store._version() == NEWEST == len(MIGRATIONS)


def tables(path):
    database = sqlite3.connect(path)
    try:
        return sorted(database.execute("SELECT type, name, sql FROM sqlite_master").fetchall())
    finally:
        database.close()


@pytest.mark.parametrize("version", range(len(MIGRATIONS)))
def test_an_older_ledger_gets_the_tables_of_a_fresh_one(tmp_path, version):
    (tmp_path / "old").mkdir()
    database = sqlite3.connect(tmp_path / "old" / "ledger.sqlite", isolation_level=None)
    for step in MIGRATIONS[:version]:
        for statement in step:
            database.execute(statement)
    database.execute(f"PRAGMA user_version = {version}")
    database.close()
    for name in ("old", "fresh"):
        Store.open(tmp_path / name).close()
    assert tables(tmp_path / "old" / "ledger.sqlite") == tables(tmp_path / "fresh" / "ledger.sqlite")


def test_the_untrained_task_of_the_first_version_is_known_as_one(tmp_path):
    database = sqlite3.connect(tmp_path / "ledger.sqlite", isolation_level=None)
    for statement in MIGRATIONS[0]:
        database.execute(statement)
    for name in ("normals", "random_projection"):
        database.execute("INSERT INTO card VALUES (?, 1, 'Title', 'other', '[]')", (name,))
    database.execute("PRAGMA user_version = 1")
    database.close()
    with Store.open(tmp_path) as store:
        assert {name: card.trainable for name, card in store.cards().items()} == {
            "normals": True,
            "random_projection": False,
        }


def test_a_new_step_is_taken_once_and_keeps_what_is_there(tmp_path, monkeypatch):
    with Store.open(tmp_path) as store:
        store.record_facts({"data": "kept"})
    monkeypatch.setattr(store_module, "MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE extra (number INTEGER)",)))
    monkeypatch.setattr(store_module, "NEWEST", NEWEST + 1)
    for _ in range(2):
        with Store.open(tmp_path) as store:
            assert store.facts() == {"data": "kept"}
            assert store._rows("SELECT count(*) FROM extra") == [(0,)]


def test_a_step_that_fails_leaves_the_ledger_as_it_was(tmp_path, monkeypatch):
    Store.open(tmp_path).close()
    before = tables(tmp_path / "ledger.sqlite")
    monkeypatch.setattr(store_module, "MIGRATIONS", (*MIGRATIONS, ("CREATE TABLE extra (number INTEGER)", "NONSENSE")))
    monkeypatch.setattr(store_module, "NEWEST", NEWEST + 1)
    with pytest.raises(sqlite3.OperationalError, match="NONSENSE"):
        Store.open(tmp_path)
    assert tables(tmp_path / "ledger.sqlite") == before
