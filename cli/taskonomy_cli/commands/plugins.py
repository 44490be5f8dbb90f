"""`tk plugins`: what is installed, from which package, what is used, and why something is not."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import asdict, dataclass

import click

from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Styled, Table
from taskonomy_cli.wording import several
from taskonomy_core.errors import PluginError
from taskonomy_core.registry.disabling import disabled_fault, disabled_names, is_disabled
from taskonomy_core.registry.discover import DATA, TASK, FoundPlugin, discover
from taskonomy_core.registry.naming import listed, noun

LOADED, FOUND, UNUSED, DISABLED = "loaded", "found", "not used", "disabled"
BROKEN, CLASHES, MISSING = "broken", "clashes", "missing"
_STYLES = {DISABLED: "yellow", BROKEN: "bold red", CLASHES: "bold yellow", MISSING: "bold red", LOADED: "green"}


@dataclass(frozen=True)
class Line:
    """One plugin: `package` is None for a single file, `why` is empty where it is used, `hint` is what to type."""

    kind: str
    name: str
    package: str | None
    version: str | None
    plugin: str
    state: str
    why: str = ""
    hint: str = ""


@click.command
@click.option("--load/--no-load", default=True, help="Import every plugin to see whether it breaks [default], or none.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
@click.pass_obj
def command(session: Session, load: bool, as_json: bool) -> None:
    """List every installed plugin: its package, its version, whether it is used, and why it is not.

    A task is used where registry.toml registers it, a data source or an encoder where registry.toml names it. Without a
    registry.toml all that is sound counts as used. With --no-load nothing is imported, and nobody can say what breaks.
    """
    lines = sorted(_lines(session, load), key=lambda line: (line.kind != TASK, line.kind, line.name, line.plugin))
    if as_json:
        session.terminal.answer_json([asdict(line) for line in lines])
        return
    rows: list[list[str | Styled]] = [
        [noun(line.kind), line.name, line.package or line.plugin, line.version or "-", _styled(line.state), line.why]
        for line in lines
    ]
    session.terminal.answer(Table(["KIND", "NAME", "PACKAGE", "VERSION", "STATE", "WHY"], rows))
    for hint in dict.fromkeys(f"{line.plugin}: {line.hint}" for line in lines if line.hint and line.state != DISABLED):
        session.terminal.say(hint)
    if any(line.state == DISABLED for line in lines):
        session.terminal.say(disabled_fault("").hint)


def _styled(state: str) -> Styled:
    return Styled(state, _STYLES.get(state, ""))


def _lines(session: Session, load: bool) -> Iterator[Line]:
    everything = discover(disabled=())
    installed = [plugin for plugin in everything if not plugin.is_among(disabled_names())]
    faults, clashes = _tried(session, installed) if load else ({}, _clashing(installed))
    sound = LOADED if load else FOUND
    for plugin in everything:
        unused = _unused(session, plugin)
        if plugin not in installed:
            yield _line(plugin, DISABLED, disabled_fault(plugin.label))
        elif plugin.label in clashes:
            # registry.toml says which of them it means.
            chosen = _registered_from(session, plugin.name) if plugin.kind == TASK else None
            if chosen == plugin.label:
                yield _line(plugin, sound)
            else:
                yield (
                    _line(plugin, UNUSED, unused)
                    if chosen and unused
                    else _line(plugin, CLASHES, clashes[plugin.label])
                )
        elif plugin.label in faults:
            yield _line(plugin, BROKEN, faults[plugin.label])
        else:
            yield _line(plugin, UNUSED if unused else sound, unused)
    if session.found:
        yield from _only_registered(session, {plugin.label for plugin in everything}, load)


def _line(plugin: FoundPlugin, state: str, why: str | PluginError = "") -> Line:
    said, hint = (why.message, why.hint) if isinstance(why, PluginError) else (why, "")
    return Line(plugin.kind, plugin.name, plugin.package, plugin.version, plugin.label, state, said, hint)


def _tried(session: Session, plugins: list[FoundPlugin]) -> tuple[dict[str, PluginError], dict[str, PluginError]]:
    """Load them all: why those that break do, and those that clash, by label."""
    from taskonomy_core.registry.load import load_all

    session.terminal.say(f"Loading {several(len(plugins), 'plugin')} ...")
    loaded = load_all(plugins)
    clashes = {label: loaded.broken[label] for label in loaded.clashes}
    return {label: error for label, error in loaded.broken.items() if label not in clashes}, clashes


def _clashing(plugins: list[FoundPlugin]) -> dict[str, PluginError]:
    """Entries of one name from several packages, by label; nothing is imported."""
    sides: dict[str, list[FoundPlugin]] = defaultdict(list)
    for plugin in plugins:
        sides[plugin.entry].append(plugin)
    return {
        plugin.label: PluginError(
            f"{listed(side.label for side in same)} both bring the {noun(plugin.kind)} {plugin.name!r}.",
            f"Type: {' or '.join(f'pip uninstall {side.package}' for side in same)}",
        )
        for same in sides.values()
        if len(same) > 1
        for plugin in same
    }


def _unused(session: Session, plugin: FoundPlugin) -> str:
    """Why the project does without a plugin; nothing where it uses it, or where there is no project."""
    if session.found is None:
        return ""
    roster = session.roster
    if plugin.kind == TASK:
        task = roster.tasks.get(plugin.name)
        if plugin.label not in {task.plugin for task in roster.tasks.values()}:
            return f"{plugin.name} is registered from {task.plugin}" if task else "not registered"
        return "" if task is None or task.is_used else "its role is unused"
    used = {DATA: roster.data["source"], "encoder": session.recipe.encoder}.get(plugin.kind, plugin.name)
    return "" if used == plugin.name else f"registry.toml uses {used}"


def _registered_from(session: Session, name: str) -> str | None:
    task = session.roster.tasks.get(name) if session.found else None
    return task.plugin if task else None


def _only_registered(session: Session, installed: set[str], load: bool) -> Iterator[Line]:
    """The registered tasks that no entry point brings: single files, and what is not installed."""
    from taskonomy_core.registry.resolve import load_entry

    for task in session.roster.tasks.values():
        if task.plugin in installed:
            continue
        package = None if task.is_file else task.plugin.partition("[")[0]
        state, why, hint = LOADED if load else FOUND, "", ""
        if is_disabled(task):
            state, why, hint = DISABLED, disabled_fault(task.plugin).message, disabled_fault(task.plugin).hint
        elif not (task.is_file and (session.path.parent / task.plugin).is_file()):
            what = "there is no such file" if task.is_file else f"{task.plugin} is not installed"
            state, why, hint = MISSING, f"registered, but {what}", f"Type: tk unregister {task.name}"
        elif not task.is_used:
            state, why = UNUSED, "its role is unused"
        elif load:
            try:
                load_entry(task, session.roster)
            except PluginError as error:
                state, why, hint = BROKEN, error.message, error.hint
        yield Line(TASK, task.name, package, None, task.plugin, state, why, hint)
