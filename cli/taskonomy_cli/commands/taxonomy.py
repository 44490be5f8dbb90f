"""`tk taxonomy`: which tasks to label within a budget, and where every target gets its features."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from taskonomy_cli.measured import read_affinity, share, takes_part, titles_and_groups
from taskonomy_cli.options import Count
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Styled, Table, Terminal
from taskonomy_core.errors import TaxonomyError

if TYPE_CHECKING:
    from taskonomy_core.taxonomy.affinity import Affinity
    from taskonomy_core.taxonomy.taxonomy import Taxonomy


@click.command()
@click.option("--budget", metavar="N", help="What labels may cost together [default: that of registry.toml].")
@click.option("--order", type=Count(), help="The most sources that one transfer may have.")
@click.option("--objective", default="sqrt", show_default=True, help="sqrt or linear (affinity), gain, or quality.")
@click.option("--solver", default="auto", show_default=True, help="auto, highs, scipy or cbc.")
@click.option("--seconds", type=click.FloatRange(min=0.01), help="Stop searching after this time.")
@click.option(
    "--picture",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to draw the taxonomy, PNG or SVG [default: taxonomy.png beside registry.toml].",
)
@click.option("--json", "as_json", is_flag=True, help="Print the taxonomy as JSON; draws only with --picture.")
@click.pass_obj
def command(
    session: Session,
    budget: str | None,
    order: int | None,
    objective: str,
    solver: str,
    seconds: float | None,
    picture: Path | None,
    as_json: bool,
) -> None:
    """Solve for the tasks that are worth labelling.

    Roles, costs and weights come from registry.toml. A target that is labelled itself is served by its own network;
    every other gets the best transfer from what is labelled.
    """
    from taskonomy_core.taxonomy.problem import as_budget

    wanted = as_budget(session.roster.budget if budget is None else budget)
    measured = read_affinity(session, order)
    answer = solve_for(session, measured, wanted, order, objective, solver, seconds)
    if as_json:
        session.terminal.answer_json(answer.plain())
    if not answer.feasible:
        raise TaxonomyError(f"Infeasible: {answer.reason}", "Raise the budget; type: tk taxonomy --budget N")
    if not as_json:
        print_taxonomy(session.terminal, answer)
    if picture is not None or not as_json:
        draw(session, answer, picture or session.path.parent / "taxonomy.png")


def solve_for(
    session: Session,
    measured: Affinity,
    budget: float,
    order: int | None = None,
    objective: str = "sqrt",
    solver: str = "auto",
    seconds: float | None = None,
) -> Taxonomy:
    """The best taxonomy of the registered tasks for a budget; without those that are left out and not measured."""
    from taskonomy_core.taxonomy.problem import state_problem
    from taskonomy_core.taxonomy.solver import solve

    tasks = takes_part(session, measured)
    problem = state_problem(
        measured,
        budget,
        roles={task.name: task.role for task in tasks},
        costs={task.name: task.cost for task in tasks},
        weights={task.name: task.weight for task in tasks},
        max_order=order,
        objective=objective,
    )
    return solve(problem, solver, seconds)


def print_taxonomy(terminal: Terminal, answer: Taxonomy) -> None:
    """What to label, and a row per target."""
    from taskonomy_core.taxonomy.policies import performance

    labels = ", ".join(answer.sources)
    terminal.answer(f"Label {len(answer.sources)} of the tasks (cost {answer.cost:g} of {answer.budget:g}): {labels}")
    terminal.answer("")
    rows: list[list[str | Styled]] = []
    for edge in sorted(answer.edges, key=lambda edge: (not edge.supervised, edge.target)):
        how = Styled("its own labels", "green") if edge.supervised else " + ".join(edge.sources)
        rows.append([edge.target, how, share(edge.gain), share(edge.quality)])
    terminal.answer(Table(("target", "features from", "gain", "quality"), rows, right=("gain", "quality")))
    mean = performance(answer)
    terminal.answer("")
    gap = "" if not answer.gap else f", at most {answer.gap:.1%} below the best"
    terminal.answer(
        f"Mean gain {share(mean.gain)}, mean quality {share(mean.quality)}. "
        f"Objective {answer.objective:.4f} ({answer.objective_name}), {answer.status}{gap}."
    )
    terminal.say(
        "Gain: share of test images on which it beats training from scratch on the same labels; quality: beats the "
        "fully supervised network (50 %: as good)."
    )


def draw(session: Session, answer: Taxonomy, path: Path) -> None:
    """Draw the taxonomy to a file and say where."""
    from taskonomy_core.report.taxonomy_picture import draw_taxonomy

    titles, _ = titles_and_groups(session)
    draw_taxonomy(answer, path, titles=titles)
    session.terminal.say(f"Drawn: {path}")
