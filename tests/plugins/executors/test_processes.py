"""The executor `processes`: how it names an end, and that it leaves other children of this process alone."""

from __future__ import annotations

import multiprocessing
import os
import signal
from pathlib import Path

import calls
import pytest
from waiting import alive

from taskonomy_core.contract.executor import Workplace
from taskonomy_plugins.executors import processes
from taskonomy_plugins.executors._calls import own_gpu
from taskonomy_plugins.executors.processes import PROCESSES


@pytest.mark.parametrize(
    ("call", "given", "end"),
    [(calls.leave, (7,), "worker 1 ended with exit code 7"), (calls.die, (), "worker 1 was killed by SIGKILL")],
)
def test_it_says_how_a_worker_ended(tmp_path: Path, call: object, given: tuple[int, ...], end: str) -> None:
    with PROCESSES.open(Workplace(1, tmp_path)) as executor:
        assert f"{executor.submit(call, *given).exception()}" == end


def test_a_signal_without_a_name_is_told_by_its_number() -> None:
    assert processes._how_it_ended(-250) == "was killed by signal 250"
    assert processes._how_it_ended(-signal.SIGTERM) == "was killed by SIGTERM"


def test_leaving_ends_its_own_children_alone(tmp_path: Path) -> None:
    bystander = multiprocessing.get_context("spawn").Process(target=calls.begin, args=(str(tmp_path / "none"), "x"))
    with PROCESSES.open(Workplace(1, tmp_path)) as executor:
        pid = executor.submit(os.getpid).result()
        (tmp_path / "none").mkdir()
        bystander.start()
    try:
        assert not alive(pid)
        assert multiprocessing.active_children() == [bystander]
    finally:
        bystander.kill()
        bystander.join()


def test_three_workers_share_two_gpus() -> None:
    assert [own_gpu(("5", "7"), number)["CUDA_VISIBLE_DEVICES"] for number in range(3)] == ["5", "7", "5"]
    assert "CUDA_VISIBLE_DEVICES" not in own_gpu((), 0)
