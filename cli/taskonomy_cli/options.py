"""Types of options that several commands take."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taskonomy_cli.session import Session

if TYPE_CHECKING:
    _Number = click.ParamType[float]
    _Whole = click.ParamType[int]
    _Text = click.ParamType[str]
    _Texts = click.ParamType[tuple[str, ...]]
    _Pair = click.ParamType[tuple[str, float]]
else:
    _Number = _Whole = _Text = _Texts = _Pair = click.ParamType  # older releases of click know no type of what it gives


class Amount(_Number):
    """A finite number from 0, or above 0."""

    name = "number"

    def __init__(self, *, above_zero: bool = False) -> None:
        self._above_zero = above_zero

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number of a text; a usage error where it is none."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or number < 0 or (self._above_zero and number == 0):
            self.fail(f"{value!r} is not a finite number {'above' if self._above_zero else 'from'} 0.", param, ctx)
        return number


class Count(_Whole):
    """A whole number from 1."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of a text; a usage error where it is none."""
        try:
            number = int(value)
        except ValueError:
            number = 0
        if number < 1:
            self.fail(f"{value!r} is not a whole number from 1.", param, ctx)
        return number


class TaskName(_Text):
    """The name of a task: ours, or the one that the authors' code, results or task bank have for it.

    Whatever else is given (FILE.py, "package[entry]", a name that nobody knows) stays as it is.
    """

    name = "task"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """Our name of a task."""
        return _task_name(str(value), ctx)


class TaskNames(_Texts):
    """Names of tasks with commas between them."""

    name = "tasks"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """Our names of the tasks."""
        parts = value if isinstance(value, tuple) else str(value).split(",")
        return tuple(_task_name(part.strip(), ctx) for part in parts)


class Names(_Texts):
    """Names of measured tasks with commas between them, as they are typed; `Measured.name` knows what they mean."""

    name = "tasks"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, ...]:
        """The names; a usage error for none."""
        parts = value if isinstance(value, tuple) else tuple(part.strip() for part in str(value).split(","))
        if not all(parts):
            self.fail(f"{value!r} names no task.", param, ctx)
        return parts


class Assignment(_Pair):
    """TASK=N: a number from 0 for a task."""

    name = "task=n"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        """The name as it is typed, and its number; a usage error where it is no such pair."""
        if isinstance(value, tuple):
            return value
        name, equals, number = str(value).partition("=")
        if not (equals and name.strip() and number.strip()):
            self.fail(f"{value!r} is not of the form TASK=N, for example normals=2.5.", param, ctx)
        return name.strip(), Amount().convert(number.strip(), param, ctx)


def _task_name(name: str, ctx: click.Context | None) -> str:
    """`name`, or ours for it where no task is registered or installed under `name` itself but one is under ours."""
    from taskonomy_core.registry.discover import TASK, discover
    from taskonomy_core.taxonomy.aliases import our_name

    ours = our_name(name)
    if ours == name:
        return name
    known = {plugin.name for plugin in discover() if plugin.kind == TASK}
    session = ctx.find_object(Session) if ctx else None
    if session and session.found:
        known.update(session.roster.tasks)
    return ours if ours in known and name not in known else name


def plot_option(default: str = "") -> Callable[..., Any]:
    """`--plot FILE`; `default` is what is drawn without it beside registry.toml."""
    where = f" [default: {default} beside registry.toml]" if default else ""
    return click.option(
        "--plot",
        metavar="FILE",
        type=_Picture(path_type=Path, dir_okay=False),
        help=f"Draw the answer, PNG or SVG{where}.",
    )


class _Picture(click.Path):
    """A place for a picture, refused before any work is done."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        from taskonomy_core.report.canvas import check_place

        path = super().convert(value, param, ctx)
        check_place(Path(str(path)))
        return path
