"""A taxonomy as a picture: what is labelled, and where every other target gets its features."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from taskonomy_core.report.canvas import FAINT, INK, MUTED, new_figure, save, title_of, two_digits
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.policies import performance
from taskonomy_core.taxonomy.taxonomy import Taxonomy

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STEP = 0.34
_WIDTH = 9.9
_TOP = 1.45
_BOTTOM = 0.85
_LEFT_NODE, _RIGHT_NODE = 3.9, 6.0
_LEFT_SCORES, _RIGHT_SCORES = 0.25, 8.25

# Told apart in print and by most colour-blind readers; more sources than these take lighter ones again.
_COLOURS = (
    "#1f6feb",
    "#c2410c",
    "#0f8b6c",
    "#8b3fb0",
    "#b8860b",
    "#c0246f",
    "#3b7f9f",
    "#6b8e23",
    "#7a5230",
    "#4b5bb5",
)


def draw_taxonomy(taxonomy: Taxonomy, path: Path, *, titles: Mapping[str, str] | None = None) -> Path:
    """Draw the labelled tasks on the left, the targets that they feed on the right, and a line for every source.

    A labelled task that is served by its own network shows that network's scores; one that is labelled for others
    alone is drawn as a square. Beside every target stand its gain and quality.

    Args:
        taxonomy: what the solver found; an infeasible one is drawn as its reason.
        path: ends in .png or .svg.
        titles: task -> what people read.
    """
    left, right = _places(taxonomy)
    rows = max(len(left), len(right), 1)
    height = _TOP + (_STEP * rows + _BOTTOM if taxonomy.feasible else 0.2)
    figure = new_figure(_WIDTH, height)
    axes = figure.add_axes((0, 0, 1, 1))
    axes.set_axis_off()
    axes.set_xlim(0, _WIDTH)
    axes.set_ylim(0, height)
    _heading(axes, taxonomy, height)
    if not taxonomy.feasible:
        axes.text(0.25, height - 1.2, taxonomy.reason, fontsize=8.5, color=INK, wrap=True)
        return save(figure, path)
    body = height - _TOP
    feeding = [task for task in left if taxonomy.feeds(task)]
    at_left = {task: body - _spread(place, len(left), rows) for place, task in enumerate(left)}
    # Few targets stand beside the tasks that feed them, which are the upper ones.
    beside = max(len(right), len(feeding))
    at_right = {edge.target: body - _spread(place, len(right), beside) for place, edge in enumerate(right)}
    colours = dict.fromkeys(left, MUTED) | {s: _COLOURS[n % len(_COLOURS)] for n, s in enumerate(feeding)}
    for edge in right:
        for source in edge.sources:
            _line(axes, at_left[source], at_right[edge.target], colours[source])
    for task, y in at_left.items():
        _labelled(axes, task, y, colours[task], taxonomy.edge(task), titles)
    for edge in right:
        _target(axes, edge, at_right[edge.target], titles)
    if right:
        _columns(axes, _RIGHT_SCORES, body)
        axes.text(_RIGHT_NODE, body + 0.22, "Transferred to", fontsize=8.5, color=MUTED)
    if taxonomy.supervised:
        _columns(axes, _LEFT_SCORES, body)
    axes.text(_LEFT_NODE, body + 0.22, "To be labelled", fontsize=8.5, color=MUTED, ha="right")
    axes.text(
        0.25,
        0.42,
        "● labelled, served by its own network    ■ labelled for other tasks    ○ served by features from the left\n"
        "gain: wins against training from scratch    quality: wins against full supervision (.50 is equal)",
        fontsize=7.5,
        color=MUTED,
        va="center",
        linespacing=1.6,
    )
    return save(figure, path)


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


def _spread(place: int, count: int, rows: int) -> float:
    """How far below the top the node stands: the shorter side is spread over the height of the longer."""
    return _STEP * (place + 0.5) * rows / count


def _heading(axes: Axes, taxonomy: Taxonomy, height: float) -> None:
    axes.text(0.25, height - 0.35, f"Taxonomy at budget {taxonomy.budget:g}", fontsize=13, weight="bold", color=INK)
    if not taxonomy.feasible:
        axes.text(0.25, height - 0.68, "No taxonomy fits.", fontsize=9, color=INK)
        return
    means = performance(taxonomy)
    gap = "" if not taxonomy.gap else f" (at most {100 * taxonomy.gap:.1f} % better is possible)"
    said = (
        f"{_count(len(taxonomy.sources), 'task')} to label at cost {taxonomy.cost:g}, "
        f"{_count(len(taxonomy.edges), 'target')} served; mean gain {two_digits(means.gain)}, "
        f"mean quality {two_digits(means.quality)}; {taxonomy.status}{gap}"
    )
    axes.text(0.25, height - 0.68, said, fontsize=9, color=INK)


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _line(axes: Axes, start: float, end: float, colour: str) -> None:
    from matplotlib.patches import PathPatch
    from matplotlib.path import Path as Curve

    middle = (_LEFT_NODE + _RIGHT_NODE) / 2
    curve = Curve(
        [(_LEFT_NODE + 0.17, start), (middle, start), (middle, end), (_RIGHT_NODE - 0.17, end)],
        [Curve.MOVETO, Curve.CURVE4, Curve.CURVE4, Curve.CURVE4],
    )
    axes.add_patch(PathPatch(curve, fill=False, ec=colour, lw=1.4, alpha=0.75, capstyle="round"))


def _labelled(
    axes: Axes, task: str, y: float, colour: str, edge: Edge | None, titles: Mapping[str, str] | None
) -> None:
    own = edge is not None and edge.supervised
    axes.plot([_LEFT_NODE + 0.08], [y], marker="o" if own else "s", ms=9 if own else 8, color=colour, ls="")
    axes.text(
        _LEFT_NODE - 0.14, y, title_of(task, titles), fontsize=9, color=INK, ha="right", va="center", weight="bold"
    )
    if own and edge is not None:
        _scores(axes, _LEFT_SCORES, y, edge)


def _target(axes: Axes, edge: Edge, y: float, titles: Mapping[str, str] | None) -> None:
    axes.plot([_RIGHT_NODE - 0.08], [y], marker="o", ms=7, mfc="white", mec=INK, mew=1.2, ls="")
    axes.text(_RIGHT_NODE + 0.1, y, title_of(edge.target, titles), fontsize=9, color=INK, va="center")
    _scores(axes, _RIGHT_SCORES, y, edge)


def _columns(axes: Axes, x: float, y: float) -> None:
    for column, name in enumerate(("gain", "quality")):
        axes.text(x + 0.72 * column, y + 0.22, name, fontsize=7.5, color=MUTED)


def _scores(axes: Axes, x: float, y: float, edge: Edge) -> None:
    from matplotlib.patches import Rectangle

    for column, share in enumerate((edge.gain, edge.quality)):
        start = x + 0.72 * column
        axes.text(start, y, two_digits(share), fontsize=7.5, color=INK, va="center")
        axes.add_patch(Rectangle((start + 0.27, y - 0.035), 0.34, 0.07, fc=FAINT, ec="none"))
        axes.add_patch(Rectangle((start + 0.27, y - 0.035), 0.34 * (share or 0.0), 0.07, fc=MUTED, ec="none"))
