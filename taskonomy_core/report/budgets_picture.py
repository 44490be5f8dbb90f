"""The staircase as a picture: what every budget buys, which labels it buys, and what each target gets from them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from textwrap import wrap
from typing import TYPE_CHECKING

from taskonomy_core.report.canvas import INK, MUTED, PALETTE, new_figure, save, title_of, two_digits
from taskonomy_core.report.heat_map import HeatMap, draw_cells, draw_scale
from taskonomy_core.report.lettering import inches_of, widest
from taskonomy_core.report.panels import EDGE, HEADING, above, heading, panel, rules, write
from taskonomy_core.taxonomy.policies import performance
from taskonomy_core.taxonomy.staircase import Staircase, Step
from taskonomy_core.taxonomy.taxonomy import OPTIMAL

if TYPE_CHECKING:
    from matplotlib.axes import Axes

# Inches.
_MEANS = 1.9  # height of the panel of the means
_BAR, _ROW = 0.2, 0.22  # from one source or target to the next
_TALLEST = 13.0  # where rows get closer
_CELL, _WIDE_CELL = 0.27, 0.6
_WIDEST = 7.0  # where cells get narrower
_LEAST = 3.3  # what the words above a map need
_BETWEEN = 0.35
_BUDGET_WORDS = 1.0  # below a panel, to the next
_LEGEND = 1.28
_BAR_FILL = 0.68

_GAIN = HeatMap("Gain", "wins against training from scratch", "YlGnBu", lambda edge: edge.gain)
_QUALITY = HeatMap("Quality", "wins against full supervision; .50 is equal", "PuOr", lambda edge: edge.quality)


def draw_budgets(staircase: Staircase, path: Path, *, titles: Mapping[str, str] | None = None) -> Path:
    """Draw the means over the budget, the budgets at which each source is labelled, and two maps, targets by budgets.

    The maps are the paper's Fig. 9 (facts 6.4); sources stand in the order in which they enter.

    Args:
        staircase: one without steps is drawn as its reason.
        path: ends in .png or .svg.
        titles: task -> what people read.
    """
    if not staircase.steps:
        return _reason(staircase, path)
    steps, spans = staircase.steps, staircase.spans()
    sources = sorted(spans, key=lambda source: (spans[source][0][0], *_by_title(source, titles)))
    targets = sorted((edge.target for edge in steps[0].taxonomy.edges), key=lambda task: _by_title(task, titles))
    bar, row = (min(most, _TALLEST / max(count, 1)) for most, count in ((_BAR, len(sources)), (_ROW, len(targets))))
    cell = min(_CELL if len(steps) > 5 else _WIDE_CELL, _WIDEST / len(steps))
    size = min(8.0, 72 * 0.75 * min(bar, row))
    left = EDGE + max(widest([title_of(task, titles) for task in {*sources, *targets}], size) + 0.08, 0.4)
    across = max(cell * len(steps), _LEAST)
    whole, summary = 2 * across + _BETWEEN, _summary(steps)
    bars = bar * max(len(sources), 1)
    top_of_bars = HEADING + 0.3 + _MEANS + 0.4
    top_of_maps = top_of_bars + bars + _BUDGET_WORDS
    below = top_of_maps + row * len(targets)
    figure = new_figure(max(left + whole, EDGE + inches_of(summary, 9)) + EDGE, below + _LEGEND)
    heading(figure, "Taxonomies at every budget", summary)
    above(figure, left, HEADING + 0.3, "Mean over the targets")
    means = panel(figure, left, HEADING + 0.3, whole, _MEANS)
    _means(means, steps)
    above(figure, left, top_of_bars, "Labelled tasks")
    entries = panel(figure, left, top_of_bars, whole, bars)
    _bars(entries, [spans[source] for source in sources], _end(steps))
    entries.set_yticks(range(len(sources)), [title_of(source, titles) for source in sources], fontsize=size)
    for axes in (means, entries):
        _over_budgets(axes, steps, whole)
    means.tick_params(axis="x", labelbottom=False)
    entries.set_xlabel("budget", fontsize=8, color=INK, labelpad=3)
    for heat, start in ((_GAIN, left), (_QUALITY, left + across + _BETWEEN)):
        above(figure, start, top_of_maps, heat.title, heat.below)
        axes = panel(figure, start, top_of_maps, cell * len(steps), row * len(targets))
        draw_cells(axes, heat, [step.taxonomy for step in steps], targets, (cell, row))
        named = [title_of(target, titles) for target in targets] if heat is _GAIN else [""] * len(targets)
        axes.set_yticks([place + 0.5 for place in range(len(targets))], named, fontsize=size)
        draw_scale(figure, start, below + 0.58, heat)
    write(figure, left, below + 0.95, "◤ served by its own network     grey: not measured", 7.5)
    return save(figure, path)


def _reason(staircase: Staircase, path: Path) -> Path:
    reason = wrap(staircase.reason.replace("$", r"\$"), 120, max_lines=40, placeholder=" …")
    figure = new_figure(9.0, HEADING + 0.17 * len(reason) + EDGE)
    heading(figure, "Taxonomies at every budget", "No budget serves every target.")
    write(figure, EDGE, HEADING, "\n".join(reason))
    return save(figure, path)


def _by_title(task: str, titles: Mapping[str, str] | None) -> tuple[str, str]:
    return title_of(task, titles).lower(), task


def _summary(steps: Sequence[Step]) -> str:
    first = steps[0].taxonomy
    at = f"budget {first.budget:g}" if len(steps) == 1 else f"budgets {first.budget:g} to {steps[-1].budget:g}"
    proved = sum(step.taxonomy.status == OPTIMAL for step in steps)
    sure = "proved best" if proved == len(steps) else f"{proved} of them proved best" if proved else "not proved best"
    order = f"at most {_count(first.max_order, 'source')} each"
    return (
        f"{_count(len(steps), 'step')}, {at}; {_count(len(first.edges), 'target')}, {order}; "
        f"objective {first.objective_name}; {sure}"
    )


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'s' * (number != 1)}"


def _end(steps: Sequence[Step]) -> float:
    """Where the picture ends: a little beyond the last step, which has no end."""
    return steps[-1].budget + (0.06 * (steps[-1].budget - steps[0].budget) or 1.0)


def _over_budgets(axes: Axes, steps: Sequence[Step], inches: float) -> None:
    """Budgets from left to right: each step at its place where there is room for all, else round numbers."""
    from matplotlib.ticker import MaxNLocator

    start, end = steps[0].budget, _end(steps)
    axes.set_xlim(start, end)
    labels = [f"{step.budget:g}" for step in steps]
    nearest = min((after.budget - before.budget for before, after in pairwise(steps)), default=end - start)
    if widest(labels, 8) + 0.06 < inches * nearest / (end - start):
        axes.set_xticks([step.budget for step in steps], labels)
    else:
        axes.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 2, 5, 10]))
    rules(axes, "x")


def _means(axes: Axes, steps: Sequence[Step]) -> None:
    budgets = [*(step.budget for step in steps), _end(steps)]
    means = [performance(step.taxonomy) for step in steps]
    lines = {"gain": [mean.gain for mean in means], "quality": [mean.quality for mean in means]}
    known = {name: [m for m in (*line, line[-1]) if m is not None] for name, line in lines.items()}
    known = {name: line for name, line in known.items() if len(line) == len(budgets)}
    for place, (name, line) in enumerate(known.items()):
        upper = all(line[-1] >= other[-1] for other in known.values()) and not (place and line[-1] == known["gain"][-1])
        axes.step(budgets, line, where="post", color=PALETTE[place], lw=2, solid_capstyle="butt")
        axes.annotate(
            f"{name} {two_digits(line[-1])}",
            (budgets[-1], line[-1]),
            (0, 4 if upper else -4),
            textcoords="offset points",
            ha="right",
            va="bottom" if upper else "top",
            fontsize=8.5,
            weight="bold",
            color=PALETTE[place],
            bbox={"fc": "white", "ec": "none", "pad": 0.6},
        )
    if not known:
        words = "Neither gain nor quality is known for all targets."
        axes.text(0.01, 0.56, words, fontsize=8, color=MUTED, va="center", transform=axes.transAxes)
    axes.set_ylim(0, 1.12)
    axes.set_yticks([0, 0.25, 0.5, 0.75, 1], ["0", ".25", ".50", ".75", "1"])
    rules(axes, "y")


def _bars(axes: Axes, rows: Sequence[Sequence[tuple[float, float | None]]], end: float) -> None:
    from matplotlib.markers import CARETRIGHTBASE

    for place, spans in enumerate(rows):
        bars = [(start, (end if until is None else until) - start) for start, until in spans]
        axes.broken_barh(bars, (place - _BAR_FILL / 2, _BAR_FILL), facecolors=PALETTE[0], lw=0)
    on = [place for place, spans in enumerate(rows) if spans[-1][1] is None]
    axes.plot([end] * len(on), on, ls="", marker=CARETRIGHTBASE, ms=5, mew=0, color=PALETTE[0], clip_on=False)
    if not rows:
        axes.text(0.01, 0.5, "No task is labelled.", fontsize=8, color=MUTED, transform=axes.transAxes, va="center")
    axes.set_ylim(max(len(rows), 1) - 0.5, -0.5)
