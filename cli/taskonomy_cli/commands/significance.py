"""`tk significance`: is the taxonomy worth more than one that chance draws?"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taskonomy_cli import answers
from taskonomy_cli.asked import Asked, From, from_options, program_options
from taskonomy_cli.measured import Measured
from taskonomy_cli.options import Count, plot_option
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Table, Terminal
from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.taxonomy import OPTIMAL

if TYPE_CHECKING:
    from taskonomy_core.taxonomy.significance import Significance


@click.command()
@from_options
@program_options
@click.option("--all-budgets", is_flag=True, help="The test at every budget at which the answer changes.")
@click.option("--draws", type=Count(), default=1000, show_default=True, help="How many random taxonomies.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the random taxonomies.")
@click.option("--best-edges", is_flag=True, help="Chance picks the labels alone; targets take the best edge from them.")
@click.option("--transferred-only", is_flag=True, help="Mean gain and quality over transfers, without own labels.")
@plot_option("significance.png")
@click.option("--json", "as_json", is_flag=True, help="Print the test as JSON; draws only with --plot.")
@click.pass_obj
def command(
    session: Session,
    origin: From,
    asked: Asked,
    all_budgets: bool,
    draws: int,
    seed: int,
    best_edges: bool,
    transferred_only: bool,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Hold the taxonomy against random feasible ones of the same budget.

    p is the share of taxonomies that are no worse than the best one, itself among them. The paper's test maximises
    the very measure that is looked at: --objective gain or --objective quality, with --transferred-only.
    """
    if all_budgets and asked.budget is not None:
        raise TaxonomyError("--all-budgets and --budget cannot be asked for at once.", "Leave one of the two out.")
    measured = origin.read(session)
    how: dict[str, Any] = {
        "draws": draws,
        "seed": seed,
        "best_edges": best_edges,
        "transferred_only": transferred_only,
        "solver": asked.solver,
        "seconds": asked.seconds,
    }
    found = (
        _every_budget(session.terminal, measured, asked, how) if all_budgets else [_one_budget(measured, asked, how)]
    )
    if as_json:
        listed = [answers.plain_significance(each, draws) for each in found]
        session.terminal.answer_json({"steps": listed} if all_budgets else listed[0])
    else:
        if all_budgets:
            _print_all(session.terminal, found)
        else:
            _print_one(session.terminal, found[0])
        edge = "the best edge" if best_edges else "one of the edges, by chance,"
        session.terminal.say(
            f"Each of {draws} random taxonomies labels tasks in a random order while the budget lasts; every target "
            f"takes {edge} from these labels. p: the share of taxonomies no worse than the best one, itself among them."
        )
    name = "significance_budgets.png" if all_budgets else "significance.png"
    place = plot or (measured.folder / name if measured.folder and not as_json else None)
    if place:
        _draw(measured, found, all_budgets, place)
        session.terminal.say(f"Drawn: {place}")


def _one_budget(measured: Measured, asked: Asked, how: dict[str, Any]) -> Significance:
    from taskonomy_core.taxonomy.significance import significance

    return significance(asked.problem(measured), **how)


def _every_budget(terminal: Terminal, measured: Measured, asked: Asked, how: dict[str, Any]) -> list[Significance]:
    from taskonomy_core.taxonomy.significance import significance_by_budget

    with terminal.progress() as tell:
        return significance_by_budget(
            asked.problem(measured, budget=0),
            progress=lambda done, total: tell(done, total, "Budgets, % of the way"),
            **how,
        )


def _draw(measured: Measured, found: Sequence[Significance], all_budgets: bool, place: Path) -> None:
    from taskonomy_core.report.significance_picture import draw_significance, draw_significance_curve

    if all_budgets:
        draw_significance_curve(found, place)
    else:
        draw_significance(found[0], place, titles=measured.titles)


def _print_one(terminal: Terminal, found: Significance) -> None:
    """A row per measure."""
    best = found.taxonomy
    labels = ", ".join(best.sources)
    terminal.answer(f"Budget {best.budget:g}, order {best.max_order}: {labels} ({best.sure}), against chance.")
    terminal.answer("")
    rows = []
    for measure in found.measures:
        tell = answers.teller(measure)
        name = f"objective ({best.objective_name})" if measure.name == answers.OBJECTIVE else measure.name
        numbers = (measure.value, measure.mean, measure.spread, measure.best)
        rows.append([name, *map(tell, numbers), f"{measure.p:.2g}"])
    columns = ("measure", "taxonomy", "random mean", "spread", "best random", "p")
    terminal.answer(Table(columns, rows, right=columns[1:]))


def _print_all(terminal: Terminal, found: Sequence[Significance]) -> None:
    """A row per budget; per measure the best taxonomy, the mean and spread of random ones, and p."""
    names, rows = answers.chance_rows(found)
    columns = ["budget", *(column for name in names for column in (name, "random", "p"))]
    terminal.answer(Table(columns, rows, right=columns))
    best = found[-1].taxonomy
    unsure = [f"{each.taxonomy.budget:g}" for each in found if each.taxonomy.status != OPTIMAL]
    terminal.answer("")
    terminal.answer(
        f"Objective: {best.objective_name}, order {best.max_order}. "
        + (f"Not proved best: budget {', '.join(unsure)}." if unsure else "Every taxonomy is proved best.")
    )
