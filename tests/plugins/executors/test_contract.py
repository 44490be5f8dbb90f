"""What contract.ExecutorKind promises, of every executor; `inline` has no workers that could die or wait."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import traceback
from concurrent.futures import BrokenExecutor, Executor
from contextlib import suppress
from pathlib import Path

import calls
import pytest
from waiting import alive, begun, until

from taskonomy_core.contract.executor import ExecutorKind, Workplace

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="it looks into /proc")


@pytest.fixture
def workers(kind: ExecutorKind, executor: Executor) -> Executor:
    if kind.name == "inline":
        pytest.skip("it works in this process")
    return executor


def test_it_is_found_by_its_name(kind: ExecutorKind) -> None:
    module = sys.modules[kind.open.__module__]
    assert module.__name__ == f"taskonomy_plugins.executors.{kind.name}"
    assert module.taskonomy_executors() == [kind]
    assert kind.title


def test_a_call_is_answered(executor: Executor) -> None:
    futures = [executor.submit(calls.add, number, right=1) for number in range(5)]
    assert [future.result() for future in futures] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("name", calls.ERRORS)
def test_an_expected_error_keeps_its_class_its_sentence_and_its_hint(executor: Executor, name: str) -> None:
    future = executor.submit(calls.raise_expected, name, "The disk is full.", "Free some space.")
    error = future.exception()
    assert type(error) is calls.ERRORS[name]
    assert (error.message, error.hint) == ("The disk is full.", "Free some space.")


def test_a_bug_comes_with_its_traceback(executor: Executor) -> None:
    error = executor.submit(calls.stumble).exception()
    assert isinstance(error, KeyError)
    told = "".join(traceback.format_exception(error))
    assert "in stumble" in told
    assert '{}["nothing"]' in told


@pytest.mark.parametrize("call", [calls.raise_a_lambda, calls.give_a_lambda])
def test_what_cannot_be_sent_is_an_error_and_not_the_end(workers: Executor, call: object) -> None:
    error = workers.submit(call).exception()
    assert isinstance(error, Exception)
    assert not isinstance(error, BrokenExecutor)
    assert "lambda" in "".join(traceback.format_exception(error))
    assert workers.submit(calls.add, 1).result() == 1


def test_inline_works_here_and_the_others_elsewhere(kind: ExecutorKind, executor: Executor) -> None:
    assert (executor.submit(os.getpid).result() == os.getpid()) == (kind.name == "inline")


def test_what_is_too_much_waits_and_can_be_taken_back(workers: Executor, tmp_path: Path) -> None:
    futures = [workers.submit(calls.begin, str(tmp_path), name) for name in "abcd"]
    until(lambda: len(begun(tmp_path)) == 2)
    first = [name in begun(tmp_path) for name in "abcd"]
    assert [future.cancel() for future in futures] == [not one for one in first]
    assert [future.cancelled() for future in futures] == [not one for one in first]
    after = workers.submit(calls.add, 4)
    (tmp_path / "go").touch()
    pids = [future.result() for future, one in zip(futures, first, strict=True) if one]
    assert len(set(pids)) == 2
    assert after.result() == 4
    assert len(begun(tmp_path)) == 2
    assert not any(future.cancel() for future, one in zip(futures, first, strict=True) if one)


@pytest.mark.parametrize(("call", "given"), [(calls.die, ()), (calls.leave, (7,))])
def test_a_call_whose_worker_dies_is_lost_and_the_others_are_not(
    workers: Executor, tmp_path: Path, call: object, given: tuple[int, ...]
) -> None:
    other = workers.submit(calls.begin, str(tmp_path), "other")
    until(lambda: "other" in begun(tmp_path))
    error = workers.submit(call, *given).exception()
    assert isinstance(error, BrokenExecutor)
    said = f"{error}"  # to be read in the middle of a sentence
    assert said.startswith("worker ")
    assert "\n" not in said
    assert not said.endswith(".")
    assert workers.submit(calls.add, 1, 2).result() == 3
    (tmp_path / "go").touch()
    assert other.result() == begun(tmp_path)["other"]


def test_workers_have_one_thread_and_this_process_keeps_its_own(workers: Executor) -> None:
    names = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")
    assert workers.submit(calls.variables, *names).result() == dict.fromkeys(names, "1")
    assert calls.variables(*names) == {"OMP_NUM_THREADS": "3", "MKL_NUM_THREADS": None}


def test_workers_do_without_the_same_plugins(executor: Executor) -> None:
    labels = executor.submit(calls.installed).result()
    assert "taskonomy[curvature]" in labels
    assert "taskonomy[normals]" not in labels


def test_workers_share_the_gpus_out(workers: Executor, tmp_path: Path) -> None:
    for name in "ab":
        workers.submit(calls.begin, str(tmp_path), name)
    until(lambda: len(begun(tmp_path)) == 2)
    (tmp_path / "go").touch()
    assert sorted(json.loads(path.read_text())[1] for path in tmp_path.glob("*.begun")) == ["5", "7"]


@pytest.fixture
def several(kind: ExecutorKind) -> ExecutorKind:
    if kind.name == "inline":
        pytest.skip("it works in this process")
    return kind


def test_leaving_ends_what_runs_and_what_waits(several: ExecutorKind, tmp_path: Path) -> None:
    futures = []

    def interrupted() -> None:
        with several.open(Workplace(1, tmp_path)) as executor:
            futures.extend(executor.submit(calls.begin, str(tmp_path), name) for name in "ab")
            until(lambda: bool(begun(tmp_path)))
            assert alive(*begun(tmp_path).values())
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert not alive(*begun(tmp_path).values())
    assert all(future.cancelled() or isinstance(future.exception(), BrokenExecutor) for future in futures)


OPENER = """
import sys, time
from pathlib import Path
import calls
from taskonomy_core.contract.executor import Workplace
from {module} import {name} as kind

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    with kind.open(Workplace(1, folder)) as executor:
        executor.submit(calls.begin, str(folder), "a")
        {then}
"""


def opener(kind: ExecutorKind, folder: Path, then: str) -> subprocess.Popen[bytes]:
    """A program that opens an executor, has a worker at work, and then does something; in a group of its own."""
    program = folder / "opener.py"
    program.write_text(OPENER.format(module=kind.open.__module__, name=kind.name.upper(), then=then))
    return subprocess.Popen(
        [sys.executable, "-W", "error", str(program), str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        env={**os.environ, "TASKONOMY_TEST": str(folder)},
    )


def of_the_opener(folder: Path) -> list[int]:
    """Every process that the program or its children have started and that does anything yet."""
    mark, found = f"TASKONOMY_TEST={folder}".encode(), []
    for path in Path("/proc").glob("[0-9]*/environ"):
        with suppress(OSError):
            if mark in path.read_bytes().split(b"\0") and alive(int(path.parent.name)):
                found.append(int(path.parent.name))
    return found


@on_linux
def test_nothing_outlives_an_opener_that_was_killed(several: ExecutorKind, tmp_path: Path) -> None:
    with opener(several, tmp_path, "time.sleep(600)") as process:
        until(lambda: bool(begun(tmp_path)))
        assert len(of_the_opener(tmp_path)) >= 2
        process.kill()
        until(lambda: not of_the_opener(tmp_path))
        assert process.communicate()[0] == b""


@on_linux
def test_workers_leave_an_interrupt_to_the_opener(several: ExecutorKind, tmp_path: Path) -> None:
    then = (
        "import signal; signal.signal(signal.SIGINT, lambda *_: (folder / 'heard').touch()); (folder / 'deaf').touch();"
        "print(executor.submit(calls.add, 1, 2).result())"
    )
    with opener(several, tmp_path, then) as process:
        until((tmp_path / "deaf").exists)
        until(lambda: bool(begun(tmp_path)))
        os.killpg(process.pid, signal.SIGINT)
        until((tmp_path / "heard").exists)
        (tmp_path / "go").touch()
        assert process.communicate()[0] == b"3\n"
    assert process.returncode == 0
    assert of_the_opener(tmp_path) == []
