"""`tk status`: what is done and what is left. Imports no torch."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import click

from taskonomy_cli.left_out import plain_left_out, tell_left_out
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Styled, Table
from taskonomy_cli.wording import duration, failures, megabytes, part_name, several
from taskonomy_core.ledger.jobs import NETWORK, TRANSFER
from taskonomy_core.ledger.plan import BLOCKED, DONE, FAILED, NEW, RUNNING, STALE, STATES, Plan
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Card, Snapshot
from taskonomy_core.ledger.store import Store
from taskonomy_core.registry.roster import Roster

_STYLES = {DONE: "green", RUNNING: "cyan", NEW: "", STALE: "yellow", FAILED: "bold red", BLOCKED: "red"}


@dataclass(frozen=True)
class TaskLine:
    """Where one task stands; `to_it` and `from_it` are (done, all) of the transfers that are planned for sure.

    `network` is the state of its network, None for an unused task, which has none to train.
    """

    task: str
    group: str
    role: str
    network: str | None
    to_it: tuple[int, int]
    from_it: tuple[int, int]
    seconds: float


@click.command
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(session: Session, as_json: bool) -> None:
    """Show what is done and what is left: per kind of job, per task, running now, failed; time spent and disk used."""
    project = Project(session.roster, session.recipe)
    with Store.open(session.store, create=False) as store:
        snapshot, cards, used = store.snapshot(), store.cards(), store.bytes_used()
        plan = project.plan(store)
    lines = _lines(session.roster, plan, snapshot, cards)
    spent = sum(result.seconds for result in snapshot.results.values())
    if as_json:
        session.terminal.answer_json(_plain(plan, lines, snapshot, spent, used))
        return
    terminal = session.terminal
    terminal.answer(_by_kind(plan))
    terminal.answer("")
    terminal.answer(_by_task(lines))
    terminal.answer("")
    terminal.answer(
        f"{several(len(snapshot.results), 'result')} stored, {megabytes(used)}, {duration(spent)} of training."
    )
    for claim in snapshot.claims.values():
        terminal.answer(f"In training: {claim.name} (process {claim.pid} on {claim.machine})")
    failed = {planned.job.name: planned.reason for planned in plan.of(FAILED)}
    if failed:
        terminal.answer("Failed:")
        terminal.answer("\n".join(failures(failed)))
    tell_left_out(terminal, plan.left_out.values())
    terminal.say(_next(plan))


def _by_kind(plan: Plan) -> Table:
    shown = (DONE, RUNNING, NEW, STALE, FAILED, BLOCKED)
    rows = [
        [part_name(*part), *(str(counts[state]) for state in shown)]
        for part, counts in plan.counts().items()
        if sum(counts.values())
    ]
    columns = ("JOBS", *(state.upper() for state in shown))
    return Table(columns, rows, right=columns[1:])


def _by_task(lines: list[TaskLine]) -> Table:
    rows: list[list[str | Styled]] = [
        [
            line.task,
            line.group,
            line.role,
            Styled(line.network, _STYLES[line.network]) if line.network else "-",
            _of(*line.to_it),
            _of(*line.from_it),
            duration(line.seconds),
        ]
        for line in lines
    ]
    columns = ("TASK", "GROUP", "ROLE", "NETWORK", "TRANSFERS TO IT", "FROM IT", "TIME")
    return Table(columns, rows, right=columns[4:])


def _lines(roster: Roster, plan: Plan, snapshot: Snapshot, cards: dict[str, Card]) -> list[TaskLine]:
    """One line a task, in the order of registry.toml; the time is that of all its stored jobs as a target."""
    networks = {planned.job.target: planned.state for planned in plan.jobs if planned.job.kind == NETWORK}
    transfers = [planned for planned in plan.jobs if planned.job.kind == TRANSFER]
    found = []
    for name, entry in roster.tasks.items():
        to_it = [planned.state == DONE for planned in transfers if planned.job.target == name]
        from_it = [planned.state == DONE for planned in transfers if name in planned.job.sources]
        seconds = sum(result.seconds for result in snapshot.results.values() if result.target == name)
        group = cards[name].group if name in cards else "?"
        counts = (sum(to_it), len(to_it)), (sum(from_it), len(from_it))
        found.append(TaskLine(name, group, entry.role, networks.get(name), *counts, seconds))
    return found


def _next(plan: Plan) -> str:
    if not plan.jobs:
        return "No task takes part. Type: tk tasks"
    if plan.of(NEW, STALE, FAILED) or plan.at_most:
        left = len(plan.possible(NEW, STALE, FAILED, BLOCKED))
        more = f" and at most {plan.at_most} more" if plan.at_most else ""
        return f"{several(left, 'job')}{more} to train. Type: tk plan, or tk transfer"
    if plan.of(RUNNING):
        return "Other processes are training the rest."
    if plan.left_out:
        return "All that can be trained is done. Type: tk affinity, or tk transfer to try again what is left out"
    return "All is done. Type: tk affinity"


def _plain(plan: Plan, lines: list[TaskLine], snapshot: Snapshot, spent: float, used: int) -> dict[str, Any]:
    return {
        "parts": [
            {"kind": kind, "order": order, **{state: counts[state] for state in STATES}}
            for (kind, order), counts in plan.counts().items()
        ],
        "at_most_more": plan.at_most,
        "tasks": [asdict(line) for line in lines],
        "running": [
            {"job": claim.name, "process": claim.pid, "host": claim.machine} for claim in snapshot.claims.values()
        ],
        "left_out": plain_left_out(plan.left_out.values()),
        "failed": [{"job": planned.job.name, "reason": planned.reason} for planned in plan.of(FAILED)],
        "results": len(snapshot.results),
        "seconds": spent,
        "bytes": used,
    }


def _of(done: int, total: int) -> str:
    return f"{done}/{total}" if total else "-"
