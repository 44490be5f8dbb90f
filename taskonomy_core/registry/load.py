"""What a plugin brings: imported and asked through pluggy, one plugin at a time, so that none can spoil another.

Every fault is a PluginError that names the plugin, `package[entry]` or the path of its file.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from hashlib import blake2b
from pathlib import Path
from types import ModuleType
from typing import Any

from taskonomy_core.contract.executor import JobReport
from taskonomy_core.contract.task import Task
from taskonomy_core.errors import PluginError
from taskonomy_core.registry.asking import BRINGS, LISTENER_HOOK, Plugin, ask, failure, remedy
from taskonomy_core.registry.discover import KINDS, LISTENER, TASK, FoundPlugin
from taskonomy_core.registry.naming import nearest, noun


@dataclass(frozen=True)
class Loaded:
    """What several plugins bring together.

    Attributes:
        plugins: the sound ones, by label, in the order in which they were given.
        broken: why each of the others cannot be used, by label.
        clashes: those of the broken that are sound by themselves, but bring something that another brings too.
    """

    plugins: Mapping[str, Plugin] = field(default_factory=dict)
    broken: Mapping[str, PluginError] = field(default_factory=dict)
    clashes: Collection[str] = ()

    @property
    def tasks(self) -> dict[str, Task]:
        """Every task that was brought, by name."""
        return self.of_kind(TASK)

    def of_kind(self, kind: str) -> dict[str, Any]:
        """Everything of a kind ("task", "data", "encoder", "executor") that was brought, by name."""
        return {name: thing for plugin in self.plugins.values() for name, thing in plugin.things[kind].items()}

    def tell(self, report: JobReport, folder: str) -> list[PluginError]:
        """Call the `taskonomy_job_done` of every plugin that has one; what went wrong in any does not stop the rest."""
        errors = []
        for plugin in self.plugins.values():
            if plugin.listener is not None:
                try:
                    plugin.listener(report, folder)
                except Exception as error:
                    errors.append(failure(plugin.label, f"raises in {LISTENER_HOOK}", error))
        return errors


def load_all(found: Iterable[FoundPlugin]) -> Loaded:
    """Load plugins one by one; those that fail, or share a name with another, are in `.broken` with their reason."""
    plugins: dict[str, Plugin] = {}
    broken: dict[str, PluginError] = {}
    for candidate in found:
        try:
            plugins[candidate.label] = load_plugin(candidate)
        except PluginError as error:
            broken[candidate.label] = error
    clashes = _clashes(plugins.values())
    sound = {label: plugins[label] for label in plugins if label not in clashes}
    return Loaded(sound, {**broken, **clashes}, tuple(clashes))


def load_plugin(found: FoundPlugin) -> Plugin:
    """Import an installed plugin and ask it what it brings.

    Errors: PluginError where importing it or a hook raises, a hook is misspelt, unmarked or returns the wrong thing,
    or what the entry point is named after is not brought.
    """
    label = found.label
    if found.kind not in (TASK, *KINDS):
        raise PluginError(
            f"{label} is of no kind that exists: its entry point is neither a task's name nor one of "
            f"{', '.join(f'{kind}.NAME' for kind in KINDS)}.{nearest(found.kind, KINDS)}",
            remedy(label),
        )
    module, _, attributes = found.module.partition(":")
    try:
        home: Any = importlib.import_module(module)
        for attribute in filter(None, attributes.split(".")):
            home = getattr(home, attribute)
    except KeyboardInterrupt:
        raise
    except BaseException as error:  # extensions written in Rust panic outside of Exception
        raise failure(label, f"cannot be imported from {found.module!r}", error) from error
    plugin = ask(label, found.module, home)
    if found.kind == LISTENER and plugin.listener is None:
        raise PluginError(f"{label} does not implement {LISTENER_HOOK}.", remedy(label))
    if found.kind != LISTENER and found.name not in plugin.things[found.kind]:
        names = ", ".join(plugin.things[found.kind]) or "none"
        raise PluginError(
            f"{label} does not bring the {noun(found.kind)} {found.name!r} that its entry point is named after; "
            f"{BRINGS[found.kind][0]} gives: {names}.",
            remedy(label),
        )
    return plugin


def load_file(path: Path, label: str | None = None) -> Plugin:
    """Import a plugin from a single .py file, under a module name of its own; sys.path stays as it is.

    `label` is what messages and registry.toml call it (default: the path). Errors: PluginError, as `load_plugin`, and
    where there is no such file or it is not Python.
    """
    label = label or path.as_posix()
    if path.suffix != ".py":
        raise PluginError(f"{label} is not a Python file (.py).", "Give the path of a .py file that brings a task.")
    if not path.is_file():
        raise PluginError(f"There is no file {label}.", "Check the path; a task of a package is given by its name.")
    module = _execute(path.resolve(), label)
    return ask(label, module.__name__, module)


def _execute(path: Path, label: str) -> ModuleType:
    name = f"taskonomy_file_{blake2b(str(path).encode(), digest_size=6).hexdigest()}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None  # the suffix is .py
    module = importlib.util.module_from_spec(spec)
    # Dataclasses and pickling look a module up by its name.
    sys.modules[name] = module
    try:
        # Compiled here and not by the loader: its cache would serve the old code after a quick edit of equal length.
        exec(compile(path.read_bytes(), str(path), "exec", dont_inherit=True), module.__dict__)
    except SyntaxError as error:
        del sys.modules[name]
        where = f"line {error.lineno}: " if error.lineno else ""
        raise PluginError(f"{label} is not valid Python: {where}{error.msg}.", remedy(label)) from error
    except BaseException as error:
        del sys.modules[name]
        if isinstance(error, KeyboardInterrupt):
            raise
        raise failure(label, "cannot be imported", error) from error
    return module


def _clashes(plugins: Iterable[Plugin]) -> dict[str, PluginError]:
    """Which plugins bring something of one name, by label, with all sides named."""
    bringers: dict[tuple[str, str], list[Plugin]] = {}
    for plugin in plugins:
        for kind, things in plugin.things.items():
            for name in things:
                bringers.setdefault((kind, name), []).append(plugin)
    clashes: dict[str, PluginError] = {}
    for (kind, name), sides in bringers.items():
        if len({(side.label.partition("[")[0], side.home) for side in sides}) > 1:
            labels = " and ".join(side.label for side in sides)
            packages = " or ".join(f"pip uninstall {side.label.partition('[')[0]}" for side in sides)
            clash = PluginError(
                f"{labels} both bring the {noun(kind)} {name!r}; none of them is used.", f"Type: {packages}"
            )
            clashes |= {side.label: clash for side in sides}
    return clashes
