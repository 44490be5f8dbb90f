"""`tk transfer`: train what is new or stale, task networks first."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taskonomy_cli.app import INTERRUPTED
from taskonomy_cli.left_out import plain_left_out, tell_left_out
from taskonomy_cli.options import Count
from taskonomy_cli.retraining import agree_to_remake
from taskonomy_cli.run_view import run_view
from taskonomy_cli.session import Session
from taskonomy_cli.stopping import stopped_by_interrupt
from taskonomy_cli.wording import GROUP, counted, duration, failures, several
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.ledger.jobs import job_name
from taskonomy_core.registry.naming import listed

if TYPE_CHECKING:
    from taskonomy_core.ledger.plan import Plan, PlannedJob
    from taskonomy_core.ledger.run import RunSummary
    from taskonomy_core.ledger.store import Store

SOME_FAILED = 1


@dataclass(frozen=True)
class TransferOptions:
    """What `tk transfer` may be told; see its options."""

    new_only: bool = False
    retrain: bool = False
    order: int | None = None
    jobs: int | None = None
    executor: str = "processes"
    executor_config: Path | None = None
    device: str = "auto"
    group: int = GROUP
    fail_fast: bool = False


@click.command
@click.option("--new-only", is_flag=True, help="Leave stale results alone; train only what has none yet.")
@click.option("--retrain", is_flag=True, help="Train finished results again whose recipe, data or seed changed.")
@click.option("--order", type=Count(), help="Transfers from up to this many sources.")
@click.option("--jobs", "-j", type=Count(), help="How many train at once [default: one a core, or one a GPU].")
@click.option(
    "--keep-going/--fail-fast", "keep_going", default=True, help="After a failed job, go on [default] or end."
)
@click.option("--executor", default="processes", show_default=True, help="Who trains: see tk plugins.")
@click.option(
    "--executor-config",
    "--parsl-config",
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A file of the executor's own.",
)
@click.option("--device", default="auto", show_default=True, help="cpu, cuda, or auto: cuda where there is one.")
@click.option("--group", type=Count(), default=GROUP, show_default=True, help="Most transfers that train together.")
@click.option("--json", "as_json", is_flag=True, help="Print how it ended as JSON.")
@click.pass_context
def command(ctx: click.Context, /, as_json: bool, keep_going: bool, **given: Any) -> None:
    """Train what is new or stale, and what failed before; task networks first.

    Every result is stored as soon as it is there: stop it at any moment, type the same again, and it goes on. Ctrl-C
    lets what is in training end first; pressed twice, it stops now. Exit code 1 if any job failed; the others are
    trained all the same, unless --fail-fast says to end there.

    A task that cannot take part (its plugin is broken or gone, or the data source lacks what it needs) is left out and
    named, with no effect on the exit code: it is 0 where all that can be trained is trained. What such a task has
    been trained to before is kept.

    Another recipe, data set, seed or encoder makes every result stale. That is told with its time before anything is
    trained, and asked for once: at a terminal by a question, else by --retrain.
    """
    session: Session = ctx.obj
    summary = transfer(session, TransferOptions(fail_fast=not keep_going, **given))
    if as_json:
        ended = [asdict(report) for report in (*summary.done, *summary.failed)]
        left = [planned.job.name for planned in summary.left]
        left_out = plain_left_out(summary.left_out.values())
        session.terminal.answer_json({"jobs": ended, "left": left, "left_out": left_out, "stopped": summary.stopped})
    else:
        _tell(session, summary)
    if summary.failed:
        ctx.exit(SOME_FAILED)
    if summary.stopped:
        ctx.exit(INTERRUPTED)


def transfer(session: Session, asked: TransferOptions) -> RunSummary:
    """Open the plugins, prepare the data and train, with progress on stderr; what `tk demo` does too."""
    from taskonomy_core.contract.executor import Workplace
    from taskonomy_core.ledger import opening
    from taskonomy_core.ledger.mounts import network_warning
    from taskonomy_core.ledger.plan import BLOCKED, NEW
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.ledger.run import RunSummary, new_order, refuse_mixing, run, startable
    from taskonomy_core.ledger.store import Store
    from taskonomy_core.registry.resolve import executor as executor_of
    from taskonomy_core.registry.resolve import listeners

    terminal = session.terminal
    project = Project(session.roster, session.recipe)
    session.refuse_idle()
    if warning := network_warning(session.store):
        terminal.warn(warning)
    with Store.open(session.store) as store:
        kind = executor_of(asked.executor)
        device = opening.checked_device(asked.device)
        gpus = opening.visible_gpus() if device == "cuda" else ()
        opened = opening.open_plugins(project)
        opening.record(project, store, opened)
        tell_left_out(terminal, opened.left_out.values())
        if not opened.tasks:
            raise TaskonomyError("Every registered task is left out; there is nothing to train.", "Type: tk doctor")
        plan = project.plan(store, asked.order, retry_since=None if asked.new_only else store.snapshot().serial)
        if asked.new_only:
            refuse_mixing(plan)
        else:
            agree_to_remake(terminal, project, store, plan, asked.retrain)
        wanted = startable(plan, asked.new_only)
        elsewhere = _elsewhere(store, plan)
        if not wanted and elsewhere:
            terminal.say(f"Nothing to start; waiting to see whether {listed(elsewhere)} still trains the rest.")
        elif not wanted:
            terminal.say(_nothing(plan, asked.new_only))
            return RunSummary((), (), plan.possible(NEW, BLOCKED), (), plan.left_out)
        jobs = min(asked.jobs or len(gpus) or _cores(), max(len(wanted), 1))
        if wanted:
            terminal.say(f"To train: {counted(planned.job.kind for planned in wanted)}.{_time(plan, wanted, jobs)}")
        heard = listeners()
        for error in heard.broken.values():
            terminal.warn(error.message)
        order = new_order(store, plan, device, jobs, asked.group, asked.new_only, asked.fail_fast)
        with kind.open(Workplace(jobs, session.store, gpus, asked.executor_config)) as pool:
            # An executor that cannot begin says so above, before hours of rendering.
            with terminal.progress() as progress:
                opened.data.prepare(progress, _cores() if device == "cuda" else jobs)
            with stopped_by_interrupt(terminal) as asked_to_stop, run_view(terminal) as show:
                summary = run(
                    *(project, store, order, pool, heard),
                    asked_to_stop=asked_to_stop,
                    on_progress=show,
                    on_trouble=lambda trouble: terminal.warn(trouble.message),
                )
    for complaint in summary.complaints:
        terminal.warn(complaint.message)
    return summary


def _tell(session: Session, summary: RunSummary) -> None:
    terminal = session.terminal
    if not (summary.done or summary.failed or summary.stopped):
        return  # what there was to say is said
    terminal.answer(f"Trained: {counted(report.kind for report in summary.done)}.")
    if summary.failed:
        terminal.answer(f"Failed: {counted(report.kind for report in summary.failed)}.")
        reasons = {job_name(report.kind, report.target, report.sources): report.reason for report in summary.failed}
        terminal.answer("\n".join(failures(reasons)))
    if summary.stopped:
        why = "by --fail-fast" if summary.failed else "as asked"
        terminal.answer(f"Stopped {why}; {several(len(summary.left), 'job')} left.")
        terminal.say("Type the same command to go on.")
    elif summary.left:
        terminal.answer(f"Left, because of failed or stale networks: {several(len(summary.left), 'job')}.")
        terminal.say("Type: tk status, or tk transfer to train what is stale and try again what failed")
    elif summary.failed:
        terminal.say("Type: tk transfer to try again what failed, or: tk affinity")
    else:
        terminal.say("Type: tk affinity")


def _time(plan: Plan, wanted: Sequence[PlannedJob], jobs: int) -> str:
    """How long it will take, where jobs of all these kinds were measured before."""
    sure, perhaps = plan.estimate(wanted), plan.estimate_undecided()
    if sure.unknown or perhaps.unknown:
        return ""
    least, most = (duration(seconds / jobs) for seconds in (sure.seconds, sure.seconds + perhaps.seconds))
    return f" About {least}." if least == most else f" About {least} to {most}."


def _elsewhere(store: Store, plan: Plan) -> list[str]:
    """The machines that hold jobs of a plan and of which only time can tell whether they still live."""
    claims, running = store.snapshot().claims, {planned.job.key for planned in plan.of("running")}
    return sorted({claim.machine for key, claim in claims.items() if key in running and claim.by_heartbeat})


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


def _cores() -> int:
    """The cores that this process may use."""
    affinity = getattr(os, "sched_getaffinity", None)
    return len(affinity(0)) if affinity is not None else os.cpu_count() or 1
