"""`tk tasks`: what is installed and what is registered. Imports no plugin and no torch, but for `--gallery`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from taskonomy_cli.options import Count
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Styled, Table
from taskonomy_core.registry.disabling import disabled_fault, is_disabled
from taskonomy_core.registry.discover import TASK, FoundPlugin, discover
from taskonomy_core.registry.roster import Roster, RosterTask

REGISTERED, AVAILABLE, MISSING, CLASH, DISABLED = "registered", "available", "missing", "clash", "disabled"
_STYLES = {REGISTERED: "green", AVAILABLE: "", MISSING: "bold red", CLASH: "bold yellow", DISABLED: "yellow"}


class Side(Count):
    """The side of a picture that every task can take: a multiple of 16 from 32 to 512."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of a text; a usage error where it is none."""
        side = super().convert(value, param, ctx)
        if not 32 <= side <= 512 or side % 16:
            self.fail(f"{value!r} is not a multiple of 16 from 32 to 512.", param, ctx)
        return side


@dataclass(frozen=True)
class Listed:
    """One line: role, costs and weight are those of registry.toml."""

    name: str
    role: str | None
    cost: float | None
    transfer_cost: float | None
    weight: float | None
    plugin: str
    state: str


@click.command
@click.option(
    "--gallery",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Draw the input and the target of every task, all of one scene, to a PNG or SVG instead.",
)
@click.option("--side", type=Side(), help="Side of the gallery's pictures in pixels [default: 192].")
@click.option(
    "--image", metavar="NUMBER", type=click.IntRange(0, 255), help="Which test picture the gallery shows [default: 0]."
)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(session: Session, gallery: Path | None, side: int | None, image: int | None, as_json: bool) -> None:
    """List the tasks that are registered in registry.toml, then those that are only installed.

    With --gallery the tasks of registry.toml are drawn on pictures of its data source; without one, every installed
    task on rooms.
    """
    if gallery is not None:
        from taskonomy_cli.gallery import draw

        drawn = draw(session, gallery, 192 if side is None else side, image or 0)
        if as_json:
            session.terminal.answer_json(drawn)
        return
    if side is not None or image is not None:
        raise click.UsageError("--side and --image are for --gallery FILE.")
    installed = [plugin for plugin in discover() if plugin.kind == TASK]
    listed = _registered(session.roster, installed) if session.found else []
    used = {line.plugin for line in listed}
    listed += _available([plugin for plugin in installed if plugin.label not in used])
    if as_json:
        session.terminal.answer_json([asdict(line) for line in listed])
        return
    session.terminal.answer(
        Table(
            ["NAME", "ROLE", "COST", "TRANSFER COST", "WEIGHT", "PLUGIN", "STATE"],
            [
                [*map(_shown, list(asdict(line).values())[:-1]), Styled(line.state, _STYLES[line.state])]
                for line in listed
            ],
            right=["COST", "TRANSFER COST", "WEIGHT"],
        )
    )
    if session.found is None:
        session.terminal.say("There is no registry.toml here. Type: tk init")
    for line in listed:
        if line.state == MISSING:
            session.terminal.warn(
                f"{line.name} is registered, but {line.plugin} is missing. Type: tk unregister {line.name}"
            )
        if line.state == DISABLED:
            session.terminal.warn(f"{line.name} is registered, but {disabled_fault(line.plugin).message}")


def _registered(roster: Roster, installed: Sequence[FoundPlugin]) -> list[Listed]:
    labels = {plugin.label for plugin in installed}

    def state(task: RosterTask) -> str:
        if is_disabled(task):
            return DISABLED
        is_there = (roster.path.parent / task.plugin).is_file() if task.is_file else task.plugin in labels
        return REGISTERED if is_there else MISSING

    return [
        Listed(
            task.name,
            task.role,
            task.cost,
            task.transfer_cost,
            task.weight,
            task.plugin,
            state(task),
        )
        for task in roster.tasks.values()
    ]


def _available(plugins: Sequence[FoundPlugin]) -> list[Listed]:
    times = Counter(plugin.name for plugin in plugins)
    return [
        Listed(plugin.name, None, None, None, None, plugin.label, CLASH if times[plugin.name] > 1 else AVAILABLE)
        for plugin in plugins
    ]


def _shown(value: str | float | None) -> str:
    if value is None:
        return "-"
    return value if isinstance(value, str) else f"{value:g}"
