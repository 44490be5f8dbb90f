"""Running without a plugin that is installed: what TASKONOMY_DISABLE names, which `tk --disable` sets.

An environment variable, because worker processes must do without the same plugins as the one that started them.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from taskonomy_core.errors import PluginError

if TYPE_CHECKING:
    from taskonomy_core.registry.roster import Roster, RosterTask

VARIABLE = "TASKONOMY_DISABLE"
_HINT = f"Type the command without --disable, or unset {VARIABLE}."


def disabled_names() -> frozenset[str]:
    """What is named, with commas between: `package[entry]`, an entry, a registered task or its file."""
    return frozenset(name.strip() for name in os.environ.get(VARIABLE, "").split(",")) - {""}


def disabled_fault(label: str) -> PluginError:
    """What is said wherever a disabled plugin is asked for."""
    return PluginError(f"{label} is disabled, by --disable or {VARIABLE}.", _HINT)


def is_disabled(task: RosterTask) -> bool:
    """Whether a registered task is to be done without."""
    point = task.plugin.removesuffix("]").partition("[")[2]
    return not disabled_names().isdisjoint({task.name, task.plugin, point})


def disabled_tasks(roster: Roster) -> dict[str, PluginError]:
    """The tasks that would take part if they were not disabled, and what is said of each, by name."""
    return {name: disabled_fault(task.plugin) for name, task in roster.used.items() if is_disabled(task)}
