"""`tk check`: the contract, rule by rule."""

from __future__ import annotations

import click

from taskonomy_cli.app import EXPECTED_ERROR
from taskonomy_cli.candidates import candidates, checked
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Styled, Table


@click.command
@click.argument("name", metavar="NAME|FILE.py")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, name: str, as_json: bool) -> None:
    """Hold a task against every rule of the contract; exit code 2 if one fails."""
    session: Session = ctx.obj
    results = checked(session, [candidate.task for candidate in candidates(session, name)])
    rules = [(task, result) for task, found in results.items() for result in found]
    if as_json:
        session.terminal.answer_json(
            [
                {"task": task, "rule": result.name, "passed": result.passed, "message": result.message}
                for task, result in rules
            ]
        )
    else:
        passed, failed = Styled("passed", "green"), Styled("failed", "bold red")
        session.terminal.answer(
            Table(
                ["TASK", "RULE", "RESULT", "WHY"],
                [[task, result.name, passed if result.passed else failed, result.message] for task, result in rules],
            )
        )
    if not all(result.passed for _, result in rules):
        ctx.exit(EXPECTED_ERROR)
