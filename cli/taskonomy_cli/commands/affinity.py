"""`tk affinity`: how well each source serves each target."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from taskonomy_cli.measured import read_affinity, share, titles_and_groups
from taskonomy_cli.options import Count
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Styled, Table, Terminal

if TYPE_CHECKING:
    from taskonomy_core.taxonomy.affinity import Affinity

# Best to worst; a terminal without colour still has the ranks themselves.
SHADES = ("bold black on bright_green", "black on green", "black on yellow", "white on bright_black", "bright_black")
LETTERS = "abcdefghijklmnopqrstuvwxyz"


@click.command()
@click.option("--order", type=Count(), help="Leave out transfers of more sources than this.")
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to draw the matrix, PNG or SVG [default: affinity.png beside registry.toml].",
)
@click.option("--json", "as_json", is_flag=True, help="Print every edge as JSON; draws only with --picture.")
@click.pass_obj
def command(session: Session, order: int | None, picture: Path | None, as_json: bool) -> None:
    """Draw the affinity matrix: per target, the rank of every source.

    One tournament per target decides who beats whom on each test image; the principal eigenvector of the ratios
    (AHP) gives the affinities. Those of different targets compare only as ranks, so ranks are shown: 1 is best.
    """
    measured = read_affinity(session, order)
    if as_json:
        session.terminal.answer_json(measured.plain())
    else:
        print_matrix(session.terminal, measured)
        print_best(session.terminal, measured)
    if picture is not None or not as_json:
        draw(session, measured, picture or session.path.parent / "affinity.png")


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


def print_best(terminal: Terminal, measured: Affinity) -> None:
    """Per target: its best transfers of one and of several sources, with gain and quality."""
    rows = []
    for target in measured.targets:
        transfers = [edge for edge in measured.into(target) if not edge.supervised]
        single = next((edge for edge in transfers if edge.order == 1), None)
        several = next((edge for edge in transfers if edge.order > 1), None)
        for edge in (single, several):
            if edge is not None:
                first = target if edge is single or single is None else ""
                rows.append([first, " + ".join(edge.sources), share(edge.gain), share(edge.quality)])
    terminal.answer("")
    terminal.answer(Table(("target", "best sources", "gain", "quality"), rows, right=("gain", "quality")))
    terminal.say(
        "Gain: share of test images on which the transfer beats training from scratch on the same labels; "
        "quality: beats the fully supervised network."
    )


def first_order_ranks(measured: Affinity, target: str) -> dict[str, int]:
    """Source -> its rank among the target's single-source transfers, 1 the best."""
    single = [edge.sources[0] for edge in measured.into(target) if edge.order == 1 and edge.sources != (target,)]
    return {source: rank for rank, source in enumerate(single, start=1)}


def draw(session: Session, measured: Affinity, path: Path) -> None:
    """Draw the matrix to a file and say where."""
    from taskonomy_core.report.affinity_picture import draw_affinity

    titles, groups = titles_and_groups(session)
    draw_affinity(measured, path, titles=titles, groups=groups)
    session.terminal.say(f"Drawn: {path}")


def _cell(rank: int | None, most: int, itself: bool) -> str | Styled:
    if rank is None:
        return "·" if itself else "-"
    shade = min(len(SHADES) - 1, (rank - 1) * len(SHADES) // max(most, 1))
    return Styled(str(rank), SHADES[shade])


def _letter(place: int) -> str:
    """a, b, ... z, aa, ab, ..."""
    head, tail = divmod(place, len(LETTERS))
    return (LETTERS[head - 1] if head else "") + LETTERS[tail]
