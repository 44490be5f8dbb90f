"""`tk recommend`: where a task that nobody labelled should get its features."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taskonomy_cli.asked import Asked, From, from_options, some_options
from taskonomy_cli.measured import Measured, share
from taskonomy_cli.options import Count, plot_option
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Table, Terminal
from taskonomy_core.errors import TaxonomyError

if TYPE_CHECKING:
    from taskonomy_core.taxonomy.edges import Edge
    from taskonomy_core.taxonomy.recommend import Recommendation


@click.command()
@click.argument("task", metavar="TASK")
@from_options
@some_options("order", "source", "unused", "cost", "transfer_cost", "have")
@click.option("--budget", metavar="N", help="What the labels for one transfer may cost [default: any amount].")
@click.option("--top", type=Count(), default=10, show_default=True, help="How many transfers of any order.")
@plot_option()
@click.option("--json", "as_json", is_flag=True, help="Print the recommendation as JSON.")
@click.pass_obj
def command(
    session: Session,
    task: str,
    origin: From,
    asked: Asked,
    budget: str | None,
    top: int,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Recommend what TASK should be transferred from, if it is never labelled.

    The best transfer of each order, the best of any order, and what supervision of its own would add. With
    `--budget 0 --have TASK,TASK`: the best from what is labelled already.
    """
    measured = origin.read(session)
    found = _recommend(measured, _target(measured, asked, task), replace(asked, budget=budget), top)
    if as_json:
        session.terminal.answer_json(found.plain())
    else:
        _print(session.terminal, found)
    if plot:
        from taskonomy_core.report.recommendation_picture import draw_recommendation

        draw_recommendation(found, plot, titles=measured.titles)
        session.terminal.say(f"Drawn: {plot}")


def _target(measured: Measured, asked: Asked, text: str) -> str:
    """Our name of the task, if there are transfers to it and no option contradicts that it is never labelled."""
    task, targets = measured.name(text), measured.affinity.targets
    if task not in targets:
        raise TaxonomyError(
            f"{measured.origin} has no transfer to {task}.", f"Choose one of these: {', '.join(targets)}."
        )
    for option, names in (("have", asked.have), ("source", asked.source), ("unused", asked.unused)):
        if task in map(measured.name, names):
            raise TaxonomyError(
                f"{task} is taken as never labelled here, so it cannot be --{option}.", f"Leave --{option} {task} out."
            )
    return task


def _recommend(measured: Measured, task: str, asked: Asked, top: int) -> Recommendation:
    from taskonomy_core.taxonomy.recommend import recommend

    problem = replace(asked, target=(task,)).problem(measured, budget=0 if asked.budget is None else asked.budget)
    if asked.budget is None:
        problem = replace(problem, budget=problem.largest_cost)
    return recommend(measured.affinity, problem, task, top)


def _print(terminal: Terminal, found: Recommendation) -> None:
    terminal.answer(f"What {found.target}, never labelled itself, should be transferred from")
    terminal.answer("")
    _print_edges(terminal, "the best of each order", found.by_order)
    terminal.answer("")
    _print_edges(terminal, "the best of all", found.ranked)
    terminal.answer("")
    terminal.answer(_own_labels(found))
    terminal.say(
        "Affinity: its share of the AHP mass of all that was measured for this task. Gain: share of test images on "
        "which it beats training from scratch on the same labels; quality: beats the fully supervised network (50 %: "
        "as good)."
    )


def _print_edges(terminal: Terminal, title: str, edges: Sequence[Edge]) -> None:
    rows = [
        [
            str(edge.order),
            _affinity(edge.affinity),
            share(edge.gain),
            share(edge.quality),
            " + ".join(edge.sources),
        ]
        for edge in edges
    ]
    columns = ("order", "affinity", "gain", "quality", title)
    terminal.answer(Table(columns, rows, right=columns[:-1]))


def _affinity(number: float | None) -> str:
    if number is None:
        return "-"
    return f"{number:.4f}" if number >= 5e-5 else f"{number:.0e}"


def _own_labels(found: Recommendation) -> str:
    """What supervision of its own would add to the best transfer, in words."""
    own, best = found.own, found.ranked[0]
    if own is None:
        return "Its own supervised network was not measured, so nobody can say what labels would add."
    added = [
        f"{_signed(by)} of {what} ({share(getattr(own, what))} instead of {share(getattr(best, what))})"
        for what, by in found.own_adds.items()
        if by is not None
    ]
    if not added:
        return "Neither gain nor quality was measured, so nobody can say what labels of its own would add."
    return f"Labels of its own would add {' and '.join(added)} to the best of all."


def _signed(number: float) -> str:
    return f"{100 * number:+.0f} points"
