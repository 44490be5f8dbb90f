import sys

import pytest

from taskonomy_core.errors import LedgerError
from taskonomy_plugins.executors import _memory, inline


def test_it_is_registered_under_its_name():
    (kind,) = inline.taskonomy_executors()
    assert (kind.name, kind.run) == ("inline", inline.run)


def test_the_worker_runs_once_in_this_process_before_the_yield():
    seen = []
    steps = inline.run(seen.append, {"work": 1}, workers=3)
    assert seen == []
    next(steps)
    assert seen == [{"work": 1}]
    assert list(steps) == []


def test_errors_of_the_worker_come_out():
    def fails(order):
        raise LedgerError("The ledger is locked.", "Type: tk status")

    with pytest.raises(LedgerError, match="locked"):
        list(inline.run(fails, {}, 1))


def test_memory_is_kept_where_the_c_library_can_and_left_alone_elsewhere(monkeypatch):
    asked = []

    class Library:
        def __init__(self, name):
            pass

        def mallopt(self, parameter, value):
            asked.append((parameter, value))
            return 1

    class Bare:
        def __init__(self, name):
            pass

    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(_memory.ctypes, "CDLL", Library)
    assert _memory.keep_memory()
    assert dict(asked) == {-4: 0, -1: 2**31 - 1, -2: 256 * 2**20}
    monkeypatch.setattr(_memory.ctypes, "CDLL", Bare)
    assert not _memory.keep_memory()
    monkeypatch.setattr(sys, "platform", "darwin")
    assert not _memory.keep_memory()
