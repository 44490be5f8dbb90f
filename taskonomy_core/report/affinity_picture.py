"""The affinity matrix as a picture: which source serves which target best."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.report.canvas import ACCENT, FAINT, INK, MUTED, new_figure, save, title_of
from taskonomy_core.taxonomy.affinity import Affinity

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_CELL = 0.32
_MARGINS = {"left": 1.9, "right": 1.0, "top": 2.15, "bottom": 0.95}
_BLACK_FROM = 0.55


def draw_affinity(
    affinity: Affinity,
    path: Path,
    *,
    titles: Mapping[str, str] | None = None,
    groups: Mapping[str, str] | None = None,
) -> Path:
    """Draw targets by sources (orders 1 alone), coloured and numbered by the rank of the source for the target.

    Affinities of different rows compare only as ranks, so ranks are shown: 1, darkest, is the best source of its row.
    The cell of a task with itself is its own network and is framed; a source that does better than it is ringed.

    Args:
        affinity: the scores.
        path: ends in .png or .svg.
        titles: task -> what people read.
        groups: task -> group; tasks of a group stand together, with a line between groups.
    """
    targets, sources = (_grouped(names, groups) for names in (affinity.targets, affinity.sources))
    # A task that is both stands at the same place in both orders, so that "self" runs down the diagonal.
    sources = [s for s in sources if s in targets] + [s for s in sources if s not in targets]
    shown = affinity.first_order(targets, sources)
    own = np.array([[source == target for source in sources] for target in targets]).reshape(shown.shape)
    transfers = np.where(own, np.nan, shown)
    ranks = row_ranks(transfers)
    width = _MARGINS["left"] + _CELL * len(sources) + _MARGINS["right"]
    height = _MARGINS["top"] + _CELL * len(targets) + _MARGINS["bottom"]
    figure = new_figure(max(width, 5.2), height)
    across = figure.get_figwidth()
    axes = figure.add_axes(
        (
            _MARGINS["left"] / across,
            _MARGINS["bottom"] / height,
            _CELL * len(sources) / across,
            _CELL * len(targets) / height,
        )
    )
    _cells(axes, ranks, own, transfers, shown)
    _names(axes, targets, sources, titles)
    if groups:
        _lines_between_groups(axes, targets, sources, groups)
    figure.text(
        0.15 / across, 1 - 0.28 / height, "Which source serves which target", fontsize=12, weight="bold", color=INK
    )
    figure.text(0.15 / across, 1 - 0.5 / height, "Rows: targets.  Columns: sources.", fontsize=8, color=MUTED)
    legend = (
        "1, darkest: the best single source of this row.\n"
        "Framed cell: the target's own network.   Red ring: better than the target's own network.\n"
        "Blank: not measured."
    )
    figure.text(0.15 / across, 0.68 / height, legend, fontsize=7.5, color=INK, va="top", linespacing=1.5)
    return save(figure, path)


def row_ranks(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rank per row, 1 for the highest; equal scores share the better rank; NaN stays NaN."""
    ranks = np.full(scores.shape, np.nan)
    for row, values in enumerate(scores):
        known = ~np.isnan(values)
        ranks[row, known] = [1 + np.count_nonzero(values[known] > value) for value in values[known]]
    return ranks


def _grouped(names: tuple[str, ...], groups: Mapping[str, str] | None) -> list[str]:
    order = {group: place for place, group in enumerate(dict.fromkeys((groups or {}).values()))}
    return sorted(names, key=lambda name: (order.get((groups or {}).get(name, ""), len(order)), name))


def _cells(
    axes: Axes,
    ranks: NDArray[np.float64],
    own: NDArray[np.bool_],
    transfers: NDArray[np.float64],
    shown: NDArray[np.float64],
) -> None:
    from matplotlib import colormaps
    from matplotlib.patches import Circle, Rectangle

    colours = colormaps["YlGnBu"]
    for row, column in np.ndindex(ranks.shape):
        if own[row, column]:
            axes.add_patch(Rectangle((column - 0.42, row - 0.42), 0.84, 0.84, fill=False, ec=INK, lw=1.2))
            axes.add_patch(Circle((column, row), 0.1, color=INK))
            continue
        rank = ranks[row, column]
        if np.isnan(rank):
            continue
        worst = max(np.nanmax(ranks[row]) - 1, 1)
        strength = 1 - (rank - 1) / worst
        axes.add_patch(
            Rectangle((column - 0.5, row - 0.5), 1, 1, fc=colours(0.06 + 0.84 * strength), ec="white", lw=0.8)
        )
        ink = "white" if strength > _BLACK_FROM else INK
        axes.text(column, row, f"{rank:.0f}", ha="center", va="center", fontsize=7, color=ink)
        mine = shown[row, own[row]]
        if mine.size and transfers[row, column] > mine[0]:
            axes.add_patch(Circle((column, row), 0.4, fill=False, ec=ACCENT, lw=1.4))
    axes.set_xlim(-0.5, ranks.shape[1] - 0.5)
    axes.set_ylim(ranks.shape[0] - 0.5, -0.5)


def _names(axes: Axes, targets: list[str], sources: list[str], titles: Mapping[str, str] | None) -> None:
    axes.set_xticks(range(len(sources)), [title_of(s, titles) for s in sources], rotation=55, ha="left", fontsize=8)
    axes.set_yticks(range(len(targets)), [title_of(t, titles) for t in targets], fontsize=8)
    axes.xaxis.tick_top()
    axes.tick_params(length=0, colors=INK, pad=3)
    for label in axes.get_xticklabels():
        label.set_rotation_mode("anchor")
    for side in axes.spines.values():
        side.set_color(FAINT)


def _lines_between_groups(axes: Axes, targets: list[str], sources: list[str], groups: Mapping[str, str]) -> None:
    for names, draw in ((targets, axes.axhline), (sources, axes.axvline)):
        for place in range(1, len(names)):
            if groups.get(names[place]) != groups.get(names[place - 1]):
                draw(place - 0.5, color=MUTED, lw=0.8)
