"""Tasks that take no part: told once a command, with what to type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from taskonomy_cli.terminal import Terminal

if TYPE_CHECKING:
    from taskonomy_core.ledger.left_out import LeftOut


def tell_left_out(terminal: Terminal, left_out: Iterable[LeftOut]) -> None:
    """A sentence for each, then what to type for all of them, on stderr; nothing where there are none."""
    told = list(left_out)
    if not told:
        return
    for part in told:
        terminal.warn(part.sentence)
    hints = list(dict.fromkeys(part.hint for part in told if part.hint))
    without = " && ".join(f"tk unregister {part.name}" for part in told)
    terminal.say("\n".join([*hints, f"Or do without: {without}" if hints else f"Do without: {without}"]))


def plain_left_out(left_out: Iterable[LeftOut]) -> list[dict[str, Any]]:
    """As plain data for JSON."""
    return [{"task": part.name, "reason": part.reason, "hint": part.hint} for part in left_out]
