"""What the commands that only read share: the affinities of the project, and a word on what is still missing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from taskonomy_cli.session import Session
from taskonomy_core.errors import TaskonomyError

if TYPE_CHECKING:
    from taskonomy_core.taxonomy.affinity import Affinity


def read_affinity(session: Session, order: int | None) -> Affinity:
    """One tournament per target over every finished transfer of up to `order` sources; torch stays out.

    What is planned and not trained is told on stderr. Errors: TaskonomyError where nothing is trained yet.
    """
    from taskonomy_core.ledger.plan import BLOCKED, FAILED, NEW, RUNNING, STALE
    from taskonomy_core.ledger.project import Project, columns
    from taskonomy_core.ledger.store import Store
    from taskonomy_core.taxonomy.affinity import affinity

    project = Project(session.roster, session.recipe)
    with Store.open(session.store, create=False) as store:
        found = columns(project.roster, project.recipe, store, order)
        plan = project.plan(store)
    if not any(column.sources for column in found):
        raise TaskonomyError("No transfer has been trained under the settings of registry.toml.", "Type: tk transfer")
    missing = len(plan.of(NEW, STALE, RUNNING))
    if missing or plan.at_most:
        more = f" and up to {plan.at_most} of higher order" if plan.at_most else ""
        session.terminal.warn(f"{missing} jobs{more} are not trained yet and left out. Type: tk transfer")
    lost = plan.of(FAILED, BLOCKED)
    if lost:
        session.terminal.warn(f"{len(lost)} jobs failed and are left out. Type: tk status")
    return affinity(found)


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
