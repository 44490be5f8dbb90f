"""What must stay light: commands that only look do not import torch, and the help imports no command."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

# Runs tk in a fresh process and writes down, at the end of stderr, its exit code and what was imported.
_PROBE = """
import json, sys
from taskonomy_cli.app import main
code = 0
try:
    main()
except SystemExit as end:
    code = end.code
print("\\n" + json.dumps([code, sorted(sys.modules)]), file=sys.stderr)
"""


def imported(folder: Path, *args: str) -> tuple[int, set[str], str]:
    """The exit code of `tk ARGS` in a folder, the modules that it had imported at its end, and its answer."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(("COV_", "PYTEST"))}
    done = subprocess.run(
        [sys.executable, "-c", _PROBE, *args], cwd=folder, env=environment, capture_output=True, text=True, check=True
    )
    code, modules = json.loads(done.stderr.splitlines()[-1])
    return code, set(modules), done.stdout


def test_help_imports_no_command_no_rich_and_no_torch(tmp_path: Path) -> None:
    code, modules, _ = imported(tmp_path, "--help")
    assert code == 0
    assert not modules & {"torch", "rich", "numpy", "tomlkit", "entrypoints", "pluggy"}
    assert not [name for name in modules if name.startswith("taskonomy_cli.commands")]


@pytest.mark.parametrize(
    "args",
    [
        ("tasks",),
        ("status",),
        ("plan",),
        ("sanity",),
        ("taxonomy", "--budget", "2"),
        ("recommend", "normals"),
        ("significance", "--json"),
        ("similarity", "--json"),
        ("export", "--json"),
        ("why", "normals"),
        ("gc", "--dry-run"),
    ],
    ids=" ".join,
)
def test_looking_imports_no_torch(measured: Path, tmp_path: Path, args: tuple[str, ...]) -> None:
    project = shutil.copytree(measured, tmp_path / "project")  # some draw into it
    code, modules, answer = imported(project, *args)
    assert code == 0
    assert "normals" in answer or args[0] in ("plan", "gc")
    assert "torch" not in modules
    assert not [name for name in modules if name.startswith(("taskonomy_tasks", "taskonomy_plugins"))]


def test_a_report_without_pictures_imports_no_torch(measured: Path, tmp_path: Path) -> None:
    place = tmp_path / "report.html"
    code, modules, _ = imported(measured, "report", "--examples", "0", "--draws", "10", "-o", str(place))
    assert code == 0
    assert "normals" in place.read_text()
    assert "torch" not in modules


def test_only_the_typed_command_is_imported(measured: Path) -> None:
    _, modules, _ = imported(measured, "tasks")
    assert {name for name in modules if name.startswith("taskonomy_cli.commands.")} == {"taskonomy_cli.commands.tasks"}


@pytest.mark.parametrize("args", [("register", "normls"), ("unregister", "rgb2mist")], ids=" ".join)
def test_a_bad_command_imports_no_torch(measured: Path, args: tuple[str, ...]) -> None:
    code, modules, _ = imported(measured, *args)
    assert code == 2
    assert "torch" not in modules


@pytest.mark.parametrize("args", [("--help",), ("--task", "normals", "no-such.png")], ids=" ".join)
def test_predict_looks_at_what_is_given_before_it_imports_torch(measured: Path, args: tuple[str, ...]) -> None:
    code, modules, _ = imported(measured, "predict", *args)
    assert code == (0 if args == ("--help",) else 2)
    assert "torch" not in modules
