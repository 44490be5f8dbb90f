"""`tk plan`: what would be trained and how long it would take. Imports no torch."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import click

from taskonomy_cli.left_out import plain_left_out, tell_left_out
from taskonomy_cli.options import Count
from taskonomy_cli.retraining import tell_remade
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Table
from taskonomy_cli.wording import GROUP, counted, duration, estimated, failures, part_name, plain_job, several
from taskonomy_core.ledger.estimate import Estimate
from taskonomy_core.ledger.jobs import TRANSFER
from taskonomy_core.ledger.plan import BLOCKED, DONE, FAILED, NEW, RUNNING, STALE, STATES, Plan, PlannedJob
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.run import refuse_mixing, startable
from taskonomy_core.ledger.schedule import order_of_work
from taskonomy_core.ledger.store import Store

_FEW = 12  # reasons
_BEAM = "its results from one source choose them"
# Of what is not in the order of work: what stands in the way first.
_REST = (RUNNING, FAILED, BLOCKED, STALE, NEW, DONE)


@click.command
@click.option("--order", type=Count(), help="Transfers from up to this many sources.")
@click.option("--new-only", is_flag=True, help="What tk transfer --new-only would do: leave stale results alone.")
@click.option("--full", is_flag=True, help="Also what is to be done for each target.")
@click.option("--list", "every", is_flag=True, help="Also every job and why it must run, in the order of work.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON; with --full every job, else those not done.")
@click.pass_obj
def command(session: Session, order: int | None, new_only: bool, full: bool, every: bool, as_json: bool) -> None:
    """Show what would be trained, why, and how long it would take.

    New: there is no result yet. Stale: there is one, but of another version, recipe, data set or seed; WHY says what
    changed, from what to what. Blocked: it
    needs a network that failed, or a task that was left out when plugins were last opened (its own was broken or gone,
    or the data source lacked what it needs). Which transfers from several sources are trained is decided when those
    from one source are there; until then their number is given as the most that it can be. Times are processor time of
    one worker, from what finished jobs took.
    """
    project = Project(session.roster, session.recipe)
    with Store.open(session.store, create=False) as store:
        plan = project.plan(store, order)
    if new_only:
        refuse_mixing(plan)
    terminal = session.terminal
    if as_json:
        terminal.answer_json(_plain(plan, new_only, full))
        return
    wanted = (NEW,) if new_only else (NEW, STALE)
    terminal.answer(_table(plan, wanted))
    if plan.of(STALE) and not new_only:
        terminal.answer("")
        terminal.answer(_reasons(plan))
    if full:
        terminal.answer("")
        terminal.answer(_by_target(plan))
    if every:
        terminal.answer("")
        terminal.answer(_jobs(plan, wanted))
    terminal.answer("")
    terminal.answer(_sentence(plan, new_only))
    if not new_only:
        tell_remade(terminal, plan)
    if not plan.known:
        terminal.say(
            "The data source has not been opened under these settings yet, so nothing counts as done; "
            "tk transfer opens it."
        )
    tell_left_out(terminal, plan.left_out.values())
    failed = plan.of(FAILED)
    if failed:
        again = "tk transfer tries them again" if len(failed) > 1 else "tk transfer tries it again"
        terminal.warn(f"{several(len(failed), 'job')} failed before; {again}:")
        terminal.say("\n".join(failures({planned.job.name: planned.reason for planned in failed})))


def _table(plan: Plan, wanted: tuple[str, ...]) -> Table:
    """One row for each kind and order."""
    rows = []
    for (kind, order), counts in plan.counts().items():
        jobs = [planned for planned in plan.of(*wanted) if (planned.job.kind, planned.job.order) == (kind, order)]
        most = _at_most(plan, kind, order)
        sure = plan.estimate(jobs)
        time = estimated(sure) if jobs else ""
        if most:
            perhaps = plan.estimate_undecided(order)
            both = Estimate(sure.seconds + perhaps.seconds, sure.unknown + perhaps.unknown)
            time = estimated(both) if both.unknown else f"at most {estimated(both)}"
        new = _between(counts[NEW], counts[NEW] + most)
        others = [str(counts[state]) for state in (STALE, RUNNING, FAILED, BLOCKED, "done")]
        rows.append([part_name(kind, order), new, *others, time])
    columns = ("JOBS", "NEW", "STALE", "RUNNING", "FAILED", "BLOCKED", "DONE", "TIME")
    return Table(columns, rows, right=columns[1:])


def _by_target(plan: Plan) -> Table:
    """One row for each target: its own jobs and the transfers to it."""
    targets = sorted({planned.job.target for planned in plan.jobs})
    rows = []
    for target in targets:
        mine = [planned for planned in plan.jobs if planned.job.target == target]
        numbers = {state: sum(planned.state == state for planned in mine) for state in STATES}
        most = sum(part.at_most for part in plan.undecided if part.target == target)
        done = numbers["done"] + sum(part.done for part in plan.undecided if part.target == target)
        new = _between(numbers[NEW], numbers[NEW] + most)
        rows.append([target, new, *(str(numbers[state]) for state in (STALE, RUNNING, FAILED, BLOCKED)), str(done)])
    columns = ("TARGET", "NEW", "STALE", "RUNNING", "FAILED", "BLOCKED", "DONE")
    return Table(columns, rows, right=columns[1:])


def _reasons(plan: Plan) -> Table:
    """One row for each reason why finished jobs must run again, the most costly first."""
    jobs: dict[str, list[PlannedJob]] = defaultdict(list)
    for planned in plan.of(STALE):
        jobs[planned.reason].append(planned)
    times = {reason: plan.estimate(found) for reason, found in jobs.items()}
    ordered = sorted(jobs, key=lambda reason: (-times[reason].seconds, -len(jobs[reason]), reason))
    rows = [[reason, str(len(jobs[reason])), estimated(times[reason])] for reason in ordered[:_FEW]]
    if rest := ordered[_FEW:]:
        rows.append(
            [f"{several(len(rest), 'more reason')} (tk plan --list)", str(sum(len(jobs[why]) for why in rest)), ""]
        )
    return Table(("WHY STALE", "JOBS", "TIME"), rows, right=("JOBS", "TIME"))


def _jobs(plan: Plan, wanted: tuple[str, ...]) -> Table:
    """One row for each job: what is to be trained in the order of work, then what the beam may add, then the rest."""
    work = order_of_work(plan, wanted, GROUP)
    rows = [[part.job.name, part.state, _time(plan, part), _why(part)] for part in work]
    rows += [
        [f"{part_name(TRANSFER, part.order)} to {part.target}", "undecided", "", f"at most {part.at_most}: {_BEAM}"]
        for part in plan.undecided
    ]
    begun = {part.job.key for part in work}
    rest = sorted((part for part in plan.jobs if part.job.key not in begun), key=lambda part: _REST.index(part.state))
    rows += [[part.job.name, part.state, "", _why(part)] for part in rest]
    return Table(("JOB", "STATE", "TIME", "WHY"), rows, right=("TIME",))


def _time(plan: Plan, planned: PlannedJob) -> str:
    seconds = plan.estimates.seconds(planned.job.kind, planned.job.target)
    return "unknown" if seconds is None else duration(seconds)


def _why(planned: PlannedJob) -> str:
    if planned.state == NEW:
        return planned.reason or "it was never trained"
    return f"the earlier try failed with: {planned.reason}" if planned.state == FAILED else planned.reason


def _sentence(plan: Plan, new_only: bool) -> str:
    """What `tk transfer` would do, and what to type for it."""
    command = "tk transfer --new-only" if new_only else "tk transfer"
    jobs = startable(plan, new_only)
    waiting = len(plan.of(NEW)) - len(jobs) if new_only else 0
    later = f" {several(waiting, 'new job')} would wait for stale networks." if waiting else ""
    if not jobs and not plan.at_most:
        return f"Nothing to train.{later}"
    more = f" and at most {several(plan.at_most, 'transfer')} of higher order" if plan.at_most else ""
    sure, perhaps = plan.estimate(jobs), plan.estimate_undecided()
    total = estimated(Estimate(sure.seconds + perhaps.seconds, sure.unknown + perhaps.unknown))
    time = "unknown, for nothing like it was measured yet" if total == "unknown" else f"{total} of one core"
    return (
        f"To train: {counted(planned.job.kind for planned in jobs)}{more}. "
        f"Time: {'at most ' if plan.at_most and not total.startswith(('over', 'unknown')) else ''}{time}.{later} "
        f"Type: {command}"
    )


def _plain(plan: Plan, new_only: bool, full: bool) -> dict[str, Any]:
    jobs = startable(plan, new_only)
    sure = plan.estimate(jobs)
    work = order_of_work(plan, (NEW,) if new_only else (NEW, STALE), GROUP)
    steps = {planned.job.key: step for step, planned in enumerate(work, 1)}
    return {
        "order": plan.order,
        "data_known": plan.known,
        "to_train": len(jobs),
        "at_most_more": plan.at_most,
        "seconds": sure.seconds,
        "jobs_of_unknown_time": sure.unknown,
        "parts": [
            {
                "kind": kind,
                "order": order,
                **{state: counts[state] for state in STATES},
                "at_most_more": _at_most(plan, kind, order),
            }
            for (kind, order), counts in plan.counts().items()
        ],
        "undecided": [
            {"target": part.target, "order": part.order, "at_most": part.at_most, "done": part.done}
            for part in plan.undecided
        ],
        "left_out": plain_left_out(plan.left_out.values()),
        "jobs": [
            {
                **plain_job(planned),
                "settings_changed": list(planned.settings_changed),
                "step": steps.get(planned.job.key),
                "seconds": plan.estimates.seconds(planned.job.kind, planned.job.target),
                "key": planned.job.key,
            }
            for planned in plan.jobs
            if full or planned.state != "done"
        ],
    }


def _at_most(plan: Plan, kind: str, order: int) -> int:
    return sum(part.at_most for part in plan.undecided if kind == TRANSFER and part.order == order)


def _between(least: int, most: int) -> str:
    """ "3", "at most 90", "10 to 40"."""
    if least == most:
        return str(least)
    return f"{least} to {most}" if least else f"at most {most}"
