import sqlite3
from dataclasses import replace

import numpy as np
import pytest
import torch

from taskonomy_core.errors import LedgerError
from taskonomy_core.learning.outcome import Outcome
from taskonomy_core.ledger.objects import Objects
from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.records import Card
from taskonomy_core.ledger.store import Store
from taskonomy_core.ledger.worker import stored

OUTCOME = Outcome(np.arange(3), np.array([0.5, np.nan, 1.5]), {"w": torch.ones(2)}, {"L1 (m)": 0.25}, seconds=4.0)


@pytest.fixture
def owner():
    return Owner.this()


@pytest.fixture
def job(keys):
    return keys.transfer(("taskb",), "taska")


def dead(owner):
    return replace(owner, born="another boot 1", token="dead")


def test_a_result_comes_back_as_it_was(store, job, owner):
    store.finish(job, stored(store.objects, OUTCOME), owner, "run")
    (result,) = store.snapshot().results.values()
    assert (result.key, result.identity, result.parts) == (job.key, job.identity, dict(job.parts))
    assert (result.state, result.metrics, result.seconds, result.run) == ("done", {"L1 (m)": 0.25}, 4.0, "run")
    assert result.name == job.name == "transfer taskb -> taska"
    image_ids, losses = store.column(result)
    assert np.array_equal(image_ids, OUTCOME.image_ids)
    assert np.array_equal(losses, OUTCOME.losses, equal_nan=True)
    assert torch.equal(store.weights(job.key)["w"], torch.ones(2))
    with pytest.raises(KeyError):
        store.weights("no such key")


def test_an_untrained_network_has_weights_and_no_losses(store, keys, owner):
    job = keys.network("onlyz")
    store.finish(
        job, stored(store.objects, Outcome(np.empty(0, np.int64), np.empty(0), {"w": torch.ones(2)})), owner, "run"
    )
    assert store.snapshot().results[job.key].losses is None


def test_it_is_all_there_after_opening_again(store, project, job, owner):
    store.finish(job, stored(store.objects, OUTCOME), owner, "run")
    with Store.open(project.folder) as again:
        assert again.snapshot() == store.snapshot()
        assert again.facts() == store.facts() != {}


def test_looking_creates_nothing(tmp_path):
    with Store.open(tmp_path / "none", create=False) as store:
        assert store.snapshot().results == {}
        assert store.bytes_used() == 0
    assert not (tmp_path / "none").exists()


def test_facts_and_cards_are_replaced(store):
    store.record_facts({"encoder a": "1", "encoder b": "1"})
    store.record_facts({"encoder a": "2"})
    assert store.facts().items() >= {"encoder a": "2", "encoder b": "1"}.items()
    card = Card("taska", 1, "Task A", "2d", ("depth", "normal"))
    store.record_cards([card])
    newer = replace(card, version=2, trainable=False)
    store.record_cards([newer])
    assert store.cards()["taska"] == newer


def test_serials_rise_and_results_of_a_run_come_in_their_order(store, keys, owner):
    jobs = [keys.scratch(name) for name in ("taskc", "taska", "taskb")]
    for job in jobs:
        store.finish(job, stored(store.objects, OUTCOME), owner, "mine")
    store.finish(keys.constant("taska"), stored(store.objects, OUTCOME), owner, "other")
    assert [result.target for result in store.results_of("mine", 0)] == ["taskc", "taska", "taskb"]
    assert [result.serial for result in store.results_of("mine", 1)] == [2, 3]
    assert store.snapshot().serial == 4


def test_a_failed_job_has_its_reason_and_may_be_done_later_but_a_done_one_stays(store, job, owner):
    store.fail(job, "It diverged.", owner, "run")
    failed = store.snapshot().results[job.key]
    assert (failed.state, failed.reason, failed.done) == ("failed", "It diverged.", False)
    store.finish(job, stored(store.objects, OUTCOME), owner, "run")
    assert store.snapshot().results[job.key].done
    store.fail(job, "It diverged.", owner, "run")
    assert store.snapshot().results[job.key].serial == 2


# Claims


def test_a_claimed_job_is_not_given_twice(store, keys, owner):
    jobs = [keys.scratch("taska"), keys.scratch("taskb")]
    assert store.claim(jobs[:1], owner, -1) == jobs[:1]
    assert store.claim(jobs, Owner.this(), -1) == jobs[1:]
    assert [claim.name for claim in store.snapshot().claims.values()] == ["scratch of taska", "scratch of taskb"]


def test_a_claim_ends_with_its_result_or_when_it_is_given_back(store, keys, owner):
    jobs = [keys.scratch("taska"), keys.scratch("taskb"), keys.scratch("taskc")]
    store.claim(jobs, owner, -1)
    store.finish(jobs[0], stored(store.objects, OUTCOME), owner, "run")
    store.fail(jobs[1], "It diverged.", owner, "run")
    assert [claim.target for claim in store.snapshot().claims.values()] == ["taskc"]
    store.release(owner)
    assert store.snapshot().claims == {}


def test_the_claim_of_a_dead_process_is_taken_over(store, job, owner):
    store.claim([job], dead(owner), -1)
    assert store.snapshot().claims == {}
    assert store.claim([job], owner, -1) == [job]
    store.release(dead(owner))  # too late: the claim is another's now
    assert job.key in store.snapshot().claims


def test_what_is_done_is_never_claimed_and_what_failed_only_if_it_failed_before(store, keys, owner):
    done, failed = keys.scratch("taska"), keys.scratch("taskb")
    store.finish(done, stored(store.objects, OUTCOME), owner, "run")
    store.fail(failed, "It diverged.", owner, "run")  # serial 2
    assert store.claim([done, failed], owner, -1) == []
    assert store.claim([done, failed], owner, 1) == []
    assert store.claim([done, failed], owner, 2) == [failed]


# Trouble


def told(caught):
    return caught.value.message, caught.value.hint


def test_a_newer_ledger_is_refused_with_both_versions(project, store):
    store.close()
    path = project.folder / "ledger.sqlite"
    with sqlite3.connect(path) as database:
        database.execute("PRAGMA user_version = 7")
    database.close()
    with pytest.raises(LedgerError) as caught:
        Store.open(project.folder)
    assert told(caught) == (
        f"The ledger {path} is of version 7; this taskonomy knows versions up to 3.",
        "Type: pip install --upgrade taskonomy",
    )


def test_a_locked_ledger_is_a_sentence(project, store, job, owner):
    path = project.folder / "ledger.sqlite"
    other = sqlite3.connect(path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with Store.open(project.folder, patience=0.01) as hasty, pytest.raises(LedgerError) as caught:
        hasty.finish(job, stored(hasty.objects, OUTCOME), owner, "run")
    assert told(caught) == (
        f"The ledger {path} is locked by another program.",
        "Close what has it open, or wait until it ends; then type the same command again.",
    )
    other.execute("ROLLBACK")
    other.close()
    store.finish(job, stored(store.objects, OUTCOME), owner, "run")


def fill(store, keys, owner):
    for name in keys.targets[:3]:
        for source in keys.sources_of(name):
            store.finish(keys.transfer((source,), name), stored(store.objects, OUTCOME), owner, "run")


@pytest.mark.parametrize("size", [0, 10, 3000, 5000])
def test_a_truncated_ledger_is_a_sentence_and_its_copy_brings_it_back(project, store, keys, owner, size):
    fill(store, keys, owner)
    before = store.snapshot()
    store.back_up()
    store.close()
    path, folder = project.folder / "ledger.sqlite", project.folder
    path.write_bytes(path.read_bytes()[:size])
    with pytest.raises(LedgerError) as caught, Store.open(folder) as damaged:
        damaged.snapshot()
    aside = f"mkdir {folder}/damaged && mv {folder}/ledger.sqlite* {folder}/damaged/"
    assert told(caught) == (
        f"The ledger {path} is damaged: it is truncated, or no SQLite file.",
        f"Type: {aside} && cp {folder}/ledger.backup {path} (the copy made after the last whole run); "
        "then: tk transfer",
    )
    for file in folder.glob("ledger.sqlite*"):
        file.unlink()
    (folder / "ledger.backup").replace(path)
    with Store.open(folder) as again:
        assert again.snapshot() == before


def test_a_file_that_is_no_ledger_is_a_sentence(tmp_path):
    (tmp_path / "ledger.sqlite").write_text("registry of deeds\n" * 100)
    with pytest.raises(LedgerError) as caught:
        Store.open(tmp_path)
    assert told(caught) == (
        f"The ledger {tmp_path}/ledger.sqlite is damaged: it is truncated, or no SQLite file.",
        f"Type: mkdir {tmp_path}/damaged && mv {tmp_path}/ledger.sqlite* {tmp_path}/damaged/ ; then: tk transfer "
        "(it trains everything again)",
    )


def test_a_ledger_that_is_a_folder_cannot_be_opened(tmp_path):
    (tmp_path / "ledger.sqlite").mkdir()
    with pytest.raises(LedgerError) as caught:
        Store.open(tmp_path)
    assert told(caught) == (
        f"The ledger {tmp_path}/ledger.sqlite cannot be opened for writing.",
        "Make the folder writable, or copy the project to one that is; then type the same command again.",
    )


def test_a_full_disk_is_a_sentence_and_loses_nothing(project, store, keys, owner):
    store.finish(keys.scratch("taska"), stored(store.objects, OUTCOME), owner, "run")
    pages = store._db.execute("PRAGMA page_count").fetchone()[0]
    store._db.execute(f"PRAGMA max_page_count = {pages}")  # SQLite then says what it says on a full disk
    with pytest.raises(LedgerError) as caught:
        fill(store, keys, owner)
    assert told(caught) == (
        f"The disk of {project.folder}/ledger.sqlite is full; what was finished before is kept.",
        "Free some space (tk status shows what the store uses), then type the same command again.",
    )
    with Store.open(project.folder) as again:
        assert keys.scratch("taska").key in again.snapshot().results
        again.finish(keys.scratch("taskb"), stored(again.objects, OUTCOME), owner, "run")


def test_a_full_disk_under_the_objects_leaves_no_row(store, job, owner, monkeypatch):
    def full(self, content):
        raise LedgerError("The disk is full.")

    monkeypatch.setattr(Objects, "put", full)
    with pytest.raises(LedgerError, match=r"The disk is full\."):
        store.finish(job, stored(store.objects, OUTCOME), owner, "run")
    assert store.snapshot().results == {}


def test_our_own_mistakes_in_sql_keep_their_traceback(store):
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        store._rows("SELECT * FROM nonsense")


@pytest.mark.parametrize("part", ["losses", "weights"])
def test_a_damaged_object_is_named_and_its_job_is_to_be_trained_again(store, job, owner, part):
    store.finish(job, stored(store.objects, OUTCOME), owner, "run")
    result = store.snapshot().results[job.key]
    path = store.objects.path(getattr(result, part))
    path.write_bytes(path.read_bytes()[:-1])
    with pytest.raises(LedgerError) as caught:
        store.column(result) if part == "losses" else store.weights(job.key)
    damage = f"The stored file {path} is damaged: its content is not what its name says."
    assert told(caught) == (
        f"{damage} It belongs to the transfer taskb -> taska.",
        "Type: tk transfer (it trains that one again; all else is kept)",
    )
    failed = store.snapshot().results[job.key]
    assert (failed.state, failed.reason) == ("failed", damage)
    store.finish(job, stored(store.objects, OUTCOME), owner, "run")
    assert torch.equal(store.weights(job.key)["w"], torch.ones(2))


def test_two_processes_may_create_one_ledger_at_once(tmp_path):
    first = Store.open(tmp_path)
    second = Store.open(tmp_path)
    first.record_facts({"a": "1"})
    assert second.facts() == {"a": "1"}
    first.close()
    second.close()
