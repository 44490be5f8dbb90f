"""`tk report`: everything about a run in one HTML file, to be kept, sent and printed."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from taskonomy_cli.asked import Asked, From, from_options, some_options
from taskonomy_cli.measured import Measured
from taskonomy_cli.options import Count
from taskonomy_cli.session import Session
from taskonomy_cli.wording import megabytes
from taskonomy_core.errors import TaskonomyError

if TYPE_CHECKING:
    from taskonomy_cli.report.page import Report
    from taskonomy_core.ledger.showroom import TaskGallery
    from taskonomy_core.taxonomy.staircase import Staircase
    from taskonomy_core.taxonomy.taxonomy import Taxonomy

NAME = "report.html"
LARGEST = 15_000_000
_SPARE = 200_000  # bytes of it that stay free
DRAWS = 1000
EXAMPLES = 3


@click.command
@from_options
@some_options("budget", "order", "objective")
@click.option(
    "--output",
    "-o",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help=f"Where to write it [default: {NAME} beside registry.toml; with --from, here].",
)
@click.option(
    "--examples", type=click.IntRange(min=0), default=EXAMPLES, show_default=True, help="Test pictures a task."
)
@click.option("--draws", type=Count(), default=DRAWS, show_default=True, help="Random taxonomies to compare with.")
@click.pass_obj
def command(session: Session, origin: From, asked: Asked, output: Path | None, examples: int, draws: int) -> None:
    """Write one self-contained HTML file of a run.

    What was trained and when, sanity, affinities, the taxonomy of every budget, staircase, significance, similarity,
    and of every task some test pictures: input, truth, its own network, a transfer, from scratch. It opens from disk,
    fetches nothing, prints, and stays under 15 MB. With --from, what needs no losses of single images.
    """
    measured = origin.read(session)
    path = output or (measured.folder or Path()) / NAME
    write(session, origin, measured, asked, path, examples, draws)


def write(
    session: Session,
    origin: From,
    measured: Measured,
    asked: Asked,
    path: Path,
    examples: int = EXAMPLES,
    draws: int = DRAWS,
) -> None:
    """Write the report and say where. Errors: TaskonomyError where the file cannot be written."""
    from taskonomy_cli.report.page import html
    from taskonomy_core.registry.files import write_atomically

    _check_place(path)
    text = html(_gathered(session, origin, measured, asked, examples, draws))
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise TaskonomyError(f"{path} cannot be written: {error.strerror}.", "Give another place with -o.") from error
    session.terminal.say(f"Written: {path} ({megabytes(len(text.encode()))})")


def _check_place(path: Path) -> None:
    """Refuse, before any work is done, a place where nothing can be written; makes its folder."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise TaskonomyError(f"A report cannot be written as {path.name!r}.", "Give a name that ends in .html.")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists():
            path.open("ab").close()
    except OSError as error:
        why = "Not a directory" if isinstance(error, FileExistsError) else error.strerror
        raise TaskonomyError(f"{path} cannot be written: {why}.", "Give another place with -o.") from error


def _gathered(session: Session, origin: From, measured: Measured, asked: Asked, examples: int, draws: int) -> Report:
    from taskonomy_cli.commands.affinity import mean_losses
    from taskonomy_cli.page.choice import first_budget
    from taskonomy_cli.report import contents
    from taskonomy_cli.report.page import Report
    from taskonomy_cli.report.run import read_run
    from taskonomy_core import __version__
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.taxonomy.problem import as_budget
    from taskonomy_core.taxonomy.staircase import staircase

    wanted = first_budget(measured) if asked.budget is None else as_budget(asked.budget)
    project = Project(session.roster, session.recipe) if origin.path is None else None
    run = read_run(project) if project else None
    roles, problem = asked.roles(measured), asked.problem(measured, budget=0)
    with session.terminal.progress() as tell:
        found = staircase(problem, progress=lambda done, total: tell(done, total, "Budgets, % of the way"))
        steps = contents.budgets(
            measured,
            roles,
            problem,
            found,
            wanted,
            lambda budget: _command(measured, asked, budget, origin.command()),
            tell,
        )
    report = Report(
        name=session.path.resolve().parent.name if project else measured.origin,
        written=f"{datetime.now().astimezone():%Y-%m-%d %H:%M %Z}",
        version=__version__,
        facts=run.facts if run else contents.files_facts(measured),
        run=run,
        affinity=contents.affinities(measured, mean_losses(measured.columns)),
        budgets=steps,
        chance=contents.chance(problem, found, draws),
        likeness=contents.likeness(measured, roles),
    )
    if project is None or not examples:
        return report
    return _with_galleries(session, report, measured, _at(found, wanted), examples)


def _command(measured: Measured, asked: Asked, budget: str, start: tuple[str, ...]) -> str:
    """What gives the same in a terminal: the taxonomy of a budget, or for "" the drawing of all of them."""
    from taskonomy_cli.page.choice import command_line

    said = command_line(measured, replace(asked, budget=budget or "0"), start)
    return said if budget else said.replace(" --budget 0", " --all-budgets --plot budgets.svg", 1)


def _at(found: Staircase, wanted: float) -> Taxonomy | None:
    """The taxonomy that is shown first."""
    return found.at(wanted) or (found.steps[0].taxonomy if found.steps else None)


def _with_galleries(
    session: Session, report: Report, measured: Measured, answer: Taxonomy | None, examples: int
) -> Report:
    from taskonomy_cli.report.galleries import shown, transfer_of
    from taskonomy_cli.report.page import html
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.ledger.showroom import Showroom

    found: list[TaskGallery] = []
    troubles: list[str] = []
    with session.terminal.progress() as tell:
        room = Showroom(Project(session.roster, session.recipe), preparing=tell)
        names = room.tasks()
        for done, name in enumerate(names, start=1):
            try:
                found.append(room.show(name, transfer_of(measured.affinity, answer, name), examples))
            except TaskonomyError as error:
                troubles.append(f"{name} is not shown: {error.message}")
            tell(done, len(names), "Galleries")
    for trouble in troubles:
        session.terminal.warn(trouble)
    galleries = shown(found, answer, LARGEST - _SPARE - len(html(report).encode()))
    if len(galleries) < sum(bool(len(each.ids)) for each in found):
        troubles.append("Some galleries are left out, to keep this file small.")
    return replace(report, galleries=galleries, no_galleries=" ".join(troubles))
