"""The gallery: every task's input and target on one sheet, group by group."""

from __future__ import annotations

import textwrap
import warnings
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.contract.task import GROUPS
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.report.canvas import ACCENT, FAINT, INK, MUTED, check_place, new_figure, save

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from taskonomy_core.learning.gallery import Panel

HEADINGS = {"2d": "2D", "3d": "3D", "geometric": "Geometric", "semantic": "Semantic", "other": "Other"}

# Inches. A picture is SIDE high; a panel is two pictures with an arrow between, its title above, its caption below.
SIDE, _ARROW, _BETWEEN, _MARGIN = 1.4, 0.24, 0.3, 0.3
_TITLE, _CAPTION, _BELOW, _HEADING, _TOP = 0.22, 0.36, 0.16, 0.42, 0.75
_NARROWEST = 2 * SIDE + _ARROW
_ACROSS = 5 * _NARROWEST + 4 * _BETWEEN
_WIDEST = 4.0  # of a picture, as a multiple of its height
_LETTER = 0.55 / 72  # inches: the mean width of a letter of DejaVu Sans, for each point of its size


def draw_gallery(panels: Sequence[Panel], path: Path, *, title: str, note: str = "") -> Path:
    """Draw the panels of a gallery under the headings of their groups, in the order of contract.GROUPS.

    Args:
        panels: what `learning.gallery.gallery` gives; one that has a fault shows its words.
        path: ends in .png or .svg.
        title, note: stand above all.

    Raises:
        TaskonomyError: there is no panel, or nothing can be written there.
    """
    check_place(path)
    if not panels:
        raise TaskonomyError("A gallery needs at least one task.", "Type: tk tasks")
    rows = [(group, row) for group in GROUPS for row in _rows([panel for panel in panels if panel.group == group])]
    row_height = _TITLE + SIDE + _CAPTION + _BELOW
    width = _ACROSS + 2 * _MARGIN
    height = _TOP + len({group for group, _ in rows}) * _HEADING + len(rows) * row_height + _MARGIN
    sheet = _Sheet(new_figure(width, height), width, height)
    sheet.write(_MARGIN, 0.4, title, _ACROSS, size=15, weight="bold")
    sheet.write(_MARGIN, 0.65, note, _ACROSS, size=9, color=MUTED)
    top, last = _TOP, ""
    for group, row in rows:
        if group != last:
            sheet.heading(top + _HEADING - 0.12, HEADINGS[group])
            top, last = top + _HEADING, group
        left = _MARGIN
        for panel in row:
            sheet.panel(panel, left, top)
            left += _width(panel) + _BETWEEN
        top += row_height
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "Glyph .* missing from font", UserWarning)  # a box stands for it
        return save(sheet.figure, path)


def _rows(panels: Sequence[Panel]) -> Iterator[list[Panel]]:
    """Panels in lines, as words are: as many in each as have room."""
    row: list[Panel] = []
    used = 0.0
    for panel in panels:
        if row and used + _width(panel) > _ACROSS + 1e-6:
            yield row
            row, used = [], 0.0
        row.append(panel)
        used += _width(panel) + _BETWEEN
    if row:
        yield row


def _width(panel: Panel) -> float:
    """Inches across."""
    if panel.inputs is None or panel.target is None:
        return _NARROWEST
    return max(_NARROWEST, _picture_width(panel.inputs) + _ARROW + _picture_width(panel.target))


def _picture_width(picture: NDArray[np.uint8]) -> float:
    height, width = int(picture.shape[0]), int(picture.shape[1])
    return SIDE * min(width / height, _WIDEST)


class _Sheet:
    """A figure that is drawn on in inches from its top left corner."""

    def __init__(self, figure: Figure, width: float, height: float) -> None:
        self.figure, self._width, self._height = figure, width, height

    def write(self, x: float, y: float, text: str, room: float, lines: int = 1, **style: Any) -> None:
        """Text that ends within `room` inches and `lines` lines; nothing in it is markup, nothing steers."""
        plain = "".join(c if c.isprintable() else " " for c in text)
        fitting = max(8, int(room / (_LETTER * style["size"])))
        written = "\n".join(textwrap.wrap(plain, fitting, max_lines=lines, placeholder=" …"))
        look: Any = {"color": INK, "parse_math": False, "usetex": False} | style
        self.figure.text(x / self._width, 1 - y / self._height, written, **look)

    def heading(self, y: float, name: str) -> None:
        """The name of a group, and a line under it across the sheet."""
        from matplotlib.lines import Line2D

        self.write(_MARGIN, y, name, _ACROSS, size=12, weight="bold", color=ACCENT)
        across, level = (_MARGIN / self._width, 1 - _MARGIN / self._width), 1 - (y + 0.05) / self._height
        self.figure.add_artist(Line2D(across, (level, level), color=FAINT, linewidth=1))

    def panel(self, panel: Panel, left: float, top: float) -> None:
        """One task: its title, its two pictures (or why there are none), its caption."""
        width, foot = _width(panel), top + _TITLE + SIDE
        self.write(left, top + _TITLE - 0.06, panel.title, width, size=9.5, weight="bold")
        if panel.inputs is None or panel.target is None:
            why = panel.fault.message if panel.fault else "There is nothing to show."
            self._frame(left, top + _TITLE, width)
            self.write(left + 0.1, top + _TITLE + 0.1, why, width - 0.2, lines=9, size=7, color=ACCENT, va="top")
        else:
            after = left + _picture_width(panel.inputs)
            self._picture(panel.inputs, left, top + _TITLE)
            self.write(after + _ARROW / 2, top + _TITLE + SIDE / 2, "→", 1, size=10, ha="center", va="center")
            self._picture(panel.target, after + _ARROW, top + _TITLE)
        says = f"{panel.name}: {panel.caption}" if panel.caption else panel.name
        self.write(left, foot + 0.06, says, width, lines=2, size=7, color=MUTED, va="top", linespacing=1.3)

    def _place(self, left: float, top: float, width: float) -> tuple[float, float, float, float]:
        """A box SIDE high, as shares of the figure."""
        return (left / self._width, 1 - (top + SIDE) / self._height, width / self._width, SIDE / self._height)

    def _picture(self, picture: NDArray[np.uint8], left: float, top: float) -> None:
        axes = self.figure.add_axes(self._place(left, top, _picture_width(picture)))
        axes.imshow(picture, aspect="equal")
        axes.set_xticks([])
        axes.set_yticks([])
        for spine in axes.spines.values():
            spine.set_color(FAINT)

    def _frame(self, left: float, top: float, width: float) -> None:
        from matplotlib.patches import Rectangle

        x, y, across, high = self._place(left, top, width)
        self.figure.add_artist(Rectangle((x, y), across, high, fill=False, edgecolor=FAINT, linewidth=1))
