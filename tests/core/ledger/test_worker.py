"""Workers: every job once, failures alone, and a kill that loses nothing but the job in training."""

import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from taskonomy_core.errors import LedgerError
from taskonomy_core.ledger import worker as worker_module
from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.project import Project, columns
from taskonomy_core.ledger.store import Store
from taskonomy_core.ledger.worker import RunOrder, work

SMALL = {"taska": "both", "taskb": "both", "taskc": "both", "onlyx": "source"}
JOBS = 4 + 3 * 3 + 3 * 3 + 3 + 4  # networks, orders 1 and 2, scratch, constant
FAKE = "fake_trainer:open_fake"


@pytest.fixture
def small(tmp_path, monkeypatch):
    from fake_trainer import write_registry

    monkeypatch.setattr(worker_module, "POLL", 0.01)
    return Project.read(write_registry(tmp_path / "registry.toml", SMALL))


def opened(project):
    store = Store.open(project.folder)
    store.record_facts({project.data_fact: "fingerprint", project.encoder_fact: "1"})
    return store


@pytest.fixture
def ledger(small):
    with opened(small) as store:
        yield store


def order_of(project, **changes):
    return RunOrder(str(project.roster.path), "run", 2, opener=FAKE, **changes).plain()


def log(project):
    path = project.folder.parent / "log"
    return [line.split(" ", 1)[1] for line in path.read_text().splitlines()] if path.exists() else []


def say(project, name, text):
    (project.folder.parent / name).write_text(text)


def result_values(project, store):
    return {column.name: column.losses.tolist() for column in columns(project.roster, project.recipe, store)}


def undisturbed(tmp_path):
    from fake_trainer import write_registry

    (tmp_path / "other").mkdir()
    project = Project.read(write_registry(tmp_path / "other" / "registry.toml", SMALL))
    with opened(project) as store:
        work(order_of(project))
        return result_values(project, store)


def test_an_order_is_plain_data(small):
    assert RunOrder(**json.loads(json.dumps(order_of(small)))) == RunOrder(**order_of(small))


def test_one_worker_trains_everything_once_and_a_second_finds_nothing(small, ledger):
    work(order_of(small))
    assert Counter(log(small)) == Counter({planned.job.name: 1 for planned in small.plan(ledger).jobs})
    assert len(log(small)) == JOBS
    plan = small.plan(ledger)
    assert plan.of("done") == plan.jobs
    assert ledger.snapshot().claims == {}
    work(order_of(small))
    assert len(log(small)) == JOBS


def test_the_trainer_is_opened_only_for_a_job(small, ledger):
    work(order_of(small))
    work(order_of(small) | {"opener": "no_such_module:nothing"})


def test_the_group_changes_no_result(small, ledger, tmp_path):
    work(order_of(small, group=1))
    found = result_values(small, ledger)
    reference = undisturbed(tmp_path)
    assert found.keys() == reference.keys()
    assert all(np.array_equal(found[name], reference[name], equal_nan=True) for name in found)


def test_new_only_leaves_stale_jobs_and_what_waits_for_them(small, ledger):
    from fake_trainer import write_registry

    work(order_of(small))
    path = write_registry(small.roster.path, {**SMALL, "taskd": "both"}, versions={"taskb": 2})
    grown = Project.read(path)
    (grown.folder.parent / "log").unlink()
    work(order_of(grown, new_only=True))
    trained = log(grown)
    assert all("taskd" in name for name in trained)
    assert "transfer taskd -> taskb" in trained
    assert "transfer taskb -> taskd" not in trained  # the network of taskb is stale
    assert "network of taskb" not in trained
    work(order_of(grown, new_only=True))
    assert log(grown) == trained
    work(order_of(grown))
    assert grown.plan(ledger).of("done") == grown.plan(ledger).jobs


def test_a_failing_job_fails_alone_and_is_tried_again_only_by_a_later_run(small, ledger):
    say(small, "fail", "transfer taskb -> taska\nscratch of taskc")
    work(order_of(small, since=0))
    plan = small.plan(ledger)
    failed = {planned.job.name: planned.reason for planned in plan.of("failed")}
    assert failed == {
        "transfer taskb -> taska": "The transfer taskb -> taska diverged.",
        "scratch of taskc": "The scratch of taskc diverged.",
    }
    assert len(plan.of("done")) == len(plan.jobs) - 2
    assert Counter(log(small)).most_common(1)[0][1] == 1
    say(small, "fail", "")
    work(order_of(small, new_only=True))
    assert len(small.plan(ledger).of("failed")) == 2
    work(order_of(small, since=ledger.snapshot().serial))
    assert small.plan(ledger).of("failed") == ()


def test_a_failed_network_blocks_the_transfers_from_it_alone(small, ledger):
    say(small, "fail", "network of onlyx")
    work(order_of(small))
    plan = small.plan(ledger)
    assert {planned.job.name for planned in plan.of("blocked")} == {
        "transfer onlyx -> taska",
        "transfer onlyx -> taskb",
        "transfer onlyx -> taskc",
    }
    assert [planned.job.name for planned in plan.of("failed")] == ["network of onlyx"]
    assert plan.of("new", "stale") == ()
    say(small, "fail", "")
    work(order_of(small, since=ledger.snapshot().serial))
    assert small.plan(ledger).of("done") == small.plan(ledger).jobs


def test_a_trainer_that_gives_up_a_whole_unit_fails_its_jobs(small, ledger, monkeypatch):
    import fake_trainer

    from taskonomy_core.errors import JobError

    def refuse(self, target, candidates):
        raise JobError(f"Task {target!r} raised in its example.")

    monkeypatch.setattr(fake_trainer.FakeTrainer, "transfers", refuse)
    work(order_of(small))
    assert {planned.reason for planned in small.plan(ledger).of("failed")} == {
        f"Task {name!r} raised in its example." for name in ("taska", "taskb", "taskc")
    }
    assert len(small.plan(ledger).of("done")) == 4 + 3 + 4


def test_a_bug_ends_the_worker_with_its_traceback_and_gives_its_claims_back(small, ledger, monkeypatch):
    import fake_trainer

    def bug(self, target):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(fake_trainer.FakeTrainer, "scratch", bug)
    with pytest.raises(ZeroDivisionError):
        work(order_of(small))
    assert ledger.snapshot().claims == {}
    assert not small.plan(ledger).of("failed")


def test_a_damaged_network_stops_the_run_and_the_next_one_trains_it_again(small, ledger):
    work(order_of(small) | {"order": 1})
    keys = small.planner(ledger).keys
    weights = ledger.snapshot().results[keys.network("taska").key].weights
    ledger.objects.path(weights).unlink()
    with pytest.raises(LedgerError, match="It belongs to the network of taska"):
        work(order_of(small))
    (small.folder.parent / "log").unlink()
    work(order_of(small, since=ledger.snapshot().serial))
    assert Counter(log(small))["network of taska"] == 1
    assert small.plan(ledger).of("done") == small.plan(ledger).jobs


def test_a_worker_waits_for_what_another_trains(small, ledger, monkeypatch):
    """Everything waits for a network that another holds; when that one is gone, its job is taken over."""
    keys = small.planner(ledger).keys
    other = Owner.this()
    ledger.claim([keys.network(name) for name in SMALL], other, -1)
    naps = []

    def nap(seconds):
        naps.append(len(log(small)))
        if len(naps) == 3:
            ledger.release(other)

    monkeypatch.setattr(worker_module.time, "sleep", nap)
    work(order_of(small))
    assert naps[:3] == [7, 7, 7]  # scratch and constant needed no network
    assert small.plan(ledger).of("done") == small.plan(ledger).jobs


def test_the_heartbeat_is_told_while_a_job_lasts(small, ledger, monkeypatch):
    monkeypatch.setattr(worker_module, "HEARTBEAT", 0.001)
    beats = []
    monkeypatch.setattr(Store, "beat", lambda self, owner: beats.append(owner))
    say(small, "slow", "0.005")
    work(order_of(small))
    assert len(set(beats)) == 1


# In processes of their own


def start(project):
    code = "import json, sys; from taskonomy_core.ledger.worker import work; work(json.loads(sys.argv[1]))"
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parent), "OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, "-c", code, json.dumps(order_of(project))], env=environment)


def wait_until(condition, process):
    while not condition():
        assert process.poll() is None, "the worker ended too early"
        time.sleep(0.005)


def test_after_a_kill_finished_jobs_are_not_run_again_and_the_end_is_the_same(small, ledger, tmp_path):
    say(small, "slow", "0.05")
    process = start(small)
    wait_until(lambda: len(ledger.snapshot().results) >= 8, process)
    process.send_signal(signal.SIGKILL)
    process.wait()
    finished = {result.name for result in ledger.snapshot().results.values()}
    begun = log(small)
    assert 8 <= len(finished) < JOBS
    assert len(set(begun) - finished) <= 6  # the unit in training is lost, and nothing else
    say(small, "slow", "0")
    (small.folder.parent / "log").unlink()
    work(order_of(small))
    assert set(log(small)) == {planned.job.name for planned in small.plan(ledger).jobs} - finished
    assert Counter(log(small)).most_common(1)[0][1] == 1
    found, reference = result_values(small, ledger), undisturbed(tmp_path)
    assert found.keys() == reference.keys()
    assert all(np.array_equal(found[name], reference[name], equal_nan=True) for name in found)


def test_two_workers_share_one_ledger_and_run_each_job_once(small, ledger, tmp_path):
    say(small, "slow", "0.02")
    workers = [start(small), start(small)]
    assert [process.wait() for process in workers] == [0, 0]
    lines = (small.folder.parent / "log").read_text().splitlines()
    assert Counter(line.split(" ", 1)[1] for line in lines).most_common(1)[0][1] == 1
    assert len(lines) == JOBS
    found, reference = result_values(small, ledger), undisturbed(tmp_path)
    assert found.keys() == reference.keys()
    assert all(np.array_equal(found[name], reference[name], equal_nan=True) for name in found)


def test_a_claim_of_a_killed_process_does_not_keep_its_job(small, ledger):
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    keys = small.planner(ledger).keys
    ledger.claim([keys.network("taska")], replace(Owner.this(), pid=process.pid, born=""), -1)
    assert small.plan(ledger).of("running")
    process.kill()
    process.wait()
    process.stdin.close()
    assert not small.plan(ledger).of("running")
