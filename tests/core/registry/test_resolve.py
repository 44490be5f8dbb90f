from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from taskonomy_core.contract.data import DataRequest
from taskonomy_core.errors import PluginError
from taskonomy_core.registry.discover import discover
from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.resolve import (
    data_source,
    encoder,
    entry_of,
    executor,
    listeners,
    load_entry,
    new_entry,
    offers,
    refuse_role,
    resolve,
)
from taskonomy_core.registry.roster import Roster, RosterTask

Install = Callable[..., None]
Source = Callable[..., str]


def rostered(folder: Path, *tasks: RosterTask) -> Roster:
    return create_roster(folder / "registry.toml", preset="nano", seed=0, tasks=tasks)


def test_exactly_the_named_plugins_are_loaded(install: Install, source: Source, site: Path) -> None:
    modules = {"wanted_x": source("", "normals"), "other_x": "raise RuntimeError('imported')"}
    install("zoo", {"normals": "wanted_x", "depth": "other_x"}, modules)
    install("twin", {"normals": "other_x"})
    (site / "mine").mkdir()
    (site / "mine" / "brightness.py").write_text(source("", "brightness"))
    roster = rostered(site, RosterTask("normals", "zoo[normals]", 1), RosterTask("brightness", "mine/brightness.py", 1))
    resolved = resolve(roster, discover([str(site)]))
    assert {name: task.name for name, task in resolved.tasks.items()} == {
        "normals": "normals",
        "brightness": "brightness",
    }
    assert resolved.notices == []
    assert "other_x" not in sys.modules


def test_a_changed_version_is_told(install: Install, source: Source, site: Path) -> None:
    body = "@hookimpl\ndef taskonomy_tasks():\n    return [task('normals', version=3)]"
    install("zoo", {"normals": "plugin_x"}, {"plugin_x": source(body)})
    resolved = resolve(rostered(site, RosterTask("normals", "zoo[normals]", 1)), discover([str(site)]))
    assert resolved.stale == {"normals": (1, 3)}
    assert resolved.notices == ["normals is now version 3, but was registered as version 1. Type: tk register normals"]


def test_tasks_that_cannot_be_had_are_named_and_the_others_loaded(install: Install, source: Source, site: Path) -> None:
    modules = {"plugin_x": source("", "normals"), "bad_x": "1 / 0"}
    install("zoo", {"normals": "plugin_x", "depth": "bad_x"}, modules)
    roster = rostered(
        site,
        RosterTask("normals", "zoo[normals]", 1),
        RosterTask("edges", "zoo[normals]", 1),
        RosterTask("depth", "zoo[depth]", 1),
        RosterTask("jigsaw", "gone[jigsaw]", 1),
        RosterTask("reshading", "zoo[reshading]", 1),
        RosterTask("brightness", "brightness.py", 1),
    )
    resolved = resolve(roster, discover([str(site)]))
    assert list(resolved.tasks) == ["normals"]
    upgrade = "Tell its author, or type: pip install --upgrade zoo"
    assert {name: (fault.message, fault.hint) for name, fault in resolved.faults.items()} == {
        "edges": ("zoo[normals] brings no task 'edges'; it brings: normals.", ""),
        "depth": (
            "zoo[depth] cannot be imported from 'bad_x': ZeroDivisionError: division by zero "
            f"({site / 'bad_x.py'}, line 1)",
            upgrade,
        ),
        "jigsaw": ("gone[jigsaw] is not installed.", "Type: pip install gone"),
        "reshading": ("zoo is installed, but has no entry point 'reshading'.", upgrade),
        "brightness": (
            "There is no file brightness.py.",
            "Check the path; a task of a package is given by its name.",
        ),
    }
    assert "jigsaw cannot be used: gone[jigsaw] is not installed.\nType: pip install gone" in resolved.notices


def test_the_plugins_of_unused_tasks_are_not_loaded(install: Install, source: Source, site: Path) -> None:
    body = "@hookimpl\ndef taskonomy_tasks():\n    return [task('normals')]"
    install("zoo", {"normals": "plugin_x", "jigsaw": "idle_x"}, {"plugin_x": source(body), "idle_x": ""})
    entries = [RosterTask("normals", "zoo[normals]", 1), RosterTask("jigsaw", "zoo[jigsaw]", 1, "unused")]
    resolved = resolve(rostered(site, *entries), discover([str(site)]))
    assert (list(resolved.tasks), resolved.faults, resolved.stale) == (["normals"], {}, {})
    assert "idle_x" not in sys.modules


def test_a_role_that_the_task_cannot_have(install: Install, source: Source, site: Path) -> None:
    body = "@hookimpl\ndef taskonomy_tasks():\n    return [task('jigsaw', target=False)]"
    install("zoo", {"jigsaw": "plugin_x"}, {"plugin_x": source(body)})
    roster = rostered(site, RosterTask("jigsaw", "zoo[jigsaw]", 1, "both"))
    resolved = resolve(roster, discover([str(site)]))
    assert resolved.tasks == {}
    assert str(resolved.faults["jigsaw"]) == "jigsaw cannot be a target.\nType: tk register jigsaw --role source"
    task = load_entry(RosterTask("jigsaw", "zoo[jigsaw]", 1, "source"), roster, discover([str(site)]))
    assert new_entry(task, "zoo[jigsaw]").role == "source"
    refuse_role(task, "source")
    refuse_role(task, "unused")


SOURCES = """
from types import SimpleNamespace
from taskonomy_core.contract import DataSourceKind, hookimpl

def photos(request):
    assert not request.options
    return SimpleNamespace(modalities={"rgb": request.image, "depth": None})

def scans(request):
    raise SystemExit("a folder is needed")

@hookimpl
def taskonomy_data_sources():
    return [DataSourceKind(kind.__name__, "", kind) for kind in (photos, scans)]
"""


def test_what_data_sources_offer_by_default(install: Install, site: Path) -> None:
    modules = {"sources_x": SOURCES, "bad_x": "1 / 0"}
    install("zoo", {"data.photos": "sources_x", "data.scans": "sources_x", "data.bad": "bad_x"}, modules)
    request = DataRequest(image=8, counts={"train": 4}, seed=0, options={"folder": "elsewhere"})
    assert offers(request, discover([str(site)])) == {"photos": {"rgb", "depth"}}
    assert {"rgb", "normal", "depth_zbuffer"} <= offers(replace(request, image=32))["rooms"]


def test_new_entries_have_all_roles_that_they_can_have(install: Install, source: Source, site: Path) -> None:
    body = "@hookimpl\ndef taskonomy_tasks():\n    return [task('normals'), task('b', source=False, version=4)]"
    install("zoo", {"normals": "plugin_x", "b": "plugin_x"}, {"plugin_x": source(body)})
    roster = rostered(site, RosterTask("normals", "zoo[normals]", 1), RosterTask("b", "zoo[b]", 4, "target"))
    tasks = resolve(roster, discover([str(site)])).tasks
    assert [new_entry(task, "p") for task in tasks.values()] == [
        RosterTask("normals", "p", 1, "both", cost=1.0, weight=1.0),
        RosterTask("b", "p", 4, "target", cost=1.0, weight=1.0),
    ]


def test_the_one_entry_of_a_name_or_label(install: Install, site: Path) -> None:
    install("zoo", {"normals": "m", "data.normals": "m"})
    found = discover([str(site)])
    assert entry_of("task", "normals", found).label == "zoo[normals]"
    assert entry_of("data", "normals", found).label == "zoo[data.normals]"
    assert entry_of("task", "zoo[normals]", found).label == "zoo[normals]"


def test_two_packages_of_one_entry_need_a_choice(install: Install, site: Path) -> None:
    for package in "ab":
        install(package, {"normals": "m", "encoder.vit": "m"})
    found = discover([str(site)])
    with pytest.raises(PluginError) as caught:
        entry_of("task", "normals", found)
    assert str(caught.value) == (
        "a[normals] and b[normals] both bring the task 'normals'.\nSay which one: tk register \"a[normals]\""
    )
    assert entry_of("task", "b[normals]", found).package == "b"
    with pytest.raises(PluginError) as caught:
        encoder("vit", found)
    assert str(caught.value) == (
        "a[encoder.vit] and b[encoder.vit] both bring the encoder 'vit'.\nType: pip uninstall a or pip uninstall b"
    )


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda found: entry_of("task", "normal", found),
            "There is no task 'normal'. Did you mean normals? Installed: depth, normals.\nType: tk tasks",
        ),
        (
            lambda found: data_source("room", found),
            "There is no data source 'room'. Did you mean rooms? Installed: rooms.\n"
            "Correct the name, or install the package that brings it.",
        ),
        (
            lambda found: executor("cloud", found),
            "There is no executor 'cloud'. Installed: none.\nCorrect the name, or install the package that brings it.",
        ),
    ],
)
def test_an_unknown_name_gets_the_nearest_and_the_installed(
    install: Install, site: Path, ask: Callable[..., object], message: str
) -> None:
    install("zoo", {"normals": "m", "depth": "m", "data.rooms": "m"})
    with pytest.raises(PluginError) as caught:
        ask(discover([str(site)]))
    assert str(caught.value) == message


def test_the_projects_own_kinds_are_found_by_name() -> None:
    assert data_source("rooms").name == "rooms"
    assert encoder("resnet_compact").name == "resnet_compact"
    assert executor("inline").name == "inline"
    assert "taskonomy[listener.journal]" in listeners().plugins
