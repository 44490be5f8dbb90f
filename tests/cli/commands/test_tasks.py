from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from taskonomy_cli.commands import tasks
from taskonomy_core.registry.discover import FoundPlugin
from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.roster import RosterTask

Run = Callable[..., Result]


@pytest.fixture(autouse=True)
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four installed entries; their modules do not exist, so nothing may import them."""
    entries = [("zoo", "data.photos"), ("zoo", "depth"), ("a", "normals"), ("zoo", "normals")]
    found = tuple(FoundPlugin(package, entry, "nowhere") for package, entry in entries)
    monkeypatch.setattr(tasks, "discover", lambda: found)


def project(here: Path) -> None:
    entries = [
        RosterTask("normals", "zoo[normals]", 1, "target", 2.5, 0.25, 0),
        RosterTask("brightness", "mine.py", 1),
        RosterTask("gone", "zoo[gone]", 1),
        RosterTask("lost", "lost.py", 1, "unused"),
    ]
    create_roster(here / "registry.toml", preset="nano", seed=0, tasks=entries)
    (here / "mine.py").touch()


def test_registered_then_installed(run: Run, here: Path) -> None:
    project(here)
    result = run("tasks")
    assert result.exit_code == 0
    assert result.stdout == (
        "NAME        ROLE    COST  TRANSFER COST  WEIGHT  PLUGIN        STATE\n"
        "normals     target   2.5           0.25       0  zoo[normals]  registered\n"
        "brightness  both       1              0       1  mine.py       registered\n"
        "gone        both       1              0       1  zoo[gone]     missing\n"
        "lost        unused     1              0       1  lost.py       missing\n"
        "depth       -          -              -       -  zoo[depth]    available\n"
        "normals     -          -              -       -  a[normals]    available\n"
    )
    assert result.stderr == (
        "gone is registered, but zoo[gone] is missing. Type: tk unregister gone\n"
        "lost is registered, but lost.py is missing. Type: tk unregister lost\n"
    )


def test_files_are_found_from_a_folder_below(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    project(here)
    (here / "below").mkdir()
    monkeypatch.chdir(here / "below")
    assert "brightness  both       1              0       1  mine.py       registered\n" in run("tasks").stdout


def test_without_a_project_the_installed_ones_are_listed(run: Run) -> None:
    result = run("tasks")
    assert result.stdout == (
        "NAME     ROLE  COST  TRANSFER COST  WEIGHT  PLUGIN        STATE\n"
        "depth    -        -              -       -  zoo[depth]    available\n"
        "normals  -        -              -       -  a[normals]    clash\n"
        "normals  -        -              -       -  zoo[normals]  clash\n"
    )
    assert result.stderr == "There is no registry.toml here. Type: tk init\n"


def test_json(run: Run, here: Path) -> None:
    project(here)
    result = run("tasks", "--json")
    listed = json.loads(result.stdout)
    assert listed[0] == {
        "name": "normals",
        "role": "target",
        "cost": 2.5,
        "transfer_cost": 0.25,
        "weight": 0.0,
        "plugin": "zoo[normals]",
        "state": "registered",
    }
    assert [line["state"] for line in listed] == ["registered"] * 2 + ["missing"] * 2 + ["available"] * 2
    assert listed[3]["role"] == "unused"
    assert (listed[-1]["role"], listed[-1]["transfer_cost"]) == (None, None)
    assert result.stderr == ""


def test_a_broken_registry_is_an_error(run: Run, here: Path) -> None:
    (here / "registry.toml").write_text("format = 9\n")
    result = run("tasks")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == (
        f"{here / 'registry.toml'} has format 9, but this taskonomy reads format 1.\n"
        "Type: pip install --upgrade taskonomy\n"
    )
