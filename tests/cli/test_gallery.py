"""`tk tasks --gallery`: which tasks it draws, on what, and what it says of those that it cannot."""

from __future__ import annotations

import json
import re
import sys
from pathlib import Path
from types import ModuleType

import pytest

from taskonomy_cli import gallery
from taskonomy_core.registry.discover import FoundPlugin
from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.roster import RosterTask

SMALL = ("--side", "32")


@pytest.fixture
def project(here, brightness):
    """Two sound tasks, one that is not installed, one that needs what rooms does not have, one that raises."""
    text = Path(brightness).read_text()
    (here / "odour.py").write_text(
        text.replace('"brightness"', '"odour"').replace('needs=("rgb",)', 'needs=("smell",)')
    )
    (here / "blind.py").write_text(
        text.replace('"brightness"', '"blind"').replace("picture=grey_picture", "picture=lambda shown, inputs: 1 / 0")
    )
    plugins = {"brightness": "brightness.py", "gone": "zoo[gone]", "odour": "odour.py", "blind": "blind.py"}
    entries = [RosterTask(name, plugin, 1) for name, plugin in plugins.items()]
    entries.append(RosterTask("egomotion", "taskonomy[egomotion]", 1))
    create_roster(here / "registry.toml", preset="nano", seed=3, tasks=entries)


def words(path):
    return [re.sub("<[^>]+>", "", found) for found in re.findall(r"<text .*?</text>", path.read_text(), re.DOTALL)]


def test_a_project_s_tasks_are_drawn_and_who_cannot_be_is_named(run, here, project):
    result = run("tasks", "--gallery", "new/g.svg", *SMALL, "--image", "1", "--json")
    assert result.exit_code == 0
    said = json.loads(result.stdout)
    assert said["file"] == "new/g.svg"
    assert said["drawn"] == ["brightness", "egomotion"]
    reasons = said["not_drawn"]
    assert reasons["gone"] == "zoo[gone] is not installed."
    assert reasons["odour"] == "it needs smell, which the data source 'rooms' does not offer; no installed one does."
    assert reasons["blind"].startswith("Task 'blind' raised in its picture: ZeroDivisionError: division by zero")
    for name, reason in reasons.items():
        assert f"{name} is not drawn: {reason}\n" in result.stderr
    assert "rooms: 8 of 8\n" in result.stderr
    assert "tasks: 5 of 5\n" in result.stderr
    assert result.stderr.endswith("Drawn: new/g.svg\n")
    shown = words(here / "new" / "g.svg")
    assert shown[:2] == [
        "5 tasks on one scene",
        "Test picture 1 of rooms, 32 x 32 pixels, seed 3. "
        "Left: what the task's network sees; right: what it should say.",
    ]
    assert {"Brightness", "Egomotion", "gone", "zoo[gone] is not installed."} <= set(shown)


def test_without_a_project_all_installed_tasks_are_drawn(run, here, monkeypatch):
    found = [
        FoundPlugin("taskonomy", name, f"taskonomy_tasks.{name}") for name in ("jigsaw", "normals", "depth_zbuffer")
    ] + [FoundPlugin("zoo", "gone", "no_such_module_anywhere"), FoundPlugin("zoo", "data.x", "no_such_module")]
    monkeypatch.setattr(gallery, "discover", lambda: found)
    result = run("tasks", "--gallery", "g.png", *SMALL)
    assert (result.exit_code, result.stdout) == (0, "")
    assert (here / "g.png").read_bytes().startswith(b"\x89PNG")
    assert "gone is not drawn: zoo[gone] cannot be imported from 'no_such_module_anywhere'" in result.stderr
    assert result.stderr.count("is not drawn") == 1


def test_two_packages_that_bring_one_name_are_told_of_once(run, here, brightness, monkeypatch):
    homes = {"a": "taskonomy_tasks.normals", "b": "fake_home"}
    monkeypatch.setitem(sys.modules, "fake_home", ModuleType("fake_home"))
    exec(Path(brightness).read_text().replace('"brightness"', '"normals"'), sys.modules["fake_home"].__dict__)
    monkeypatch.setattr(
        gallery, "discover", lambda: [FoundPlugin(package, "normals", home) for package, home in homes.items()]
    )
    result = run("tasks", "--gallery", "g.svg", *SMALL, "--json")
    said = "a[normals] and b[normals] both bring the task 'normals'; none of them is used."
    assert json.loads(result.stdout)["not_drawn"] == {"normals": said}
    assert result.stderr.count(said) == 1
    assert words(here / "g.svg")[0] == "1 task on one scene"


@pytest.fixture
def nothing_opens(monkeypatch):
    def never(*_):
        raise AssertionError("it was opened")

    monkeypatch.setattr(gallery, "data_source", never)


@pytest.mark.parametrize(
    ("file", "said"),
    [
        ("g.gif", "A picture cannot be written as 'g.gif'.\nGive a name that ends in .png or .svg.\n"),
        ("taken/g.png", "A picture cannot be written to taken/g.png: Not a directory.\n"),
    ],
)
def test_a_file_that_cannot_be_written_is_refused_before_anything_is_opened(run, here, nothing_opens, file, said):
    (here / "taken").write_text("")
    result = run("tasks", "--gallery", file)
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr.startswith(said)


def test_a_project_without_tasks_is_told(run, here, nothing_opens):
    create_roster(here / "registry.toml", preset="nano", seed=0, tasks=[])
    result = run("tasks", "--gallery", "g.png")
    assert result.exit_code == 2
    assert result.stderr == (f"{here / 'registry.toml'} registers no task.\nType: tk tasks, then: tk register NAME\n")


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("--gallery", "g.png", "--side", "100"), "'100' is not a multiple of 16 from 32 to 512."),
        (("--gallery", "g.png", "--side", "16"), "'16' is not a multiple of 16 from 32 to 512."),
        (("--gallery", "g.png", "--side", "x"), "'x' is not a whole number from 1."),
        (("--gallery", "g.png", "--image", "256"), "256 is not in the range 0<=x<=255."),
        (("--side", "64"), "--side and --image are for --gallery FILE."),
        (("--image", "0"), "--side and --image are for --gallery FILE."),
    ],
)
def test_options_that_make_no_sense_are_usage_errors(run, nothing_opens, args, said):
    result = run("tasks", *args)
    assert result.exit_code == 2
    assert said in result.stderr
