"""Runs are killed at random moments, over and over; every end must be that of an undisturbed run.

`KILLS` moments, shared out over the ways to run; `make stress` asks for more by TASKONOMY_STRESS. The moments come from
a seed; what a moment hits depends on the machine.
"""

import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from importlib.util import find_spec
from pathlib import Path

import psutil
import pytest
from fake_trainer import write_registry
from looking import end_of, newly_begun
from one_run import one_run

from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.store import Store

KILLS = int(os.environ.get("TASKONOMY_STRESS", "200"))
TASKS = {"taska": "both", "taskb": "both", "taskc": "both", "taskd": "both", "onlyx": "source", "onlyz": "source"}
JOBS = 6 + 4 * 5 + 4 * 10 + 4 + 5 + 1  # networks, orders 1 and 2, scratch, constants, the reference of onlyx
SLOW = "0.006"


class Zygote:
    """A process that has imported everything, and forks runs."""

    def __init__(self):
        environment = os.environ | {"OMP_NUM_THREADS": "1", "PYTHONPATH": os.pathsep.join(map(str, sys.path))}
        command = [sys.executable, str(Path(__file__).with_name("one_run.py"))]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
        self.process = subprocess.Popen(command, env=environment, text=True, **pipes)

    def ask(self, *words):
        self.process.stdin.write(" ".join(map(str, words)) + "\n")
        self.process.stdin.flush()
        return int(self.process.stdout.readline())

    def close(self):
        self.process.stdin.close()
        told = self.process.stderr.read()
        self.process.wait()
        self.process.stdout.close()
        self.process.stderr.close()
        return told


@pytest.fixture
def zygote():
    opened = Zygote()
    yield opened
    assert opened.close() == ""


def make(folder):
    folder.mkdir()
    (folder / "slow").write_text(SLOW)
    return Project.read(write_registry(folder / "registry.toml", TASKS))


def finished(project):
    with Store.open(project.folder, create=False) as store:
        return {result.name for result in store.snapshot().results.values() if result.done}


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    project = make(tmp_path_factory.mktemp("undisturbed") / "project")
    (project.folder.parent / "slow").write_text("0")
    one_run(project.roster.path)
    found = end_of(project)
    assert len(found) == JOBS
    return found


def storm(tmp_path, undisturbed, kills, seed, attack, longest):
    """Begin projects and kill their runs until `kills` are reached; `attack(registry, delay)` starts, and may kill."""
    chance, killed, number, most = random.Random(seed), 0, 0, Counter()
    while killed < kills:
        number += 1
        project = make(tmp_path / f"project{number}")
        done = set()
        while len(done) < JOBS:
            hit = attack(project.roster.path, chance.uniform(0, longest) if killed < kills else None)
            killed += hit
            most[hit] += 1
            now = finished(project)
            assert done <= now, f"seed {seed}: lost {done - now}"
            again = done & set(newly_begun(project))
            assert not again, f"seed {seed}: trained again though finished: {again}"
            done = now
        assert end_of(project) == undisturbed, f"seed {seed}"
        with Store.open(project.folder) as store:
            assert store.snapshot().claims == {}
            assert project.plan(store).of("done") == project.plan(store).jobs
    assert most[True] >= kills
    return most


def killed_after(pid, delay):
    """Kill a child of another process after `delay` seconds, unless it has ended by itself."""
    deadline = time.monotonic() + delay
    process = psutil.Process(pid)
    while time.monotonic() < deadline:
        if process.status() == psutil.STATUS_ZOMBIE:
            return False
        time.sleep(0.002)
    process.send_signal(signal.SIGKILL)
    return True


def test_one_run_alone(tmp_path, undisturbed, zygote):
    def attack(registry, delay):
        pid = zygote.ask("go", registry, "inline", 1)
        hit = delay is not None and killed_after(pid, delay)
        status = zygote.ask("end", pid)
        assert status in (0, -signal.SIGKILL)
        return hit and status != 0

    storm(tmp_path, undisturbed, KILLS * 7 // 10, 1, attack, longest=0.6)


def test_two_runs_on_one_ledger(tmp_path, undisturbed, zygote):
    """One of the two is killed; the other goes on, and takes over what the dead one held."""

    def attack(registry, delay):
        pids = [zygote.ask("go", registry, "inline", 1) for _ in range(2)]
        hit = delay is not None and killed_after(pids[0], delay)
        states = [zygote.ask("end", pid) for pid in pids]
        assert states[1] == 0
        assert states[0] in (0, -signal.SIGKILL)
        return hit and states[0] != 0

    storm(tmp_path, undisturbed, KILLS * 2 // 10, 2, attack, longest=0.4)


def test_two_workers_of_which_one_or_the_coordinator_is_killed(tmp_path, undisturbed, zygote):
    chance = random.Random(3)

    def attack(registry, delay):
        pid = zygote.ask("go", registry, "processes", 2)
        workers = wait_for_workers(pid)
        hit = delay is not None and killed_after(chance.choice([pid, *workers]), delay)
        assert zygote.ask("end", pid) in (0, -signal.SIGKILL)
        _, alive = psutil.wait_procs([psutil.Process(worker) for worker in workers if psutil.pid_exists(worker)], 60)
        assert not alive  # they follow the process that started them
        return hit

    storm(tmp_path, undisturbed, max(KILLS * 7 // 100, 1), 3, attack, longest=2.0)


@pytest.mark.skipif(find_spec("parsl") is None, reason="the extra parsl is not installed")
def test_workers_of_parsl_of_which_one_or_the_coordinator_is_killed(tmp_path, undisturbed, zygote):
    chance = random.Random(4)

    def attack(registry, share):
        pid, log = zygote.ask("go", registry, "parsl", 2), registry.with_name("log")
        hit = share is not None and wait_for_lines(pid, log, 1 + int(share * 10))
        if hit:
            worker = int(log.read_text().splitlines()[-1].split()[0])
            hit = killed_after(chance.choice([pid, worker]), 0)
        assert zygote.ask("end", pid) in (0, -signal.SIGKILL)
        return hit

    storm(tmp_path, undisturbed, max(KILLS * 3 // 100, 1), 4, attack, longest=1.0)


def wait_for_lines(pid, log, number):
    """Wait until so many jobs were begun; whether that came before the end."""
    process = psutil.Process(pid)
    while process.status() != psutil.STATUS_ZOMBIE:
        if log.exists() and len(log.read_text().splitlines()) >= number:
            return True
        time.sleep(0.005)
    return False


def wait_for_workers(pid):
    """The worker processes of a run, once there are some."""
    parent = psutil.Process(pid)
    while parent.status() != psutil.STATUS_ZOMBIE:
        workers = [child.pid for child in parent.children() if "spawn_main" in " ".join(child.cmdline())]
        if len(workers) == 2:
            return workers
        time.sleep(0.01)
    return []
