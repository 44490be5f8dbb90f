"""`tk sanity`: the paper's Table 1 for this project's own run. Imports no torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from taskonomy_cli.left_out import plain_left_out, tell_left_out
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Table, Terminal
from taskonomy_cli.wording import failures, several
from taskonomy_core.errors import TaxonomyError

if TYPE_CHECKING:
    from taskonomy_core.ledger.trials import Trial, Trials
    from taskonomy_core.taxonomy.sanity import Sanity, Summary


@click.command()
@click.option("--json", "as_json", is_flag=True, help="Print JSON; shares are in [0, 1], those of the paper too.")
@click.pass_obj
def command(session: Session, as_json: bool) -> None:
    """Hold every trained network against the best constant and a random encoder.

    Per task: on what share of the test images its own network has the lower loss than the best constant, and than a
    readout on an encoder that was never trained; beside it what the paper's Table 1 has. Ties count for neither, and
    images without a label are left out. Source-only tasks are in it too.
    """
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.ledger.store import Store
    from taskonomy_core.ledger.trials import read_trials
    from taskonomy_core.taxonomy.sanity import summary

    session.refuse_idle()
    with Store.open(session.store, create=False) as store:
        found = read_trials(Project(session.roster, session.recipe), store)
    reasons: dict[str, str] = {}
    rows = [compared(trial, reasons) for trial in found.tasks]
    total = summary(rows)
    if as_json:
        session.terminal.answer_json(_plain(rows, total, reasons) | {"left_out": plain_left_out(found.left_out)})
    else:
        session.terminal.answer(_table(rows, total))
        session.terminal.answer("")
        session.terminal.answer(
            f"{total.over_half} of {total.tasks} beat their constant on more than half of the images, "
            f"{total.over_three_quarters} on more than three quarters."
        )
        session.terminal.say(
            "Share of test images on which a task's own network has the lower loss; a tie counts for neither, images "
            "without a label are left out."
        )
    _tell_missing(session.terminal, found, reasons)


def compared(trial: Trial, reasons: dict[str, str]) -> Sanity:
    """The row of one task; where there is nothing to compare, all of it is empty, and `reasons` gets why."""
    from taskonomy_core.taxonomy.sanity import Sanity, sanity

    if trial.unscored:
        reasons[trial.task] = "its network is of an earlier taskonomy, which did not score it on the test images"
    elif trial.own is not None:
        try:
            return sanity(trial.own, trial.constant, trial.readout)
        except TaxonomyError as error:
            reasons[trial.task] = error.message
    return Sanity(trial.task)


def _table(rows: Sequence[Sanity], total: Summary) -> Table:
    from taskonomy_core.taxonomy.published_sanity import PUBLISHED_MEAN

    lines = [
        [row.task, *_cells(row.over_constant, row.over_random, published(row.task)), str(row.images or "-")]
        for row in rows
    ]
    lines.append(["MEAN", *_cells(total.over_constant, total.over_random, PUBLISHED_MEAN), ""])
    columns = ("TASK", "VS CONSTANT %", "PAPER %", "VS RANDOM %", "PAPER %", "IMAGES")
    return Table(columns, lines, right=columns[1:])


def _cells(constant: float | None, random: float | None, paper: tuple[float | None, float | None]) -> list[str]:
    ours = [None if share is None else 100 * share for share in (constant, random)]
    return ["-" if number is None else f"{number:.1f}" for number in (ours[0], paper[0], ours[1], paper[1])]


def published(task: str) -> tuple[float | None, float | None]:
    """What the paper's Table 1 has of a task, in per cent: against the constant, against a random encoder."""
    from taskonomy_core.taxonomy.published_sanity import PUBLISHED_SANITY

    return PUBLISHED_SANITY.get(task, (None, None))


def _plain(rows: Sequence[Sanity], total: Summary, reasons: dict[str, str]) -> dict[str, Any]:
    from taskonomy_core.taxonomy.published_sanity import PUBLISHED_MEAN

    return {
        "tasks": [
            {
                "task": row.task,
                "over_constant": row.over_constant,
                "over_random": row.over_random,
                **_paper(published(row.task)),
                "images": row.images,
                "reason": reasons.get(row.task, ""),
            }
            for row in rows
        ],
        "mean": {"over_constant": total.over_constant, "over_random": total.over_random, **_paper(PUBLISHED_MEAN)},
        "compared_with_constant": total.tasks,
        "over_half": total.over_half,
        "over_three_quarters": total.over_three_quarters,
    }


def _paper(numbers: tuple[float | None, float | None]) -> dict[str, float | None]:
    constant, random = (None if number is None else round(number / 100, 4) for number in numbers)
    return {"paper_over_constant": constant, "paper_over_random": random}


def _tell_missing(terminal: Terminal, found: Trials, reasons: dict[str, str]) -> None:
    """Why cells are empty, and what to type."""
    from taskonomy_core.ledger.plan import BLOCKED, FAILED

    missing = [each for trial in found.tasks for each in trial.missing if not each.without]
    lost = sum(each.state in (FAILED, BLOCKED) for each in missing)
    if len(missing) > lost:
        terminal.warn(f"To fill this table, {several(len(missing) - lost, 'job')} must be trained. Type: tk transfer")
    if lost:
        terminal.warn(f"Of what this table needs, {several(lost, 'job')} failed. Type: tk status")
    tell_left_out(terminal, found.left_out)
    if found.untrained is None:
        terminal.warn("There is no untrained source to compare with. Type: tk register random_projection --role source")
    if reasons:
        terminal.warn(f"{several(len(reasons), 'task')} cannot be compared:")
        terminal.say("\n".join(failures(reasons)))
    if any(trial.unscored for trial in found.tasks):
        terminal.say("A network is scored when it is trained: raise its version, or type tk init in another folder.")
