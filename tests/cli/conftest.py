"""Runs `tk` in this process, in an empty folder, and gives its whole text."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from taskonomy_cli.app import tk

Run = Callable[..., Result]

# The task of the docstring of taskonomy_core.contract.task.
BRIGHTNESS = """
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl
from taskonomy_core.blocks import DenseDecoder, grey_picture, l1_loss, mean_absolute_error

def brightness(views: Views, draws: Draws) -> Example:
    return Example(inputs=views.images(), target=views.only("rgb").mean(1, keepdim=True) * 2 - 1)

TASK = Task(name="brightness", version=1, title="Brightness", group="2d", needs=("rgb",),
            output=OutputSpec.dense(1), example=brightness, decoder=DenseDecoder(tanh=True), loss=l1_loss,
            metrics=(mean_absolute_error("L1", scale=0.5),), picture=grey_picture)

@hookimpl
def taskonomy_tasks() -> list[Task]:
    return [TASK]
"""


@pytest.fixture(scope="session")
def rooms_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of rendered rooms for all tests: rendering is what takes longest."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rooms_cache: Path) -> Path:
    """The working directory of the test: an empty folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TASKONOMY_CACHE", str(rooms_cache))
    return folder


@pytest.fixture
def run(here: Path) -> Run:
    """`run("register", "normals")` is `tk register normals` in `here`."""

    def invoke(*args: str) -> Result:
        return CliRunner().invoke(tk, args, prog_name="tk", catch_exceptions=False)

    return invoke


@pytest.fixture
def brightness(here: Path) -> str:
    """A file with one sound task, in `here`."""
    (here / "brightness.py").write_text(BRIGHTNESS)
    return "brightness.py"
