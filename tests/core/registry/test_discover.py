from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest

from taskonomy_core.errors import PluginError
from taskonomy_core.registry.discover import FoundPlugin, discover


def test_finds_entries_sorted_and_imports_nothing(site: Path, install: Callable[..., None]) -> None:
    bomb = {"explosive": "raise RuntimeError('imported')"}
    install("zoo", {"normals": "explosive", "data.photos": "explosive:PLUGIN"}, bomb)
    install("My-Garden", {"brightness": "explosive [fast]"})

    assert discover([str(site)]) == (
        FoundPlugin("my-garden", "brightness", "explosive", "1.0"),
        FoundPlugin("zoo", "data.photos", "explosive:PLUGIN", "1.0"),
        FoundPlugin("zoo", "normals", "explosive", "1.0"),
    )
    assert "explosive" not in sys.modules


def test_label_kind_and_name() -> None:
    task, data = FoundPlugin("zoo", "normals", "m"), FoundPlugin("zoo", "data.photos", "m")
    assert (task.label, task.kind, task.name) == ("zoo[normals]", "task", "normals")
    assert (data.label, data.kind, data.name) == ("zoo[data.photos]", "data", "photos")


def test_same_entry_of_two_packages_is_reported_twice(site: Path, install: Callable[..., None]) -> None:
    install("b", {"normals": "m"})
    install("a", {"normals": "n"})
    assert [plugin.label for plugin in discover([str(site)])] == ["a[normals]", "b[normals]"]


def test_editable_package_with_both_kinds_of_metadata_counts_once(site: Path, install: Callable[..., None]) -> None:
    install("my-pkg", {"normals": "m"})
    tree = site.parent / "tree"
    egg = tree / "my.pkg.egg-info"
    egg.mkdir(parents=True)
    (egg / "entry_points.txt").write_text("[taskonomy]\nnormals = m\n")
    assert [plugin.version for plugin in discover([str(site), str(tree)])] == ["1.0"]


def test_what_pip_left_behind_is_no_package(site: Path, install: Callable[..., None]) -> None:
    install("~asks", {"normals": "m"})
    assert discover([str(site)]) == ()


def test_entry_that_is_no_module_path_is_still_found(site: Path, install: Callable[..., None]) -> None:
    install("zoo", {"normals": "not-a-module"})
    assert discover([str(site)]) == (FoundPlugin("zoo", "normals", "not-a-module", "1.0"),)


def test_unreadable_list_of_entry_points_is_a_sentence(site: Path, install: Callable[..., None]) -> None:
    install("zoo", {})
    file = site / "zoo-1.0.dist-info" / "entry_points.txt"
    file.write_text("normals = m\n")
    with pytest.raises(PluginError) as caught:
        discover([str(site)])
    assert caught.value.message == (f"The list of plugins in {file} cannot be read: File contains no section headers.")
    assert caught.value.hint == "Reinstall that package."


def test_this_project_is_found_as_any_other() -> None:
    root = Path(__file__).parents[3]
    own = tomllib.loads((root / "pyproject.toml").read_text())["project"]["entry-points"]["taskonomy"]
    found = {plugin.entry: plugin.module for plugin in discover() if plugin.package == "taskonomy"}
    assert found == own
