import operator
import os
import subprocess
import sys

import pytest

from taskonomy_core.errors import DataError
from taskonomy_plugins.rooms import pool

KILLED_PARENT = """
import multiprocessing, os, time
from taskonomy_plugins.rooms.pool import end_with_parent

def child(ready):
    end_with_parent()
    ready.set()
    time.sleep(600)

if __name__ == "__main__":
    context = multiprocessing.get_context("spawn")
    ready = context.Event()
    context.Process(target=child, args=(ready,)).start()
    ready.wait()
    os.kill(os.getpid(), 9)
"""


def test_one_process_is_this_one():
    assert list(pool.spread(lambda order: (order, os.getpid()), [1, 2], processes=1)) == [
        (1, os.getpid()),
        (2, os.getpid()),
    ]


def test_several_processes_give_the_results_of_all_orders():
    assert sorted(pool.spread(operator.neg, [3, 1, 2], processes=2)) == [-3, -2, -1]


def test_what_a_worker_raises_arrives():
    with pytest.raises(FileNotFoundError):
        list(pool.spread(os.stat, ["no such file", "none"], processes=2))


def test_a_worker_that_dies_is_a_sentence():
    with pytest.raises(DataError) as caught:
        list(pool.spread(os._exit, [1, 1], processes=2))
    assert caught.value.message == "A process that rendered rooms was killed, perhaps for want of memory."
    assert caught.value.hint == "Type the command again with fewer processes; it goes on where it stopped."


def test_a_worker_ends_with_its_killed_parent(tmp_path):
    (tmp_path / "program.py").write_text(KILLED_PARENT)
    # The worker shares the standard output, so that this returns only when it is gone too.
    ended = subprocess.run([sys.executable, str(tmp_path / "program.py")], stdout=subprocess.PIPE, timeout=120)
    assert ended.returncode == -9


def test_only_workers_can_end_with_a_parent():
    with pytest.raises(RuntimeError, match="this process is no worker"):
        pool.end_with_parent()
