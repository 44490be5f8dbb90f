"""Small installed packages, made of files, and the source of small tasks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import pytest

_HEADER = """
from taskonomy_core.contract import OutputSpec, Task, hookimpl

def part(*_):
    raise NotImplementedError

def task(name, **changed):
    parts = dict.fromkeys(("example", "decoder", "loss", "picture"), part)
    return Task(name=name, **dict(version=1, title="T", group="2d", output=OutputSpec.dense(1), **parts) | changed)
"""


@pytest.fixture
def source() -> Callable[..., str]:
    """Source code of a plugin: its own lines after a header that offers `task(name, **changed)` and `hookimpl`."""

    def make(body: str = "", *names: str) -> str:
        hook = f"\n@hookimpl\ndef taskonomy_tasks():\n    return [task(name) for name in {names!r}]\n" if names else ""
        return f"{_HEADER}\n{body}\n{hook}"

    return make


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """An empty folder on sys.path; what is imported from it is forgotten afterwards."""
    folder = tmp_path / "site"
    folder.mkdir()
    monkeypatch.syspath_prepend(str(folder))
    before = set(sys.modules)
    yield folder
    for name in set(sys.modules) - before:
        if str(getattr(sys.modules[name], "__file__", "")).startswith(str(tmp_path)):
            del sys.modules[name]


@pytest.fixture
def install(site: Path) -> Callable[..., None]:
    """Install a package into `site`: its entry points of the group taskonomy and its modules' source."""

    def make(package: str, entries: Mapping[str, str], modules: Mapping[str, str] | None = None) -> None:
        info = site / f"{package.replace('-', '_')}-1.0.dist-info"
        info.mkdir()
        lines = "".join(f"{entry} = {target}\n" for entry, target in entries.items())
        (info / "entry_points.txt").write_text(f"[taskonomy]\n{lines}")
        for name, text in (modules or {}).items():
            (site / f"{name}.py").write_text(text)

    return make
