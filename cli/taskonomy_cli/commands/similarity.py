"""`tk similarity`: which tasks behave alike as sources, as groups and as a tree."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taskonomy_cli.asked import Asked, From, from_options, some_options
from taskonomy_cli.options import Count, plot_option
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Table, Terminal

if TYPE_CHECKING:
    from taskonomy_core.taxonomy.similarity import SimilarityTree

# Columns of the terminal that the tree takes beside the names, unless it branches more often.
_WIDTH = 60
# Along, down, the two ends of a branch, and where it goes on from its upper end or from between.
_LINES = "─│┐┘┬├"
_PLAIN_LINES = "-|++++"


@click.command()
@from_options
@some_options("unused")
@click.option("--groups", type=Count(), default=4, show_default=True, help="How many groups the tree is cut into.")
@plot_option("similarity.png")
@click.option("--json", "as_json", is_flag=True, help="Print the tree as JSON; draws only with --plot.")
@click.pass_obj
def command(session: Session, origin: From, asked: Asked, groups: int, plot: Path | None, as_json: bool) -> None:
    """Group tasks by how they transfer out: alike are those that serve the same targets well and badly.

    Ward linkage on the logarithms of first-order affinities. Tasks whose role is unused take no part.
    """
    from taskonomy_core.taxonomy.similarity import similarity_tree

    measured = origin.read(session)
    unused = [name for name, role in asked.roles(measured).items() if role == "unused"]
    tree = similarity_tree(measured.affinity, unused=unused)
    terminal = session.terminal
    if tree.passed_over:
        terminal.warn(f"Not every transfer to {_listed(tree.passed_over)} was measured: passed over as a target.")
    if tree.left_out:
        terminal.warn(f"Not every transfer from {_listed(tree.left_out)} was measured: left out of the tree.")
    if as_json:
        terminal.answer_json(tree.plain(groups))
    else:
        _print(terminal, tree, groups)
    place = plot or (measured.folder / "similarity.png" if measured.folder and not as_json else None)
    if place:
        from taskonomy_core.report.tree_picture import draw_tree

        draw_tree(tree, place, groups=groups, titles=measured.titles)
        terminal.say(f"Drawn: {place}")


def _listed(names: tuple[str, ...]) -> str:
    return " and ".join(names)


def _print(terminal: Terminal, tree: SimilarityTree, groups: int) -> None:
    found = tree.groups(groups)
    rows = [[str(number), ", ".join(group)] for number, group in enumerate(found, start=1)]
    terminal.answer(Table(("group", "tasks that transfer out alike"), rows, right=("group",)))
    terminal.answer("")
    group_of = {task: number for number, group in enumerate(found, start=1) for task in group}
    wide, digits = max(map(len, tree.tasks)), len(str(len(found)))
    for task, line in _branches(tree, _PLAIN_LINES if _poor() else _LINES):
        terminal.answer(f"{task:<{wide}}  {group_of[task]:>{digits}} {line}")
    terminal.say("The number is the task's group; the further to the right two branches meet, the less they are alike.")


def _branches(tree: SimilarityTree, lines: str) -> list[tuple[str, str]]:
    """Tasks from top to bottom, each with its line of the drawn tree; a link's height is its column."""
    from scipy.cluster.hierarchy import leaves_list

    along, down, upper, lower, fork, between = tuple(lines)
    leaves = leaves_list(tree.links)
    # Row and column where each leaf, then each link, ends on its right.
    ends = {int(leaf): (row, -1) for row, leaf in enumerate(leaves)}
    cells: dict[tuple[int, int], str] = {}
    highest = max(float(tree.links[-1, 2]), 1e-12)
    for number, (one, other, height, _) in enumerate(tree.links):
        parts = sorted((ends[int(one)], ends[int(other)]))
        (top, _), (bottom, _) = parts
        column = max(round(_WIDTH * height / highest), *(end + 2 for _, end in parts))
        for row, end in parts:
            cells |= {(row, place): along for place in range(end + 1, column)}
        middle = (top + bottom) // 2
        cells |= {(row, column): down for row in range(top + 1, bottom)}
        cells |= {(top, column): upper, (bottom, column): lower}
        ends[len(leaves) + number] = (middle, column)
        if number < len(tree.links) - 1:
            cells[middle, column] = fork if middle == top else between
    width = 1 + max(column for _, column in cells)
    return [
        (tree.tasks[leaf], "".join(cells.get((row, column), " ") for column in range(width)).rstrip())
        for row, leaf in enumerate(leaves)
    ]


def _poor() -> bool:
    """Whether answers go to a stream that cannot write the lines of a tree."""
    try:
        _LINES.encode(sys.stdout.encoding or "ascii")
    except (UnicodeEncodeError, LookupError):
        return True
    return False
