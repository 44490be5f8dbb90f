"""Writes tasks/README.md, the dictionary of the built-in tasks, from the tasks themselves: `make docs`.

Everything in it is read off the installed tasks: their fields, what their parts are called, and the docstrings of
their modules. A test compares the file with what this would write.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields, is_dataclass
from functools import partial
from pathlib import Path
from typing import Any

import torch

from taskonomy_core.contract import Draws, OutputSpec, Task, Views
from taskonomy_core.registry.discover import TASK, discover
from taskonomy_core.registry.load import load_plugin
from taskonomy_core.taxonomy.aliases import PUBLISHED_NAMES, TASK_BANK_NAMES

FILE = Path(__file__).parent.parent / "tasks" / "README.md"
COLUMNS = (
    *("task", "title", "the paper's code name", "group", "input", "labels", "output"),
    *("loss", "head", "metrics", "used as", "version"),
)
HEAD = """\
# The built-in tasks

The dictionary of the paper: {count} tasks, one module each in [taskonomy_tasks](taskonomy_tasks). `make docs` writes
this page from them; to change it, change them.

Pictures are H x W pixels on [-1, 1]. *Labels* are the modalities that a task reads from the data source besides the
picture itself. *Output* is what the head predicts per example. Sizes that the preset decides (widths, H and W) are
left out. Commands understand the paper's code names too.

In the texts, *facts 1.3* is a section of the notes on the paper and its released code that the tasks were written
from; `_poses` and the like are modules that several tasks share.
"""


def page() -> str:
    """The whole file."""
    found = dict(installed())
    lines = [_row(*COLUMNS), _row(*("---" for _ in COLUMNS))]
    lines += [_row(*_cells(task)) for task in found]
    sections = [f"## {task.name}\n\n{text}\n" for task, text in found.items()]
    return "\n".join([HEAD.format(count=len(found)), *lines, "", *sections])


def installed() -> Iterator[tuple[Task, str]]:
    """Every built-in task and the docstring of its module, by name."""
    for plugin in discover():
        if (plugin.package, plugin.kind) == ("taskonomy", TASK):
            task = load_plugin(plugin).tasks[plugin.name]
            yield task, inspect.getdoc(sys.modules[plugin.module]) or ""


def _row(*cells: str) -> str:
    return f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |"


def _cells(task: Task) -> tuple[str, ...]:
    published = {**PUBLISHED_NAMES, **TASK_BANK_NAMES}
    metrics = [metric() for metric in task.metrics]
    role = " and ".join(word for word, is_one in (("source", task.source), ("target", task.target)) if is_one)
    return (
        f"[{task.name}](#{task.name})",
        task.title,
        _code(*(name for name, ours in published.items() if ours == task.name)),
        task.group,
        _input(task),
        _code(*task.needs),
        _output(task.output),
        _code(called(task.loss)),
        _code(called(task.decoder)),
        "; ".join(f"{metric.name} ({metric.unit})" if metric.unit else metric.name for metric in metrics),
        role if task.trainable else f"{role}, never trained",
        str(task.version),
    )


def _code(*names: str) -> str:
    return ", ".join(f"`{name}`" for name in names)


def _input(task: Task) -> str:
    """How many pictures, how the data source arranges them, and whether the encoder sees others than it gives."""
    words = "1 picture" if task.views == 1 else f"{task.views} pictures ({task.arrangement.replace('_', ' ')})"
    if task.alters_inputs:
        plain = Views({"rgb": torch.zeros(1, task.views, 3, 64, 64)})
        views = task.example(plain, Draws.of(0, [0])).inputs.shape[1]
        words = f"{words}, altered" if views == task.views else f"{views} altered pieces of {words}"
    return words if task.channels == 3 else f"{words}; its encoder sees `{called(task.sees)}`, {task.channels} channel"


def _output(output: OutputSpec) -> str:
    if not output.is_dense:
        return f"{output.channels} numbers"
    return (
        f"{output.channels} x H x W"
        if output.stride == 1
        else f"{output.channels} x H/{output.stride} x W/{output.stride}"
    )


def called(part: Any) -> str:
    """What a part of a task is called in code: a function's name, or a recipe with what it changes and its layers."""
    if isinstance(part, partial):
        return f"{called(part.func)}({', '.join(f'{name}=...' for name in part.keywords)})"
    if not is_dataclass(part):
        return str(getattr(part, "__name__", type(part).__name__))
    values = {field.name: (getattr(part, field.name), field.default) for field in fields(part)}
    shown = [
        f"{name}={value!r}"
        for name, (value, default) in values.items()
        if name == "layers" or default is MISSING or value != default
    ]
    return f"{type(part).__name__}({', '.join(shown)})"


if __name__ == "__main__":
    FILE.write_text(page(), encoding="utf-8")
    print(f"Wrote {FILE.relative_to(Path.cwd()) if FILE.is_relative_to(Path.cwd()) else FILE}")
