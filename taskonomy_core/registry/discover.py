"""What exists: the installed plugins, read from the entry points of their packages. Imports none of them.

An entry point of the group `taskonomy` is named after its task (`normals`), or KIND.NAME for every other kind
(`data.rooms`). Two packages may bring entries of one name; both are reported, and choosing is left to people.
"""

from __future__ import annotations

import configparser
import re
import sys
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import entrypoints

from taskonomy_core.errors import PluginError
from taskonomy_core.registry.disabling import disabled_names

GROUP = "taskonomy"
TASK = "task"
DATA = "data"
# Every kind that is not a task: the word before the dot of its entries.
LISTENER = "listener"
KINDS = (DATA, "encoder", "executor", LISTENER)


@dataclass(frozen=True)
class FoundPlugin:
    """One entry point, nothing of it imported.

    Attributes:
        package: the installed package's name, as pip writes it (lower case, hyphens).
        entry: the entry point's name: `normals`, `data.rooms`.
        module: what it points at, `module` or `module:object`.
        version: the package's version; None where it is not recorded.
    """

    package: str
    entry: str
    module: str
    version: str | None = None

    @property
    def label(self) -> str:
        """What messages and registry.toml call it: `package[entry]`."""
        return f"{self.package}[{self.entry}]"

    @property
    def kind(self) -> str:
        """The word before the dot of the entry, or "task"."""
        kind, dot, _ = self.entry.partition(".")
        return kind if dot else TASK

    @property
    def name(self) -> str:
        """The name of the task or of the thing of its kind: `normals`, `rooms`."""
        return self.entry.partition(".")[2] or self.entry

    def is_among(self, names: Collection[str]) -> bool:
        """Whether any of the names is its label or its entry."""
        return self.label in names or self.entry in names


def discover(path: Sequence[str] | None = None, disabled: Collection[str] | None = None) -> tuple[FoundPlugin, ...]:
    """Every installed plugin that is not disabled, sorted by entry, then by package.

    `path` is searched as sys.path is, which is the default; of a package that is there twice, the first counts, as it
    does for imports. `disabled` are labels or entries, by default those that TASKONOMY_DISABLE names. Errors:
    PluginError where a package's list of entry points cannot be read at all.
    """
    without = disabled_names() if disabled is None else disabled
    found: dict[str, FoundPlugin] = {}
    home: dict[str, Any] = {}
    folders = [str(folder) for folder in (sys.path if path is None else path)]
    try:
        for entries, distribution in entrypoints.iter_files_distros(folders):
            if GROUP not in entries or distribution.name.startswith("~"):
                continue  # pip renames to ~NAME what it was about to remove when it was stopped
            package = re.sub(r"[-_.]+", "-", distribution.name).lower()
            # A source tree on the path has its egg-info beside the dist-info of the same editable package.
            if home.setdefault(package, distribution) is not distribution:
                continue
            for entry, target in entries[GROUP].items():
                plugin = FoundPlugin(package, entry, target.partition("[")[0].strip(), distribution.version)
                found[plugin.label] = plugin
    except (configparser.Error, UnicodeDecodeError) as error:
        where = getattr(error, "source", None) or "a package's entry_points.txt"
        reason = str(error).splitlines()[0]
        raise PluginError(
            f"The list of plugins in {where} cannot be read: {reason}", "Reinstall that package."
        ) from None
    plugins = (plugin for plugin in found.values() if not plugin.is_among(without))
    return tuple(sorted(plugins, key=lambda plugin: (plugin.entry, plugin.package)))
