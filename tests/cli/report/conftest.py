"""A trained project with a hostile title, its report, and a browser without a network."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from taskonomy_cli.app import tk

CHROMIUM = Path("/usr/bin/chromium")
HOSTILE = "<img src=x onerror=\"document.title='owned'\"></script><script>document.title='owned'</script>"
HOSTILE_TASK = f"""
from taskonomy_core.contract import Example, OutputSpec, Task, hookimpl
from taskonomy_core.blocks import DenseDecoder, grey_picture, l1_loss, mean_absolute_error

def brightness(views, draws):
    return Example(inputs=views.images(), target=views.only("rgb").mean(1, keepdim=True) * 2 - 1)

TASK = Task(name="brightness", version=1, title={HOSTILE!r}, group="2d", needs=("rgb",),
            output=OutputSpec.dense(1), example=brightness, decoder=DenseDecoder(tanh=True), loss=l1_loss,
            metrics=(mean_absolute_error("L1", scale=0.5),), picture=grey_picture)

@hookimpl
def taskonomy_tasks():
    return [TASK]
"""


@pytest.fixture(scope="session")
def trained(
    tiny_project: Callable[[Path], Path], tmp_path_factory: pytest.TempPathFactory, rooms_cache: Path
) -> Iterator[Path]:
    """A folder with a project of five tasks, really trained; one is titled with HTML and script."""
    folder = tmp_path_factory.mktemp("trained") / "five"
    registry = str(tiny_project(folder))
    (folder / "brightness.py").write_text(HOSTILE_TASK)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TASKONOMY_CACHE", str(rooms_cache))
        for command in (
            ["register", str(folder / "brightness.py")],
            ["transfer", "--executor", "inline", "--device", "cpu"],
        ):
            done = CliRunner().invoke(tk, ["--registry", registry, *command], prog_name="tk", catch_exceptions=False)
            assert done.exit_code == 0, done.stderr
        yield folder


@pytest.fixture(scope="session")
def report(trained: Path) -> Path:
    """Its report."""
    arguments = ["--registry", str(trained / "registry.toml"), "report", "--draws", "50", "--examples", "2"]
    done = CliRunner().invoke(tk, arguments, prog_name="tk", catch_exceptions=False)
    assert done.exit_code == 0, done.stderr
    return trained / "report.html"


@pytest.fixture(scope="session")
def from_file(trained: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the measurements that the project exports."""
    folder = tmp_path_factory.mktemp("file")
    for arguments in (
        ["--registry", str(trained / "registry.toml"), "export", str(folder / "scores.json")],
        ["report", "--from", str(folder / "scores.json"), "-o", str(folder / "of_file.html"), "--draws", "50"],
    ):
        done = CliRunner().invoke(tk, arguments, prog_name="tk", catch_exceptions=False)
        assert done.exit_code == 0, done.stderr
    return folder / "of_file.html"


@pytest.fixture
def project(trained: Path, tmp_path: Path) -> Path:
    """A copy of the trained project that may be changed."""
    return Path(shutil.copytree(trained, tmp_path / "five"))


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's Chromium."""
    playwright = pytest.importorskip(
        "playwright.sync_api", reason="playwright is not installed: pip install playwright"
    )
    if not CHROMIUM.exists():
        pytest.skip(f"there is no {CHROMIUM}: apt-get install chromium")
    with playwright.sync_playwright() as driver:
        opened = driver.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()
