"""What the commands that only read stand on: measurements of the project, or of files, with what is known of tasks."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from taskonomy_cli.session import Session
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.registry.naming import nearest

if TYPE_CHECKING:
    from taskonomy_core.ledger.plan import Plan, PlannedJob
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.taxonomy.affinity import Affinity
    from taskonomy_core.taxonomy.columns import LossColumn
    from taskonomy_core.taxonomy.measurements import TaskFacts


@dataclass(frozen=True)
class Measured:
    """Measurements, wherever they come from.

    Attributes:
        affinity: the scores; one tournament per target over all orders (facts 4.2).
        facts: title, group, role, costs and weight of every task that takes part.
        origin: what people read: the file, or the project's folder.
        columns: the losses behind the scores; empty for files, which do not have them.
        budget: the project's own; None for files.
        folder: where pictures go that nobody gave a place; None for files.
    """

    affinity: Affinity
    facts: Mapping[str, TaskFacts]
    origin: str
    columns: tuple[LossColumn, ...] = ()
    budget: float | None = None
    folder: Path | None = None

    @cached_property
    def titles(self) -> dict[str, str]:
        """Task -> what people read, of the tasks that have a title."""
        return {name: facts.title for name, facts in self.facts.items() if facts.title}

    @cached_property
    def groups(self) -> dict[str, str]:
        """Task -> 2d, 3d, ..., of the tasks whose group is known."""
        return {name: facts.group for name, facts in self.facts.items() if facts.group}

    def name(self, text: str) -> str:
        """The measured task that a person means: its own name, or ours for the one that the paper's code has.

        Errors: TaskonomyError, with the nearest name.
        """
        from taskonomy_core.taxonomy.aliases import our_name

        for name in (text, our_name(text)):
            if name in self.facts:
                return name
        raise TaskonomyError(
            f"{self.origin} has no task {text!r}.{nearest(text, self.facts)}",
            f"Choose one of these: {', '.join(sorted(self.facts))}.",
        )

    def up_to(self, order: int | None) -> Measured:
        """Without transfers of more sources; scores stay those of the tournament of all orders."""
        if order is None:
            return self
        edges = tuple(edge for edge in self.affinity.edges if edge.order <= order)
        return replace(self, affinity=replace(self.affinity, edges=edges))


def read(session: Session, source: Path | None = None, everything: bool = False) -> Measured:
    """The measurements of a file or folder, or without one those of the project.

    Args:
        session: the project; not touched where `source` is given.
        source: the authors' results or our own format, see taxonomy.exchange.
        everything: with the sources and readouts that are outside of the paper's dictionary of 26 tasks.

    Errors: TaskonomyError where nothing is measured, or the file is not sound.
    """
    return _of_project(session) if source is None else _of_files(session, source, everything)


def _of_files(session: Session, source: Path, everything: bool) -> Measured:
    from taskonomy_core.taxonomy.exchange import read_measurements
    from taskonomy_core.taxonomy.measurements import TaskFacts

    found = read_measurements(source)
    if not everything:
        found = found.default_dictionary()
    for note in found.notes:
        session.terminal.warn(note)
    sources, targets = found.affinity.sources, found.affinity.targets
    facts = {name: TaskFacts(role="both" if name in targets else "source") for name in sorted({*sources, *targets})}
    return Measured(found.affinity, facts | dict(found.tasks), found.origin)


def _of_project(session: Session) -> Measured:
    """One tournament per target over every finished transfer; torch stays out.

    What is planned and not trained is told on stderr.
    """
    from taskonomy_core.ledger.project import Project, columns
    from taskonomy_core.ledger.store import Store
    from taskonomy_core.taxonomy.affinity import affinity
    from taskonomy_core.taxonomy.measurements import TaskFacts

    project = Project(session.roster, session.recipe)
    with Store.open(session.store, create=False) as store:
        found = columns(project.roster, project.recipe, store)
        plan = project.plan(store)
        left_out = project.facts(store).left_out
        cards = store.cards()
    if not any(column.sources for column in found):
        raise TaskonomyError("No transfer has been trained under the settings of registry.toml.", "Type: tk transfer")
    _tell_what_is_missing(session, project, plan)
    # A target that fell out before anything could win or lose there has nothing to rank.
    contested = {column.target for column in found if column.reference in ("", "self")}
    kept = tuple(column for column in found if column.target in contested)
    facts = {
        name: TaskFacts(
            title=cards[name].title if name in cards else "",
            group=cards[name].group if name in cards else "",
            role=task.role,
            cost=task.cost,
            transfer_cost=task.transfer_cost,
            weight=task.weight,
        )
        for name, task in session.roster.tasks.items()
        if name in contested or name not in left_out
    }
    folder = session.path.parent
    return Measured(affinity(kept), facts, str(session.path), kept, session.roster.budget, folder)


def _tell_what_is_missing(session: Session, project: Project, plan: Plan) -> None:
    from taskonomy_core.ledger.jobs import NETWORK
    from taskonomy_core.ledger.plan import BLOCKED, FAILED, NEW, RUNNING, STALE

    def ranked(jobs: Iterable[PlannedJob]) -> int:
        # All but the baselines of source-only tasks, which tk sanity alone needs.
        return sum(each.job.kind == NETWORK or project.roster.tasks[each.job.target].is_target for each in jobs)

    missing = ranked(plan.of(NEW, STALE, RUNNING))
    if missing or plan.at_most:
        more = f" and up to {plan.at_most} of higher order" if plan.at_most else ""
        session.terminal.warn(f"{missing} jobs{more} are not trained yet and left out. Type: tk transfer")
    lost = ranked(plan.possible(FAILED, BLOCKED))
    if lost:
        session.terminal.warn(f"{lost} jobs failed and are left out. Type: tk status")
    without = sorted({name for planned in plan.of(BLOCKED) for name in planned.without})
    if without:
        is_left_out = "is left out, and what needs it" if len(without) == 1 else "are left out, and what needs them"
        session.terminal.warn(f"{' and '.join(without)} {is_left_out} is not all trained. Type: tk status")


def share(value: float | None) -> str:
    """A win rate as people read it: "83 %", or "-" where it was not measured."""
    return "-" if value is None else f"{value:.0%}".replace("%", " %")
