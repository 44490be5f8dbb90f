"""The affinity matrix as a picture, before and after AHP: which source serves which target best."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.errors import TaskonomyError
from taskonomy_core.report.canvas import ACCENT, FAINT, INK, MUTED, new_figure, save, title_of
from taskonomy_core.taxonomy.affinity import Affinity

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap, Normalize
    from matplotlib.figure import Figure

BETA = 20.0

# Inches, but for the sizes of type.
_CELL = 0.27
_FEW = 1.6  # a smaller matrix gets larger cells
_LARGEST = 12.0  # no matrix is larger; 100 tasks get cells of 0.12
_SMALLEST = 2.9  # what the words of a panel take
_NUMBERED_FROM = 0.2  # numbers in smaller cells cannot be read
_TYPE = 8.0
_HEAD = 1.0
_FOOT = 1.35
_EDGE = 0.2
_LEAN = np.radians(58)  # of the names above the columns


@dataclass(frozen=True, eq=False)
class _Panel:
    """One matrix, float64 [targets, sources], NaN where unmeasured, with its words and its scale of colours."""

    values: NDArray[np.float64]
    title: str
    caption: str
    low: float
    high: float
    darker: str
    log: bool = False

    def scale(self) -> Normalize:
        from matplotlib.colors import LogNorm, Normalize

        return LogNorm(self.low, self.high) if self.log else Normalize(self.low, self.high)

    def colours(self) -> Colormap:
        """Ordered by lightness, so that they are in order for every eye and in print; the better, the darker."""
        from matplotlib import colormaps
        from matplotlib.colors import ListedColormap

        steps = colormaps["YlGnBu"](np.linspace(0.1, 0.97, 256))
        return ListedColormap(steps if self.darker == "higher" else steps[::-1])


def draw_affinity(
    affinity: Affinity,
    path: Path,
    *,
    titles: Mapping[str, str] | None = None,
    groups: Mapping[str, str] | None = None,
    losses: Mapping[tuple[str, str], float] | None = None,
) -> Path:
    """Draw targets by single sources twice, as the paper's Fig. 7 does: before AHP and after it (facts 4.3).

    Before: mean test losses on one logarithmic scale, where known; rows then differ more than columns, which is why
    AHP is needed. Else the gains. After: exp(-20 P), lower is better, with P the affinities of single sources and the
    target's own network, made to sum to 1 per row; and the rank of each source in its row, since affinities of
    different rows compare only as ranks. The cell of a task with itself is its own network and is framed; a source
    that does better is ringed. Rows and columns are ordered by group or else as the leaves of the similarity tree.

    Args:
        affinity: the scores.
        path: ends in .png or .svg.
        titles: task -> what people read.
        groups: task -> group; tasks of a group stand together, with a line between groups.
        losses: (target, source) -> mean test loss; that of a task with itself is its own network's.
    """
    order = _ordered(affinity, groups)
    targets = [name for name in order if name in set(affinity.targets)]
    sources = [name for name in order if name in set(affinity.sources)]
    shown = affinity.first_order(targets, sources)
    own = np.array([[source == target for source in sources] for target in targets]).reshape(shown.shape)
    before = _losses(losses, targets, sources) if losses else _gains(affinity, targets, sources)
    after = _Panel(
        displayed(shown),
        "After AHP",
        f"exp(-{BETA:g} P), P the affinities, which sum to 1 in every row",
        0.0,
        1.0,
        "lower",
    )
    rows, columns = [title_of(task, titles) for task in targets], [title_of(task, titles) for task in sources]
    cell = min(max(_CELL, _FEW / max(shown.shape)), _LARGEST / max(shown.shape))
    type_size = min(_TYPE, 0.8 * cell * 72)
    left, above = _EDGE + 0.1 + _length(rows, type_size), _length(columns, type_size)
    across, down = cell * len(sources), cell * len(targets)
    block = max(across, _SMALLEST) + max(0.35, above * np.cos(_LEAN) - max(_SMALLEST - across, 0))
    width = left + 2 * block + _EDGE
    height = _HEAD + above * np.sin(_LEAN) + 0.15 + down + _FOOT
    figure = new_figure(width, height)
    for place, panel in enumerate((before, after)):
        start = left + place * block
        axes = figure.add_axes((start / width, _FOOT / height, across / width, down / height))
        _cells(axes, panel, own)
        _names(axes, columns, rows if not place else [], type_size)
        if groups:
            _lines_between_groups(axes, targets, sources, groups)
        _words(figure, start, panel)
        if panel is after and cell >= _NUMBERED_FROM:
            _numbers(axes, row_ranks(np.where(own, np.nan, shown)), panel)
        if panel is after:
            _rings(axes, shown, own, cell)
    _frame(figure, numbered=cell >= _NUMBERED_FROM)
    return save(figure, path)


def displayed(shares: NDArray[np.float64]) -> NDArray[np.float64]:
    """exp(-20 P) with every row of P made to sum to 1; in (0, 1), lower is better; NaN stays NaN (facts 4.3)."""
    sums = np.nansum(shares, axis=1, keepdims=True)
    shown: NDArray[np.float64] = np.exp(-BETA * shares / np.where(sums > 0, sums, 1.0))
    return shown


def row_ranks(scores: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rank per row, 1 for the highest; equal scores share the better rank; NaN stays NaN."""
    ranks = np.full(scores.shape, np.nan)
    for row, values in enumerate(scores):
        known = ~np.isnan(values)
        ranks[row, known] = [1 + np.count_nonzero(values[known] > value) for value in values[known]]
    return ranks


def _ordered(affinity: Affinity, groups: Mapping[str, str] | None) -> list[str]:
    names = sorted({*affinity.targets, *affinity.sources})
    if groups:
        order = {group: place for place, group in enumerate(dict.fromkeys(groups.values()))}
        return sorted(names, key=lambda name: (order.get(groups.get(name, ""), len(order)), name))
    leaves = _leaves(affinity)
    return leaves + [name for name in names if name not in leaves]


def _leaves(affinity: Affinity) -> list[str]:
    """The sources as the similarity tree has them side by side; none where some transfer was not measured."""
    from scipy.cluster.hierarchy import leaves_list

    from taskonomy_core.taxonomy.similarity import similarity_tree

    try:
        tree = similarity_tree(affinity)
    except TaskonomyError:
        return []
    return [tree.tasks[leaf] for leaf in leaves_list(tree.links)]


def _losses(losses: Mapping[tuple[str, str], float], targets: list[str], sources: list[str]) -> _Panel:
    values = np.array([[losses.get((t, s), np.nan) for s in sources] for t in targets]).reshape(len(targets), -1)
    known = values[np.isfinite(values)]
    low, high = (known.min(), known.max()) if known.size else (1.0, 1.0)
    log = low > 0
    scale = "logarithmic scale" if log else "linear scale"
    return _Panel(values, "Before AHP", f"mean test loss, one {scale} for all rows", low, high, "lower", log)


def _gains(affinity: Affinity, targets: list[str], sources: list[str]) -> _Panel:
    edges = [[affinity.edge(t) if s == t else affinity.edge(t, s) for s in sources] for t in targets]
    gains = [[np.nan if edge is None or edge.gain is None else edge.gain for edge in row] for row in edges]
    values = np.array(gains, dtype=np.float64).reshape(len(targets), -1)
    caption = "gain: share of images won against training from scratch"
    return _Panel(values, "Before AHP", caption, 0.0, 1.0, "higher")


def _length(names: Iterable[str], type_size: float) -> float:
    """About how long the longest name is."""
    return 0.57 * type_size / 72 * max(map(len, names), default=0)


def _cells(axes: Axes, panel: _Panel, own: NDArray[np.bool_]) -> None:
    from matplotlib.patches import Rectangle

    shape = panel.values.shape
    # So many cells are one image in an SVG.
    axes.pcolormesh(
        np.ma.masked_invalid(panel.values),
        cmap=panel.colours(),
        norm=panel.scale(),
        edgecolors="white",
        linewidth=0.8 if max(shape) <= 40 else 0.2,
        rasterized=max(shape) > 60,
        gid=panel.title.replace(" ", "-"),
    )
    missing = np.argwhere(np.isnan(panel.values))
    axes.plot(missing[:, 1] + 0.5, missing[:, 0] + 0.5, ls="", marker="x", ms=3, mew=0.7, color=MUTED)
    for row, column in np.argwhere(own):
        # Ink within white: one of the two is seen on every colour.
        axes.add_patch(Rectangle((column, row), 1, 1, fill=False, ec=INK, lw=1.4, zorder=3, clip_on=False))
        axes.add_patch(Rectangle((column + 0.09, row + 0.09), 0.82, 0.82, fill=False, ec="white", lw=0.7, zorder=3))
    axes.set_xlim(0, shape[1])
    axes.set_ylim(shape[0], 0)


def _names(axes: Axes, columns: list[str], rows: list[str], type_size: float) -> None:
    middles = np.arange(len(columns)) + 0.5
    axes.set_xticks(middles, columns, rotation=np.degrees(_LEAN), ha="left", fontsize=type_size)
    axes.set_yticks(np.arange(len(rows)) + 0.5, rows, fontsize=type_size)
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
                draw(place, color=INK, lw=0.9)


def _numbers(axes: Axes, ranks: NDArray[np.float64], panel: _Panel) -> None:
    colours = panel.colours()(panel.scale()(panel.values))[..., :3]
    dark = colours @ (0.299, 0.587, 0.114) < 0.55
    for row, column in np.argwhere(~np.isnan(ranks)):
        ink = "white" if dark[row, column] else INK
        said = f"{ranks[row, column]:.0f}"
        axes.text(column + 0.5, row + 0.5, said, ha="center", va="center", fontsize=6.5, color=ink)


def _rings(axes: Axes, shown: NDArray[np.float64], own: NDArray[np.bool_], cell: float) -> None:
    from matplotlib.patches import Circle

    mine = np.nanmax(np.where(own, shown, -np.inf), axis=1, initial=-np.inf)
    for row, column in np.argwhere((shown > mine[:, np.newaxis]) & np.isfinite(mine[:, np.newaxis])):
        for colour, width in (("white", 2.6), (ACCENT, 1.4)):
            thickness = width * min(1.0, cell / _CELL)
            axes.add_patch(Circle((column + 0.5, row + 0.5), 0.4, fill=False, ec=colour, lw=thickness, zorder=4))


def _words(figure: Figure, start: float, panel: _Panel) -> None:
    """The title of a panel above it, and below it what its colours mean."""
    from matplotlib.cm import ScalarMappable

    width, height = figure.get_size_inches()
    x = start / width
    figure.text(x, 1 - 0.62 / height, panel.title, fontsize=10, weight="bold", color=INK, va="top")
    figure.text(x, 1 - 0.81 / height, panel.caption, fontsize=7, color=MUTED, va="top")
    bar = figure.add_axes((x, 0.97 / height, 1.9 / width, 0.11 / height))
    middle = np.sqrt(panel.low * panel.high) if panel.log else (panel.low + panel.high) / 2
    at = sorted({panel.low, middle, panel.high})
    figure.colorbar(ScalarMappable(panel.scale(), panel.colours()), bar, orientation="horizontal", ticks=at)
    bar.set_xticks(at, [f"{value:.2g}" for value in at], fontsize=7)
    bar.set_xticks([], minor=True)
    bar.tick_params(length=2, colors=INK, pad=2)
    figure.text(x + 2.02 / width, 1.025 / height, f"{panel.darker} is better", fontsize=7, color=INK, va="center")


def _frame(figure: Figure, *, numbered: bool) -> None:
    """The heading, and what the marks mean."""
    width, height = figure.get_size_inches()
    sheet = figure.add_axes((0, 0, 1, 1), zorder=-1)
    sheet.set_axis_off()
    sheet.set_xlim(0, width)
    sheet.set_ylim(0, height)
    sheet.text(_EDGE, height - 0.28, "Which source serves which target", fontsize=12, weight="bold", color=INK)
    sheet.text(_EDGE, height - 0.46, "Rows: targets.  Columns: sources.", fontsize=8, color=MUTED)
    marks = (
        ("s", 9, INK, "the target's own network"),
        ("o", 8, ACCENT, "a source that does better than it"),
        ("x", 5, MUTED, "not measured"),
    )
    for line, (marker, size, colour, meaning) in enumerate(marks):
        y = 0.57 - 0.17 * line
        sheet.plot([_EDGE + 0.08], [y], ls="", marker=marker, ms=size, mfc="none", mec=colour, mew=1.2)
        sheet.text(_EDGE + 0.25, y, meaning, fontsize=7.5, color=INK, va="center")
    if numbered:
        said = "Numbers: the rank of the source in its row,\n1 the best single source. Rows compare only as ranks."
        sheet.text(_EDGE + 2.6, 0.57, said, fontsize=7.5, color=INK, va="center_baseline", linespacing=1.5)
