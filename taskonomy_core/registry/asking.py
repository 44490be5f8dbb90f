"""Asking one plugin what it brings: a pluggy manager of its own, every hook called once, every answer checked.

Known traps of pluggy that this shuts: one raising hook aborts the call of all plugins; a misspelt hook is accepted; an
answer of None is dropped.
"""

from __future__ import annotations

import importlib
import inspect
import traceback
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pluggy

from taskonomy_core.contract import hookspecs
from taskonomy_core.contract.data import DataSourceKind
from taskonomy_core.contract.encoder import EncoderKind
from taskonomy_core.contract.executor import ExecutorKind, JobReport
from taskonomy_core.contract.task import Task
from taskonomy_core.errors import PluginError, TaskonomyError
from taskonomy_core.registry.discover import TASK
from taskonomy_core.registry.naming import nearest

LISTENER_HOOK = "taskonomy_job_done"
# Kind of plugin: the hook that brings it, and what the hook gives a list of.
BRINGS: dict[str, tuple[str, type]] = {
    TASK: ("taskonomy_tasks", Task),
    "data": ("taskonomy_data_sources", DataSourceKind),
    "encoder": ("taskonomy_encoders", EncoderKind),
    "executor": ("taskonomy_executors", ExecutorKind),
}


@dataclass(frozen=True)
class Plugin:
    """One loaded plugin.

    Attributes:
        label: `package[entry]`, or the path of a file.
        home: what was imported; two entries of one package may share it.
        things: what it brings, by kind ("task", "data", "encoder", "executor") and name.
        listener: its `taskonomy_job_done`, if it has one.
    """

    label: str
    home: str
    things: Mapping[str, Mapping[str, Any]]
    listener: Callable[[JobReport, str], None] | None = None

    @property
    def tasks(self) -> Mapping[str, Task]:
        """The tasks it brings, by name."""
        return self.things[TASK]


def ask(label: str, home: str, plugin: object) -> Plugin:
    """Register one plugin with a manager of its own and call each of its hooks once."""
    manager = pluggy.PluginManager(hookspecs.PROJECT)
    manager.add_hookspecs(hookspecs)
    known = {name for name in dir(hookspecs) if name.startswith("taskonomy_")}
    _refuse_unmarked(label, plugin, known)
    try:
        manager.register(plugin, label)
    except pluggy.PluginValidationError as error:
        reason = " ".join(str(error).split())
        raise PluginError(f"{label} has a hook with wrong arguments: {reason}", remedy(label)) from error
    try:
        manager.check_pending()
    except pluggy.PluginValidationError as error:
        wrong = min(name for name, caller in vars(manager.hook).items() if not caller.has_spec())
        raise PluginError(
            f"{label} has a hook {wrong} that does not exist.{nearest(wrong, known)}", remedy(label)
        ) from error
    things = {kind: _brought(label, manager, hook, wanted) for kind, (hook, wanted) in BRINGS.items()}
    listener = getattr(manager.hook, LISTENER_HOOK)
    heard = listener.get_hookimpls()
    if not heard and not any(things.values()):
        raise PluginError(
            f"{label} brings nothing: it has no function taskonomy_tasks (or another hook) marked with @hookimpl.",
            remedy(label),
        )

    def tell(report: JobReport, folder: str) -> None:
        listener(report=report, folder=folder)

    return Plugin(label, home, things, tell if heard else None)


def _brought(label: str, manager: pluggy.PluginManager, hook: str, wanted: type) -> dict[str, Any]:
    """What one hook of the one plugin in `manager` gives, by name."""
    caller = getattr(manager.hook, hook)
    if not caller.get_hookimpls():
        return {}
    try:
        answers = caller()
    except (Exception, SystemExit) as error:
        raise failure(label, f"raises in {hook}", error) from error
    # pluggy drops an answer of None.
    answer = answers[0] if answers else None
    if not isinstance(answer, (list, tuple)):
        raise PluginError(
            f"{label} returns {_a(answer)} from {hook}, not a list of {wanted.__name__}.",
            remedy(label),
        )
    things: dict[str, Any] = {}
    for thing in answer:
        if not isinstance(thing, wanted):
            raise PluginError(
                f"{label} returns {_a(thing)} in the list of {hook}, not a {wanted.__name__}.", remedy(label)
            )
        name = getattr(thing, "name", None)
        if not isinstance(name, str):
            raise PluginError(f"{label} brings a {wanted.__name__} whose name is {name!r}, not text.", remedy(label))
        if name in things:
            raise PluginError(f"{label} brings two of the name {name!r} from {hook}.", remedy(label))
        things[name] = thing
    return things


def _refuse_unmarked(label: str, plugin: object, known: Iterable[str]) -> None:
    """A hook without its mark would never be called, and nobody would be told."""
    for name in known:
        function = inspect.getattr_static(plugin, name, None)
        if inspect.isfunction(function) and not hasattr(function, f"{hookspecs.PROJECT}_impl"):
            raise PluginError(f"{label} defines {name} without @hookimpl, so it is never called.", remedy(label))


def _a(value: object) -> str:
    return "None" if value is None else f"a value of type {type(value).__name__}"


def failure(label: str, what: str, error: BaseException) -> PluginError:
    """A stranger's exception as one sentence: its own words, and the last line of code that it passed."""
    said = error.message if isinstance(error, TaskonomyError) else f"{type(error).__name__}: {error}".rstrip(": ")
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not _is_machinery(frame.filename)]
    where = f" ({frames[-1].filename}, line {frames[-1].lineno})" if frames else ""
    return PluginError(f"{label} {what}: {said}{where}", remedy(label))


def _is_machinery(filename: str) -> bool:
    """Whether a line of a traceback belongs to the importing and asking, not to the plugin."""
    return (
        filename.startswith("<frozen")
        or filename == importlib.__file__
        or Path(filename).parent == Path(__file__).parent
        or "pluggy" in Path(filename).parts
    )


def remedy(label: str) -> str:
    """What to type when the plugin of this label is broken."""
    if label.endswith(".py"):
        return f"Correct the file, then type the same command again, or: tk check {label}"
    return f"Tell its author, or type: pip install --upgrade {label.partition('[')[0]}"
