"""`tk --disable NAME`: one command, and the workers that it starts, without some plugins."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from taskonomy_cli.session import Session
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.registry.disabling import VARIABLE, disabled_names
from taskonomy_core.registry.discover import discover
from taskonomy_core.registry.naming import nearest


@contextmanager
def doing_without(session: Session, names: Iterable[str]) -> Iterator[None]:
    """Disable plugins, besides those that are disabled already, until the command ends.

    Errors: TaskonomyError for a name that stands for no installed plugin and no registered task or file.
    """
    wanted = {part.strip() for name in names for part in name.split(",")} - {""}
    _refuse_unknown(session, wanted)
    before = os.environ.get(VARIABLE)
    os.environ[VARIABLE] = ",".join(sorted(wanted | disabled_names()))
    try:
        yield
    finally:
        if before is None:
            del os.environ[VARIABLE]
        else:
            os.environ[VARIABLE] = before


def _refuse_unknown(session: Session, names: set[str]) -> None:
    installed = discover(disabled=())
    known = {plugin.label for plugin in installed} | {plugin.entry for plugin in installed}
    if names <= known:
        return
    if session.found:
        known |= {name for task in session.roster.tasks.values() for name in (task.name, task.plugin)}
    for name in sorted(names - known):
        raise TaskonomyError(
            f"There is no plugin {name!r} to disable.{nearest(name, sorted(known))}", "Type: tk plugins"
        )
