import sys

from taskonomy_plugins.executors import _memory


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
