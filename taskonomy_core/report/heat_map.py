"""Targets by budgets as a map of cells: the paper's Fig. 9 for one score (facts 6.4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import product
from math import ceil, nan
from typing import TYPE_CHECKING, Any

import numpy as np

from taskonomy_core.report.canvas import FAINT, INK, two_digits
from taskonomy_core.report.lettering import widest
from taskonomy_core.report.panels import panel, write
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.taxonomy import Taxonomy

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Inches: the smallest cell that holds a number, the smallest that has a rim, and what a turned budget needs.
_NUMBERED = (0.25, 0.16)
_RIMMED = 0.15
_TURNED = 0.11
_SCALE = (1.3, 0.09)
_CORNER, _INSET = 0.26, 0.08  # of the shorter side of a cell

# Relative luminance at which white and INK have the same contrast, 3.8 (WCAG 2).
_BRIGHT = 0.227


@dataclass(frozen=True)
class HeatMap:
    """A score of the edges and how it is shown.

    Attributes:
        title, below: what stands above.
        colours: a colour map of matplotlib, for win rates from 0 to 1.
        score: the score of an edge; None where it was not measured.
    """

    title: str
    below: str
    colours: str
    score: Callable[[Edge], float | None]


def draw_cells(
    axes: Axes,
    heat: HeatMap,
    taxonomies: Sequence[Taxonomy],
    targets: Sequence[str],
    cell: tuple[float, float],
) -> None:
    """Draw one row per target and one column per taxonomy, whose budget stands below it.

    Where cells are large enough, the scores stand in them. A corner marks targets served by their own network; what
    was not measured is grey.

    Args:
        axes: as large as all cells together.
        heat: what is shown.
        taxonomies: the columns.
        targets: the rows, the first on top.
        cell: how wide and high a cell is, in inches.
    """
    from matplotlib import colormaps
    from matplotlib.collections import PolyCollection

    edges = [{edge.target: edge for edge in taxonomy.edges} for taxonomy in taxonomies]
    grid = [[column.get(target) for column in edges] for target in targets]
    shape = (len(targets), len(taxonomies))
    scores = np.array([_number(None if edge is None else heat.score(edge)) for row in grid for edge in row]).reshape(
        shape
    )
    colours = colormaps[heat.colours].with_extremes(bad=FAINT)
    rim: dict[str, Any] = {"edgecolors": FAINT, "linewidth": 0.6} if min(cell) >= _RIMMED else {}
    axes.pcolormesh(np.ma.masked_invalid(scores), cmap=colours, vmin=0, vmax=1, **rim)
    corner = (np.array([[0, 0], [1, 0], [0, 1]]) * _CORNER + _INSET) * min(cell) / np.array(cell)
    numbered = cell[0] >= _NUMBERED[0] and cell[1] >= _NUMBERED[1]
    corners, inks = [], []
    for row, place in product(*map(range, shape)):
        score, edge = scores[row, place], grid[row][place]
        ink = INK if np.isnan(score) else _ink(colours(score))
        if edge is not None and edge.supervised:
            corners.append(corner + np.array([place, row]))
            inks.append(ink)
        if numbered:
            said = two_digits(None if np.isnan(score) else float(score))
            axes.text(place + 0.5, row + 0.53, said, ha="center", va="center", fontsize=6.5, color=ink)
    axes.add_collection(PolyCollection(corners, facecolors=inks, linewidths=0))
    _budgets(axes, [f"{taxonomy.budget:g}" for taxonomy in taxonomies], cell[0])
    axes.set_ylim(shape[0], 0)


def draw_scale(figure: Figure, left: float, top: float, heat: HeatMap) -> None:
    """What the colours stand for; in inches from the upper left corner of the figure."""
    axes = panel(figure, left, top, *_SCALE)
    axes.pcolormesh(np.linspace(0, 1, 66)[:-1].reshape(1, -1), cmap=heat.colours, vmin=0, vmax=1)
    axes.set_xticks([0, 32.5, 65], ["0", ".5", "1"], fontsize=7)
    axes.set_yticks([])
    axes.tick_params(pad=2)
    write(figure, left + _SCALE[0] + 0.1, top - 0.04, heat.title.lower(), 7.5)


def _number(score: float | None) -> float:
    return nan if score is None else score


def _ink(colour: Sequence[float]) -> str:
    """Black or white, whichever is read better on a colour."""
    rgb = np.array(colour[:3])
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return INK if float(linear @ (0.2126, 0.7152, 0.0722)) > _BRIGHT else "white"


def _budgets(axes: Axes, labels: Sequence[str], width: float) -> None:
    turned = widest(labels, 7) > width - 0.05
    every = ceil(_TURNED / width) if turned else 1
    shown = range(0, len(labels), every)
    axes.set_xticks([n + 0.5 for n in shown], [labels[n] for n in shown], rotation=90 if turned else 0, fontsize=7)
    axes.set_xlim(0, len(labels))
    axes.set_xlabel("budget", fontsize=8, color=INK, labelpad=3)
