"""From names to things: exactly what a roster uses is loaded, and no other plugin."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from taskonomy_core.contract.data import DataRequest, DataSourceKind
from taskonomy_core.contract.encoder import EncoderKind
from taskonomy_core.contract.executor import ExecutorKind
from taskonomy_core.contract.task import Task
from taskonomy_core.errors import PluginError
from taskonomy_core.registry.asking import Plugin, remedy
from taskonomy_core.registry.disabling import disabled_fault, is_disabled
from taskonomy_core.registry.discover import DATA, LISTENER, TASK, FoundPlugin, discover
from taskonomy_core.registry.load import Loaded, load_all, load_file, load_plugin
from taskonomy_core.registry.naming import nearest, noun
from taskonomy_core.registry.roster import Roster, RosterTask


@dataclass(frozen=True)
class Resolved:
    """The tasks that a roster uses.

    Attributes:
        tasks: those that can be had, by name, in the order of the roster.
        stale: tasks whose version is no longer the one that was registered: (registered, installed).
        faults: why each of the others cannot be had, by name.
    """

    tasks: Mapping[str, Task]
    stale: Mapping[str, tuple[int, int]]
    faults: Mapping[str, PluginError] = field(default_factory=dict)

    @property
    def notices(self) -> list[str]:
        """One sentence for each task that cannot be had and each stale one, with what to type."""
        return [f"{name} cannot be used: {fault}" for name, fault in self.faults.items()] + [
            f"{name} is now version {installed}, but was registered as version {registered}. Type: tk register {name}"
            for name, (registered, installed) in self.stale.items()
        ]


def resolve(roster: Roster, found: Iterable[FoundPlugin] | None = None) -> Resolved:
    """Load the plugins that the roster's tasks come from, each once, and no other: not those of unused tasks.

    A task whose plugin is not installed, disabled or broken, or does not bring it, is among the `faults`; the others
    are loaded all the same.
    """
    installed = {plugin.label: plugin for plugin in (discover() if found is None else found)}
    plugins: dict[str, Plugin | PluginError] = {}
    tasks: dict[str, Task] = {}
    faults: dict[str, PluginError] = {}
    for entry in roster.used.values():
        try:
            _refuse_disabled(entry)
            if entry.plugin not in plugins:
                plugins[entry.plugin] = _kept(entry, roster, installed)
            tasks[entry.name] = _task_of(entry, plugins[entry.plugin])
        except PluginError as error:
            faults[entry.name] = error
    stale = {
        name: (roster.tasks[name].version, task.version)
        for name, task in tasks.items()
        if roster.tasks[name].version != task.version
    }
    return Resolved(tasks, stale, faults)


def load_entry(entry: RosterTask, roster: Roster, found: Iterable[FoundPlugin] | None = None) -> Task:
    """Load the plugin of one of a roster's tasks, and give the task.

    Errors: PluginError where the plugin is not installed, disabled or broken, or does not bring the task.
    """
    _refuse_disabled(entry)
    installed = {plugin.label: plugin for plugin in (discover() if found is None else found)}
    return _task_of(entry, _load(entry, roster, installed))


def data_source(name: str, found: Iterable[FoundPlugin] | None = None) -> DataSourceKind:
    """The installed data source of this name. Errors: PluginError, see `one_of`."""
    kind: DataSourceKind = one_of(DATA, name, found)
    return kind


def offers(request: DataRequest, found: Iterable[FoundPlugin] | None = None) -> dict[str, frozenset[str]]:
    """The modalities of every installed data source that opens for a request with its default options, by name."""
    plugins = discover() if found is None else found
    kinds = load_all(plugin for plugin in plugins if plugin.kind == DATA).of_kind(DATA)
    offered = {}
    for name, kind in kinds.items():
        try:
            offered[name] = frozenset(kind.open(replace(request, options={})).modalities)
        except (Exception, SystemExit):  # a stranger's, or one that has no defaults (a folder of photographs)
            continue
    return offered


def encoder(name: str, found: Iterable[FoundPlugin] | None = None) -> EncoderKind:
    """The installed encoder of this name. Errors: PluginError, see `one_of`."""
    kind: EncoderKind = one_of("encoder", name, found)
    return kind


def executor(name: str, found: Iterable[FoundPlugin] | None = None) -> ExecutorKind:
    """The installed executor of this name. Errors: PluginError, see `one_of`."""
    kind: ExecutorKind = one_of("executor", name, found)
    return kind


def listeners(found: Iterable[FoundPlugin] | None = None) -> Loaded:
    """Every installed listener; call `.tell(report, folder)` on what comes back."""
    return load_all(plugin for plugin in (discover() if found is None else found) if plugin.kind == LISTENER)


def one_of(kind: str, name: str, found: Iterable[FoundPlugin] | None = None) -> Any:
    """Load the one plugin that brings the thing of this kind and name.

    Errors: PluginError where none does (with the nearest and all installed names), two packages do, or it is broken.
    """
    return load_plugin(entry_of(kind, name, found)).things[kind][name]


def entry_of(kind: str, name: str, found: Iterable[FoundPlugin] | None = None) -> FoundPlugin:
    """The one installed entry point of this kind and name, or of this label; nothing is imported.

    Errors: PluginError where there is none (with the nearest and all installed names), it is disabled, or two packages
    have it.
    """
    candidates = [plugin for plugin in (discover() if found is None else found) if plugin.kind == kind]
    fitting = [plugin for plugin in candidates if name in (plugin.name, plugin.label)]
    if not fitting:
        for plugin in discover(disabled=()) if found is None else ():
            if plugin.kind == kind and name in (plugin.name, plugin.label):
                raise disabled_fault(plugin.label)
        names = sorted({plugin.name for plugin in candidates})
        raise PluginError(
            f"There is no {noun(kind)} {name!r}.{nearest(name, names)} Installed: {', '.join(names) or 'none'}.",
            "Type: tk tasks" if kind == TASK else "Correct the name, or install the package that brings it.",
        )
    if len(fitting) > 1:
        labels = [plugin.label for plugin in fitting]
        raise PluginError(
            f"{' and '.join(labels)} both bring the {noun(kind)} {name!r}.",
            f'Say which one: tk register "{labels[0]}"'
            if kind == TASK
            else f"Type: {' or '.join(f'pip uninstall {plugin.package}' for plugin in fitting)}",
        )
    return fitting[0]


def _refuse_disabled(entry: RosterTask) -> None:
    if is_disabled(entry):
        raise disabled_fault(entry.plugin)


def _load(entry: RosterTask, roster: Roster, installed: Mapping[str, FoundPlugin]) -> Plugin:
    if entry.is_file:
        return load_file(roster.path.resolve().parent / entry.plugin, label=entry.plugin)
    if entry.plugin not in installed:
        package, _, point = entry.plugin.removesuffix("]").partition("[")
        if any(plugin.package == package for plugin in installed.values()):
            raise PluginError(f"{package} is installed, but has no entry point {point!r}.", remedy(entry.plugin))
        raise PluginError(f"{entry.plugin} is not installed.", f"Type: pip install {package}")
    return load_plugin(installed[entry.plugin])


def _kept(entry: RosterTask, roster: Roster, installed: Mapping[str, FoundPlugin]) -> Plugin | PluginError:
    """The plugin, or why it cannot be had: a broken one is not tried again for its next task."""
    try:
        return _load(entry, roster, installed)
    except PluginError as error:
        return error


def _task_of(entry: RosterTask, plugin: Plugin | PluginError) -> Task:
    """The task that the roster says this plugin brings, able to do what the roster says it does."""
    if isinstance(plugin, PluginError):
        raise plugin
    if entry.name not in plugin.tasks:
        names = ", ".join(plugin.tasks) or "none"
        raise PluginError(f"{plugin.label} brings no task {entry.name!r}; it brings: {names}.")
    refuse_role(plugin.tasks[entry.name], entry.role)
    return plugin.tasks[entry.name]


def new_entry(task: Task, plugin: str) -> RosterTask:
    """What registry.toml says of a task that is newly registered: all roles that it can have, cost and weight 1."""
    role = ("both" if task.target else "source") if task.source else "target"
    return RosterTask(task.name, plugin, task.version, role)


def refuse_role(task: Task, role: str) -> None:
    """Errors: PluginError where a task cannot have a role."""
    for part, can in (("source", task.source), ("target", task.target)):
        if role in (part, "both") and not can:
            raise PluginError(
                f"{task.name} cannot be a {part}.", f"Type: tk register {task.name} --role {new_entry(task, '').role}"
            )
