"""`tk unregister`: take a task out of the project."""

from __future__ import annotations

import click

from taskonomy_cli.session import Session
from taskonomy_core.registry.editing import unregister_task


@click.command
@click.argument("name")
@click.pass_obj
def command(session: Session, name: str) -> None:
    """Take the task NAME out of registry.toml. What was trained for it stays in the ledger."""
    roster = unregister_task(session.path, name)
    session.terminal.answer(f"Unregistered {name}; {len(roster.tasks)} tasks are left in {roster.path}.")
    session.terminal.say("Its results are kept in the ledger and count again after: tk register " + name)
