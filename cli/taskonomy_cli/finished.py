"""Which finished network or transfer a person asks for, and why it cannot be had. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskonomy_cli.measured import read
from taskonomy_cli.session import Session
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.ledger.jobs import TRANSFER, Job, Keys
from taskonomy_core.ledger.plan import BLOCKED, FAILED, RUNNING, STALE
from taskonomy_core.registry.naming import nearest

if TYPE_CHECKING:
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.ledger.store import Store

TAXONOMY = "taxonomy"
_FEW = 5


@dataclass(frozen=True)
class Finished:
    """A finished job of `keys`: the task's own network, or a transfer to it where the job has sources."""

    job: Job
    keys: Keys


def finished(session: Session, project: Project, store: Store, task: str, sources: tuple[str, ...] | None) -> Finished:
    """The finished network of a task, or a transfer to it: from named sources, or as the taxonomy serves it.

    What is stale is refused: it belongs to other settings, in which the same pictures may mean something else.

    Errors: TaskonomyError, with what to type.
    """
    refuse_idle(session, task)
    keys = project.planner(store).keys
    names = _chosen(session, keys, task, sources)
    job = keys.transfer(names, task) if names else keys.network(task)
    results = store.snapshot().results
    for needed in (*(keys.network(name) for name in names), job):
        if needed.key not in results or not results[needed.key].done:
            raise _not_there(project, store, needed)
    return Finished(job, keys)


def refuse_idle(session: Session, *names: str) -> None:
    """Errors: TaskonomyError where one of them is not registered, or unused."""
    known = session.roster.tasks
    for name in names:
        if name not in known:
            raise TaskonomyError(f"{session.path} registers no task {name!r}.{nearest(name, known)}", "Type: tk tasks")
        if not known[name].is_used:
            again = f"Type: tk register {name} --role both, or source, or target"
            raise TaskonomyError(f"{session.path} registers {name} as unused.", again)


def _chosen(session: Session, keys: Keys, target: str, sources: tuple[str, ...] | None) -> tuple[str, ...]:
    """The sources of the transfer that is asked for; none for the task's own network."""
    if sources is None:
        return ()
    if target not in keys.targets:
        raise TaskonomyError(f"{target} is not a target: nothing is transferred to it.", "Leave out --from.")
    if sources == (TAXONOMY,):
        return _of_taxonomy(session, target)
    refuse_idle(session, *sources)
    if target in sources:
        raise TaskonomyError(f"{target} is not transferred to itself.", "For its own network leave out --from.")
    no_source = [name for name in sources if name not in keys.sources]
    if no_source:
        raise TaskonomyError(
            f"{' and '.join(no_source)} cannot be transferred from: registered as a target alone.",
            f"It may be one of: {', '.join(keys.sources_of(target))}",
        )
    if len(set(sources)) < len(sources):
        raise TaskonomyError(f"--from {','.join(sources)} names a source twice.", "Name each source once.")
    return sources


def _of_taxonomy(session: Session, target: str) -> tuple[str, ...]:
    """Where the taxonomy at the project's budget gets the target's features from; none if it labels it itself."""
    from taskonomy_cli.commands.taxonomy import of_project

    answer = of_project(read(session))
    edge = answer.edge(target)
    if edge is None:
        raise TaskonomyError(
            f"The taxonomy at budget {answer.budget:g} does not serve {target}.{' ' * bool(answer.reason)}"
            f"{answer.reason}",
            "Type: tk taxonomy",
        )
    how = "by its own network" if edge.supervised else f"from {' + '.join(edge.sources)}"
    session.terminal.say(f"The taxonomy at budget {answer.budget:g} serves {target} {how}.")
    return () if edge.supervised else edge.sources


def _not_there(project: Project, store: Store, job: Job) -> TaskonomyError:
    """Why a job has no result, and what to type."""
    name = f"The {job.name}"
    plan = project.plan(store)
    planned = next((part for part in plan.jobs if part.job.identity == job.identity), None)
    state = planned.state if planned else ""
    if planned and state == RUNNING:
        return TaskonomyError(f"{name} is in training now.", "Wait for it; type: tk status")
    if planned and state == FAILED:
        return TaskonomyError(f"{name} failed: {planned.reason.rstrip('.')}.", "Type: tk transfer (it tries again)")
    if planned and state == BLOCKED:
        hints = dict.fromkeys(plan.left_out[part].hint for part in planned.without if plan.left_out[part].hint)
        return TaskonomyError(
            f"{name} cannot be trained, for {planned.reason.rstrip('.')}.",
            "\n".join([*hints, "Then type: tk transfer" if hints else "Type: tk transfer (it tries again)"]),
        )
    if planned and state == STALE:
        return TaskonomyError(f"{name} is stale: {planned.reason}.", "Type: tk transfer (it trains it again)")
    if planned or job.kind != TRANSFER:
        return TaskonomyError(f"{name} is not trained.", "Type: tk transfer")
    # Of higher orders only the beam is trained: the best combinations of the best sources.
    others = [
        ",".join(result.sources)
        for result in store.snapshot().results.values()
        if result.done and result.kind == TRANSFER and result.target == job.target and len(result.sources) == job.order
    ]
    hint = f"Trained are, for example: --from {' or '.join(sorted(others)[:_FEW])}" if others else "Type: tk plan"
    return TaskonomyError(f"{name} is not trained.", hint)
