"""One task whose module cannot be imported, or whose entry point is gone, is named; the 25 others go on.

Every case imports the task modules anew, so that a task which leaned on another one would be found out.
"""

from __future__ import annotations

import itertools
import sys
import tomllib
from pathlib import Path

import pytest

from taskonomy_core.registry.discover import TASK, discover
from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.load import load_all
from taskonomy_core.registry.resolve import resolve
from taskonomy_core.registry.roster import RosterTask

ROOT = Path(__file__).parents[2]
ENTRIES = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["entry-points"]["taskonomy"]
MODULES = {entry: module for entry, module in ENTRIES.items() if "." not in entry}
FAULTS = (ImportError("no module named cv3"), ValueError("torn file"), SystemExit(3), GeneratorExit("panic"))
CASES = list(zip(MODULES, itertools.cycle(FAULTS), strict=False))


class Breaks:
    """An importer that raises instead of importing one module."""

    def __init__(self, module, error):
        self.module, self.error = module, error

    def find_spec(self, name, path=None, target=None):
        if name == self.module:
            raise self.error


@pytest.fixture
def fresh(monkeypatch):
    """The package of the tasks as if nobody had imported it; afterwards it is the old one again."""
    for name in [name for name in sys.modules if name.partition(".")[0] == "taskonomy_tasks"]:
        monkeypatch.delitem(sys.modules, name)
    before = set(sys.modules)
    yield
    for name in set(sys.modules) - before:
        if name.partition(".")[0] == "taskonomy_tasks":
            del sys.modules[name]


@pytest.fixture
def installed(tmp_path):
    """What is found where the package is installed with these entry points."""

    def install(entries):
        folder = tmp_path / "taskonomy-1.0.dist-info"
        folder.mkdir()
        lines = (f"{entry} = {module}\n" for entry, module in entries.items())
        (folder / "entry_points.txt").write_text("[taskonomy]\n" + "".join(lines))
        return discover([str(tmp_path)])

    return install


@pytest.fixture
def roster(tmp_path):
    """All tasks, registered as what all can be."""
    entries = [RosterTask(name, f"taskonomy[{name}]", 1, "source") for name in MODULES]
    return create_roster(tmp_path / "registry.toml", preset="nano", seed=0, tasks=entries)


def test_there_are_26():
    assert len(MODULES) == 26


@pytest.mark.parametrize(("name", "error"), CASES, ids=MODULES)
def test_a_broken_import_leaves_the_others(name, error, fresh, installed, roster, monkeypatch):
    found = installed(MODULES)
    monkeypatch.setattr(sys, "meta_path", [Breaks(MODULES[name], error), *sys.meta_path])
    resolved = resolve(roster, found)
    assert {task.name for task in resolved.tasks.values()} == resolved.tasks.keys() == MODULES.keys() - {name}
    said = f"taskonomy[{name}] cannot be imported from '{MODULES[name]}': {type(error).__name__}: {error} "
    assert {task: fault.message.startswith(said) for task, fault in resolved.faults.items()} == {name: True}
    # What `tk init` and `tk demo` go by.
    loaded = load_all(plugin for plugin in found if plugin.kind == TASK)
    assert loaded.tasks.keys() == MODULES.keys() - {name}
    assert loaded.broken.keys() == {f"taskonomy[{name}]"}


@pytest.mark.parametrize("name", MODULES)
def test_a_removed_entry_point_leaves_the_others(name, fresh, installed, roster):
    found = installed({entry: module for entry, module in ENTRIES.items() if entry != name})
    assert {plugin.name for plugin in found if plugin.kind == TASK} == MODULES.keys() - {name}
    resolved = resolve(roster, found)
    assert {task.name for task in resolved.tasks.values()} == MODULES.keys() - {name}
    assert {task: fault.message for task, fault in resolved.faults.items()} == {
        name: f"taskonomy is installed, but has no entry point {name!r}."
    }
    assert MODULES[name] not in sys.modules
