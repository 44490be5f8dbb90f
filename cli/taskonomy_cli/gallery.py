"""`tk tasks --gallery`: one picture as every task sees it, on one sheet."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskonomy_cli.session import Session
from taskonomy_cli.wording import several
from taskonomy_core.contract.data import DataRequest
from taskonomy_core.errors import PluginError, TaskonomyError
from taskonomy_core.registry.discover import TASK, discover
from taskonomy_core.registry.load import load_all
from taskonomy_core.registry.resolve import data_source, load_entry
from taskonomy_core.report.canvas import check_place

if TYPE_CHECKING:
    from taskonomy_core.contract.data import DataSource
    from taskonomy_core.contract.task import Task
    from taskonomy_core.learning.gallery import Panel
    from taskonomy_core.ledger.left_out import LeftOut

_WHOLE = 8  # pictures are asked for in multiples of this, so that no group of views is cut


def draw(session: Session, path: Path, side: int, image: int) -> dict[str, Any]:
    """Draw the project's tasks on a picture of its data source; without a registry.toml, all installed tasks on rooms.

    Returns what was drawn and, with the reason, what was not. Errors: TaskonomyError where nothing can be written to
    `path`, the data source cannot be opened, or there is no task.
    """
    check_place(path)
    name, seed, options = "rooms", 0, {}
    if session.found:
        roster = session.roster
        name, seed, options = roster.data["source"], roster.seed, roster.data_options
        if not roster.tasks:
            raise TaskonomyError(f"{session.path} registers no task.", "Type: tk tasks, then: tk register NAME")
    import torch

    from taskonomy_core.learning.gallery import SPLIT, gallery
    from taskonomy_core.report.gallery_picture import draw_gallery

    # Two torch threads beside other load are slower than one.
    torch.set_num_threads(1)
    count = (image // _WHOLE + 1) * _WHOLE
    data = data_source(name).open(DataRequest(side, {SPLIT: count}, seed, options))
    tasks = list(_registered(session) if session.found else _installed())
    with session.terminal.progress() as progress:
        data.prepare(progress)
        panels = gallery(tasks, data, image, seed, progress)
    draw_gallery(
        panels,
        path,
        title=f"{several(len(panels), 'task')} on one scene",
        note=f"Test picture {image} of {name}, {side} x {side} pixels, seed {seed}. "
        "Left: what the task's network sees; right: what it should say.",
    )
    left_out = _left_out(session, tasks, panels, data)
    for part in left_out:
        session.terminal.warn(f"{part.name} is not drawn: {part.reason}" + (f"\n{part.hint}" if part.hint else ""))
    session.terminal.say(f"Drawn: {path}")
    return {
        "file": str(path),
        "drawn": [panel.name for panel in panels if not panel.fault],
        "not_drawn": {part.name: part.reason for part in left_out},
    }


def _left_out(
    session: Session, tasks: Sequence[tuple[str, Task | TaskonomyError]], panels: Sequence[Panel], data: DataSource
) -> list[LeftOut]:
    """Why tasks were not drawn; in a project, for want of a modality, also which data sources have it."""
    from taskonomy_core.ledger.left_out import LeftOut
    from taskonomy_core.ledger.opening import lacking
    from taskonomy_core.ledger.project import Project

    loaded = {name: task for name, task in tasks if not isinstance(task, TaskonomyError)}
    known = lacking(Project(session.roster, session.recipe), loaded, data) if session.found else {}
    return [
        known.get(panel.name) or LeftOut(panel.name, panel.fault.message, panel.fault.hint)
        for panel in panels
        if panel.fault
    ]


def _registered(session: Session) -> Iterator[tuple[str, Task | TaskonomyError]]:
    """The tasks of registry.toml, or why one cannot be had."""
    found = discover()
    for name, entry in session.roster.tasks.items():
        try:
            yield name, load_entry(entry, session.roster, found)
        except PluginError as error:
            yield name, error


def _installed() -> Iterator[tuple[str, Task | TaskonomyError]]:
    """Every installed task, or why one cannot be had; two packages that bring one name are told of once."""
    found = [plugin for plugin in discover() if plugin.kind == TASK]
    loaded = load_all(found)
    clashes = set()
    for plugin in found:
        broken = loaded.broken.get(plugin.label)
        if broken is None:
            yield plugin.name, loaded.plugins[plugin.label].tasks[plugin.name]
        elif broken.message not in clashes:
            clashes.add(broken.message)
            yield plugin.name, broken
