"""Why a finished result is not the present one, in words. Imports no torch."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from taskonomy_core.ledger.jobs import UNKNOWN, Job

if TYPE_CHECKING:
    from taskonomy_core.ledger.records import Result

# A network of another version or recipe changes its transfers' keys through "source NAME"; the recipe is told apart
# from the version because results under another recipe, data set, seed or encoder cannot be compared with new ones.
_SETTINGS = {
    "recipe": "the preset or recipe",
    "networks": "the preset or recipe",
    "data": "the data set",
    "seed": "the seed",
    "encoder": "the encoder",
}
_MOST = 4  # differences told of one table
_BEFORE = "the result was made before reasons were kept"
_UNOPENED = "the data source was not opened yet under these settings"


def settings_changed(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """What differs between two jobs' parts that makes their losses another measure, in words."""
    return tuple(dict.fromkeys(words for part, words in _SETTINGS.items() if old.get(part) != new.get(part)))


def reasons_stale(old: Result, new: Job) -> tuple[str, ...]:
    """Why a stored result is not that of the present job of the same name: settings first, then versions.

    A result that was made before `details` were kept tells which part of its key differs, and no more.
    """
    told = list(settings_told([(old, new)]))
    before, now = old.parts["version"], new.parts["version"]
    if before != now:
        told.append(f"the task {new.target} went from version {before} to {now}")
    versions = (old.details.get("sources", {}), new.details.get("sources", {}))
    for name in new.sources:
        first, then = (known.get(name) for known in versions)
        if first is not None and first != then:
            told.append(f"its source {name} changed: version {first} -> {then}")
        elif not told and old.parts.get(f"source {name}") != new.parts[f"source {name}"]:
            told.append(f"its source {name} changed")
    return tuple(told)


def settings_told(pairs: Iterable[tuple[Result, Job]]) -> tuple[str, ...]:
    """What differs between stored results and their present jobs that makes their losses another measure, in words.

    Of all of them together: "the recipe changed: transfer.epochs 3 -> 6", "the seed changed: 0 -> 1".
    """
    changed: dict[str, str] = {}  # part of the key -> "before -> now"
    recipe: dict[str, None] = {}
    data: dict[str, None] = {}
    explained = unopened = False
    for old, new in pairs:
        parts = [part for part in _SETTINGS if old.parts.get(part) != new.parts.get(part)]
        changed |= {part: _arrow(old.parts.get(part, ""), new.parts.get(part, "")) for part in parts}
        unopened |= "data" in parts and new.parts["data"] == UNKNOWN
        if old.details:
            explained = True
            recipe |= dict.fromkeys(_differences(old.details["recipe"], new.details["recipe"]))
            data |= dict.fromkeys(_differences(old.details["data"], new.details["data"]))
    told = []
    # The encoder's name is hashed with a network's recipe; a change of it is told by its own name.
    if changed.keys() & {"recipe", "networks"} and (recipe or "encoder" not in changed):
        told.append(_said("the recipe", recipe) if explained else f"the recipe changed ({_BEFORE})")
    told += [_said(f"the {part}", [changed[part]]) for part in ("encoder", "seed") if part in changed]
    # Other numbers or sizes of images, or another seed, make other data of the same source: that is told above.
    if "data" in changed and (data or not told):
        told.append(_UNOPENED if unopened and not data else _said("the data", data))
    return tuple(told)


def _said(what: str, differences: Iterable[str]) -> str:
    each = list(differences)
    more = f" and {len(each) - _MOST} more" if len(each) > _MOST else ""
    return f"{what} changed: {', '.join(each[:_MOST])}{more}" if each else f"{what} changed"


def _differences(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """ "transfer.epochs 3 -> 6" for every name whose value differs."""
    names = dict.fromkeys([*new, *old])
    both = ((name, *(_value(side.get(name)) for side in (old, new))) for name in names)
    return [f"{name} {_arrow(before, now)}" for name, before, now in both if before != now]


def _value(value: Any) -> str:
    """As it is shown; a tuple and the list that JSON makes of it are the same."""
    if value is None:
        return "unset"
    return value if isinstance(value, str) else json.dumps(value, default=str)


def _arrow(before: str, now: str) -> str:
    return f"{before} -> {now}"
