"""Panels that are placed in inches from the upper left corner, and the words above them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from taskonomy_core.report.canvas import FAINT, INK, MUTED

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

EDGE = 0.2  # inches that stay empty around a picture
HEADING = 0.85  # inches that a heading takes


def panel(figure: Figure, left: float, top: float, width: float, height: float) -> Axes:
    """Axes without a box; all measures in inches, the first two from the upper left corner of the figure."""
    across, down = figure.get_size_inches()
    axes = figure.add_axes((left / across, 1 - (top + height) / down, width / across, height / down))
    for side in axes.spines.values():
        side.set_visible(False)
    axes.tick_params(length=0, colors=INK, labelsize=8, pad=4)
    axes.set_axisbelow(True)
    return axes


def write(figure: Figure, left: float, top: float, text: str, size: float = 8, **style: Any) -> None:
    """Words right of a point in inches from the upper left corner, and below it."""
    across, down = figure.get_size_inches()
    style = {"color": INK, "va": "top", "linespacing": 1.5, **style}
    figure.text(left / across, 1 - top / down, text, fontsize=size, **style)


def heading(figure: Figure, title: str, below: str) -> None:
    """What the picture shows, and one line more."""
    write(figure, EDGE, 0.3, title, 13, weight="bold", va="baseline")
    write(figure, EDGE, 0.58, below, 9, va="baseline")


def above(figure: Figure, left: float, top: float, title: str, below: str = "") -> None:
    """The name of a panel, and in a paler line what it says; they stand on the point."""
    write(figure, left, top - (0.26 if below else 0.1), title, 9.5, weight="bold", va="baseline")
    write(figure, left, top - 0.1, below, 7.5, color=MUTED, va="baseline")


def rules(axes: Axes, which: Literal["x", "y"]) -> None:
    """Pale lines across at the ticks of "x" or "y"."""
    axes.grid(axis=which, color=FAINT, lw=0.7)
