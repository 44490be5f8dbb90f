"""A taxonomy as a picture: what is labelled, and where every other target gets its features."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import ceil, sqrt
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from taskonomy_core.report.canvas import FAINT, INK, MUTED, PALETTE, new_figure, save, title_of, two_digits
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.policies import performance
from taskonomy_core.taxonomy.taxonomy import Taxonomy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Inches.
_WIDTH = 10.9
_TOP = 1.45
_STEP, _SMALLEST_STEP = 0.34, 0.12  # from one task to the next
_HIGHEST = 15.0  # where the steps get smaller
_FULL_TYPE_FROM = 0.18
_UNUSED_STEP = 0.24
_UNUSED_ACROSS = 4
_LEGEND = 1.2
_EDGE = 0.25
_LEFT_NODE, _RIGHT_NODE = 4.1, 7.0
_LEFT_SCORES, _RIGHT_SCORES = _EDGE, 9.4

# Points.
_THICKEST = 6.0
_HAIRLINE = 0.5

# Sources are told apart by colour and, where there are more of them than colours, by dashes.
_DASHES: tuple[Any, ...] = ("solid", (0, (6, 1.5)), (0, (2, 1)), (0, (6, 1.5, 1.5, 1.5)))


@dataclass(frozen=True)
class _Kind:
    """How a task is marked: kinds differ in shape and fill, so that colour need not be seen."""

    meaning: str
    marker: str
    size: float
    filled: bool


_SUPERVISED = _Kind("labelled, served by its own network", "o", 9, filled=True)
_FOR_OTHERS = _Kind("labelled for other tasks alone", "s", 8, filled=True)
_TRANSFERRED = _Kind("served by features from the left", "o", 7.5, filled=False)
_UNUSED = _Kind("unused", "x", 5.5, filled=False)


@dataclass(frozen=True)
class _Sheet:
    """Axes in inches from the lower left; by `scale` the rows of many tasks are smaller."""

    axes: Axes
    titles: Mapping[str, str] | None
    scale: float

    def mark(self, x: float, y: float, kind: _Kind, colour: str = INK, scale: float = 1.0) -> None:
        """The mark of a task."""
        fill = colour if kind.filled else "white"
        self.axes.plot([x], [y], ls="", marker=kind.marker, ms=kind.size * scale, mfc=fill, mec=colour, mew=1.2)

    def write(self, x: float, y: float, text: str, size: float, **style: Any) -> None:
        """A line of words at half height."""
        self.axes.text(x, y, text, fontsize=size, **{"color": INK, "va": "center"} | style)


def draw_taxonomy(
    taxonomy: Taxonomy, path: Path, *, titles: Mapping[str, str] | None = None, unused: Iterable[str] = ()
) -> Path:
    """Draw the labelled tasks on the left, the targets that they feed on the right, and a line for every source.

    A labelled task that is served by its own network shows that network's scores; one that is labelled for others
    alone is a square; unused tasks stand below with a cross. Beside every target stand its gain and quality. A
    transfer is as wide as `width_of` says; its sources share that width and join at the target.

    Args:
        taxonomy: what the solver found; an infeasible one is drawn as its reason.
        path: ends in .png or .svg.
        titles: task -> what people read.
        unused: tasks that are neither labelled nor served.
    """
    left, right = _places(taxonomy)
    idle = sorted(unused, key=lambda task: title_of(task, titles).lower())
    rows = max(len(left), len(right), 1)
    step = max(_SMALLEST_STEP, min(_STEP, _HIGHEST / rows))
    below = _LEGEND + (_UNUSED_STEP * ceil(len(idle) / _UNUSED_ACROSS) + 0.4 if idle else 0.0)
    reason = wrap(taxonomy.reason, 130, max_lines=40, placeholder=" …")
    height = _TOP + (step * rows + below if taxonomy.feasible else 0.16 * len(reason))
    figure = new_figure(_WIDTH, height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, _WIDTH)
    axes.set_ylim(0, height)
    _heading(axes, taxonomy, height)
    if not taxonomy.feasible:
        axes.text(_EDGE, height - 0.95, "\n".join(reason), fontsize=8.5, color=INK, va="top")
        return save(figure, path)
    sheet = _Sheet(axes, titles, min(1.0, step / _FULL_TYPE_FROM))
    body = height - _TOP
    feeding = [task for task in left if taxonomy.feeds(task)]
    at_left = {task: body - _spread(place, len(left), rows, step) for place, task in enumerate(left)}
    # Few targets stand beside the tasks that feed them, which are the upper ones.
    beside = max(len(right), len(feeding))
    at_right = {edge.target: body - _spread(place, len(right), beside, step) for place, edge in enumerate(right)}
    strongest = max((edge.affinity or 0.0 for edge in right), default=0.0)
    looks = {task: (PALETTE[n % len(PALETTE)], n // len(PALETTE)) for n, task in enumerate(feeding)}
    for edge in right:
        _lines(axes, edge, at_left, at_right[edge.target], looks, width_of(edge.affinity, strongest))
    for task, y in at_left.items():
        _labelled(sheet, task, y, looks.get(task, (MUTED, 0))[0], taxonomy.edge(task))
    for edge in right:
        _target(sheet, edge, at_right[edge.target])
    _above(sheet, body, transferred=bool(right), supervised=bool(taxonomy.supervised))
    _idle(sheet, idle, below - 0.2)
    _legend(sheet, taxonomy, bool(idle), strongest)
    return save(figure, path)


def width_of(affinity: float | None, strongest: float) -> float:
    """How wide a transfer is drawn, in points: by the square root of its affinity, as the usual objective weighs it.

    The strongest transfer of the picture gets 6 points; one without an affinity, a hairline.
    """
    share = (affinity or 0.0) / strongest if strongest else 0.0
    return max(_THICKEST * sqrt(share), _HAIRLINE)


def _places(taxonomy: Taxonomy) -> tuple[list[str], list[Edge]]:
    """Labelled tasks and transfers, top to bottom, ordered so that lines cross little.

    Tasks that feed many stand above those that feed few; then each side goes by turns to the mean height of what it is
    joined to.
    """
    feeds = {source: taxonomy.feeds(source) for source in taxonomy.sources}
    left = sorted(feeds, key=lambda source: (-len(feeds[source]), source))
    right = sorted(taxonomy.transferred, key=lambda edge: edge.target)
    for _ in range(8):
        height = {source: place / max(len(left) - 1, 1) for place, source in enumerate(left)}
        right.sort(key=lambda edge: (sum(height[s] for s in edge.sources) / edge.order, edge.target))
        depth = {edge.target: place / max(len(right) - 1, 1) for place, edge in enumerate(right)}
        left.sort(key=lambda s: (sum(depth[t] for t in feeds[s]) / len(feeds[s]) if feeds[s] else 2.0, s))
    return left, right


def _spread(place: int, count: int, rows: int, step: float) -> float:
    """How far below the top the node stands: the shorter side is spread over the height of the longer."""
    return step * (place + 0.5) * rows / count


def _heading(axes: Axes, taxonomy: Taxonomy, height: float) -> None:
    axes.text(_EDGE, height - 0.35, f"Taxonomy at budget {taxonomy.budget:g}", fontsize=13, weight="bold", color=INK)
    if not taxonomy.feasible:
        axes.text(_EDGE, height - 0.68, "No taxonomy fits.", fontsize=9, color=INK)
        return
    means = performance(taxonomy)
    gap = "" if not taxonomy.gap else f" (at most {100 * taxonomy.gap:.1f} % better is possible)"
    said = (
        f"{_count(len(taxonomy.sources), 'task')} to label at cost {taxonomy.cost:g}, "
        f"{_count(len(taxonomy.edges), 'target')} served; mean gain {two_digits(means.gain)}, "
        f"mean quality {two_digits(means.quality)}; {taxonomy.sure}{gap}"
    )
    axes.text(_EDGE, height - 0.68, said, fontsize=9, color=INK)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _lines(
    axes: Axes, edge: Edge, at_left: Mapping[str, float], end: float, looks: Mapping[str, tuple[str, int]], width: float
) -> None:
    """One curve per source; they end side by side, as wide together as the transfer."""
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Curve

    each = max(width / edge.order, _HAIRLINE)
    middle = (_LEFT_NODE + _RIGHT_NODE) / 2
    for place, source in enumerate(sorted(edge.sources, key=lambda source: -at_left[source])):
        start = at_left[source]
        joint = end + each / 72 * ((edge.order - 1) / 2 - place)
        curve = Curve(
            [(_LEFT_NODE + 0.17, start), (middle, start), (middle, joint), (_RIGHT_NODE - 0.15, joint)],
            [Curve.MOVETO, Curve.CURVE4, Curve.CURVE4, Curve.CURVE4],
        )
        colour, again = looks[source]
        dashes = _DASHES[again % len(_DASHES)]
        axes.add_patch(PathPatch(curve, fill=False, ec=colour, lw=each, alpha=0.8, ls=dashes, capstyle="butt"))


def _labelled(sheet: _Sheet, task: str, y: float, colour: str, edge: Edge | None) -> None:
    own = edge is not None and edge.supervised
    sheet.mark(_LEFT_NODE + 0.08, y, _SUPERVISED if own else _FOR_OTHERS, colour, sheet.scale)
    sheet.write(_LEFT_NODE - 0.1, y, title_of(task, sheet.titles), 9 * sheet.scale, ha="right", weight="bold")
    if own and edge is not None:
        _scores(sheet, _LEFT_SCORES, y, edge)


def _target(sheet: _Sheet, edge: Edge, y: float) -> None:
    sheet.mark(_RIGHT_NODE - 0.08, y, _TRANSFERRED, scale=sheet.scale)
    sheet.write(_RIGHT_NODE + 0.1, y, title_of(edge.target, sheet.titles), 9 * sheet.scale)
    _scores(sheet, _RIGHT_SCORES, y, edge)


def _scores(sheet: _Sheet, x: float, y: float, edge: Edge) -> None:
    from matplotlib.patches import Rectangle

    thick = 0.07 * sheet.scale
    for column, share in enumerate((edge.gain, edge.quality)):
        start = x + 0.72 * column
        sheet.write(start, y, two_digits(share), 7.5 * sheet.scale)
        sheet.axes.add_patch(Rectangle((start + 0.27, y - thick / 2), 0.34, thick, fc=FAINT, ec="none"))
        sheet.axes.add_patch(
            Rectangle((start + 0.27, y - thick / 2), 0.34 * (share or 0.0), thick, fc=MUTED, ec="none")
        )


def _above(sheet: _Sheet, body: float, *, transferred: bool, supervised: bool) -> None:
    """What the columns are."""
    y = body + 0.24
    sheet.write(_LEFT_NODE, y, "To be labelled", 8.5, color=MUTED, ha="right")
    if transferred:
        sheet.write(_RIGHT_NODE, y, "Transferred to", 8.5, color=MUTED)
    for x, shown in ((_LEFT_SCORES, supervised), (_RIGHT_SCORES, transferred)):
        for column, name in enumerate(("gain", "quality") if shown else ()):
            sheet.write(x + 0.72 * column, y, name, 7.5, color=MUTED)


def _idle(sheet: _Sheet, tasks: list[str], top: float) -> None:
    if not tasks:
        return
    sheet.write(_EDGE, top, "Neither labelled nor served", 8.5, color=MUTED)
    for place, task in enumerate(tasks):
        down, across = divmod(place, _UNUSED_ACROSS)
        x, y = _EDGE + 0.08 + across * (_WIDTH - _EDGE) / _UNUSED_ACROSS, top - _UNUSED_STEP * (down + 1)
        sheet.mark(x, y, _UNUSED, MUTED)
        sheet.write(x + 0.16, y, title_of(task, sheet.titles), 8)


def _legend(sheet: _Sheet, taxonomy: Taxonomy, idle: bool, strongest: float) -> None:
    for_others = any((edge := taxonomy.edge(task)) is None or not edge.supervised for task in taxonomy.sources)
    shown = (
        (_SUPERVISED, bool(taxonomy.supervised)),
        (_FOR_OTHERS, for_others),
        (_TRANSFERRED, bool(taxonomy.transferred)),
        (_UNUSED, idle),
    )
    x = _EDGE
    for kind in (kind for kind, there in shown if there):
        sheet.mark(x + 0.08, 0.8, kind)
        sheet.write(x + 0.22, 0.8, kind.meaning, 7.5, color=MUTED)
        x += 0.55 + 0.059 * len(kind.meaning)
    x = _EDGE
    for share in (1.0, 1 / 4, 1 / 16) if strongest else ():
        sheet.axes.plot(
            [x, x + 0.4], [0.55, 0.55], color=MUTED, lw=width_of(share * strongest, strongest), solid_capstyle="butt"
        )
        sheet.write(x + 0.47, 0.55, f"{share * strongest:.2g}", 7.5, color=MUTED)
        x += 1.1
    if strongest:
        said = (
            "affinity of a transfer (width: its square root); several sources share it; targets compare as ranks alone"
        )
        sheet.write(x, 0.55, said, 7.5, color=MUTED)
    said = "gain: wins against training from scratch    quality: wins against full supervision (.50 is equal)"
    sheet.write(_EDGE, 0.3, said, 7.5, color=MUTED)
