from __future__ import annotations

import json
import os
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from taskonomy_core.contract.checks import task_checks
from taskonomy_core.contract.task import GROUPS
from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.roster import RosterTask

Run = Callable[..., Result]
ROOT = Path(__file__).parents[3]


@pytest.mark.parametrize("group", GROUPS)
def test_a_file_passes_every_rule_as_it_is(run: Run, here: Path, group: str) -> None:
    result = run("new", "light_of_day", "--group", group)
    assert (result.exit_code, result.stdout) == (0, "Wrote light_of_day.py.\n")
    assert [path.name for path in here.iterdir()] == ["light_of_day.py"]
    checked = json.loads(run("check", "light_of_day.py", "--json").stdout)
    assert {rule["result"] for rule in checked} == {"passed"}
    assert {rule["task"] for rule in checked} == {"light_of_day"}
    text = (here / "light_of_day.py").read_text()
    assert '"""Light of day: ' in text
    assert f'group="{group}"' in text


def test_it_says_what_to_type_next(run: Run) -> None:
    assert run("new", "light").stderr == (
        "Next:\n"
        "  tk check light.py         every rule of the contract; it passes as it is\n"
        "  tk register light.py      in a project; tk init makes one\n"
        "  tk transfer --new-only    its network, the transfers to it and from it\n"
    )
    assert run("new", "light", "--package").stderr == (
        "Next:\n"
        "  pip install -e taskonomy-light\n"
        "  tk check light                    every rule of the contract; it passes as it is\n"
        "  tk register light                 in a project; tk init makes one\n"
        "  tk transfer --new-only            its network, the transfers to it and from it\n"
    )


def test_a_package_is_complete(run: Run, here: Path) -> None:
    result = run("new", "light_of_day", "--package")
    folder = here / "taskonomy-light-of-day"
    files = ["pyproject.toml", "README.md", "src/taskonomy_light_of_day/__init__.py"]
    files += ["src/taskonomy_light_of_day/light_of_day.py", "tests/test_light_of_day.py"]
    assert result.stdout == f"Wrote taskonomy-light-of-day: {', '.join(files)}.\n"
    assert list(here.iterdir()) == [folder]
    assert {path for path in folder.rglob("*") if path.is_file()} == {folder / file for file in files}
    project = tomllib.loads((folder / "pyproject.toml").read_text())["project"]
    assert project["name"] == folder.name
    assert project["dependencies"] == ["taskonomy>=0.1"]
    assert project["entry-points"] == {"taskonomy": {"light_of_day": "taskonomy_light_of_day.light_of_day"}}
    assert not [path for path in folder.rglob("*") if path.is_file() and "$" in path.read_text()]


def test_the_packages_own_tests_pass(run: Run, here: Path) -> None:
    for group in GROUPS:
        run("new", f"light_{group}", "--package", "--group", group)
    paths = [*here.glob("*/src"), *(ROOT / part for part in (".", "cli", "tasks", "plugins"))]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-q",
            "-W",
            "error",
            "-p",
            "no:cacheprovider",
            "-p",
            "no:xdist",
            *here.iterdir(),
        ],
        cwd=here,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, paths))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    # Every rule and one test of its own for each group, nothing skipped.
    assert f"{len(GROUPS) * (len(task_checks()) + 1)} passed in " in done.stdout


def test_what_is_written_is_formatted_and_linted(run: Run, here: Path) -> None:
    ruff = [sys.executable, "-m", "ruff"]
    for group in GROUPS:
        run("new", f"light_{group}", "--package", "--group", group)
    assert len(list(here.rglob("*.py"))) == 3 * len(GROUPS)
    for folder in here.iterdir():
        for command in (
            ["format", "--check"],
            ["check", "--select", "B,D1,E,F,I,N,PT,RET,RUF,SIM,UP", "--ignore", "D103"],
        ):
            options = ["--isolated", "--no-cache", "--line-length", "120"]
            done = subprocess.run([*ruff, *command, *options], cwd=folder, capture_output=True, text=True, check=False)
            assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("name", "told", "hint"),
    [
        ("My-Task", "'My-Task' is no name for a task: it must be snake_case", "Type: tk new my_task"),
        ("lightOfDay", "'lightOfDay' is no name for a task", "Type: tk new light_of_day"),
        ("2d", "'2d' is no name for a task", "Type: tk new my_task"),
        ("../../light", "'../../light' is no name for a task", "Type: tk new light"),
        ("x" * 101, "have at most 100 characters.", f"Type: tk new {'x' * 100}"),
        ("class", "'class' is a word of Python's own, and no module can be called so.", "Type: tk new class_task"),
        (
            "normals",
            "There is a task normals already: it is installed, from taskonomy[normals] (version 0.1.0).",
            "Choose another name.",
        ),
        (
            "rgb2mist",
            "There is a task rgb2mist already: it is what the paper's authors call depth_euclidean.",
            "Choose another name.",
        ),
        (
            "inspect",
            "Python has a module inspect, and inspect.py would hide it from programs that are started in this folder.",
            "Type: tk new inspect --package, or choose another name",
        ),
    ],
)
def test_names_that_are_refused(run: Run, here: Path, name: str, told: str, hint: str) -> None:
    result = run("new", name)
    assert (result.exit_code, result.stdout) == (2, "")
    sentence, typed = result.stderr.splitlines()
    assert told in sentence
    assert typed == hint
    assert list(here.iterdir()) == []


def test_a_registered_name_is_refused_with_its_owner(run: Run, here: Path) -> None:
    create_roster(here / "registry.toml", preset="nano", seed=0, tasks=[RosterTask("light", "mine.py", 1)])
    result = run("new", "light")
    assert result.exit_code == 2
    assert result.stderr == (
        f"There is a task light already: it is registered in {here / 'registry.toml'}, from mine.py.\n"
        "Choose another name.\n"
    )


def test_a_disabled_task_keeps_its_name(run: Run) -> None:
    assert "it is installed, from taskonomy[normals]" in run("--disable", "normals", "new", "normals").stderr


def test_a_package_does_not_take_the_name_of_another(run: Run, here: Path) -> None:
    result = run("new", "tasks", "--package")
    assert result.exit_code == 2
    assert result.stderr == (
        "There is a Python package taskonomy_tasks already, and this one would be called so.\n"
        "Choose another name, or write a single file: tk new tasks\n"
    )
    assert list(here.iterdir()) == []


@pytest.mark.parametrize(("options", "path"), [([], "light.py"), (["--package"], "taskonomy-light")])
def test_what_is_there_is_left_as_it_is(run: Run, here: Path, options: list[str], path: str) -> None:
    (here / path).symlink_to("nowhere")
    result = run("new", "light", *options)
    assert result.exit_code == 2
    assert result.stderr == f"{path} exists already; nothing was written.\nChoose another name, or remove it.\n"
    assert (here / path).readlink() == Path("nowhere")


@pytest.mark.parametrize(("options", "path"), [([], "light.py"), (["--package"], "taskonomy-light")])
def test_a_full_disk_leaves_nothing(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch, options: list[str], path: str
) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", full)
    monkeypatch.setattr(os, "fsync", full)
    result = run("new", "light", *options)
    assert result.exit_code == 2
    assert result.stderr == (
        f"{path} cannot be written (No space left on device); nothing is left of it.\n"
        "Give yourself the right to write in that folder, or go to another.\n"
    )
    assert list(here.iterdir()) == []


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write everywhere")
@pytest.mark.parametrize("options", [[], ["--package"]])
def test_a_folder_that_may_not_be_written(run: Run, here: Path, options: list[str]) -> None:
    here.chmod(0o500)
    try:
        result = run("new", "light", *options)
    finally:
        here.chmod(0o700)
    assert result.exit_code == 2
    assert "cannot be written (Permission denied); nothing is left of it." in result.stderr
    assert list(here.iterdir()) == []
