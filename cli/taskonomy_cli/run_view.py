"""What a person sees while a run trains: at a terminal one live view, into a pipe plain lines."""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from taskonomy_cli.terminal import Terminal, printable
from taskonomy_cli.wording import duration, part_name, several
from taskonomy_core.ledger.jobs import NETWORK

if TYPE_CHECKING:
    from rich.console import RenderableType

    from taskonomy_core.ledger.run import RunProgress

# How often a pipe is told of a run that goes on.
LINE_S = 30.0
# Jobs in training that are named.
_NAMED = 4


@contextmanager
def run_view(
    terminal: Terminal, clock: Callable[[], float] = time.monotonic
) -> Iterator[Callable[[RunProgress], None]]:
    """A callable that shows how far a run is, on stderr."""
    if not sys.stderr.isatty():
        yield _Lines(terminal, clock)
        return
    with terminal.live() as draw:
        yield lambda seen: draw(_drawn(seen))


class _Lines:
    """One line when a part is finished, and one every half minute."""

    def __init__(self, terminal: Terminal, clock: Callable[[], float]) -> None:
        self._terminal, self._clock = terminal, clock
        self._finished: set[tuple[str, int]] = set()
        self._told = clock()

    def __call__(self, seen: RunProgress) -> None:
        for part, (ended, total) in seen.parts.items():
            if ended >= total and part not in self._finished:
                self._finished.add(part)
                self._terminal.say(f"{part_name(*part)}: {total} of {total}")
        if self._clock() - self._told >= LINE_S:
            self._told = self._clock()
            ended, total = (sum(counts) for counts in zip(*seen.parts.values(), strict=True))
            rest = [part for part in (_failed(seen), _left(seen)) if part]
            self._terminal.say(", ".join([f"{ended} of {total} jobs", *rest]))


def _drawn(seen: RunProgress) -> RenderableType:
    """A bar for each part, and below them what runs, what failed, and how long it will take."""
    from rich.console import Group
    from rich.progress_bar import ProgressBar
    from rich.table import Table
    from rich.text import Text

    bars = Table.grid(padding=(0, 2, 0, 0))
    for part, (ended, total) in seen.parts.items():
        bars.add_row(
            Text(part_name(*part)), ProgressBar(total or 1, ended, width=30), Text(f"{ended}/{total}", justify="right")
        )
    lines = [Text(printable(running_in_words(seen.running), keep=""), style="dim", overflow="ellipsis", no_wrap=True)]
    if seen.failed:
        lines.append(Text(_failed(seen), style="bold red"))
    if _left(seen):
        lines.append(Text(_left(seen)))
    return Group(bars, *lines)


def running_in_words(names: tuple[str, ...]) -> str:
    """ "In training: network of normals, 6 transfers to edges": readouts of one target are told together."""
    if not names:
        return "Nothing is in training."
    told: Counter[str] = Counter()
    for name in names:
        what, arrow, target = name.partition(" -> ")
        told[f"{what.partition(' ')[0]} to {target}" if arrow else name] += 1
    parts = []
    for name, number in told.items():
        kind, _, rest = name.partition(" ")
        parts.append(name if number == 1 else f"{number} {kind}s {rest}")
    parts.sort(key=lambda part: not part.startswith(NETWORK))
    more = [f"{len(parts) - _NAMED} more"] if len(parts) > _NAMED else []
    return f"In training: {', '.join([*parts[:_NAMED], *more])}"


def _failed(seen: RunProgress) -> str:
    return f"{several(seen.failed, 'job')} failed" if seen.failed else ""


def _left(seen: RunProgress) -> str:
    return f"about {duration(seen.seconds_left)} left" if seen.seconds_left else ""
