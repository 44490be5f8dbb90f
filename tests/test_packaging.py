"""The wheel holds four packages and nothing else; the house keeps its sizes."""

from __future__ import annotations

import tomllib
import zipfile
from pathlib import Path

from hatchling.builders.wheel import WheelBuilder

ROOT = Path(__file__).parent.parent
PACKAGES = {"taskonomy_core", "taskonomy_tasks", "taskonomy_plugins", "taskonomy_cli"}


def test_the_wheels_top_level_is_the_four_packages(tmp_path: Path) -> None:
    (wheel,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path), versions=["standard"])
    names = zipfile.ZipFile(wheel).namelist()
    top = {name.split("/")[0] for name in names}
    assert {name for name in top if not name.endswith(".dist-info")} == PACKAGES
    assert {f"{package}/py.typed" for package in PACKAGES} <= set(names)
    page = ROOT / "cli" / "taskonomy_cli" / "page" / "static"
    assert {path.relative_to(ROOT / "cli").as_posix() for path in page.rglob("*.*")} <= set(names)
    (entry_points,) = [name for name in names if name.endswith("entry_points.txt")]
    listed = zipfile.ZipFile(wheel).read(entry_points).decode()
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert all(f"{name} = {value}" in listed for name, value in project["entry-points"]["taskonomy"].items())


def test_the_customers_top_level_stands() -> None:
    for name in ("pyproject.toml", "taskonomy_core", "plugins", "tasks", "cli", "tests", "registry.toml"):
        assert (ROOT / name).exists()


def test_files_are_short() -> None:
    lengths = [
        len(path.read_text().splitlines())
        for folder in ("taskonomy_core", "tasks", "plugins", "cli")
        for path in (ROOT / folder).rglob("*.py")
    ]
    assert sum(length < 100 for length in lengths) * 2 >= len(lengths)
    assert sum(length < 350 for length in lengths) * 10 >= 9 * len(lengths)
