"""`tk register`: check a task and add it to the project."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import click

from taskonomy_cli.candidates import Candidate, candidates, checked
from taskonomy_cli.options import Amount, TaskName
from taskonomy_cli.session import Session
from taskonomy_cli.wording import several
from taskonomy_core.errors import RosterError, TaskDefinitionError
from taskonomy_core.ledger.jobs import NETWORK, TRANSFER
from taskonomy_core.ledger.left_out import forget
from taskonomy_core.ledger.plan import NEW, STALE
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Card
from taskonomy_core.ledger.store import Store
from taskonomy_core.registry.editing import register_tasks
from taskonomy_core.registry.resolve import new_entry, refuse_role
from taskonomy_core.registry.roster import ROLES, Roster, RosterTask


@click.command
@click.argument("name", metavar="NAME|FILE.py", type=TaskName())
@click.option("--role", type=click.Choice(ROLES), help="What it is used as [default: all that it can be].")
@click.option("--cost", type=Amount(), help="What labelling it costs as a source [default: 1].")
@click.option("--transfer-cost", type=Amount(), help="What serving it by a transfer costs as a target [default: 0].")
@click.option("--weight", type=Amount(), help="How much it counts as a target [default: 1].")
@click.option("--check/--no-check", default=True, help="Hold it against the contract first [default], or not.")
@click.pass_obj
def command(
    session: Session,
    name: str,
    role: str | None,
    cost: float | None,
    transfer_cost: float | None,
    weight: float | None,
    check: bool,
) -> None:
    """Add a task to registry.toml: an installed one by name, or every task of a single file.

    A task that is registered already is brought up to date; what is not given stays as it is. One whose role is unused
    takes no part: it is neither trained, nor transferred from, nor served, until it is given another role.
    """
    roster, recipe = session.roster, session.recipe
    found = candidates(session, name)
    given = {"role": role, "cost": cost, "transfer_cost": transfer_cost, "weight": weight}
    given = {key: value for key, value in given.items() if value is not None}
    entries = [_entry(roster, candidate, given) for candidate in found]
    if check:
        _refuse_failures(session, name, found)
    roster = register_tasks(session.path, entries)
    for entry in entries:
        verb = "Updated" if entry.name in session.roster.tasks else "Registered"
        session.terminal.answer(
            f"{verb} {entry.name} (version {entry.version}) from {entry.plugin} as {_ROLE_WORDS[entry.role]}."
        )
    needs = _needs(session, Project(roster, recipe), found)
    unused = [candidate.task for candidate in found if not roster.tasks[candidate.task.name].is_used]
    if len(unused) < len(found):
        session.terminal.answer(needs)
    for task in unused:
        session.terminal.answer(
            f"{task.name} takes no part; what was trained of it is kept. "
            f"To use it, type: tk register {task.name} --role {new_entry(task, '').role}"
        )


_ROLE_WORDS = {"both": "source and target", "source": "source", "target": "target", "unused": "unused"}


def _entry(roster: Roster, candidate: Candidate, given: Mapping[str, Any]) -> RosterTask:
    """The new table of a task: what is given, over what is there, over the defaults."""
    task = candidate.task
    old = roster.tasks.get(task.name)
    if old is not None and old.plugin != candidate.plugin:
        raise RosterError(
            f"{task.name} is registered from {old.plugin} already, and not from {candidate.plugin}.",
            f"Type: tk unregister {task.name}",
        )
    entry = replace(old or new_entry(task, candidate.plugin), version=task.version, **given)
    refuse_role(task, entry.role)
    return entry


def _refuse_failures(session: Session, name: str, found: list[Candidate]) -> None:
    results = checked(session, [candidate.task for candidate in found])
    failed = [
        f"  {task}, {rule.name}: {rule.message}" for task, rules in results.items() for rule in rules if not rule.passed
    ]
    if failed:
        raise TaskDefinitionError(
            "\n".join(
                [f"{name} fails {several(len(failed), 'rule')} of the contract; nothing was registered:", *failed]
            ),
            f"Correct it, then type: tk check {name}",
        )


def _needs(session: Session, project: Project, registered: list[Candidate]) -> str:
    """How much is to be trained for these tasks: networks, rows (transfers to them), columns (transfers from them)."""
    names = {candidate.task.name for candidate in registered}
    with Store.open(session.store) as store:
        store.record_cards(Card.of(candidate.task) for candidate in registered)
        forget(project, store, names)
        plan = project.plan(store, order=1)
    lacking = plan.of(NEW, STALE)
    networks = [part for part in lacking if part.job.kind == NETWORK and part.job.target in names]
    transfers = [part for part in lacking if part.job.kind == TRANSFER]
    row = [part for part in transfers if part.job.target in names]
    column = [part for part in transfers if part.job.target not in names and not names.isdisjoint(part.job.sources)]
    needed = [*networks, *row, *column]
    if not needed:
        return "Everything that it needs is trained already. Type: tk taxonomy"
    new_only = " --new-only" if all(part.state == NEW for part in needed) else ""
    return (
        f"To train: {several(len(networks), 'network')}, {several(len(row), 'transfer')} to it, "
        f"{several(len(column), 'transfer')} from it. Type: tk transfer{new_only}"
    )
