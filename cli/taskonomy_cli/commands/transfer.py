"""`tk transfer`: train what is new or stale, task networks first."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from taskonomy_cli.left_out import plain_left_out, tell_left_out
from taskonomy_cli.options import Count
from taskonomy_cli.retraining import agree_to_remake
from taskonomy_cli.session import Session
from taskonomy_cli.wording import GROUP, counted, duration, failures, part_name, several
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.ledger.jobs import job_name

if TYPE_CHECKING:
    from taskonomy_core.contract import Progress
    from taskonomy_core.ledger.plan import Plan, PlannedJob
    from taskonomy_core.ledger.run import RunProgress, RunSummary

SOME_FAILED = 1


@click.command
@click.option("--new-only", is_flag=True, help="Leave stale results alone; train only what has none yet.")
@click.option("--retrain", is_flag=True, help="Train finished results again whose recipe, data or seed changed.")
@click.option("--order", type=Count(), help="Transfers from up to this many sources.")
@click.option("--workers", type=Count(), help="How many train at once [default: one a core; GPU: 1].")
@click.option("--executor", default="processes", show_default=True, help="Who runs the workers.")
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, or auto: cuda where there is one.")
@click.option("--group", type=Count(), default=GROUP, show_default=True, help="Most transfers that train together.")
@click.option("--json", "as_json", is_flag=True, help="Print how it ended as JSON.")
@click.pass_context
def command(
    ctx: click.Context,
    new_only: bool,
    retrain: bool,
    order: int | None,
    workers: int | None,
    executor: str,
    device: str,
    group: int,
    as_json: bool,
) -> None:
    """Train what is new or stale, and what failed before; task networks first.

    Every result is stored as soon as it is there: stop it at any moment, type the same again, and it goes on. Exit
    code 1 if any job failed; the others are trained all the same.

    A task that cannot take part (its plugin is broken or gone, or the data source lacks what it needs) is left out and
    named, with no effect on the exit code: it is 0 where all that can be trained is trained. What such a task has
    been trained to before is kept.

    Another recipe, data set, seed or encoder makes every result stale. That is told with its time before anything is
    trained, and asked for once: at a terminal by a question, else by --retrain.
    """
    session: Session = ctx.obj
    summary = transfer(session, new_only, order, workers, executor, device, group, retrain)
    if as_json:
        ended = [asdict(report) for report in (*summary.done, *summary.failed)]
        left = [planned.job.name for planned in summary.left]
        left_out = plain_left_out(summary.left_out.values())
        session.terminal.answer_json({"jobs": ended, "left": left, "left_out": left_out})
    else:
        _tell(session, summary)
    if summary.failed:
        ctx.exit(SOME_FAILED)


def transfer(
    session: Session,
    new_only: bool = False,
    order: int | None = None,
    workers: int | None = None,
    executor: str = "processes",
    device: str = "auto",
    group: int = GROUP,
    retrain: bool = False,
) -> RunSummary:
    """Open the plugins, prepare the data and train, with progress on stderr; what `tk demo` does too."""
    from taskonomy_core.ledger import opening
    from taskonomy_core.ledger.plan import BLOCKED, NEW
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.ledger.run import RunSummary, new_order, refuse_mixing, run, startable
    from taskonomy_core.ledger.store import Store
    from taskonomy_core.registry.resolve import executor as executor_of
    from taskonomy_core.registry.resolve import listeners

    project = Project(session.roster, session.recipe)
    session.refuse_idle()
    with Store.open(session.store) as store:
        kind = executor_of(executor)
        device = opening.checked_device(device)
        opened = opening.open_plugins(project)
        opening.record(project, store, opened)
        tell_left_out(session.terminal, opened.left_out.values())
        if not opened.tasks:
            raise TaskonomyError("Every registered task is left out; there is nothing to train.", "Type: tk doctor")
        plan = project.plan(store, order, retry_since=None if new_only else store.snapshot().serial)
        if new_only:
            refuse_mixing(plan)
        else:
            agree_to_remake(session.terminal, project, store, plan, retrain)
        jobs = startable(plan, new_only)
        if not jobs:
            session.terminal.say(_nothing(plan, new_only))
            return RunSummary((), (), plan.possible(NEW, BLOCKED), (), plan.left_out)
        workers = min(workers or _default_workers(device), len(jobs))
        session.terminal.say(f"To train: {counted(planned.job.kind for planned in jobs)}.{_time(plan, jobs, workers)}")
        heard = listeners()
        for error in heard.broken.values():
            session.terminal.warn(error.message)
        order_given = new_order(project, store, plan, device, group, new_only)
        with session.terminal.progress() as progress:
            opened.data.prepare(progress, workers if device == "cpu" else _cores())
            summary = run(project, store, order_given, kind, workers, _drawing(progress), heard)
    for complaint in summary.complaints:
        session.terminal.warn(complaint.message)
    return summary


class _drawing:  # noqa: N801 - it is used as a function
    """Draws what has changed of a run's progress."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._drawn: dict[tuple[str, int], tuple[int, int]] = {}

    def __call__(self, seen: RunProgress) -> None:
        for part, (ended, total) in seen.parts.items():
            if self._drawn.get(part) != (ended, total):
                self._drawn[part] = ended, total
                self._progress(ended, total, part_name(*part))


def _tell(session: Session, summary: RunSummary) -> None:
    terminal = session.terminal
    if not (summary.done or summary.failed):
        return  # what there was to say is said
    terminal.answer(f"Trained: {counted(report.kind for report in summary.done)}.")
    if summary.failed:
        terminal.answer(f"Failed: {counted(report.kind for report in summary.failed)}.")
        reasons = {job_name(report.kind, report.target, report.sources): report.reason for report in summary.failed}
        terminal.answer("\n".join(failures(reasons)))
    if summary.left:
        terminal.answer(f"Left, because of failed or stale networks: {several(len(summary.left), 'job')}.")
        terminal.say("Type: tk status, or tk transfer to train what is stale and try again what failed")
    elif summary.failed:
        terminal.say("Type: tk transfer to try again what failed, or: tk affinity")
    else:
        terminal.say("Type: tk affinity")


def _time(plan: Plan, jobs: Sequence[PlannedJob], workers: int) -> str:
    """How long it will take, where jobs of all these kinds were measured before."""
    sure, perhaps = plan.estimate(jobs), plan.estimate_undecided()
    if sure.unknown or perhaps.unknown:
        return ""
    least, most = (duration(seconds / workers) for seconds in (sure.seconds, sure.seconds + perhaps.seconds))
    return f" About {least}." if least == most else f" About {least} to {most}."


def _nothing(plan: Plan, new_only: bool) -> str:
    """Why there is nothing to train, and what to type."""
    from taskonomy_core.ledger.plan import BLOCKED, FAILED, NEW, RUNNING

    running, failed, waiting = len(plan.of(RUNNING)), len(plan.of(FAILED)), len(plan.possible(NEW, BLOCKED))
    if running:
        return f"Nothing to start: another process trains {several(running, 'job')}. Type: tk status"
    if not new_only:
        possible = [planned for planned in plan.jobs if not planned.without]
        able = " that can be trained" if len(possible) < len(plan.jobs) else ""
        return f"Nothing to train: all {several(len(possible), 'job')}{able} are done. Type: tk affinity"
    reasons = [f"{several(failed, 'job')} failed before"] if failed else []
    reasons += [f"{several(waiting, 'new job')} would wait for stale or failed networks"] if waiting else []
    return (
        f"Nothing new to train; {' and '.join(reasons)}. Type: tk transfer"
        if reasons
        else ("Nothing new to train. Type: tk affinity")
    )


def _default_workers(device: str) -> int:
    return _cores() if device == "cpu" else 1


def _cores() -> int:
    """The cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
