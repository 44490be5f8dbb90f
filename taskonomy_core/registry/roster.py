"""registry.toml: what this project uses, read into a frozen Roster.

The file is policy and belongs into version control: preset, seed, budget, data source, and one `[tasks.NAME]` table per
registered task. What exists is said by entry points (discover), not here. `editing` writes it. Imports no torch.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path, PurePosixPath
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from taskonomy_core.errors import RosterError
from taskonomy_core.registry.naming import nearest

FORMAT = 1
ROLES = ("source", "target", "both", "unused")
PLUGIN_LABEL = re.compile(r"(?P<package>[^\[\]\s/\\]+)\[(?P<entry>[^\[\]]+)\]")


@dataclass(frozen=True)
class RosterTask:
    """One `[tasks.NAME]` table.

    Attributes:
        name: the task's name.
        plugin: where it comes from, `package[entry]` or the path of a .py file relative to registry.toml.
        version: the task's version when it was registered.
        role: "source" (may be transferred from), "target" (is to be solved), "both" or "unused" (stays registered and
            takes no part).
        cost: what labelling it as a source costs, in the unit of the budget; >= 0.
        transfer_cost: what serving it as a target by a transfer costs, in the same unit (facts 5.3); >= 0.
        weight: how much it counts as a target; >= 0.
    """

    name: str
    plugin: str
    version: int
    role: str = "both"
    cost: float = 1.0
    transfer_cost: float = 0.0
    weight: float = 1.0

    @property
    def is_source(self) -> bool:
        """Whether it may be transferred from."""
        return self.role in ("source", "both")

    @property
    def is_target(self) -> bool:
        """Whether it is to be solved."""
        return self.role in ("target", "both")

    @property
    def is_used(self) -> bool:
        """Whether it takes part: it is trained, transferred from or served."""
        return self.role != "unused"

    @property
    def is_file(self) -> bool:
        """Whether the plugin is a single file, not an installed package."""
        return self.plugin.endswith(".py")


@dataclass(frozen=True)
class Roster:
    """The content of one registry.toml.

    Attributes:
        path: the file. Plugin files are relative to its folder, and the store lies beside it.
        format: the version of the file's format.
        preset, recipe: how training goes; checked by `learning.recipe.recipe_for(preset, recipe)`, not here.
        seed: the seed of data and training.
        budget: what may be spent on labelling sources, finite and >= 0.
        order, encoder: where the recipe's own are not wanted.
        data: the `[data]` table: `source` and that source's options.
        tasks: the registered tasks by name, in the order of the file.
    """

    path: Path
    format: int
    preset: str
    seed: int
    budget: float
    data: Mapping[str, Any]
    order: int | None = None
    encoder: str | None = None
    recipe: Mapping[str, Any] = field(default_factory=dict)
    tasks: dict[str, RosterTask] = field(default_factory=dict)

    @property
    def used(self) -> dict[str, RosterTask]:
        """The tasks that take part, in the order of the file."""
        return {name: task for name, task in self.tasks.items() if task.is_used}

    @property
    def data_options(self) -> dict[str, Any]:
        """The `[data]` table without `source`."""
        return {key: value for key, value in self.data.items() if key != "source"}


@dataclass(frozen=True)
class _Key:
    """A key that the format knows: what it must be, in words and as a test."""

    meaning: str
    fits: Callable[[Any], bool]
    required: bool = False


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and math.isfinite(value)


def _is_whole(value: Any, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**63


def _is_word(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip())


def _is_table(value: Any) -> bool:
    return isinstance(value, dict)


def _is_plugin(value: Any) -> bool:
    if not isinstance(value, str):
        return False
    if value.endswith(".py"):
        return not (PurePosixPath(value).is_absolute() or "\\" in value or ":" in value)
    return PLUGIN_LABEL.fullmatch(value) is not None


_AMOUNT = _Key("a finite number from 0", lambda value: _is_number(value) and value >= 0)
_TOP = {
    "format": _Key("a whole number", lambda value: _is_whole(value, 1), required=True),
    "preset": _Key("the name of a preset", _is_word, required=True),
    "seed": _Key("a whole number from 0", lambda value: _is_whole(value, 0), required=True),
    "budget": replace(_AMOUNT, required=True),
    "order": _Key("a whole number from 1", lambda value: _is_whole(value, 1)),
    "encoder": _Key("the name of an encoder", _is_word),
    "data": _Key("a table", _is_table, required=True),
    "recipe": _Key("a table", _is_table),
    "tasks": _Key("a table of tables", lambda value: _is_table(value) and all(map(_is_table, value.values()))),
}
_TASK = {
    "plugin": _Key('"package[entry]", or the relative path of a .py file', _is_plugin, required=True),
    "version": _Key("a whole number from 1", lambda value: _is_whole(value, 1), required=True),
    "role": _Key('"source", "target", "both" or "unused"', lambda value: value in ROLES, required=True),
    "cost": _AMOUNT,
    "transfer_cost": _AMOUNT,
    "weight": _AMOUNT,
}
_DATA_SOURCE = _Key("the name of a data source", _is_word, required=True)
_CORRECT = "Correct the file, then type: tk doctor"


def read_roster(path: Path) -> Roster:
    """Read and check a registry.toml.

    Errors: RosterError for a file that is missing, unreadable, not TOML or of a newer format, and for an unknown key,
    a missing key or a value of a wrong type; it names the file, the key and the nearest known name.
    """
    return roster_of(path, parse(path, read_text(path)))


def read_text(path: Path) -> str:
    """The text of a registry.toml, line ends as they are. Errors: RosterError."""
    try:
        # Bytes, because text mode would turn a file's CRLF line ends into LF.
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise RosterError(f"There is no file {path}.", "Type: tk init") from None
    except IsADirectoryError:
        raise RosterError(
            f"{path} is a folder, not a file.", "Give the registry.toml in it, or type: tk init"
        ) from None
    except OSError as error:
        raise RosterError(
            f"{path} cannot be read: {error.strerror}.", "Make it readable, then type: tk doctor"
        ) from error
    except UnicodeDecodeError as error:
        raise RosterError(
            f"{path} is not UTF-8 text (byte {error.start}).", "Save it as UTF-8, then type: tk doctor"
        ) from None


def parse(path: Path, text: str) -> tomlkit.TOMLDocument:
    """The TOML document of a text. Errors: RosterError."""
    try:
        return tomlkit.parse(text)
    except TOMLKitError as error:
        raise RosterError(f"{path} is not valid TOML: {str(error).rstrip('.')}.", _CORRECT) from None


def roster_of(path: Path, document: tomlkit.TOMLDocument) -> Roster:
    """The checked content of a document. Errors: RosterError, see `read_roster`."""
    content = document.unwrap()
    _check_format(path, content)
    _check(path, "", content, _TOP)
    _check(path, "data.", {"source": None} | content["data"], {"source": _DATA_SOURCE}, others=True)
    tasks = {}
    for name, table in content.get("tasks", {}).items():
        _check(path, f"tasks.{name}.", table, _TASK)
        amounts = {key: float(table[key]) for key in ("cost", "transfer_cost", "weight") if key in table}
        tasks[name] = RosterTask(name, table["plugin"], table["version"], table["role"], **amounts)
    return Roster(
        path=path,
        format=content["format"],
        preset=content["preset"],
        seed=content["seed"],
        budget=float(content["budget"]),
        data=content["data"],
        order=content.get("order"),
        encoder=content.get("encoder"),
        recipe=content.get("recipe", {}),
        tasks=tasks,
    )


def _check_format(path: Path, content: dict[str, Any]) -> None:
    """Before all else: a newer format may have keys that this version does not know."""
    found = content.get("format")
    if _is_whole(found, FORMAT + 1):
        raise RosterError(
            f"{path} has format {found}, but this taskonomy reads format {FORMAT}.",
            "Type: pip install --upgrade taskonomy",
        )


def _check(path: Path, prefix: str, table: Mapping[str, Any], known: Mapping[str, _Key], others: bool = False) -> None:
    """Refuse unknown keys (unless `others` are welcome), missing keys and values of a wrong type."""
    for name in table:
        if name not in known and not others:
            raise RosterError(f"{path} has an unknown key {prefix}{name}.{nearest(name, known)}", _CORRECT)
    for name, key in known.items():
        value = table.get(name)
        if value is None and key.required:
            raise RosterError(f"{path} lacks the key {prefix}{name}, {key.meaning}.", _CORRECT)
        if value is not None and not key.fits(value):
            raise RosterError(f"{path} gives {prefix}{name} = {_shown(value)}, but it must be {key.meaning}.", _CORRECT)


def _shown(value: Any) -> str:
    text = tomlkit.item(value).as_string() if not _is_table(value) else "a table"
    return text if len(text) <= 60 else text[:57] + "..."
