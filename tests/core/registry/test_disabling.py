from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from taskonomy_core.errors import PluginError
from taskonomy_core.registry.disabling import VARIABLE, disabled_names, disabled_tasks
from taskonomy_core.registry.discover import discover
from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.resolve import data_source, encoder, entry_of, executor, listeners, offers, resolve
from taskonomy_core.registry.roster import Roster, RosterTask

Install = Callable[..., None]
Source = Callable[..., str]
Disable = Callable[[str], None]


@pytest.fixture
def disable(monkeypatch: pytest.MonkeyPatch) -> Disable:
    return lambda names: monkeypatch.setenv(VARIABLE, names)


@pytest.fixture
def roster(install: Install, source: Source, site: Path) -> Roster:
    """Three tasks of two packages, and one of a file; the plugin of `depth` brings `edges` too."""
    install("zoo", {"normals": "plugin_n", "depth": "plugin_d"}, {"plugin_n": source("", "normals")})
    (site / "plugin_d.py").write_text(source("", "depth", "edges"))
    (site / "mine.py").write_text(source("", "brightness"))
    entries = [("normals", "zoo[normals]"), ("depth", "zoo[depth]"), ("edges", "zoo[depth]"), ("brightness", "mine.py")]
    tasks = [RosterTask(name, plugin, 1) for name, plugin in entries]
    return create_roster(site / "registry.toml", preset="nano", seed=0, tasks=tasks)


def test_names_stand_between_commas(disable: Disable) -> None:
    assert disabled_names() == frozenset()
    disable(" normals, zoo[data.rooms],,my file.py ")
    assert disabled_names() == {"normals", "zoo[data.rooms]", "my file.py"}


def test_what_is_disabled_is_not_found(install: Install, site: Path, disable: Disable) -> None:
    install("a", {"normals": "m", "data.normals": "m"})
    install("b", {"normals": "m", "encoder.vit": "m"})

    def found(names: str) -> list[str]:
        disable(names)
        return [plugin.label for plugin in discover([str(site)])]

    everything = ["a[data.normals]", "b[encoder.vit]", "a[normals]", "b[normals]"]
    assert found("") == everything
    assert found("normals") == everything[:2]
    assert found("a[normals],encoder.vit") == ["a[data.normals]", "b[normals]"]
    assert found("a,vit,data") == everything
    assert [plugin.label for plugin in discover([str(site)], disabled=())] == everything


@pytest.mark.parametrize(
    ("names", "without"),
    [
        ("normals", {"normals"}),
        ("zoo[normals]", {"normals"}),
        ("depth", {"depth", "edges"}),
        ("edges", {"edges"}),
        ("mine.py", {"brightness"}),
        ("brightness", {"brightness"}),
        ("other", set()),
    ],
)
def test_registered_tasks_are_done_without(roster: Roster, disable: Disable, names: str, without: set[str]) -> None:
    disable(names)
    resolved = resolve(roster)
    assert set(resolved.faults) == set(disabled_tasks(roster)) == without
    assert set(resolved.tasks) == set(roster.tasks) - without
    for name in without:
        assert str(resolved.faults[name]) == str(disabled_tasks(roster)[name])
        assert str(resolved.faults[name]) == (
            f"{roster.tasks[name].plugin} is disabled, by --disable or TASKONOMY_DISABLE.\n"
            "Type the command without --disable, or unset TASKONOMY_DISABLE."
        )


def test_an_unused_task_is_done_without_anyway(site: Path, disable: Disable) -> None:
    disable("normals")
    entries = [RosterTask("normals", "zoo[normals]", 1, "unused")]
    assert disabled_tasks(create_roster(site / "registry.toml", preset="nano", seed=0, tasks=entries)) == {}


@pytest.mark.parametrize(
    ("name", "ask", "label"),
    [
        ("data.rooms", lambda: data_source("rooms"), "taskonomy[data.rooms]"),
        ("taskonomy[encoder.resnet50]", lambda: encoder("resnet50"), "taskonomy[encoder.resnet50]"),
        ("executor.inline", lambda: executor("inline"), "taskonomy[executor.inline]"),
        ("normals", lambda: entry_of("task", "taskonomy[normals]"), "taskonomy[normals]"),
    ],
)
def test_asking_for_it_says_so(disable: Disable, name: str, ask: Callable[[], object], label: str) -> None:
    disable(name)
    with pytest.raises(PluginError) as caught:
        ask()
    assert caught.value.message == f"{label} is disabled, by --disable or TASKONOMY_DISABLE."


def test_it_is_neither_heard_nor_offered(disable: Disable) -> None:
    disable("listener.journal,data.rooms")
    assert dict(listeners().plugins) == {}
    from taskonomy_core.contract.data import DataRequest

    assert offers(DataRequest(32, {"train": 4, "transfer": 4, "test": 4}, 0, {})) == {}


def test_a_clash_ends_where_one_side_is_disabled(install: Install, site: Path, disable: Disable) -> None:
    install("a", {"normals": "m"})
    install("b", {"normals": "m"})
    disable("a[normals]")
    assert entry_of("task", "normals", discover([str(site)])).label == "b[normals]"
