"""`tk taxonomy`: which tasks to label within a budget, and where every target gets its features."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from taskonomy_cli import answers
from taskonomy_cli.asked import Asked, From, from_options, program_options
from taskonomy_cli.measured import Measured
from taskonomy_cli.options import Count, plot_option
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Terminal
from taskonomy_core.errors import TaskonomyError

if TYPE_CHECKING:
    from taskonomy_core.taxonomy.chosen import Chosen
    from taskonomy_core.taxonomy.problem import Problem
    from taskonomy_core.taxonomy.taxonomy import Taxonomy

_RAISE = "Raise the budget; type: tk taxonomy --budget N"


@click.command()
@from_options
@program_options
@click.option("--all-budgets", is_flag=True, help="The whole staircase: every budget at which the answer changes.")
@click.option("--alternatives", type=Count(), metavar="N", help="Also the N next-best sets of labels.")
@click.option(
    "--bootstrap", type=Count(), metavar="N", help="Resample the test images N times: how sure is each choice?"
)
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Of the resampling.")
@plot_option("taxonomy.png")
@click.option("--json", "as_json", is_flag=True, help="Print the taxonomy as JSON; draws only with --plot.")
@click.pass_obj
def command(
    session: Session,
    origin: From,
    asked: Asked,
    all_budgets: bool,
    alternatives: int | None,
    bootstrap: int | None,
    seed: int,
    plot: Path | None,
    as_json: bool,
) -> None:
    """Solve for the tasks that are worth labelling.

    Roles, costs and weights come from registry.toml, unless options say otherwise; all that name tasks may be given
    several times. A target that is labelled itself is served by its own network; every other gets the best transfer
    from what is labelled.
    """
    _refuse_mixtures(all_budgets, asked.budget, alternatives, bootstrap)
    measured = origin.read(session)
    if all_budgets:
        _every_budget(session.terminal, measured, asked, plot, as_json)
        return
    problem = asked.problem(measured)
    found = _alternatives(problem, asked, alternatives) if alternatives else [solve(problem, asked)]
    best, others = found[0], found[1:]
    chosen = _chosen(session.terminal, measured, problem, asked, bootstrap, seed) if bootstrap else None
    if as_json:
        more: dict[str, object] = {} if alternatives is None else {"alternatives": answers.plain_others(best, others)}
        more |= {} if chosen is None else {"bootstrap": chosen.plain()}
        session.terminal.answer_json(answers.plain(best) | more)
    if not best.feasible:
        raise TaskonomyError(f"Infeasible: {best.reason}.", _RAISE)
    if not as_json:
        answers.print_taxonomy(session.terminal, best, chosen)
        if alternatives:
            answers.print_alternatives(session.terminal, best, others)
    place = plot or (measured.folder / "taxonomy.png" if measured.folder and not as_json else None)
    if place:
        draw(session.terminal, measured, best, place, asked.roles(measured))


def solve(problem: Problem, asked: Asked | None = None) -> Taxonomy:
    """The best taxonomy; with the solver and time that were asked for."""
    from taskonomy_core.taxonomy.solver import solve

    return solve(problem, asked.solver, asked.seconds) if asked else solve(problem)


def of_project(measured: Measured, budget: float | None = None) -> Taxonomy:
    """The best taxonomy as registry.toml asks for it, or at another budget."""
    from taskonomy_core.taxonomy.problem import state_problem

    facts = measured.facts
    return solve(
        state_problem(
            measured.affinity,
            measured.budget if budget is None else budget,
            roles={name: fact.role for name, fact in facts.items()},
            costs={name: fact.cost for name, fact in facts.items()},
            transfer_costs={name: fact.transfer_cost for name, fact in facts.items()},
            weights={name: fact.weight for name, fact in facts.items()},
        )
    )


def draw(terminal: Terminal, measured: Measured, answer: Taxonomy, path: Path, roles: dict[str, str]) -> None:
    """Draw the taxonomy to a file and say where."""
    from taskonomy_core.report.taxonomy_picture import draw_taxonomy

    draw_taxonomy(answer, path, titles=measured.titles, unused=answers.left_unused(answer, roles))
    terminal.say(f"Drawn: {path}")


def _refuse_mixtures(all_budgets: bool, budget: str | None, alternatives: int | None, bootstrap: int | None) -> None:
    if not all_budgets:
        return
    for option, given in (("budget", budget), ("alternatives", alternatives), ("bootstrap", bootstrap)):
        if given is not None:
            raise TaskonomyError(
                f"--all-budgets and --{option} cannot be asked for at once.", "Leave one of the two out."
            )


def _every_budget(terminal: Terminal, measured: Measured, asked: Asked, plot: Path | None, as_json: bool) -> None:
    from taskonomy_core.taxonomy.staircase import staircase

    problem = asked.problem(measured, budget=0)
    with terminal.progress() as tell:
        found = staircase(
            problem, asked.solver, asked.seconds, lambda done, total: tell(done, total, "Budgets, % of the way")
        )
    if as_json:
        terminal.answer_json(answers.plain_staircase(found, problem))
    if not found.steps:
        raise TaskonomyError(f"Infeasible at every budget: {found.reason}.", "Type: tk taxonomy --help")
    if not as_json:
        answers.print_staircase(terminal, found, problem)
    place = plot or (measured.folder / "budgets.png" if measured.folder and not as_json else None)
    if place:
        from taskonomy_core.report.budgets_picture import draw_budgets

        draw_budgets(found, place, titles=measured.titles)
        terminal.say(f"Drawn: {place}")


def _alternatives(problem: Problem, asked: Asked, count: int) -> list[Taxonomy]:
    from taskonomy_core.taxonomy.solver import TaxonomySolver

    return TaxonomySolver(problem, asked.solver, asked.seconds).alternatives(count)


def _chosen(terminal: Terminal, measured: Measured, problem: Problem, asked: Asked, draws: int, seed: int) -> Chosen:
    from taskonomy_cli.commands.affinity import resampled
    from taskonomy_core.taxonomy.chosen import chosen_often

    again = resampled(terminal, measured, draws, seed)
    with terminal.progress() as tell:
        return chosen_often(problem, again, asked.solver, lambda done, total: tell(done, total, "Taxonomies"))
