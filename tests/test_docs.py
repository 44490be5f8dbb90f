"""What the documents show is run, and what they list is there."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest
import torch

from taskonomy_cli.app import COMMANDS
from taskonomy_core.contract import CheckBench, NetworkSize, Task, Views, check_task, hookspecs
from taskonomy_core.taxonomy.csv_format import COLUMNS
from taskonomy_core.taxonomy.exchange import read_measurements
from taskonomy_core.taxonomy.measurements import TaskFacts

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
GUIDE = (ROOT / "plugins" / "README.md").read_text()
SIZE = NetworkSize(32, 8, 4, 8, (16,), ((16, 16), (8, 8), (8, 8)), 32, 0.0)


def python_blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def pictures(task: Task, count: int) -> Views:
    # Smooth noise of different strength, so that images differ in more than detail.
    noise = torch.rand(count, 3, 4, 4, generator=torch.Generator().manual_seed(count))
    return Views({"rgb": torch.nn.functional.interpolate(noise, size=32, mode="bilinear")[:, None]})


def docstring_example() -> str:
    import taskonomy_core.contract.task as module

    text = module.__doc__ or ""
    block = text[text.index("    from taskonomy_core.contract") : text.index("and one entry point")]
    return "\n".join(line[4:] for line in block.splitlines())


@pytest.mark.parametrize("source", [*python_blocks(README), docstring_example()], ids=["readme", "docstring"])
def test_the_example_task_keeps_the_contract(source: str) -> None:
    space: dict[str, object] = {}
    exec(compile(source, "example", "exec", dont_inherit=True), space)
    (task,) = space["taskonomy_tasks"]()  # type: ignore[operator]
    results = check_task(task, CheckBench(views=pictures, size=SIZE))
    assert [result for result in results if not result.passed] == []
    assert task.name == "brightness"


def test_the_guides_test_is_what_the_decorator_wants() -> None:
    (block,) = python_blocks(GUIDE)
    space: dict[str, object] = {"my_views": pictures, "my_size": SIZE}
    exec(python_blocks(README)[0], space)
    space["my_task"] = space["TASK"]
    exec(block, space)
    assert callable(space["test_contract"])


def test_every_hook_is_in_the_guide_and_no_other() -> None:
    known = {name for name in vars(hookspecs) if name.startswith("taskonomy_")}
    assert set(re.findall(r"`(taskonomy_[a-z_]+)\(", GUIDE)) == known


def test_every_command_that_is_shown_is_there() -> None:
    shown = set(re.findall(r"\btk ([a-z]+)\b", README + GUIDE + (ROOT / "docs" / "architecture.md").read_text()))
    assert shown <= set(COMMANDS)
    assert set(COMMANDS) - {"demo"} <= shown


def test_the_examples_of_measurements_are_read_and_say_the_same(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "measurements.md").read_text()
    found = {}
    for ending in ("csv", "json"):
        (block,) = re.findall(rf"```{ending}\n(.*?)```", page, re.DOTALL)
        (tmp_path / f"x.{ending}").write_text(block)
        found[ending] = read_measurements(tmp_path / f"x.{ending}")
    assert found["csv"].affinity == found["json"].affinity
    assert found["csv"].affinity.into("normals")[1].name == "curvature + reshading -> normals"
    normals = found["json"].tasks["normals"]
    assert normals == TaskFacts(normals.title, normals.group)  # it shows the defaults
    assert f"```csv\n{','.join(COLUMNS)}\n" in page
    assert all(f"| `{each.name}` |" in page for each in fields(TaskFacts))


@pytest.mark.parametrize(
    "page",
    [
        "docs/architecture.md",
        "docs/measurements.md",
        "README.md",
        "plugins/README.md",
        "tasks/README.md",
        "CONTRIBUTING.md",
    ],
)
def test_every_link_leads_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    links = re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / page).read_text())
    assert all((folder / link).exists() for link in links)


def test_every_room_of_the_architecture_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    rooms = re.findall(r"^ {4}(?: {2})?([a-z]+)/ ", text, re.MULTILINE)
    there = {path.name for path in (ROOT / "taskonomy_core").rglob("*") if path.is_dir() and path.name[0] != "_"}
    assert set(rooms) == there
