"""`tk check`: the contract, rule by rule."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from taskonomy_cli.app import EXPECTED_ERROR
from taskonomy_cli.candidates import candidates, checked
from taskonomy_cli.options import TaskName
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Styled, Table

if TYPE_CHECKING:
    from taskonomy_core.contract.checks import CheckResult

_STYLES = {"passed": "green", "skipped": "yellow", "failed": "bold red"}


@click.command
@click.argument("name", metavar="NAME|FILE.py", type=TaskName())
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
                {"task": task, "rule": result.name, "result": _outcome(result), "message": result.message}
                for task, result in rules
            ]
        )
    else:
        rows: list[list[str | Styled]] = [
            [task, result.name, Styled(_outcome(result), _STYLES[_outcome(result)]), result.message]
            for task, result in rules
        ]
        session.terminal.answer(Table(["TASK", "RULE", "RESULT", "WHY"], rows))
    if not all(result.passed for _, result in rules):
        ctx.exit(EXPECTED_ERROR)


def _outcome(result: CheckResult) -> str:
    if result.skipped:
        return "skipped"
    return "passed" if result.passed else "failed"
