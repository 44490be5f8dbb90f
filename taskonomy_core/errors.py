"""The errors that the program expects: one sentence, and the command to type next.

Whatever is raised as a TaskonomyError is shown to the user as its sentence and its hint, with exit code 2.
Anything else is a bug and keeps its traceback.
"""

from __future__ import annotations


class TaskonomyError(Exception):
    """An expected error: `message` is one sentence, `hint` is what the user can type or do next."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message}\n{self.hint}" if self.hint else self.message

    def __reduce__(self) -> tuple[type[TaskonomyError], tuple[str, str]]:
        # The default would rebuild from the joined text and lose the hint on its way out of a worker process.
        return type(self), (self.message, self.hint)


class TaskDefinitionError(TaskonomyError):
    """A task, data source or encoder is built wrong; the message lists every fault at once."""


class PluginError(TaskonomyError):
    """A plugin is missing, fails to import, raises, returns the wrong thing or shares a name."""


class RosterError(TaskonomyError):
    """registry.toml is missing, unreadable, misspelt, of a wrong type or of a newer format."""


class LedgerError(TaskonomyError):
    """The ledger is of a newer version, locked, damaged, or its disk is full."""


class DataError(TaskonomyError):
    """A data source cannot give what was asked of it: a missing modality, a damaged cache, too few images."""


class JobError(TaskonomyError):
    """One job cannot be finished: a diverging network, a task that raises. The other jobs go on."""


class TaxonomyError(TaskonomyError):
    """A taxonomy cannot be computed: columns that do not compare, an impossible budget, no solver."""
