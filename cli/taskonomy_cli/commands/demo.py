"""`tk demo`: from images to a taxonomy, once, small, in a folder of its own."""

from __future__ import annotations

import time
from pathlib import Path

import click

from taskonomy_cli import answers
from taskonomy_cli.app import INTERRUPTED
from taskonomy_cli.asked import Asked, From
from taskonomy_cli.commands import affinity, init, report, taxonomy, transfer
from taskonomy_cli.measured import read
from taskonomy_cli.options import Count
from taskonomy_cli.session import REGISTRY, Session
from taskonomy_cli.wording import duration

FOLDER = "taskonomy-demo"
EXAMPLES = 3  # per task, in the sheet of predictions


@click.command
@click.option(
    "--folder",
    type=click.Path(path_type=Path, file_okay=False),
    default=FOLDER,
    show_default=True,
    help="Where the project is made, or gone on with.",
)
@click.option("--jobs", "-j", type=Count(), help="How many train at once [default: one a core, or one a GPU].")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, or auto: cuda where there is one.")
@click.pass_context
def command(ctx: click.Context, folder: Path, jobs: int | None, device: str) -> None:
    """Run everything once with the preset nano: render, train, transfer, rank, solve, draw.

    Every installed task takes part; one that cannot is named and left out. Stopped at any moment, the same command goes
    on where it was.
    """
    session: Session = ctx.obj
    terminal = session.terminal
    project = Session(folder / REGISTRY)
    if (folder / REGISTRY).exists():
        terminal.say(f"Going on with the project in {folder}.")
    else:
        folder.mkdir(parents=True, exist_ok=True)
        init.new_project(terminal, folder / REGISTRY, preset="nano", seed=0, every=True)
    started = time.monotonic()
    summary = transfer.transfer(project, transfer.TransferOptions(jobs=jobs, device=device, retrain=True))
    if summary.stopped:
        terminal.say("Stopped. Type the same command to go on.")
        ctx.exit(INTERRUPTED)
    spent = time.monotonic() - started
    for failed in summary.failed:
        terminal.warn(f"Failed: {failed.reason}")
    measured = read(project)
    affinity.print_matrix(terminal, measured.affinity)
    affinity.draw(terminal, measured, folder / "affinity.png")
    sources = sum(task.is_source for task in project.roster.tasks.values())
    answer = taxonomy.of_project(measured, min(project.roster.budget, sources))
    terminal.answer("")
    answers.print_taxonomy(terminal, answer)
    roles = {name: fact.role for name, fact in measured.facts.items()}
    taxonomy.draw(terminal, measured, answer, folder / "taxonomy.png", roles)
    draw_predictions(project, folder / "predictions.png")
    asked = Asked(budget=f"{answer.budget:g}")
    report.write(project, From(None, everything=False), measured, asked, folder / report.NAME)
    if summary.done:
        terminal.say(f"Trained {len(summary.done)} networks and transfers in {duration(spent)}.")
    terminal.say(
        f"\nOpen {folder / report.NAME} in a browser: all of it on one page.\n"
        f"\nNext: cd {folder}\n"
        "  tk taxonomy --budget 3        another budget\n"
        "  tk affinity                   who serves whom\n"
        "  tk sanity                     how well each network has learnt\n"
        "  tk register FILE.py           a task of your own, then: tk transfer --new-only"
    )


def draw_predictions(session: Session, path: Path) -> None:
    """Draw what every target's own network says about some test images, and say where."""
    import numpy as np

    from taskonomy_core.learning.show import show_network
    from taskonomy_core.ledger.networks import StoredNetworks
    from taskonomy_core.ledger.opening import open_registered
    from taskonomy_core.ledger.plan import DONE
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.ledger.store import Store
    from taskonomy_core.report.prediction_sheet import draw_sheet

    project = Project(session.roster, session.recipe)
    with Store.open(session.store) as store:
        done = {planned.job.target for planned in project.plan(store).of(DONE) if planned.job.kind == "network"}
        keys = project.planner(store).keys
        trainer = open_registered(project, "cpu", StoredNetworks(store, keys))
        names = [name for name in session.roster.tasks if name in done & set(keys.targets) - keys.left_out.keys()]
        rows = []
        for name in names:
            count = len(trainer.deck(name, "test"))
            rows.append(show_network(trainer, name, np.linspace(0, count - 1, EXAMPLES + 1).astype(int)[:-1].tolist()))
    pictures = [
        [part[example] for example in range(EXAMPLES) for part in (row.inputs, row.target, row.prediction)]
        for row in rows
    ]
    columns = ("input", "target", "prediction") * EXAMPLES
    draw_sheet(pictures, path, rows=[row.title for row in rows], columns=columns, title="Test images, own networks")
    session.terminal.say(f"Drawn: {path}")
