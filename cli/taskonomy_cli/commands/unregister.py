"""`tk unregister`: take a task out of the project."""

from __future__ import annotations

import click

from taskonomy_cli.options import TaskName
from taskonomy_cli.session import Session
from taskonomy_core.registry.editing import unregister_task


@click.command
@click.argument("name", type=TaskName())
@click.pass_obj
def command(session: Session, name: str) -> None:
    """Take the task NAME out of registry.toml. What was trained for it stays in the ledger."""
    old = session.roster
    left = len(unregister_task(session.path, name).tasks)
    tasks = "1 task is" if left == 1 else f"{left} tasks are"
    session.terminal.answer(f"Unregistered {name}; {tasks} left in {session.path}.")
    again = old.tasks[name].plugin if old.tasks[name].is_file else name
    session.terminal.say(f"Its results are kept in the ledger. To count them in again, type: tk register {again}")
