"""Tasks that a run does without, and why: their plugin is broken or gone, or the data source lacks what they need.

Only plugins can tell, and they import torch; so what was found when they were last opened is kept in the ledger as a
fact, under the same name as the data source's fingerprint. It holds for a task as long as registry.toml says the same
of it. What is disabled is left out by this command alone, and never recorded. Imports no torch.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskonomy_core.registry.disabling import disabled_tasks

if TYPE_CHECKING:
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.ledger.store import Store
    from taskonomy_core.registry.roster import Roster


@dataclass(frozen=True)
class LeftOut:
    """One such task: `reason` is why, `hint` what to type or do (besides unregistering it); it may be empty."""

    name: str
    reason: str
    hint: str = ""

    @property
    def sentence(self) -> str:
        """ "normals is left out: ..."."""
        return f"{self.name} is left out: {self.reason}"


def disabled(roster: Roster) -> dict[str, LeftOut]:
    """The tasks that this command is to do without, see registry.disabling."""
    return {name: LeftOut(name, fault.message, fault.hint) for name, fault in disabled_tasks(roster).items()}


def written(left_out: Mapping[str, LeftOut], roster: Roster) -> str:
    """The value of the fact."""
    lasting = {name: part for name, part in left_out.items() if name not in disabled_tasks(roster)}
    return json.dumps({name: [_said(roster, name), part.reason, part.hint] for name, part in lasting.items()})


def read(value: str | None, roster: Roster) -> dict[str, LeftOut]:
    """What a recorded value says of the tasks that are registered as they were then."""
    recorded = json.loads(value or "{}")
    return {
        name: LeftOut(name, reason, hint)
        for name, (said, reason, hint) in recorded.items()
        if name in roster.tasks and said == _said(roster, name)
    }


def forget(project: Project, store: Store, names: Collection[str]) -> None:
    """Say no more that these tasks are left out: their plugin was just loaded."""
    kept = project.facts(store).left_out
    if not kept.keys().isdisjoint(names):
        rest = {name: part for name, part in kept.items() if name not in names}
        store.record_facts({project.left_out_fact: written(rest, project.roster)})


def _said(roster: Roster, name: str) -> list[object]:
    """What registry.toml says of a task that decides whether it can take part."""
    task = roster.tasks[name]
    return [task.plugin, task.version, task.role]
