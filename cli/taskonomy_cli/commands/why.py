"""`tk why`: all that is known of one result. Imports no torch."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import click

from taskonomy_cli.finished import refuse_idle
from taskonomy_cli.options import TaskNames
from taskonomy_cli.session import Session
from taskonomy_cli.wording import duration, megabytes, plain_job, several
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.ledger.jobs import CONSTANT, NETWORK, REFERENCE, SCRATCH, Job, Keys
from taskonomy_core.ledger.records import machine

if TYPE_CHECKING:
    from taskonomy_core.ledger.explain import Explanation
    from taskonomy_core.ledger.plan import PlannedJob
    from taskonomy_core.ledger.records import Result

_OWN = (NETWORK, SCRATCH, CONSTANT)
_FEW = 6  # jobs named one by one


@click.command
@click.argument("named", metavar="[SOURCE,...] TARGET", nargs=-1, required=True)
@click.option("--kind", type=click.Choice(_OWN), help="Without sources: which of the task's own [default: network].")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_context
def command(ctx: click.Context, named: tuple[str, ...], kind: str | None, as_json: bool) -> None:
    """Explain one result: tk why TARGET its network, tk why SOURCE,SOURCE TARGET a transfer.

    Where it stands and why, what its key is a hash of, when and where it was trained and for how long (processor time),
    its mean test loss, what it depends on and what depends on it, and its files, which are read back. A file that is
    damaged makes its result a failed one, which tk transfer trains again, alone.
    """
    from taskonomy_core.ledger.explain import explain
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.ledger.store import Store

    session: Session = ctx.obj
    session.refuse_idle()
    if len(named) > 2:
        example = f"{','.join(named[:-1])} {named[-1]}"
        raise TaskonomyError("The sources of one transfer have commas between them.", f"Type: tk why {example}")
    (target,) = TaskNames().convert((named[-1],), None, ctx)
    sources = TaskNames().convert(named[0], None, ctx) if len(named) > 1 else ()
    if sources and kind:
        raise TaskonomyError(f"--kind {kind} has no sources.", f"Type: tk why --kind {kind} {target}")
    project = Project(session.roster, session.recipe)
    with Store.open(session.store, create=False) as store:
        job = _job(session, project.planner(store).keys, kind or NETWORK, target, sources)
        found = explain(project, store, job)
    if as_json:
        session.terminal.answer_json(_plain(found))
        return
    session.terminal.answer("\n".join(_lines(found)))
    session.terminal.say(_next(found))


def _job(session: Session, keys: Keys, kind: str, target: str, sources: tuple[str, ...]) -> Job:
    """The job that is asked for. Errors: TaskonomyError where there is no such one under the present roles."""
    refuse_idle(session, target, *sources)
    own = f"For its own network type: tk why {target}"
    if not sources:
        job = keys.again(kind, target, ())
        if job is None:
            lacks = "it is never trained" if target not in keys.trained else "it is not a target"
            raise TaskonomyError(f"There is no {kind} of {target}: {lacks}.", own)
        return job
    if target in sources:
        raise TaskonomyError(f"{target} is not transferred to itself.", own)
    if len(set(sources)) < len(sources):
        raise TaskonomyError(f"{','.join(sources)} names a source twice.", "Name each source once.")
    reference = keys.from_untrained(target)
    if reference is not None and reference.kind == REFERENCE and reference.sources == sources:
        return reference
    if target not in keys.targets:
        raise TaskonomyError(f"{target} is not a target: nothing is transferred to it.", own)
    no_source = [name for name in sources if name not in keys.sources]
    if no_source:
        raise TaskonomyError(
            f"{' and '.join(no_source)} cannot be transferred from: registered as a target alone.",
            f"It may be one of: {', '.join(keys.sources_of(target))}",
        )
    return keys.transfer(sources, target)


def _lines(found: Explanation) -> list[str]:
    planned, result = found.planned, found.result
    job = planned.job
    lines = [f"The {job.name}: {_stands(planned)}"]

    def tell(what: str, *said: str) -> None:
        lines.extend(f"  {what if not at else '':<12}  {text}" for at, text in enumerate(said))

    if found.claim is not None:
        tell("in training", f"by process {found.claim.pid} on {found.claim.machine}")
    if result is not None:
        tell("tried" if not result.done else "trained", _when(result))
    if found.mean_loss is not None:
        tell("mean loss", f"{found.mean_loss:.4g} over {several(found.images, 'test image')}")
    if result is not None and result.metrics:
        tell("metrics", ", ".join(f"{name} {value:.4g}" for name, value in result.metrics.items()))
    tell("key", job.key, *_parts(job))
    if planned.old is not None:
        tell("old key", planned.old.key)
    if found.needs:
        tell("depends on", *(f"{part.job.name}: {_stands(part)}" for part in found.needs))
    if found.needed_by:
        tell("for others", *_many(found.needed_by))
    if found.files:
        tell(
            "files",
            *(f"{file.what}, {megabytes(file.size)}, {file.fault or f'sound: {file.path}'}" for file in found.files),
        )
    return lines


def _stands(planned: PlannedJob) -> str:
    if planned.state == "failed":
        return f"failed: {planned.reason}"
    return f"{planned.state}: {planned.reason}" if planned.reason else planned.state


def _when(result: Result) -> str:
    where = f" by process {result.process} on {machine(result.host)}" if result.host else ""
    return f"{result.finished}{where}, {duration(result.seconds)} of one core, run {result.run}"


def _parts(job: Job) -> list[str]:
    """One line for each part of the key, with what stands behind its hash."""
    behind = {
        "recipe": ", ".join(f"{name} {json.dumps(value)}" for name, value in job.details["recipe"].items()),
        "data": ", ".join(f"{name} {json.dumps(value, default=str)}" for name, value in job.details["data"].items()),
    }
    return [f"{name} {value}{f' ({behind[name]})' if name in behind else ''}" for name, value in job.parts.items()]


def _many(jobs: Iterable[PlannedJob]) -> list[str]:
    each = [f"{part.job.name}: {part.state}" for part in jobs]
    return each if len(each) <= _FEW else [*each[:_FEW], f"and {len(each) - _FEW} more (--json lists them)"]


def _next(found: Explanation) -> str:
    """What to type."""
    state = found.planned.state
    if state in ("new", "stale", "failed"):
        return "Type: tk transfer to train it"
    if state == "blocked":
        return "Type: tk transfer to try again what it needs"
    return "Type: tk plan --full, or tk status"


def _plain(found: Explanation) -> dict[str, Any]:
    planned, result = found.planned, found.result
    job = planned.job
    return {
        **plain_job(planned),
        "settings_changed": list(planned.settings_changed),
        "key": job.key,
        "parts": dict(job.parts),
        "details": dict(job.details),
        "in_training": None if found.claim is None else {"process": found.claim.pid, "host": found.claim.machine},
        "result": None
        if result is None
        else {
            "key": result.key,
            "state": result.state,
            "reason": result.reason,
            "finished": result.finished,
            "host": machine(result.host) if result.host else None,
            "process": result.process or None,
            "seconds": result.seconds,
            "run": result.run,
            "metrics": dict(result.metrics),
            "mean_loss": found.mean_loss,
            "images": found.images,
            "files": [
                {"what": file.what, "path": str(file.path), "bytes": file.size, "fault": file.fault}
                for file in found.files
            ],
        },
        "depends_on": [plain_job(part) for part in found.needs],
        "for_others": [plain_job(part) for part in found.needed_by],
    }
