"""Finding and checking the task that a user names: an installed one, a registered one, or a single file."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from taskonomy_cli.session import Session
from taskonomy_core.contract.data import DataRequest
from taskonomy_core.errors import DataError, PluginError
from taskonomy_core.learning.recipe import PRESETS
from taskonomy_core.registry.discover import TASK
from taskonomy_core.registry.load import load_file, load_plugin
from taskonomy_core.registry.naming import nearest
from taskonomy_core.registry.resolve import data_source, entry_of, load_entry, offers

if TYPE_CHECKING:
    from taskonomy_core.contract.checks import CheckBench, CheckResult
    from taskonomy_core.contract.data import DataSource
    from taskonomy_core.contract.example import Views
    from taskonomy_core.contract.task import Task

# Pictures for checks: small, so that a check takes seconds, and the fewest that give every arrangement a batch.
_SIDE = 32
_COUNTS = {"train": 16, "transfer": 4, "test": 4}


@dataclass(frozen=True)
class Candidate:
    """A task and where it comes from, as registry.toml would say it."""

    task: Task
    plugin: str


def is_file(name: str) -> bool:
    """Whether the user means a file and not the name of a task."""
    return name.endswith(".py") or os.sep in name


def candidates(session: Session, name: str) -> list[Candidate]:
    """The tasks that FILE.py, a registered NAME, an installed NAME or "package[entry]" stands for; one but for files.

    Errors: PluginError where there is no such task (with the nearest and the installed names), several packages bring
    it, or its plugin is broken.
    """
    if is_file(name):
        path = Path(name)
        plugin = load_file(path, label=name)
        if not plugin.tasks:
            raise PluginError(f"{name} brings no task.", "Give it a function taskonomy_tasks, marked with @hookimpl.")
        folder = session.new_path.parent if session.found is None else session.path.parent
        relative = Path(os.path.relpath(path.resolve(), folder.resolve())).as_posix()
        return [Candidate(task, relative) for task in plugin.tasks.values()]
    if session.found and name in session.roster.tasks:
        entry = session.roster.tasks[name]
        return [Candidate(load_entry(entry, session.roster), entry.plugin)]
    found = entry_of(TASK, name)
    return [Candidate(load_plugin(found).tasks[found.name], found.label)]


def checked(session: Session, tasks: Sequence[Task]) -> dict[str, list[CheckResult]]:
    """Every rule of the contract, tried on tasks over small pictures of the project's data source, by task.

    Without a registry.toml the pictures are those of "rooms". Errors: DataError where a task needs what the data
    source does not have.
    """
    from taskonomy_core.contract.checks import check_task

    bench = _bench(session, tasks)
    return {task.name: check_task(task, bench) for task in tasks}


def _bench(session: Session, tasks: Sequence[Task]) -> CheckBench:
    import torch

    from taskonomy_core.contract.checks import CheckBench

    name, seed, options = "rooms", 0, {}
    if session.found:
        roster = session.roster
        name, seed, options = roster.data["source"], roster.seed, roster.data_options
    request = DataRequest(_SIDE, _COUNTS, seed, options)
    data = data_source(name).open(request)
    for task in tasks:
        _refuse_missing(task, name, data, request)
    # Two torch threads beside other load are slower than one.
    torch.set_num_threads(1)
    with session.terminal.progress() as progress:
        data.prepare(progress)
    size = replace(PRESETS["nano"].size, image=_SIDE, code_side=_SIDE // 8)
    return CheckBench(partial(_views, data), size, seed)


def _views(data: DataSource, task: Task, count: int) -> Views:
    """`count` examples' views from `train`, or as many as the small pictures give."""
    from taskonomy_core.contract.example import Views

    groups = data.groups("train", task.arrangement)[:count]
    return Views(data.read("train", groups, task.modalities))


def _refuse_missing(task: Task, source: str, data: DataSource, request: DataRequest) -> None:
    for need in task.modalities:
        if need not in data.modalities:
            has = f"It has: {', '.join(sorted(data.modalities))}."
            others = [name for name, names in offers(request).items() if names.issuperset(task.modalities)]
            raise DataError(
                f"{task.name} needs {need!r}, which the data source {source} does not have."
                f"{nearest(need, data.modalities)}",
                f"{has} All that {task.name} needs is offered by: {', '.join(others)}." if others else has,
            )
