"""A recommendation as a picture: what the best transfer of each order gives a task, beside labels of its own."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskonomy_core.report.canvas import INK, MUTED, PALETTE, new_figure, save, title_of, two_digits
from taskonomy_core.report.lettering import inches_of, listed, widest
from taskonomy_core.report.panels import EDGE, HEADING, above, heading, panel, rules, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from taskonomy_core.taxonomy.recommend import Recommendation

# Inches.
_ROW = 0.36
_BARS = 2.3
_BETWEEN = 0.6
_ORDER = 0.4
_AFFINITY = 0.75
_NUMBER = 0.35  # beyond a full bar
_NAMES = 3.6  # at most
_BELOW = 0.75
_WORDS = 0.52

_BAR = 0.5  # of a row
_SIZE = 8.0
_OWN, _BEST, _OTHER = PALETTE[1], PALETTE[0], PALETTE[5]

_SCORES = (("gain", "wins against training from scratch"), ("quality", "wins against full supervision"))


def draw_recommendation(found: Recommendation, path: Path, *, titles: Mapping[str, str] | None = None) -> Path:
    """Draw gain and quality of the best transfer of each order as bars, and those of the task's own network as a line.

    Names of sources that do not fit on two lines are counted. The best of all by affinity stands out.

    Args:
        found: what serves the task; one of its orders is that of the best of all.
        path: ends in .png or .svg.
        titles: task -> what people read.
    """
    said = [listed([title_of(source, titles) for source in edge.sources], _SIZE, _NAMES) for edge in found.by_order]
    rows = list(found.by_order)
    if found.own:
        said.append("Labels of its own")
        rows.append(found.own)
    # A name may be wider than the room for a list of names.
    named = max(widest((line for names in said for line in names.split("\n")), _SIZE), 1.5)
    left = EDGE + _ORDER + named + _AFFINITY
    top, height = HEADING + _WORDS, _ROW * len(rows)
    title = f"Where {title_of(found.target, titles)} should get its features"
    width = max(left + 2 * _BARS + _BETWEEN + _NUMBER, EDGE + inches_of(title, 13, bold=True)) + EDGE
    figure = new_figure(width, top + height + _BELOW)
    heading(figure, title, "Were it never labelled: the best transfer of each order, by affinity")
    best = found.ranked[0] if found.ranked else None
    words = panel(figure, EDGE, top, left - EDGE, height)
    words.set_axis_off()
    words.set_xlim(0, left - EDGE)
    words.set_ylim(len(rows) - 0.5, -0.5)
    for start, head in ((EDGE, "order"), (EDGE + _ORDER, "sources"), (left - _AFFINITY + 0.15, "affinity")):
        write(figure, start, top - 0.1, head, 7.5, color=MUTED, va="baseline")
    for place, (edge, names) in enumerate(zip(rows, said, strict=True)):
        style: dict[str, Any] = {"va": "center_baseline", "fontsize": _SIZE, "color": _OWN if edge.supervised else INK}
        words.text(0, place, "" if edge.supervised else str(edge.order), **style)
        words.text(_ORDER, place, names, linespacing=1.15, **style)
        number = "-" if edge.affinity is None else f"{edge.affinity:.2g}"
        words.text(left - EDGE - _AFFINITY + 0.15, place, number, **style)
    for place, (score, below) in enumerate(_SCORES):
        start = left + place * (_BARS + _BETWEEN)
        above(figure, start, top, score.capitalize(), below)
        axes = panel(figure, start, top, _BARS, height)
        for row, edge in enumerate(rows):
            _bar(axes, row, getattr(edge, score), _OWN if edge.supervised else _BEST if edge == best else _OTHER)
        _frame(axes, len(rows), getattr(found.own, score, None))
    _legend(figure, top + height + 0.55, own=found.own is not None)
    return save(figure, path)


def _bar(axes: Axes, row: int, share: float | None, colour: str) -> None:
    axes.barh(row, share or 0.0, _BAR, color=colour)
    axes.text(1.04, row, two_digits(share), va="center_baseline", fontsize=_SIZE, color=INK)


def _frame(axes: Axes, rows: int, own: float | None) -> None:
    if own is not None:
        axes.axvline(own, color=_OWN, lw=1.2, ls=(0, (4, 2)), zorder=0)
    axes.set_xlim(0, 1)
    axes.set_ylim(rows - 0.5, -0.5)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".50", ".75", "1"])
    axes.set_yticks([])
    rules(axes, "x")


def _legend(figure: Figure, top: float, *, own: bool) -> None:
    """What the colours of the bars mean."""
    meanings = [(_BEST, "best of all by affinity"), (_OTHER, "best of its order")]
    left = EDGE
    for colour, words in [*meanings, *([(_OWN, "its own network, fully supervised")] if own else [])]:
        write(figure, left, top, "■", 9, color=colour, va="baseline")
        write(figure, left + 0.16, top, words, 7.5, va="baseline")
        left += 0.16 + inches_of(words, 7.5) + 0.3
