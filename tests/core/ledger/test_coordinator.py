"""The coordinating process: every job once, failures alone, lost workers, and a kill that loses little."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import BrokenExecutor, Executor, Future
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_trainer import FakeTrainer, write_registry
from looking import begun, newly_begun

from taskonomy_core.ledger import coordinator, worker
from taskonomy_core.ledger.coordinator import Coordinator, RunOrder
from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.project import Project, columns
from taskonomy_core.ledger.store import Store

SMALL = {"taska": "both", "taskb": "both", "taskc": "both", "onlyx": "source"}
JOBS = 4 + 3 * 3 + 3 * 3 + 3 + 4  # networks, orders 1 and 2, scratch, constant
FAKE = "fake_trainer:open_fake"


class Here(Executor):
    """Trains in this process, as `inline` does; `dies` names jobs (and how often) whose worker is lost instead."""

    def __init__(self, dies=()):
        self.dies = Counter(dies)
        self.units = []

    def submit(self, fn, /, unit):
        future = Future()
        self.units.append([job[1:] for job in unit.jobs])
        deadly = next((name for name in map(name_of, unit.jobs) if self.dies[name]), None)
        if deadly:
            self.dies[deadly] -= 1
            future.set_exception(BrokenExecutor("worker 1 was killed by SIGKILL"))
            return future
        try:
            future.set_result(fn(unit))
        except Exception as error:
            future.set_exception(error)
        return future


def name_of(job):
    kind, target, sources = job
    return f"{kind} {' + '.join(sources)} -> {target}" if sources else f"{kind} of {target}"


@pytest.fixture(autouse=True)
def _hurried(monkeypatch):
    monkeypatch.setattr(coordinator, "LOOK", 0.01)
    monkeypatch.setattr(coordinator, "BACK_OFF", 0.001)
    worker._kept.clear()


@pytest.fixture
def small(tmp_path):
    return Project.read(write_registry(tmp_path / "registry.toml", SMALL))


def opened(project):
    store = Store.open(project.folder)
    store.record_facts({project.data_fact: "fingerprint", project.encoder_fact: "1"})
    return store


@pytest.fixture
def ledger(small):
    with opened(small) as store:
        yield store


def work(project, store, executor=None, asked_to_stop=lambda: False, **changes):
    """Run a coordinator to its end; what it had to tell of trouble."""
    told = []
    order = RunOrder("run", changes.pop("order", 2), opener=changes.pop("opener", FAKE), **changes)
    given = Coordinator(
        project,
        store,
        order,
        executor or Here(),
        asked_to_stop,
        lambda plan: None,
        lambda error: told.append(error.message),
    )
    given.run()
    return told


def say(project, name, text):
    (project.folder.parent / name).write_text(text)


def result_values(project, store):
    return {column.name: column.losses.tolist() for column in columns(project.roster, project.recipe, store)}


def same(found, reference):
    return found.keys() == reference.keys() and all(
        np.array_equal(found[name], reference[name], equal_nan=True) for name in found
    )


def undisturbed(tmp_path):
    (tmp_path / "other").mkdir()
    project = Project.read(write_registry(tmp_path / "other" / "registry.toml", SMALL))
    with opened(project) as store:
        work(project, store)
        return result_values(project, store)


def test_everything_is_trained_once_and_a_second_run_finds_nothing(small, ledger):
    work(small, ledger)
    assert Counter(begun(small)) == Counter({planned.job.name: 1 for planned in small.plan(ledger).jobs})
    assert len(begun(small)) == JOBS
    plan = small.plan(ledger)
    assert plan.of("done") == plan.jobs
    assert ledger.snapshot().claims == {}
    work(small, ledger)
    assert len(begun(small)) == JOBS


def test_the_trainer_is_opened_only_for_a_job(small, ledger):
    work(small, ledger)
    work(small, ledger, opener="no_such_module:nothing")


def test_the_group_changes_no_result(small, ledger, tmp_path):
    work(small, ledger, group=1)
    assert same(result_values(small, ledger), undisturbed(tmp_path))


def test_new_only_leaves_stale_jobs_and_what_waits_for_them(small, ledger):
    work(small, ledger)
    path = write_registry(small.roster.path, {**SMALL, "taskd": "both"}, versions={"taskb": 2})
    grown = Project.read(path)
    (grown.folder.parent / "log").unlink()
    work(grown, ledger, new_only=True)
    trained = begun(grown)
    assert all("taskd" in name for name in trained)
    assert "transfer taskd -> taskb" in trained
    assert "transfer taskb -> taskd" not in trained  # the network of taskb is stale
    assert "network of taskb" not in trained
    work(grown, ledger, new_only=True)
    assert begun(grown) == trained
    work(grown, ledger)
    assert grown.plan(ledger).of("done") == grown.plan(ledger).jobs


def test_a_failing_job_fails_alone_and_is_tried_again_only_by_a_later_run(small, ledger):
    say(small, "fail", "transfer taskb -> taska\nscratch of taskc")
    work(small, ledger, since=0)
    plan = small.plan(ledger)
    failed = {planned.job.name: planned.reason for planned in plan.of("failed")}
    assert failed == {
        "transfer taskb -> taska": "The transfer taskb -> taska diverged.",
        "scratch of taskc": "The scratch of taskc diverged.",
    }
    assert len(plan.of("done")) == len(plan.jobs) - 2
    assert Counter(begun(small)).most_common(1)[0][1] == 1
    say(small, "fail", "")
    work(small, ledger, new_only=True)
    assert len(small.plan(ledger).of("failed")) == 2
    work(small, ledger, since=ledger.snapshot().serial)
    assert small.plan(ledger).of("failed") == ()


def test_a_failed_network_blocks_the_transfers_from_it_alone(small, ledger):
    say(small, "fail", "network of onlyx")
    work(small, ledger)
    plan = small.plan(ledger)
    assert {planned.job.name for planned in plan.of("blocked")} == {
        "transfer onlyx -> taska",
        "transfer onlyx -> taskb",
        "transfer onlyx -> taskc",
    }
    assert [planned.job.name for planned in plan.of("failed")] == ["network of onlyx"]
    assert plan.of("new", "stale") == ()
    say(small, "fail", "")
    work(small, ledger, since=ledger.snapshot().serial)
    assert small.plan(ledger).of("done") == small.plan(ledger).jobs


def test_a_bug_ends_the_run_with_its_traceback_and_gives_its_claims_back(small, ledger, monkeypatch):
    def bug(self, target):
        raise ZeroDivisionError("a bug")

    monkeypatch.setattr(FakeTrainer, "scratch", bug)
    with pytest.raises(ZeroDivisionError):
        work(small, ledger)
    assert ledger.snapshot().claims == {}
    assert not small.plan(ledger).of("failed")


def test_a_network_that_was_damaged_is_trained_again_and_the_run_goes_on(small, ledger, tmp_path):
    work(small, ledger, order=1)
    keys = small.planner(ledger).keys
    weights = ledger.snapshot().results[keys.network("taska").key].weights
    ledger.objects.path(weights).unlink()
    (small.folder.parent / "log").unlink()
    told = work(small, ledger, since=ledger.snapshot().serial)
    assert told == ["A file of the network of taska is damaged or gone; it is trained again."]
    assert Counter(begun(small))["network of taska"] == 1
    assert small.plan(ledger).of("done") == small.plan(ledger).jobs
    assert same(result_values(small, ledger), undisturbed(tmp_path))


def test_new_only_names_a_damaged_network_and_leaves_it(small, ledger):
    work(small, ledger, order=1)
    keys = small.planner(ledger).keys
    ledger.objects.path(ledger.snapshot().results[keys.network("taska").key].weights).write_bytes(b"short")
    told = work(small, ledger, new_only=True)
    assert told == ["A file of the network of taska is damaged or gone; type: tk transfer."]
    plan = small.plan(ledger)
    assert [planned.job.name for planned in plan.of("failed")] == ["network of taska"]
    assert ledger.snapshot().claims == {}


def test_a_run_waits_for_what_another_trains(small, ledger, monkeypatch):
    """Everything waits for a network that another holds; when that one is gone, its job is taken over."""
    keys = small.planner(ledger).keys
    other = Owner.this()
    ledger.claim([keys.network(name) for name in SMALL], other, -1)
    naps = []

    def nap(seconds):
        naps.append(len(begun(small)))
        if len(naps) == 3:
            ledger.release(other)

    monkeypatch.setattr(coordinator.time, "sleep", nap)
    work(small, ledger)
    assert naps[:3] == [7, 7, 7]  # scratch and constant needed no network
    assert small.plan(ledger).of("done") == small.plan(ledger).jobs


def test_the_heartbeat_is_told_while_a_job_lasts(small, ledger, monkeypatch):
    monkeypatch.setattr(coordinator, "HEARTBEAT", 0.001)
    beats = []
    monkeypatch.setattr(Store, "beat", lambda self, owner: beats.append(owner))
    say(small, "slow", "0.005")
    work(small, ledger)
    assert len(set(beats)) == 1


def test_a_lost_worker_is_tried_again_after_a_while(small, ledger, tmp_path, monkeypatch):
    monkeypatch.setattr(coordinator, "BACK_OFF", 0.05)
    began = time.monotonic()
    told = work(small, ledger, Here(["scratch of taskb"]))
    assert time.monotonic() - began >= 0.05
    assert told == [
        "The worker of the scratch of taskb was lost (worker 1 was killed by SIGKILL); it is tried again in 0.05 s."
    ]
    assert same(result_values(small, ledger), undisturbed(tmp_path))


def test_a_job_that_kills_every_worker_is_found_and_takes_no_other_along(small, ledger):
    deadly = "transfer taskb -> taska"
    here = Here([deadly] * 3)
    told = work(small, ledger, here, since=0)
    unit = next(unit for unit in here.units if ("taska", ("taskb",)) in unit)
    assert len(unit) == 3
    assert told == [
        "The worker of the transfer onlyx -> taska and 2 more was lost (worker 1 was killed by SIGKILL); it is tried "
        "again in 0.001 s.",
        "The worker of the transfer onlyx -> taska and 2 more was lost (worker 1 was killed by SIGKILL); it is tried "
        "again in 0.002 s.",
    ]
    plan = small.plan(ledger)
    assert {planned.job.name: planned.reason for planned in plan.of("failed")} == {
        deadly: "Its worker was lost 3 times, the last one: worker 1 was killed by SIGKILL."
    }
    assert len(plan.of("done")) == len(plan.jobs) - 1
    assert ledger.snapshot().claims == {}


def test_a_file_that_cannot_be_read_back_is_made_again(small, ledger, tmp_path, monkeypatch):
    whole = FakeTrainer._outcome
    spoilt = []

    def spoil(self, kind, target, sources=()):
        if (kind, target) == ("network", "taska"):
            spoilt.append(target)
        return whole(self, kind, target, sources)

    class Loses(Here):
        def submit(self, fn, /, unit):
            future = super().submit(fn, unit)
            if len(spoilt) == 1:
                spoilt.append("done")
                ledger.objects.path(future.result()[0].weights).write_bytes(b"half")
            return future

    monkeypatch.setattr(FakeTrainer, "_outcome", spoil)
    (told,) = work(small, ledger, Loses())
    assert told.startswith("The worker of the network of taska was lost (")
    assert same(result_values(small, ledger), undisturbed(tmp_path))


def test_fail_fast_begins_nothing_after_a_failed_job(small, ledger):
    say(small, "fail", "network of taskb")
    work(small, ledger, fail_fast=True)
    plan = small.plan(ledger)
    assert [planned.job.name for planned in plan.of("failed")] == ["network of taskb"]
    assert len(begun(small)) < 4
    assert plan.of("running") == ()


class Queue(Here):
    """Begins nothing by itself."""

    def __init__(self):
        super().__init__()
        self.queued = []

    def submit(self, fn, /, unit):
        future = Future()
        self.queued.append((future, fn, unit))
        return future

    def begin(self):
        future, fn, unit = self.queued.pop(0)
        if future.set_running_or_notify_cancel():
            future.set_result(fn(unit))


def test_asked_to_stop_it_finishes_what_is_in_training_and_takes_the_rest_back(small, ledger):
    queue = Queue()
    asked = []

    def ask():
        if len(queue.queued) == 3 and not asked:
            future = queue.queued[0][0]
            future.set_running_or_notify_cancel()
            asked.append(True)
            return False
        if asked and len(asked) == 1:
            asked.append(True)
            future, fn, unit = queue.queued[0]
            future.set_result(fn(unit))
        return bool(asked)

    work(small, ledger, queue, ask, jobs=2)
    assert len(begun(small)) == 1
    assert len(small.plan(ledger).of("done")) == 1
    assert [future.cancelled() for future, _, _ in queue.queued] == [False, True, True]
    assert ledger.snapshot().claims == {}


def test_one_unit_more_than_the_workers_is_handed_out(small, ledger):
    queue = Queue()
    seen = []

    def ask():
        seen.append(len(queue.queued))
        if len(seen) > 3:
            raise KeyboardInterrupt
        return False

    with pytest.raises(KeyboardInterrupt):
        work(small, ledger, queue, ask, jobs=2)
    assert seen[1:] == [3] * (len(seen) - 1)
    assert ledger.snapshot().claims == {}


# In processes of their own


def start(project):
    script = Path(__file__).parent / "one_run.py"
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen([sys.executable, str(script), str(project.roster.path), "inline", "1"], env=environment)


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
    names = newly_begun(small)
    assert 8 <= len(finished) < JOBS
    assert len(set(names) - finished) <= 6  # the unit in training is lost, and nothing else
    say(small, "slow", "0")
    work(small, ledger)
    assert set(begun(small)) == {planned.job.name for planned in small.plan(ledger).jobs} - finished
    assert Counter(begun(small)).most_common(1)[0][1] == 1
    assert same(result_values(small, ledger), undisturbed(tmp_path))


def test_two_runs_share_one_ledger_and_train_each_job_once(small, ledger, tmp_path):
    say(small, "slow", "0.02")
    workers = [start(small), start(small)]
    assert [process.wait() for process in workers] == [0, 0]
    lines = (small.folder.parent / "log").read_text().splitlines()
    assert Counter(line.split(" ", 1)[1] for line in lines).most_common(1)[0][1] == 1
    assert len(lines) == JOBS
    assert same(result_values(small, ledger), undisturbed(tmp_path))


def test_a_claim_of_a_killed_process_does_not_keep_its_job(small, ledger):
    process = subprocess.Popen([sys.executable, "-c", "import sys; sys.stdin.read()"], stdin=subprocess.PIPE)
    keys = small.planner(ledger).keys
    ledger.claim([keys.network("taska")], replace(Owner.this(), pid=process.pid, born=""), -1)
    assert small.plan(ledger).of("running")
    process.kill()
    process.wait()
    process.stdin.close()
    assert not small.plan(ledger).of("running")
