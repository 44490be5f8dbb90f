"""`tk doctor`: what is missing or broken on this machine and in this project."""

from __future__ import annotations

from dataclasses import asdict

import click

from taskonomy_cli.app import EXPECTED_ERROR
from taskonomy_cli.examine import BROKEN, STATES, examine
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Styled, Table

_STYLES = dict(zip(STATES, ("green", "yellow", "bold red"), strict=True))


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, as_json: bool) -> None:
    """Look for what is missing or broken on this machine and in this project; exit code 2 if anything is."""
    session: Session = ctx.obj
    findings = examine(session)
    if as_json:
        session.terminal.answer_json([asdict(finding) for finding in findings])
    else:
        rows: list[list[str | Styled]] = [
            [finding.what, Styled(finding.state, _STYLES[finding.state]), finding.found] for finding in findings
        ]
        session.terminal.answer(Table(["WHAT", "STATE", "FOUND"], rows))
    for finding in findings:
        if finding.hint and not as_json:
            session.terminal.say(f"{finding.what}: {finding.hint}")
    if any(finding.state == BROKEN for finding in findings):
        ctx.exit(EXPECTED_ERROR)
