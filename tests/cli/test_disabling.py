from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from taskonomy_core.registry.disabling import VARIABLE
from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.roster import RosterTask

Run = Callable[..., Result]


def test_it_holds_for_one_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    assert "taskonomy[normals]" not in run("--disable", "normals", "tasks").stdout
    assert VARIABLE not in os.environ
    assert "taskonomy[normals]" in run("tasks").stdout
    monkeypatch.setenv(VARIABLE, "jigsaw")
    listed = run("--disable", "normals, egomotion", "--disable", "taskonomy[curvature]", "tasks").stdout
    assert not [name for name in ("normals", "jigsaw", "egomotion", "curvature") if f"taskonomy[{name}]" in listed]
    assert os.environ[VARIABLE] == "jigsaw"


def test_an_error_ends_it_too(run: Run) -> None:
    assert run("--disable", "normals", "status").exit_code == 2
    assert VARIABLE not in os.environ


@pytest.mark.parametrize(
    ("name", "nearest"),
    [("normls", " Did you mean normals?"), ("encoder.resnet5", " Did you mean encoder.resnet50?"), ("?", "")],
)
def test_a_name_that_nothing_has_is_refused(run: Run, name: str, nearest: str) -> None:
    result = run("--disable", name, "tasks")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"There is no plugin {name!r} to disable.{nearest}\nType: tk plugins\n"


def test_registered_tasks_are_told_as_disabled(run: Run, here: Path, brightness: str) -> None:
    entries = [
        RosterTask("brightness", brightness, 1),
        RosterTask("normals", "taskonomy[normals]", 1),
        RosterTask("gone", "gone[gone]", 1),
    ]
    create_roster(here / "registry.toml", preset="nano", seed=0, tasks=entries)
    result = run("--disable", "brightness,normals,gone[gone]", "tasks")
    assert [line.split()[-1] for line in result.stdout.splitlines()[1:4]] == ["disabled"] * 3
    assert result.stderr == "".join(
        f"{entry.name} is registered, but {entry.plugin} is disabled, by --disable or TASKONOMY_DISABLE.\n"
        for entry in entries
    )


def test_the_doctor_takes_it_for_a_wish_and_not_for_a_fault(run: Run, here: Path) -> None:
    entry = RosterTask("normals", "taskonomy[normals]", 1)
    create_roster(here / "registry.toml", preset="nano", seed=0, tasks=[entry])
    (line,) = [line for line in run("--disable", "normals", "doctor").stdout.splitlines() if "task normals" in line]
    assert line.split(maxsplit=3)[2] == "doubtful"


def test_what_is_disabled_cannot_be_registered(run: Run, here: Path) -> None:
    create_roster(here / "registry.toml", preset="nano", seed=0, tasks=[])
    result = run("--disable", "normals", "register", "normals")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        "taskonomy[normals] is disabled, by --disable or TASKONOMY_DISABLE.\n"
        "Type the command without --disable, or unset TASKONOMY_DISABLE.\n"
    )
