"""Strangers' packages, built, installed and used in a virtual environment of their own, with this checkout's wheel.

Nothing is fetched: what we depend on is seen in the environment that runs the tests.
"""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import subprocess
import sys
import sysconfig
from collections.abc import Iterator
from pathlib import Path

import pytest
from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "plugins" / "taskonomy-example"
GUIDE = (ROOT / "plugins" / "README.md").read_text()
NAMES = ("brightness", "depth_order", "depth_zbuffer", "nearness", "normals")
# Training that is over in seconds, and means nothing.
SMALL = """
[recipe]
train_images = 24
transfer_images = 12
test_images = 12
constant_steps = 2
order = 1

[recipe.size]
image = 32
code_side = 4

[recipe.network]
epochs = 1

[recipe.transfer]
epochs = 1

[recipe.scratch]
epochs = 1
"""

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("pip") is None or importlib.util.find_spec("venv") is None or shutil.which("bash") is None,
    reason="it takes pip, venv and bash to install a package as a person does",
)


class Shell:
    """A person's terminal in a folder, with the environment activated."""

    def __init__(self, environment: Path, folder: Path, cache: Path) -> None:
        self.folder = folder
        self._variables = {
            **{name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV_", "PYTHON"))},
            "PATH": os.pathsep.join((str(environment / "bin"), os.environ["PATH"])),
            "TASKONOMY_CACHE": str(cache),
            "OMP_NUM_THREADS": "1",
            # What a person types needs no options: no network, no second copy of what is there already.
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # pip reads the variable of a no-option the other way round
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
            "PIP_ROOT_USER_ACTION": "ignore",
        }

    def __call__(self, command: str) -> str:
        """What a command prints, both streams as they come."""
        done = subprocess.run(
            ["bash", "-c", command],
            cwd=self.folder,
            env=self._variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"$ {command}\n{done.stdout}"
        return done.stdout


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A virtual environment with our wheel; all else that it has is that of the running one."""
    folder = tmp_path_factory.mktemp("road")
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    environment = folder / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(environment)], check=True)
    python = environment / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-index", "--no-deps", wheel], check=True)
    (site,) = environment.glob("lib/python*/site-packages")
    # A line in a .pth file is only a path: the .pth files that lie there, our editable install's, are not followed.
    (site / "running.pth").write_text("\n".join({sysconfig.get_path("purelib"), sysconfig.get_path("platlib")}))
    (environment / "bin" / "pip").write_text(f'#!/bin/sh\nexec "{python}" -m pip "$@"\n')
    (environment / "bin" / "pip").chmod(0o755)
    return environment


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def shell(environment: Path, cache: Path, tmp_path: Path) -> Iterator[Shell]:
    opened = Shell(environment, tmp_path, cache)
    yield opened
    opened("pip uninstall --quiet --yes taskonomy-example taskonomy-nearness")


def test_the_environment_has_the_wheel_and_not_the_checkout(shell: Shell, environment: Path) -> None:
    where = shell(
        "python -c 'import taskonomy_core, taskonomy_cli; print(taskonomy_core.__path__, taskonomy_cli.__path__)'"
    )
    assert where.count(str(environment)) == 2


def test_the_example_package_from_its_wheel_to_a_plan(shell: Shell) -> None:
    (wheel,) = WheelBuilder(str(EXAMPLE)).build(directory=str(shell.folder), versions=["standard"])
    assert "depth_order" not in shell("tk tasks")
    shell(f"pip install --quiet {wheel}")
    assert re.search(r"^depth_order .* taskonomy-example\[depth_order\] +available$", shell("tk tasks"), re.MULTILINE)
    listed = shell("tk plugins --no-load")
    assert re.search(r"^task +depth_order +taskonomy-example +0\.1\.0 +found$", listed, re.MULTILINE)
    checked = shell("tk check depth_order")
    assert checked.count("passed") == checked.count("\ndepth_order ") > 0
    shell("tk init --empty && tk register normals --no-check")
    assert shell("tk register depth_order --no-check") == (
        "Registered depth_order (version 1) from taskonomy-example[depth_order] as source and target.\n"
        "To train: 1 network, 1 transfer to it, 1 transfer from it. Type: tk transfer --new-only\n"
    )
    assert re.search(r"^transfers from 1 source +2 ", shell("tk plan"), re.MULTILINE)
    shutil.copytree(EXAMPLE / "tests", shell.folder / "tests")
    assert re.search(r"^\d+ passed in", shell("python -m pytest -q -W error tests"), re.MULTILINE)


def blocks() -> list[tuple[bool, list[tuple[str, str]]]]:
    """The guide's terminal blocks: whether what is shown was trained in earnest, and (command, what it printed)."""
    found = []
    for trained, text in re.findall(r"```console( trained)?\n(.*?)```", GUIDE, re.DOTALL):
        typed = re.split(r"^\$ (.*)\n", text, flags=re.MULTILINE)[1:]
        found.append((bool(trained), list(zip(typed[::2], typed[1::2], strict=True))))
    return found


def test_the_guides_commands_print_what_it_shows(shell: Shell) -> None:
    shutil.copytree(EXAMPLE, shell.folder / EXAMPLE.name, ignore=shutil.ignore_patterns("__pycache__"))
    for name, text in re.findall(r"```python\n# (\w+\.py)\n(.*?)```", GUIDE, re.DOTALL):
        (shell.folder / name).write_text(text)
    said_small = False
    for trained, typed in blocks():
        if trained and not said_small:
            with (shell.folder / "registry.toml").open("a") as registry:
                registry.write(SMALL)
            said_small = True
        for command, shown in typed:
            printed = shell(command)
            if trained:  # what was trained so little has other numbers, but the same tasks
                assert tasks_in(shown) == tasks_in(printed), printed
            else:
                assert re.fullmatch(pattern(shown), printed), f"$ {command}\n{printed}\nBut the guide shows:\n{shown}"
    assert said_small


def pattern(shown: str) -> str:
    """What is shown, as a regular expression: "..." stands for any lines, or for the rest of one."""
    lines = shown.splitlines()
    return "".join(
        r"(?:.*\n)*?" if line == "..." else re.escape(line).replace(re.escape("..."), ".*") + r"\n" for line in lines
    )


def tasks_in(text: str) -> set[str]:
    """The tasks that have a line of their own."""
    return {name for name in NAMES if re.search(rf"^{name} ", text, re.MULTILINE)}
