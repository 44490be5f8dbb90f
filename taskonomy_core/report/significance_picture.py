"""Whether a taxonomy is worth more than chance, as a picture: at one budget, and at all of them (facts 6.8)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from taskonomy_core.report.canvas import FAINT, INK, MUTED, PALETTE, new_figure, save, title_of, two_digits
from taskonomy_core.report.lettering import inches_of, listed
from taskonomy_core.report.panels import EDGE, HEADING, above, heading, panel, rules, write

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from taskonomy_core.taxonomy.significance import Measure, Significance

# Inches.
_LEFT, _BETWEEN = 0.75, 0.75
_WIDE, _HIGH = 3.5, 2.3
_CURVE_WIDE, _CURVE_HIGH = 5.0, 3.0
_WORDS = 0.55
_BELOW = 0.55

_BINS = 30
_FLAT = 1e-9  # random taxonomies that differ by less are drawn as one bar
_BEST = PALETTE[1]
BAND, RANGE = "#aab4bf", "#e3e7eb"
_MEANING = {"gain": "mean wins against training from scratch", "quality": "mean wins against full supervision"}


def draw_significance(found: Significance, path: Path, *, titles: Mapping[str, str] | None = None) -> Path:
    """Draw, for each measure, a histogram of the random taxonomies and where the best taxonomy stands.

    Args:
        found: a taxonomy against chance.
        path: ends in .png or .svg.
        titles: task -> what people read.
    """
    best, count = found.taxonomy, max(len(found.measures), 1)
    width = _LEFT + count * _WIDE + (count - 1) * _BETWEEN + EDGE
    said = (
        f"budget {best.budget:g}, at most {_count(best.max_order, 'source')} each; random ones with seed {found.seed}"
    )
    width = max(width, 2 * EDGE + inches_of(said, 9))
    labelled = listed([title_of(source, titles) for source in best.sources], 8, width - 2 * EDGE - 0.8, lines=2)
    top = HEADING + 0.14 * (labelled.count("\n") + 1) + _WORDS + 0.15
    figure = new_figure(width, top + _HIGH + _BELOW)
    heading(figure, "The taxonomy against chance", said)
    write(figure, EDGE, HEADING - 0.11, "Labelled:", 8, color=MUTED)
    write(figure, EDGE + 0.65, HEADING - 0.11, labelled or "nothing", 8)
    for place, measure in enumerate(found.measures):
        start = _LEFT + place * (_WIDE + _BETWEEN)
        name = f"Objective ({best.objective_name})" if measure.name == "objective" else measure.name.capitalize()
        better = round(measure.p * (1 + len(measure.drawn))) - 1
        above(
            figure,
            start,
            top,
            name,
            f"p = {measure.p:.2g}: {better:,} of {len(measure.drawn):,} random ones are as good",
        )
        axes = panel(figure, start, top, _WIDE, _HIGH)
        _histogram(axes, measure)
        axes.set_ylabel("random taxonomies" if not place else "", fontsize=8, color=INK)
        axes.set_xlabel(_MEANING.get(measure.name, "sum over the targets"), fontsize=8, color=INK)
    return save(figure, path)


def draw_significance_curve(found: Sequence[Significance], path: Path) -> Path:
    """Draw mean gain and mean quality over the budget, of the best taxonomies and of random ones.

    The random ones are their mean, a band of one standard deviation to either side, and a paler one from the least to
    the greatest.

    Args:
        found: one for each budget.
        path: ends in .png or .svg.
    """
    found = sorted(found, key=lambda each: each.taxonomy.budget)
    curves = {
        name: [(each.taxonomy.budget, m) for each in found for m in each.measures if m.name == name]
        for name in _MEANING
    }
    curves = {name: points for name, points in curves.items() if points}
    top, count = HEADING + _WORDS, max(len(curves), 1)
    figure = new_figure(_LEFT + count * _CURVE_WIDE + (count - 1) * _BETWEEN + EDGE, top + _CURVE_HIGH + _BELOW + 0.4)
    order = max((each.taxonomy.max_order for each in found), default=1)
    draws = max((len(m.drawn) for points in curves.values() for _, m in points), default=0)
    at = f"each of {len(found)} budgets" if len(found) > 1 else "one budget"
    said = f"{_count(draws, 'random taxonomy')} at {at}; at most {_count(order, 'source')} each"
    heading(figure, "Taxonomies against chance", said)
    if not curves:
        write(figure, EDGE, HEADING, "Neither gain nor quality was measured.")
    for place, (name, points) in enumerate(curves.items()):
        start = _LEFT + place * (_CURVE_WIDE + _BETWEEN)
        above(figure, start, top, name.capitalize(), _largest_p(points))
        axes = panel(figure, start, top, _CURVE_WIDE, _CURVE_HIGH)
        _curve(axes, points)
        axes.set_ylabel(_MEANING[name], fontsize=8, color=INK)
        if not place:
            _legend(figure, axes, 2 * count)
    return save(figure, path)


def _legend(figure: Figure, axes: Axes, columns: int) -> None:
    across, down = figure.get_size_inches()
    figure.legend(
        *axes.get_legend_handles_labels(),
        loc="lower left",
        bbox_to_anchor=(EDGE / across, 0.12 / down),
        borderpad=0,
        borderaxespad=0,
        ncols=columns,
        fontsize=8,
        frameon=False,
        labelcolor=INK,
    )


def _count(number: int, noun: str) -> str:
    many = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {noun if number == 1 else many}"


def _number(measure: Measure, number: float) -> str:
    return f"{number:.3g}" if measure.name == "objective" else two_digits(number)


def _histogram(axes: Axes, measure: Measure) -> None:
    drawn, value = measure.drawn, measure.value
    flat = np.ptp(drawn) < _FLAT
    if flat:
        half = 0.01 * max(abs(measure.mean), 0.1)
        counts, edges = np.array([len(drawn)]), np.array([measure.mean - half, measure.mean + half])
    else:
        counts, edges = np.histogram(drawn, bins=_BINS)
    axes.bar(edges[:-1], counts, np.diff(edges), align="edge", color=BAND, ec="white", lw=0.4)
    tallest = float(counts.max())
    low, high = min(edges[0], value), max(edges[-1], value)
    margin = 0.06 * (high - low)
    axes.set_xlim(low - margin, high + margin)
    axes.set_ylim(0, 1.42 * tallest)
    spread = f"random {_number(measure, measure.mean)} ± {f'{measure.spread:.2g}'.removeprefix('0') or '0'}"
    lines: tuple[tuple[float, float, str, dict[str, Any]], ...] = (
        (measure.mean, 1.12, spread, {"color": INK, "ls": (0, (4, 2)), "lw": 1.2}),
        (value, 1.3, f"this taxonomy {_number(measure, value)}", {"color": _BEST, "lw": 2.2}),
    )
    for at, height, words, style in lines:
        axes.vlines(at, 0, (height + 0.08) * tallest, **style)
        right = at > (low + high) / 2
        axes.annotate(
            words,
            (at, height * tallest),
            (-4 if right else 4, 0),
            textcoords="offset points",
            ha="right" if right else "left",
            va="center",
            fontsize=8,
            color=style["color"],
            weight="bold" if at is value else "normal",
            bbox={"fc": "white", "ec": "none", "pad": 0.8},
        )
    axes.axhline(0, color=FAINT, lw=1)
    axes.xaxis.set_major_formatter(lambda number, _: f"{number:.4g}")
    axes.locator_params(axis="x", nbins=6)
    axes.locator_params(axis="y", nbins=5)


def _largest_p(points: Sequence[tuple[float, Measure]]) -> str:
    budget, worst = max(points, key=lambda point: point[1].p)
    return f"p = {worst.p:.2g} at budget {budget:g}" + ("" if len(points) == 1 else ", and nowhere larger")


def _curve(axes: Axes, points: Sequence[tuple[float, Measure]]) -> None:
    from matplotlib.ticker import MaxNLocator

    budgets = np.array([budget for budget, _ in points])
    measures = [measure for _, measure in points]
    means, spreads = (np.array([getattr(m, what) for m in measures]) for what in ("mean", "spread"))
    values = [measure.value for measure in measures]
    # At a single budget the band has some width all the same.
    wide = [0.0] if len(points) > 1 else [-0.5, 0.5]
    across = np.concatenate([budgets + shift for shift in wide])
    low, high = (np.tile([getattr(m.drawn, end)() for m in measures], len(wide)) for end in ("min", "max"))
    middle, deviation = np.tile(means, len(wide)), np.tile(spreads, len(wide))
    axes.fill_between(across, low, high, color=RANGE, lw=0, label="least to greatest of the random ones")
    axes.fill_between(across, middle - deviation, middle + deviation, color=BAND, lw=0, label="± standard deviation")
    axes.plot(across, middle, color=INK, ls=(0, (4, 2)), lw=1.2, label="random mean")
    axes.plot(budgets, values, color=_BEST, lw=2, marker="o", ms=3.5, label="best taxonomy")
    rules(axes, "y")
    axes.set_xlabel("budget", fontsize=8, color=INK)
    axes.yaxis.set_major_formatter(lambda number, _: two_digits(number))
    if len(points) > 1:
        axes.xaxis.set_major_locator(MaxNLocator(10, steps=[1, 2, 5, 10]))
        axes.margins(x=0.02)
    else:
        axes.set_xticks(budgets, [f"{budgets[0]:g}"])
        axes.margins(x=1.5)
