"""What the commands that only read share: the affinities of the project, and a word on what is still missing."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from taskonomy_cli.session import Session
from taskonomy_core.errors import TaskonomyError

if TYPE_CHECKING:
    from taskonomy_core.registry.roster import RosterTask
    from taskonomy_core.taxonomy.affinity import Affinity


def read_affinity(session: Session, order: int | None) -> Affinity:
    """One tournament per target over every finished transfer of up to `order` sources; torch stays out.

    What is planned and not trained is told on stderr. Errors: TaskonomyError where nothing is trained yet.
    """
    from taskonomy_core.ledger.jobs import NETWORK
    from taskonomy_core.ledger.plan import BLOCKED, FAILED, NEW, RUNNING, STALE, PlannedJob
    from taskonomy_core.ledger.project import Project, columns
    from taskonomy_core.ledger.store import Store
    from taskonomy_core.taxonomy.affinity import affinity

    project = Project(session.roster, session.recipe)
    with Store.open(session.store, create=False) as store:
        found = columns(project.roster, project.recipe, store, order)
        plan = project.plan(store)
    if not any(column.sources for column in found):
        raise TaskonomyError("No transfer has been trained under the settings of registry.toml.", "Type: tk transfer")

    def ranked(jobs: Iterable[PlannedJob]) -> int:
        # All but the baselines of source-only tasks, which tk sanity alone needs.
        return sum(each.job.kind == NETWORK or session.roster.tasks[each.job.target].is_target for each in jobs)

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
    # A target that fell out before anything could win or lose there has nothing to rank.
    contested = {column.target for column in found if column.reference in ("", "self")}
    return affinity(column for column in found if column.target in contested)


def takes_part(session: Session, measured: Affinity) -> list[RosterTask]:
    """The registered tasks but those that are left out and of which nothing was measured as a target."""
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.ledger.store import Store

    with Store.open(session.store, create=False) as store:
        left_out = Project(session.roster, session.recipe).facts(store).left_out
    return [task for name, task in session.roster.tasks.items() if name in measured.targets or name not in left_out]


def titles_and_groups(session: Session) -> tuple[dict[str, str], dict[str, str]]:
    """Titles and groups (2d, 3d, ...) of the tasks that the store has seen; of others the name is the title."""
    from taskonomy_core.ledger.store import Store

    with Store.open(session.store, create=False) as store:
        cards = store.cards()
    titles = {name: cards[name].title if name in cards else name for name in session.roster.tasks}
    return titles, {name: card.group for name, card in cards.items()}


def share(value: float | None) -> str:
    """A win rate as people read it: "83 %", or "-" where it was not measured."""
    return "-" if value is None else f"{value:.0%}".replace("%", " %")
