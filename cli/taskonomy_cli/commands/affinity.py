"""`tk affinity`: how well each source serves each target."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taskonomy_cli.asked import From, from_options
from taskonomy_cli.measured import Measured, share
from taskonomy_cli.options import Count, plot_option
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Styled, Table, Terminal
from taskonomy_core.errors import TaskonomyError

if TYPE_CHECKING:
    from taskonomy_core.taxonomy.affinity import Affinity
    from taskonomy_core.taxonomy.bootstrap import AffinityBootstrap
    from taskonomy_core.taxonomy.columns import LossColumn

# Best to worst; a terminal without colour still has the ranks themselves.
SHADES = ("bold black on bright_green", "black on green", "black on yellow", "white on bright_black", "bright_black")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@click.command()
@from_options
@click.option("--order", type=Count(), help="Hide transfers of more sources than this; no score changes.")
@click.option(
    "--bootstrap", type=Count(), metavar="N", help="Resample the test images N times: how sure is each score?"
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the resampling.")
@plot_option("affinity.png")
@click.option("--json", "as_json", is_flag=True, help="Print every edge as JSON; draws only with --plot.")
@click.pass_obj
def command(
    session: Session,
    origin: From,
    order: int | None,
    bootstrap: int | None,
    seed: int,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Draw the affinity matrix: per target, the rank of every source.

    One tournament per target decides who beats whom on each test image; the principal eigenvector of the ratios
    (AHP) gives the affinities. Those of different targets compare only as ranks, so ranks are shown: 1 is best.
    """
    measured = origin.read(session).up_to(order)
    sure = resampled(session.terminal, measured, bootstrap, seed) if bootstrap else None
    if as_json:
        session.terminal.answer_json(plain(measured, sure))
    else:
        print_matrix(session.terminal, measured.affinity)
        print_best(session.terminal, measured.affinity, sure)
    place = plot or (measured.folder / "affinity.png" if measured.folder and not as_json else None)
    if place:
        draw(session.terminal, measured, place)


def resampled(terminal: Terminal, measured: Measured, draws: int, seed: int) -> AffinityBootstrap:
    """The scores on resampled test images. Errors: TaskonomyError where there are no losses of single images."""
    if not measured.columns:
        raise TaskonomyError(
            f"{measured.origin} has no losses of single images to resample.",
            "Only runs of your own keep them: leave out --from, or leave out --bootstrap.",
        )
    from taskonomy_core.taxonomy.bootstrap import bootstrap_affinity

    with terminal.progress() as tell:
        return bootstrap_affinity(
            measured.columns, draws, seed, progress=lambda done, total: tell(done, total, "Tournaments")
        )


def plain(measured: Measured, sure: AffinityBootstrap | None) -> dict[str, object]:
    """Every edge as plain data, with the ends of its 95 % interval where images were resampled."""
    found = measured.affinity.plain()
    if sure is None:
        return found
    ends = dict(
        zip(((edge.target, edge.sources) for edge in sure.edges), sure.interval().affinity.tolist(), strict=True)
    )
    rows = zip(measured.affinity.rows(), measured.affinity.edges, strict=True)
    return found | {
        "bootstrap": sure.draws,
        "edges": [row | {"interval": ends[edge.target, edge.sources]} for row, edge in rows],
    }


def print_matrix(terminal: Terminal, measured: Affinity) -> None:
    """The matrix of ranks, targets down, sources across, in at most 80 columns for 26 sources."""
    names = measured.sources
    letters = [_letter(place) for place in range(len(names))]
    rows: list[list[str | Styled]] = []
    for target in measured.targets:
        ranks = first_order_ranks(measured, target)
        most = max(ranks.values(), default=1)
        rows.append([target[:22], *(_cell(ranks.get(name), most, name == target) for name in names)])
    terminal.answer(Table(("target", *letters), rows, right=letters, gap=1))
    legend = [f"{letter} {name}" for letter, name in zip(letters, names, strict=True)]
    width = max(map(len, legend)) + 2
    across = max(1, 78 // width)
    for start in range(0, len(legend), across):
        terminal.answer("".join(part.ljust(width) for part in legend[start : start + across]).rstrip())


def print_best(terminal: Terminal, measured: Affinity, sure: AffinityBootstrap | None = None) -> None:
    """Per target: its best transfers of one and of several sources, with gain and quality, and how sure they are."""
    ends: dict[tuple[str, tuple[str, ...]], list[float]] = {}
    if sure is not None:
        names = ((edge.target, edge.sources) for edge in sure.edges)
        ends = dict(zip(names, sure.interval().affinity.tolist(), strict=True))
    rows = []
    for target in measured.targets:
        transfers = [edge for edge in measured.into(target) if not edge.supervised]
        single = next((edge for edge in transfers if edge.order == 1), None)
        several = next((edge for edge in transfers if edge.order > 1), None)
        for edge in (single, several):
            if edge is not None:
                first = target if edge is single or single is None else ""
                low, high = ends.get((edge.target, edge.sources), (0.0, 0.0))
                interval = [] if sure is None else [f"{edge.affinity:.4f}", f"{low:.4f} to {high:.4f}"]
                rows.append([first, " + ".join(edge.sources), share(edge.gain), share(edge.quality), *interval])
    terminal.answer("")
    columns = ("target", "best sources", "gain", "quality", *(() if sure is None else ("affinity", "95 %")))
    terminal.answer(Table(columns, rows, right=("gain", "quality", "affinity", "95 %")))
    terminal.say(
        "Gain: share of test images on which the transfer beats training from scratch on the same labels; "
        "quality: beats the fully supervised network."
    )


def first_order_ranks(measured: Affinity, target: str) -> dict[str, int]:
    """Source -> its rank among the target's single-source transfers, 1 the best."""
    single = [edge.sources[0] for edge in measured.into(target) if edge.order == 1 and edge.sources != (target,)]
    return {source: rank for rank, source in enumerate(single, start=1)}


def draw(terminal: Terminal, measured: Measured, path: Path) -> None:
    """Draw the matrix to a file and say where."""
    from taskonomy_core.report.affinity_picture import draw_affinity

    losses = mean_losses(measured.columns)
    draw_affinity(measured.affinity, path, titles=measured.titles, groups=measured.groups, losses=losses)
    terminal.say(f"Drawn: {path}")


def mean_losses(columns: Iterable[LossColumn]) -> dict[tuple[str, str], float]:
    """(target, source) -> mean loss on the labelled test images; that of a task with itself is its own network's."""
    import numpy as np

    single = {
        (column.target, column.sources[0] if column.sources else column.target): column.losses
        for column in columns
        if column.reference == "self" or (len(column.sources) == 1 and column.sources[0] != column.target)
    }
    return {key: float(np.nanmean(losses)) for key, losses in single.items() if not np.isnan(losses).all()}


def _cell(rank: int | None, most: int, itself: bool) -> str | Styled:
    if rank is None:
        return "·" if itself else "-"
    shade = min(len(SHADES) - 1, (rank - 1) * len(SHADES) // max(most, 1))
    return Styled(str(rank), SHADES[shade])


def _letter(place: int) -> str:
    """a, b, ... z, aa, ab, ..."""
    head, tail = divmod(place, len(LETTERS))
    return (LETTERS[head - 1] if head else "") + LETTERS[tail]
