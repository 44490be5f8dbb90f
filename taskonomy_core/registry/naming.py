"""How a mistyped name is met: with the nearest ones that exist."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


def nearest(name: str, known: Iterable[str]) -> str:
    """ " Did you mean X or Y?" for a mistyped name (at most 3), or nothing where none is near."""
    close = difflib.get_close_matches(name, list(known), 3)
    return f" Did you mean {' or '.join(close)}?" if close else ""
