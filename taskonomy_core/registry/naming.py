"""Words for people: the nearest names to a mistyped one, names in a row, long texts, and what a kind is called."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """ " Did you mean X or Y?" for a mistyped name, or nothing where none is near; at most 3, and nearly as near."""
    names = list(known)
    close = difflib.get_close_matches(name, names, 1)
    if not close:
        return ""
    best = difflib.SequenceMatcher(None, close[0], name).ratio()
    close = difflib.get_close_matches(name, names, 3, max(0.6, best - 0.1))
    return f" Did you mean {' or '.join(close)}?"


def noun(kind: str) -> str:
    """What people call a kind of plugin."""
    return "data source" if kind == "data" else kind


def shortened(text: str, most: int = 60) -> str:
    """A text out of somebody's file as a message shows it: cut where it is long."""
    return text if len(text) <= most else text[:most] + "..."


def listed(names: Iterable[str]) -> str:
    """ "a", "a and b", "a, b and c"."""
    *others, last = names
    return f"{', '.join(others)} and {last}" if others else last
