"""The similarity tree as a picture: which tasks transfer out alike, and where the tree is cut into groups."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from scipy.cluster.hierarchy import dendrogram

from taskonomy_core.report.canvas import INK, MUTED, PALETTE, new_figure, save, title_of
from taskonomy_core.report.lettering import inches_of, widest
from taskonomy_core.report.panels import EDGE, HEADING, heading, panel, rules
from taskonomy_core.taxonomy.similarity import SimilarityTree

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Inches.
_ROW = 0.23
_TALLEST = 16.0  # where rows get closer
_TREE = 5.0
_BRACKET = 0.14
_BELOW = 0.6

_LEAF = 10  # from one leaf to the next, in the unit of scipy's dendrogram


def draw_tree(tree: SimilarityTree, path: Path, *, groups: int = 4, titles: Mapping[str, str] | None = None) -> Path:
    """Draw the tree with its root on the left and a bracket around the tasks of each group; group 1 is the largest.

    Args:
        tree: what was clustered.
        path: ends in .png or .svg.
        groups: at most how many groups the tree is cut into, from 1.
        titles: task -> what people read.
    """
    found = tree.groups(groups)
    group_of = {task: number for number, group in enumerate(found, start=1) for task in group}
    drawn = dendrogram(tree.links, no_plot=True, count_sort="descending", link_color_func=str)
    leaves = [tree.tasks[leaf] for leaf in drawn["leaves"]]
    # Groups beside each other differ in colour, however many there are.
    from_top = list(dict.fromkeys(group_of[task] for task in leaves))
    colours = {number: PALETTE[place % len(PALETTE)] for place, number in enumerate(from_top)}
    row = min(_ROW, _TALLEST / len(leaves))
    size = min(9.0, 72 * 0.72 * row)
    named = [title_of(task, titles) for task in leaves]
    beside = widest(named, size) + 0.2
    height = row * len(leaves)
    margin = _BRACKET + 0.1 + inches_of(f"group {len(found)}", 9, bold=True)
    counted = f"{len(found)} group{'s' * (len(found) != 1)}"
    below = f"{len(leaves)} tasks in {counted}; the further to the left two tasks meet, the less alike they are"
    width = 2 * EDGE + max(_TREE + beside + margin, inches_of(below, 9))
    figure = new_figure(width, HEADING + height + _BELOW)
    heading(figure, "Tasks that transfer out alike", below)
    axes = panel(figure, EDGE, HEADING, _TREE, height)
    inner = [colours.get(group, INK) for group in _groups_of_links(tree, group_of)]
    for across, down, node in zip(drawn["dcoord"], drawn["icoord"], drawn["color_list"], strict=True):
        axes.plot(across, down, color=inner[int(node) - len(leaves)], lw=1.6, solid_joinstyle="miter")
    _frame(axes, tree, len(found))
    axes.set_yticks([_LEAF * (place + 0.5) for place in range(len(leaves))], named, fontsize=size)
    brackets = panel(figure, EDGE + _TREE + beside, HEADING, margin, height)
    brackets.set_axis_off()
    brackets.set_xlim(0, margin)
    brackets.set_ylim(axes.get_ylim())
    for number in from_top:
        rows = [place for place, task in enumerate(leaves) if group_of[task] == number]
        _bracket(brackets, rows[0], rows[-1], number, colours[number])
    return save(figure, path)


def _groups_of_links(tree: SimilarityTree, group_of: Mapping[str, int]) -> list[int]:
    """For each link the group that all tasks below it are in; 0 where they are in several."""
    groups = [group_of[task] for task in tree.tasks]
    for one, other in tree.links[:, :2].astype(int):
        groups.append(groups[one] if groups[one] == groups[other] else 0)
    return groups[len(tree.tasks) :]


def _frame(axes: Axes, tree: SimilarityTree, count: int) -> None:
    """Distances from right to left, and the line that cuts the tree into so many groups."""
    from matplotlib.ticker import MaxNLocator

    distances = [0.0, *tree.links[:, 2], float(tree.links[-1, 2])]
    if count > 1:
        axes.axvline((distances[-count - 1] + distances[-count]) / 2, color=MUTED, lw=1.0, ls=(0, (4, 3)), zorder=0)
    axes.set_xlim(1.04 * distances[-1] or 1.0, 0)
    axes.set_ylim(_LEAF * len(tree.tasks), 0)
    axes.yaxis.tick_right()
    axes.xaxis.set_major_locator(MaxNLocator(8, steps=[1, 2, 5, 10]))
    cut = " (dashed: the cut)" if count > 1 else ""
    axes.set_xlabel(f"distance at which they meet{cut}", fontsize=8, color=INK)
    rules(axes, "x")


def _bracket(axes: Axes, first: int, last: int, number: int, colour: str) -> None:
    """Around the rows from the first to the last, and the group's name beside it."""
    top, bottom = _LEAF * (first + 0.15), _LEAF * (last + 0.85)
    axes.plot([0, _BRACKET / 2, _BRACKET / 2, 0], [top, top, bottom, bottom], color=colour, lw=2, clip_on=False)
    axes.text(_BRACKET, (top + bottom) / 2, f"group {number}", fontsize=9, weight="bold", color=colour, va="center")
