"""What every command starts from: the project's registry.toml, its store, and the terminal."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from taskonomy_cli.terminal import Terminal
from taskonomy_core.errors import RosterError, TaskonomyError

if TYPE_CHECKING:
    from taskonomy_core.learning.recipe import Recipe
    from taskonomy_core.registry.resolve import Resolved
    from taskonomy_core.registry.roster import Roster

REGISTRY = "registry.toml"


class Session:
    """One run of `tk`. Nothing is read before it is asked for; `registry` is the group's `--registry`."""

    def __init__(self, registry: Path | None = None) -> None:
        self._given = registry
        self.terminal = Terminal()

    @cached_property
    def found(self) -> Path | None:
        """The registry.toml to work on: `--registry`, or the nearest from the working directory upwards, if any."""
        if self._given is not None:
            return self._given
        here = Path.cwd()
        return next((folder / REGISTRY for folder in (here, *here.parents) if (folder / REGISTRY).exists()), None)

    @property
    def path(self) -> Path:
        """The registry.toml of the project. Errors: RosterError where there is none."""
        if self.found is None:
            raise RosterError(f"There is no {REGISTRY} in {Path.cwd()} or any folder above it.", "Type: tk init")
        return self.found

    @property
    def new_path(self) -> Path:
        """Where `tk init` writes: `--registry`, or registry.toml in the working directory."""
        return self._given if self._given is not None else Path.cwd() / REGISTRY

    @property
    def store(self) -> Path:
        """The folder of the ledger, beside registry.toml. It need not exist yet."""
        from taskonomy_core.ledger.project import FOLDER

        return self.path.resolve().parent / FOLDER

    @cached_property
    def roster(self) -> Roster:
        """registry.toml, read and checked."""
        from taskonomy_core.registry.roster import read_roster

        return read_roster(self.path)

    def refuse_idle(self) -> None:
        """Errors: TaskonomyError where registry.toml registers no task, or none that takes part."""
        if not self.roster.tasks:
            raise TaskonomyError(f"{self.path} registers no task.", "Type: tk tasks, then: tk register NAME")
        if not self.roster.used:
            raise TaskonomyError(
                f"{self.path} registers unused tasks alone.",
                "Type: tk tasks, then: tk register NAME --role both, or source, or target",
            )

    @cached_property
    def recipe(self) -> Recipe:
        """The roster's preset with its `[recipe]` table, encoder and order laid over it. Imports no torch."""
        from taskonomy_core.ledger.project import recipe_of

        return recipe_of(self.roster)

    @cached_property
    def resolved(self) -> Resolved:
        """The roster's tasks, imported (and torch with them); a task that has changed its version is told of once."""
        from taskonomy_core.registry.resolve import resolve

        resolved = resolve(self.roster)
        for notice in resolved.notices:
            self.terminal.warn(notice)
        return resolved
