"""Words for people: the nearest names to a mistyped one, and what a kind is called."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """ " Did you mean X or Y?" for a mistyped name (at most 3), or nothing where none is near."""
    close = difflib.get_close_matches(name, list(known), 3)
    return f" Did you mean {' or '.join(close)}?" if close else ""


def noun(kind: str) -> str:
    """What people call a kind of plugin."""
    return "data source" if kind == "data" else kind
