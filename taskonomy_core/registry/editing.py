"""Changing registry.toml: only what is asked for changes, comments and order survive, no half-written file."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from taskonomy_core.errors import RosterError
from taskonomy_core.registry.files import write_atomically
from taskonomy_core.registry.locking import edited_alone
from taskonomy_core.registry.naming import nearest
from taskonomy_core.registry.roster import FORMAT, Roster, RosterTask, parse, read_text, roster_of

_NEW = """\
# What this project trains and compares, read by every `tk` command. Keep it in version control.

format = {format}

# How large and how long: nano (minutes on two processor cores), small (an evening on a laptop), paper (the published
# sizes, on a GPU). Single values can be changed in a table of their own, for example
#     [recipe]
#     train_images = 2000
preset = {preset}

# Another seed draws other data and other initial weights.
seed = {seed}

# What may be spent on labelling source tasks; every task has a cost below. `tk taxonomy --budget N` overrides it.
budget = {budget}

# How many sources one transfer may combine, and what turns images into representations; left out, the preset decides.
# order = 2
# encoder = "resnet_compact"

# Where images and their labels come from. Whatever else stands in this table goes to that data source.
[data]
source = {source}

# One table a task, written by `tk register` and removed by `tk unregister`.
#   plugin         where it comes from: "package[entry]", or a .py file relative to this one
#   version        of the task, when it was registered; `tk register NAME` again brings it up to date
#   role           "source" (may be transferred from), "target" (is to be solved), "both", or "unused" (takes no part;
#                  what was trained of it is kept)
#   cost           what labelling it costs as a source, in the unit of the budget
#   transfer_cost  what serving it by a transfer costs as a target, in the unit of the budget; 0 where left out
#   weight         how much it counts as a target
{tables}"""


def register_tasks(path: Path, tasks: Iterable[RosterTask]) -> Roster:
    """Add tables to registry.toml, or bring those that are there up to date, all in one writing.

    Errors: RosterError where the file cannot be read or written, or others are editing it; it is then unchanged.
    """
    with edited_alone(path):
        return _register(path, tasks)


def _register(path: Path, tasks: Iterable[RosterTask]) -> Roster:
    text = old = read_text(path)
    for task in tasks:
        document = parse(path, text)
        wanted = document.unwrap()
        tables: Any = document.setdefault("tasks", tomlkit.table(is_super_table=True))
        if task.name in tables:
            table = tables[task.name]
            changed = _changed(table, task)
            added = {key: value for key, value in changed.items() if key not in table}
            table.update({key: value for key, value in changed.items() if key in table})
            by_lines = _with_keys(tomlkit.dumps(document), task.name, added)
            table.update(added)
            wanted["tasks"][task.name].update(changed)
            text = _first_that_says(wanted, path, by_lines, tomlkit.dumps(document))
        else:
            tables[task.name] = _new_fields(task)
            wanted.setdefault("tasks", {})[task.name] = _new_fields(task)
            text = _first_that_says(wanted, path, f"{text.rstrip()}\n\n{_table(task)}", tomlkit.dumps(document))
    return _write(path, _like(old, text))


def unregister_task(path: Path, name: str) -> Roster:
    """Take a task's table out of registry.toml; the rest stays as it is.

    Errors: as of `register_tasks`; RosterError where the task is not in it.
    """
    with edited_alone(path):
        return _unregister(path, name)


def _unregister(path: Path, name: str) -> Roster:
    old = read_text(path)
    document = parse(path, old)
    wanted = document.unwrap()
    if name not in wanted.get("tasks", {}):
        known = wanted.get("tasks", {})
        raise RosterError(f"{path} does not register a task {name!r}.{nearest(name, known)}", "Type: tk tasks")
    tables: Any = document["tasks"]
    del tables[name], wanted["tasks"][name]
    text = _first_that_says(wanted, path, _without_table(old, name), tomlkit.dumps(document))
    return _write(path, _like(old, text))


def refuse_existing(path: Path) -> None:
    """Errors: RosterError where there is something at the place of a new registry.toml."""
    if path.exists() or path.is_symlink():
        raise RosterError(f"{path} exists already; it is left as it is.", "Type: tk tasks")


def create_roster(
    path: Path, *, preset: str, seed: int, tasks: Iterable[RosterTask], budget: int = 6, source: str = "rooms"
) -> Roster:
    """Write a new, commented registry.toml. Errors: RosterError where the file exists or cannot be written."""
    refuse_existing(path)
    tables = "".join(f"\n{_table(task)}" for task in tasks)
    text = _NEW.format(
        format=FORMAT, preset=_toml(preset), seed=seed, budget=budget, source=_toml(source), tables=tables
    )
    return _write(path, text)


def _with_keys(text: str, name: str, added: dict[str, Any]) -> str:
    """The text with these keys after the last one of `[tasks.NAME]`."""
    lines = f"{text.rstrip()}\n".splitlines(keepends=True)
    _, end = _lines_of(lines, name)
    lines[end:end] = [f"{key} = {_toml(value)}\n" for key, value in added.items()]
    return "".join(lines) if added else text


def _without_table(text: str, name: str) -> str:
    """The text without the lines of `[tasks.NAME]`; comments between its last key and the next table stay."""
    lines = text.splitlines(keepends=True)
    start, end = _lines_of(lines, name)
    if end < len(lines) and not lines[end].strip():
        end += 1
    return "".join(lines[:start] + lines[end:])


def _lines_of(lines: list[str], name: str) -> tuple[int, int]:
    """Where `[tasks.NAME]` begins, and where the line after its last key is; both at the end if it has no header."""
    header = re.compile(rf"\s*\[\s*tasks\s*\.\s*([\"']?){re.escape(name)}\1\s*\]")
    start = next((at for at, line in enumerate(lines) if header.match(line)), len(lines))
    end = next((at for at in range(start + 1, len(lines)) if lines[at].lstrip().startswith("[")), len(lines))
    while end > start + 1 and lines[end - 1].lstrip()[:1] in ("", "#"):
        end -= 1
    return start, end


def _first_that_says(wanted: dict[str, Any], path: Path, *texts: str) -> str:
    """The first text whose content is `wanted`: edited by lines where that does, else by tomlkit.

    tomlkit takes a comment above the next table along with a removed one and puts new tables and keys into odd places,
    but it understands every spelling (inline tables, dotted keys, tables out of order).
    """
    for text in texts:
        try:
            content = tomlkit.parse(text).unwrap()
        except TOMLKitError:
            continue
        # An emptied [tasks] may stay or go.
        if {"tasks": {}} | content == {"tasks": {}} | wanted:
            return text
    raise RosterError(
        f"{path} writes its tasks in a way that cannot be edited here; nothing was changed.",
        "Write each of them as a table [tasks.NAME], then type the same command again.",
    )


def _changed(table: Any, task: RosterTask) -> dict[str, Any]:
    """What differs between a table and the task; a key that is left out and stays at its default remains left out."""
    defaults = _fields(RosterTask(task.name, "", 0))
    return {key: value for key, value in _fields(task).items() if table.get(key, defaults[key]) != value}


def _table(task: RosterTask) -> str:
    lines = (f"{key} = {_toml(value)}\n" for key, value in _new_fields(task).items())
    return f"[tasks.{task.name}]\n{''.join(lines)}"


def _new_fields(task: RosterTask) -> dict[str, Any]:
    """What a new table says: most tasks have no transfer cost, so that it stands only where there is one."""
    return {key: value for key, value in _fields(task).items() if value or key != "transfer_cost"}


def _toml(value: Any) -> str:
    text: str = tomlkit.item(value).as_string()
    return text


def _fields(task: RosterTask) -> dict[str, Any]:
    def short(number: float) -> float:
        return int(number) if float(number).is_integer() else number

    return {
        "plugin": task.plugin,
        "version": task.version,
        "role": task.role,
        "cost": short(task.cost),
        "transfer_cost": short(task.transfer_cost),
        "weight": short(task.weight),
    }


def _like(old: str, new: str) -> str:
    """`new` with the line ends of `old`: what tomlkit adds ends in LF alone."""
    return new.replace("\r\n", "\n").replace("\n", "\r\n") if "\r\n" in old else new


def _write(path: Path, text: str) -> Roster:
    """Check the text as if it had been read, then put it in the place of the file in one step."""
    roster = roster_of(path, parse(path, text))
    try:
        write_atomically(path, text.encode())
    except OSError as error:
        raise RosterError(
            f"{path} cannot be written: {error.strerror}; nothing was changed.",
            "Make room, or give yourself the right to write there, then type the same command again.",
        ) from error
    return roster
