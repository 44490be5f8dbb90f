"""The executor `processes`: its workers live in a module that is written for each test and imported by the children."""

import importlib
import json
import multiprocessing
import os
import subprocess
import sys
import time

import pytest

from taskonomy_core.errors import JobError, LedgerError
from taskonomy_plugins.executors import processes

WORKERS = '''
import json, os, signal, time
from pathlib import Path

from taskonomy_core.errors import LedgerError


def note(order):
    """Writes down what this process is like."""
    facts = {name: os.environ.get(name) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
    path = Path(order["folder"]) / f"{os.getpid()}.json"
    path.with_suffix(".part").write_text(json.dumps(facts))
    path.with_suffix(".part").rename(path)  # so that nobody reads half of it


def what_is_installed(order):
    from taskonomy_core.registry.discover import discover

    (Path(order["folder"]) / "installed").write_text(json.dumps([plugin.label for plugin in discover()]))


def sleep(order):
    note(order)
    time.sleep(600)


def _first(order):
    """True in the first worker to come."""
    try:
        (Path(order["folder"]) / "first").open("x").close()
    except FileExistsError:
        return False
    return True


def one_exits(order):
    if _first(order):
        os._exit(7)
    note(order)


def one_is_killed(order):
    if _first(order):
        os.kill(os.getpid(), signal.SIGKILL)
    note(order)


def one_finds_the_ledger_locked(order):
    if _first(order):
        raise LedgerError("The ledger is locked.", "Close the other program, then type: tk transfer")
    note(order)
'''


@pytest.fixture
def workers(tmp_path, monkeypatch):
    name = f"workers_{os.getpid()}_{abs(hash(str(tmp_path)))}"
    (tmp_path / f"{name}.py").write_text(WORKERS)
    monkeypatch.syspath_prepend(str(tmp_path))
    yield importlib.import_module(name)
    del sys.modules[name]


def noted(folder):
    return [json.loads(path.read_text()) for path in folder.glob("*.json")]


def order(folder):
    return {"folder": str(folder)}


def test_it_is_registered_under_its_name():
    (kind,) = processes.taskonomy_executors()
    assert (kind.name, kind.run) == ("processes", processes.run)


def test_every_worker_has_a_process_with_one_thread_and_ours_keeps_its_environment(workers, tmp_path, monkeypatch):
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    monkeypatch.delenv("MKL_NUM_THREADS", raising=False)
    assert list(processes.run(workers.note, order(tmp_path), 2)) != []
    assert noted(tmp_path) == [{"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}] * 2
    assert not (tmp_path / f"{os.getpid()}.json").exists()
    assert os.environ["OMP_NUM_THREADS"] == "3"
    assert "MKL_NUM_THREADS" not in os.environ


def test_closing_the_generator_ends_its_own_children_alone(workers, tmp_path):
    bystander = multiprocessing.get_context("spawn").Process(target=workers.sleep, args=(order(tmp_path),))
    bystander.start()
    try:
        steps = processes.run(workers.sleep, order(tmp_path), 2)
        for _ in steps:
            if len(noted(tmp_path)) == 3:
                break
        assert len(multiprocessing.active_children()) == 3
        steps.close()
        assert multiprocessing.active_children() == [bystander]
    finally:
        bystander.kill()
        bystander.join()


def test_an_interrupt_ends_the_children(workers, tmp_path):
    steps = processes.run(workers.sleep, order(tmp_path), 1)
    next(steps)
    with pytest.raises(KeyboardInterrupt):
        steps.throw(KeyboardInterrupt())
    assert multiprocessing.active_children() == []


@pytest.mark.parametrize(
    ("worker", "end"),
    [("one_exits", "ended with exit code 7"), ("one_is_killed", "was killed by SIGKILL")],
)
def test_a_worker_that_dies_is_named_after_the_others_have_finished(workers, tmp_path, worker, end):
    with pytest.raises(JobError, match=rf"1 of 2 workers did not end well: worker [12] {end}\.") as caught:
        list(processes.run(getattr(workers, worker), order(tmp_path), 2))
    assert len(noted(tmp_path)) == 1
    assert "type the same command to go on" in caught.value.hint


def test_an_expected_error_of_a_worker_keeps_its_sentence_and_its_hint(workers, tmp_path):
    with pytest.raises(LedgerError) as caught:
        list(processes.run(workers.one_finds_the_ledger_locked, order(tmp_path), 2))
    assert caught.value.message == "The ledger is locked."
    assert caught.value.hint == "Close the other program, then type: tk transfer"
    assert len(noted(tmp_path)) == 1


PARENT = """
import sys
sys.path.insert(0, {folder!r})
import {module} as workers
from taskonomy_plugins.executors import processes

if __name__ == "__main__":
    for _ in processes.run(workers.sleep, {{"folder": {folder!r}}}, 1):
        pass
"""


def test_children_do_not_outlive_a_parent_that_was_killed(workers, tmp_path):
    program = tmp_path / "parent.py"
    program.write_text(PARENT.format(folder=str(tmp_path), module=workers.__name__))
    with subprocess.Popen([sys.executable, str(program)], stdout=subprocess.PIPE) as parent:
        while not noted(tmp_path):
            assert parent.poll() is None
            time.sleep(0.02)
        parent.kill()
        # The child holds the pipe too: it ends when both are gone. The worker itself would sleep for ten minutes.
        parent.communicate(timeout=60)


def test_a_signal_without_a_name_is_told_by_its_number():
    assert processes._how_it_ended(-250) == "was killed by signal 250"


def test_workers_do_without_the_same_plugins(workers, tmp_path, monkeypatch):
    monkeypatch.setenv("TASKONOMY_DISABLE", "normals")
    list(processes.run(workers.what_is_installed, order(tmp_path), 1))
    installed = json.loads((tmp_path / "installed").read_text())
    assert "taskonomy[curvature]" in installed
    assert "taskonomy[normals]" not in installed
