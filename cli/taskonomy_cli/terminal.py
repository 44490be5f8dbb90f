"""The one object that owns streams and colour: answers go to stdout, talk and progress to stderr.

Whatever is shown may come from a stranger's plugin, so text is never read as markup and no control character of it
reaches the terminal. Colour follows the stream (none into a pipe) and NO_COLOR. rich is imported when first needed.
"""

from __future__ import annotations

import json
import math
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

    from taskonomy_core.contract import Progress

# A pipe has no width: nothing is folded or cut there.
_PIPE_WIDTH = 10_000


def printable(text: str, keep: str = "\n") -> str:
    r"""`text` with every character that could steer a terminal written out (ESC: \x1b), except those in `keep`."""
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() or c in keep else c.encode("unicode_escape").decode() for c in text)


@dataclass(frozen=True)
class Styled:
    """A piece of text with a rich style, for a table's cell."""

    text: str
    style: str


@dataclass(frozen=True)
class Table:
    """Rows under column names; `right` names the columns that are aligned to the right, as numbers are.

    `gap` is the space between columns.
    """

    columns: Sequence[str]
    rows: Sequence[Sequence[str | Styled]]
    right: Sequence[str] = ()
    gap: int = 2


class Terminal:
    """Streams and colour of one command."""

    def answer(self, shown: str | Table | RenderableType) -> None:
        """Print what was asked for, on stdout: text, a Table, or anything that rich can draw."""
        _print(sys.stdout, shown)

    def answer_json(self, value: Any) -> None:
        """Print what was asked for as JSON, on stdout; NaN and infinity, which JSON does not know, become null."""
        # ASCII alone, so that a control character in a name stays an escape.
        _write(sys.stdout, json.dumps(finite(value), indent=2, allow_nan=False) + "\n")

    def say(self, text: str, style: str = "") -> None:
        """Tell the user something besides the answer, on stderr."""
        _print(sys.stderr, Styled(text, style))

    def warn(self, text: str) -> None:
        """Tell the user of something that may be wrong, on stderr."""
        self.say(text, "yellow")

    def fail(self, message: str, hint: str = "") -> None:
        """Tell the user what went wrong, and on the next line what to type, on stderr."""
        self.say(message, "bold red")
        if hint:
            self.say(hint)

    @contextmanager
    def progress(self) -> Iterator[Progress]:
        """A callable `(done, total, what)` that draws a bar per `what` on stderr; into a pipe, one line at its end."""
        if not sys.stderr.isatty():
            yield self._tell_end
            return
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (
            TextColumn("{task.description}", markup=False),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
        )
        with Progress(*columns, console=_console(sys.stderr), transient=True) as bars:
            shown: dict[str, Any] = {}

            def draw(done: int, total: int, what: str) -> None:
                if what not in shown:
                    shown[what] = bars.add_task(printable(what, keep=""), total=total)
                bars.update(shown[what], completed=done, total=total)

            yield draw

    @contextmanager
    def live(self) -> Iterator[Callable[[RenderableType], None]]:
        """A callable that draws something of rich's on stderr in place of what it drew before; gone at the end."""
        from rich.live import Live

        with Live(console=_console(sys.stderr), transient=True, refresh_per_second=2) as view:
            yield view.update

    def _tell_end(self, done: int, total: int, what: str) -> None:
        if done >= total:
            self.say(f"{what}: {total} of {total}")


def _print(stream: TextIO, shown: Any) -> None:
    from rich.text import Text

    if isinstance(shown, str):
        shown = Styled(shown, "")
    if isinstance(shown, Styled):
        _console(stream).print(Text(printable(shown.text), style=shown.style), soft_wrap=True)
    elif isinstance(shown, Table):
        console = _console(stream)
        with console.capture() as drawn:
            console.print(_drawn(shown))
        # rich fills the last column up with spaces.
        _write(stream, "".join(line.rstrip() + "\n" for line in drawn.get().splitlines()))
    else:
        _console(stream).print(shown)


def _drawn(table: Table) -> RenderableType:
    from rich.table import Table as RichTable
    from rich.text import Text

    def cell(content: str | Styled) -> Text:
        content = content if isinstance(content, Styled) else Styled(content, "")
        return Text(printable(content.text, keep=""), style=content.style)

    drawn = RichTable(box=None, header_style="bold", pad_edge=False, padding=(0, table.gap, 0, 0))
    for column in table.columns:
        drawn.add_column(cell(column), justify="right" if column in table.right else "left", overflow="fold")
    for row in table.rows:
        drawn.add_row(*map(cell, row))
    return drawn


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    _forgive(stream)
    return Console(
        file=stream,
        highlight=False,
        markup=False,
        emoji=False,
        # NO_COLOR means no styles at all here; rich by itself would keep bold.
        color_system=None if os.environ.get("NO_COLOR") or not stream.isatty() else "auto",
        width=None if stream.isatty() else _PIPE_WIDTH,
        soft_wrap=False,
    )


def _write(stream: TextIO, text: str) -> None:
    _forgive(stream)
    stream.write(text)
    stream.flush()


def _forgive(stream: TextIO) -> None:
    """Let a stream of a poor encoding write escapes in place of letters that it lacks, where it would raise."""
    reconfigure = getattr(stream, "reconfigure", None)
    if reconfigure is not None and getattr(stream, "errors", "strict") == "strict":
        reconfigure(errors="backslashreplace")


def finite(value: Any) -> Any:
    """Plain data as JSON can say it: NaN and infinities are None, keys text, tuples lists."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): finite(part) for key, part in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(part) for part in value]
    return value
