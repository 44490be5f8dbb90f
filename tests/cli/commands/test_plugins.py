from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import pytest
from click.testing import Result

from taskonomy_cli.commands import plugins
from taskonomy_core.contract import Task, hookimpl
from taskonomy_core.registry.discover import FoundPlugin
from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.roster import RosterTask
from taskonomy_tasks.normals import TASK

Run = Callable[..., Result]
ENTRIES = [
    ("zoo", "data.photos", "nowhere"),
    ("taskonomy", "data.rooms", "taskonomy_plugins.rooms"),
    ("zoo", "depth", "nowhere"),
    ("taskonomy", "encoder.resnet50", "taskonomy_plugins.encoders.resnet50"),
    ("taskonomy", "encoder.resnet_compact", "taskonomy_plugins.encoders.resnet_compact"),
    ("taskonomy", "executor.inline", "taskonomy_plugins.executors.inline"),
    ("taskonomy", "listener.journal", "taskonomy_plugins.journal"),
    ("taskonomy", "normals", "taskonomy_tasks.normals"),
]
FOUND = [FoundPlugin(package, entry, module, "1.2") for package, entry, module in ENTRIES]
HEAD = ["KIND", "NAME", "PACKAGE", "VERSION", "STATE", "WHY"]


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> list[FoundPlugin]:
    """What is installed; two of them cannot be imported."""
    found = list(FOUND)
    monkeypatch.setattr(plugins, "discover", lambda disabled: tuple(found))
    return found


@pytest.fixture
def rival(installed: list[FoundPlugin], monkeypatch: pytest.MonkeyPatch) -> None:
    """A package garden that brings normals as well."""
    module = ModuleType("tests_rival")

    def taskonomy_tasks() -> list[Task]:
        return [TASK]

    module.taskonomy_tasks = hookimpl(taskonomy_tasks)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, module.__name__, module)
    installed.append(FoundPlugin("garden", "normals", module.__name__))


def project(here: Path, *tasks: RosterTask) -> None:
    create_roster(here / "registry.toml", preset="nano", seed=0, tasks=tasks)


def states(run: Run, *options: str, before: tuple[str, ...] = ()) -> dict[str, tuple[str, str]]:
    listed = json.loads(run(*before, "plugins", "--json", *options).stdout)
    return {line["plugin"]: (line["state"], line["why"]) for line in listed}


def test_without_a_project_what_is_sound_is_loaded(run: Run, installed: list[FoundPlugin]) -> None:
    result = run("plugins")
    assert result.exit_code == 0
    lines = [line.split(maxsplit=5) for line in result.stdout.replace("data source", "data_source").splitlines()]
    why = "zoo[depth] cannot be imported from 'nowhere': ModuleNotFoundError: No module named 'nowhere'"
    assert lines == [
        HEAD,
        ["task", "depth", "zoo", "1.2", "broken", why],
        ["task", "normals", "taskonomy", "1.2", "loaded"],
        ["data_source", "photos", "zoo", "1.2", "broken", why.replace("depth", "data.photos")],
        ["data_source", "rooms", "taskonomy", "1.2", "loaded"],
        ["encoder", "resnet50", "taskonomy", "1.2", "loaded"],
        ["encoder", "resnet_compact", "taskonomy", "1.2", "loaded"],
        ["executor", "inline", "taskonomy", "1.2", "loaded"],
        ["listener", "journal", "taskonomy", "1.2", "loaded"],
    ]
    assert result.stderr == (
        "Loading 8 plugins ...\n"
        "zoo[depth]: Tell its author, or type: pip install --upgrade zoo\n"
        "zoo[data.photos]: Tell its author, or type: pip install --upgrade zoo\n"
    )


def test_a_project_says_what_it_uses(run: Run, here: Path, brightness: str, installed: list[FoundPlugin]) -> None:
    project(
        here,
        RosterTask("brightness", brightness, 1),
        RosterTask("gone", "farm[gone]", 1),
        RosterTask("lost", "lost.py", 1),
        RosterTask("torn", "torn.py", 1),
        RosterTask("idle", brightness, 1, "unused"),
    )
    (here / "torn.py").write_text("?")
    assert states(run) == {
        "brightness.py": ("not used", "its role is unused"),  # the last of its lines
        "farm[gone]": ("missing", "registered, but farm[gone] is not installed"),
        "lost.py": ("missing", "registered, but there is no such file"),
        "taskonomy[normals]": ("not used", "not registered"),
        "torn.py": ("broken", "torn.py is not valid Python: line 1: invalid syntax."),
        "zoo[depth]": (
            "broken",
            "zoo[depth] cannot be imported from 'nowhere': ModuleNotFoundError: No module named 'nowhere'",
        ),
        "taskonomy[data.rooms]": ("loaded", ""),
        "zoo[data.photos]": (
            "broken",
            "zoo[data.photos] cannot be imported from 'nowhere': ModuleNotFoundError: No module named 'nowhere'",
        ),
        "taskonomy[encoder.resnet50]": ("not used", "registry.toml uses resnet_compact"),
        "taskonomy[encoder.resnet_compact]": ("loaded", ""),
        "taskonomy[executor.inline]": ("loaded", ""),
        "taskonomy[listener.journal]": ("loaded", ""),
    }
    (line,) = [line for line in json.loads(run("plugins", "--json").stdout) if line["name"] == "brightness"]
    assert (line["package"], line["version"], line["state"], line["why"]) == (None, None, "loaded", "")
    result = run("plugins")
    assert "task         brightness      brightness.py  -        loaded\n" in result.stdout
    assert "farm[gone]: Type: tk unregister gone\n" in result.stderr
    assert "torn.py: Correct the file, then type the same command again, or: tk check torn.py\n" in result.stderr


def test_nothing_is_loaded_unless_it_is_wanted(run: Run, here: Path, installed: list[FoundPlugin]) -> None:
    project(here, RosterTask("normals", "taskonomy[normals]", 1), RosterTask("torn", "torn.py", 1))
    (here / "torn.py").write_text("?")
    found = states(run, "--no-load")
    assert {plugin for plugin, (state, _) in found.items() if state == "found"} == {
        "taskonomy[normals]",
        "torn.py",
        "taskonomy[data.rooms]",
        "taskonomy[encoder.resnet_compact]",
        "taskonomy[executor.inline]",
        "taskonomy[listener.journal]",
    }
    assert found["zoo[data.photos]"] == ("not used", "registry.toml uses rooms")
    assert run("plugins", "--no-load").stderr == ""


@pytest.mark.parametrize("option", ["--load", "--no-load"])
@pytest.mark.usefixtures("rival")
def test_two_of_one_name_are_told_with_both_sides(run: Run, option: str) -> None:
    result = run("plugins", option)
    found = states(run, option)
    assert {state for state, _ in (found["garden[normals]"], found["taskonomy[normals]"])} == {"clashes"}
    for label in ("garden[normals]", "taskonomy[normals]"):
        assert "garden[normals]" in found[label][1]
        assert "taskonomy[normals]" in found[label][1]
        assert "both bring the task 'normals'" in found[label][1]
    assert "garden[normals]: Type: pip uninstall " in result.stderr


@pytest.mark.usefixtures("rival")
def test_a_registered_one_of_two_is_the_one_that_is_meant(run: Run, here: Path) -> None:
    project(here, RosterTask("normals", "taskonomy[normals]", 1))
    found = states(run)
    assert found["taskonomy[normals]"] == ("loaded", "")
    assert found["garden[normals]"] == ("not used", "normals is registered from taskonomy[normals]")


def test_the_disabled_are_told(run: Run, here: Path, brightness: str) -> None:
    project(here, RosterTask("brightness", brightness, 1), RosterTask("normals", "taskonomy[normals]", 1))
    before = ("--disable", "normals,data.rooms", "--disable", "brightness.py")
    found = states(run, "--no-load", before=before)
    assert {plugin for plugin, (state, _) in found.items() if state == "disabled"} == {
        "brightness.py",
        "taskonomy[normals]",
        "taskonomy[data.rooms]",
    }
    assert found["brightness.py"][1] == "brightness.py is disabled, by --disable or TASKONOMY_DISABLE."
    result = run(*before, "plugins", "--no-load")
    assert result.stderr == "Type the command without --disable, or unset TASKONOMY_DISABLE.\n"
