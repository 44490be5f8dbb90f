"""Figures without global state, and files that are the same whenever they are drawn."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryFile
from typing import TYPE_CHECKING, Any

from taskonomy_core.errors import TaskonomyError

if TYPE_CHECKING:
    from matplotlib.figure import Figure

FORMATS = (".png", ".svg")

INK = "#1f2933"
MUTED = "#7b8794"
FAINT = "#d5dbe1"
ACCENT = "#c2410c"

# Okabe and Ito's colours, which colour-blind readers tell apart, without the two that are too pale for lines on white.
PALETTE = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#5b4a3f")

MOST_PIXELS = 6000
LONGEST_TITLE = 28

# Text stays text in an SVG, ids do not depend on chance.
_STYLE: Any = {"svg.hashsalt": "taskonomy", "svg.fonttype": "none", "font.family": "DejaVu Sans"}


def new_figure(width: float, height: float) -> Figure:
    """An empty white figure, in inches; pyplot never hears of it."""
    from matplotlib.figure import Figure

    return Figure(figsize=(width, height), facecolor="white")


def check_place(path: Path) -> None:
    """Refuse, before any work is done, a place where no picture can be written; makes its folder.

    Errors: TaskonomyError for an unknown format, or where the folder cannot be written into.
    """
    if path.suffix.lower() not in FORMATS:
        raise TaskonomyError(
            f"A picture cannot be written as {path.name!r}.", f"Give a name that ends in {' or '.join(FORMATS)}."
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with TemporaryFile(dir=path.parent):
            pass
        if path.exists():
            path.open("ab").close()
    except OSError as error:
        # mkdir says "File exists" where a file stands in the place of the folder.
        why = "Not a directory" if isinstance(error, FileExistsError) else error.strerror
        raise TaskonomyError(
            f"A picture cannot be written to {path}: {why}.", "Give a place that you may write to."
        ) from error


def save(figure: Figure, path: Path, dpi: int = 160) -> Path:
    """Write a figure as PNG or SVG by the ending of `path`, with no date and no version in it.

    A PNG has at most MOST_PIXELS a side: a larger figure gets fewer pixels to the inch.
    """
    import matplotlib as mpl

    check_place(path)
    nothing = {"Software": None} if path.suffix.lower() == ".png" else {"Date": None, "Creator": None}
    dpi = min(dpi, int(MOST_PIXELS / max(figure.get_size_inches())))
    with mpl.rc_context(_STYLE), warnings.catch_warnings():
        # A title in a script that the font lacks is drawn as boxes in a PNG, and as itself in an SVG.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure.savefig(path, dpi=dpi, metadata=nothing)
    return path


def title_of(task: str, titles: Mapping[str, str] | None) -> str:
    """What a picture calls a task: its title where there is one, else its name in words; one line, not too long.

    For matplotlib: a dollar is escaped, so that it is a dollar and starts no formula.
    """
    said = (titles or {}).get(task, "")
    line = " ".join("".join(sign if sign.isprintable() else " " for sign in said).split())
    line = line or task.replace("_", " ").capitalize()
    short = line if len(line) <= LONGEST_TITLE else line[: LONGEST_TITLE - 1].rstrip() + "…"
    return short.replace("$", r"\$")


def two_digits(share: float | None) -> str:
    """.83, 1.0 or a dash: a win rate in three characters."""
    if share is None:
        return "-"
    return "1.0" if share >= 0.995 else f"{share:.2f}".removeprefix("0")
