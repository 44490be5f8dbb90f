from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from taskonomy_core.errors import RosterError
from taskonomy_core.registry import locking
from taskonomy_core.registry.editing import register_tasks, unregister_task
from taskonomy_core.registry.locking import edited_alone
from taskonomy_core.registry.roster import RosterTask

fcntl = pytest.importorskip("fcntl")
A = RosterTask("a", "zoo[a]", 1)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    file = tmp_path / "registry.toml"
    file.write_text('format = 1\npreset = "nano"\nseed = 0\nbudget = 6\n[data]\nsource = "rooms"\n')
    return file


def test_who_waits_too_long_is_told_and_nothing_is_changed(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locking, "PATIENCE", 0.0)
    before = path.read_text()
    # The lock belongs to the open file, so that this very process may be the other one.
    with edited_alone(path):
        for edit in (lambda: register_tasks(path, [A]), lambda: unregister_task(path, "a")):
            with pytest.raises(RosterError) as caught:
                edit()
            assert (caught.value.message, caught.value.hint) == (
                f"{path} is being edited by another program; nothing was changed.",
                "Wait until it ends, then type the same command again.",
            )
    assert path.read_text() == before
    register_tasks(path, [A])


def test_who_waited_for_a_file_that_was_replaced_holds_the_new_one(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    lock, other = fcntl.flock, path.with_name("other")
    other.write_text("new")

    def late(handle: int, how: int) -> None:
        if other.exists():
            other.replace(path)  # between its opening and its locking
        lock(handle, how)

    monkeypatch.setattr(fcntl, "flock", late)
    monkeypatch.setattr(locking, "PATIENCE", 0.0)
    with edited_alone(path):
        monkeypatch.undo()
        monkeypatch.setattr(locking, "PATIENCE", 0.0)
        with pytest.raises(RosterError), edited_alone(path):
            pass


@pytest.mark.parametrize("code", [errno.ENOLCK, errno.EOPNOTSUPP])
def test_where_there_are_no_locks_it_is_edited_all_the_same(
    path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    def none(handle: int, how: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(fcntl, "flock", none)
    assert "a" in register_tasks(path, [A]).tasks


def test_nothing_is_left_beside_it_and_a_missing_file_is_told_as_such(path: Path) -> None:
    register_tasks(path, [A])
    assert [file.name for file in path.parent.iterdir()] == ["registry.toml"]
    path.unlink()
    with pytest.raises(RosterError, match="registry"):
        register_tasks(path, [A])
    assert list(path.parent.iterdir()) == []
