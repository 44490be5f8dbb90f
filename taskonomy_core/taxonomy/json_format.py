"""Measurements as JSON: transfers, and what is known of the tasks; docs/measurements.md describes it."""

from __future__ import annotations

import json
import math
from collections.abc import Collection, Mapping
from dataclasses import asdict, fields, replace
from typing import Any, TypeGuard

from taskonomy_core.contract.task import GROUPS
from taskonomy_core.errors import TaxonomyError
from taskonomy_core.registry.naming import listed, nearest, shortened
from taskonomy_core.registry.roster import ROLES
from taskonomy_core.taxonomy.aliases import our_name
from taskonomy_core.taxonomy.measurements import (
    CORRECT,
    SCORES,
    Measurements,
    Row,
    TaskFacts,
    whole_measurements,
)

FORMAT = "taskonomy-measurements"
VERSION = 1

_TOP = ("format", "version", "edges", "images", "tasks")
_EDGE = ("target", "sources", "order", *SCORES)
_FACTS = tuple(each.name for each in fields(TaskFacts))
_LONGEST_TITLE = 200


def json_value(measurements: Measurements) -> dict[str, Any]:
    """Everything as plain data."""
    affinity = measurements.affinity
    return {
        "format": FORMAT,
        "version": VERSION,
        "edges": [edge.row() for edge in affinity.edges],
        "images": dict(sorted(affinity.images.items())),
        "tasks": {name: asdict(facts) for name, facts in sorted(measurements.tasks.items())},
    }


def json_text(measurements: Measurements) -> str:
    """Everything, one edge or task a line; numbers are written so that they are read back as they were."""
    value = json_value(measurements)
    edges = ",\n".join(f"    {json.dumps(edge, allow_nan=False)}" for edge in value["edges"])
    tasks = ",\n".join(f"    {json.dumps(name)}: {json.dumps(facts)}" for name, facts in value["tasks"].items())
    return (
        f'{{\n  "format": {json.dumps(FORMAT)},\n  "version": {VERSION},\n'
        f'  "edges": [\n{edges}\n  ],\n'
        f'  "images": {json.dumps(value["images"])},\n'
        f'  "tasks": {{\n{tasks}\n  }}\n}}\n'
    )


def read_json(file: str, text: str) -> Measurements:
    """What a JSON file says. `file` is its name for messages. Errors: TaxonomyError with the key."""
    try:
        value = json.loads(text, object_pairs_hook=_no_key_twice)
    except (ValueError, RecursionError) as error:
        reason = "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
        raise TaxonomyError(f"{file} is not JSON ({reason}).", CORRECT) from error
    if not isinstance(value, dict) or value.get("format") != FORMAT:
        raise TaxonomyError(f'{file} does not say "format": "{FORMAT}".', CORRECT)
    version = value.get("version")
    if not _is_whole(version, 1):
        raise TaxonomyError(f"{file}: version is {_plain(version)}, not a whole number from 1.", CORRECT)
    if version > VERSION:
        raise TaxonomyError(
            f"{file} is of version {_plain(version)} of the format; this tk reads up to version {VERSION}.",
            "Update tk; type: pip install --upgrade taskonomy",
        )
    _check_keys(file, "", value, _TOP, needed=_TOP[:3])
    edges = value["edges"]
    if not isinstance(edges, list):
        raise TaxonomyError(f"{file}: edges is {_plain(edges)}, not a list.", CORRECT)
    rows = [_row(file, f"edges[{place}]", edge) for place, edge in enumerate(edges)]
    images = [
        (f"images.{shortened(name)}", name, _count(file, name, count))
        for name, count in _table(file, "images", value.get("images", {})).items()
    ]
    facts = {
        name: _facts(file, f"tasks.{shortened(name)}", table)
        for name, table in _table(file, "tasks", value.get("tasks", {})).items()
    }
    found = whole_measurements(file, rows, images, facts)
    # Without a role, a task that nothing is transferred into is a source.
    stated = {our_name(name) for name, table in value.get("tasks", {}).items() if "role" in table}
    sources = set(found.tasks) - stated - set(found.affinity.targets)
    return replace(
        found,
        tasks={name: replace(said, role="source") if name in sources else said for name, said in found.tasks.items()},
    )


def _row(file: str, where: str, edge: object) -> Row:
    table = _table(file, where, edge)
    _check_keys(file, where, table, _EDGE, needed=_EDGE[:-1])
    target, sources, order = table["target"], table["sources"], table["order"]
    if not isinstance(target, str):
        raise TaxonomyError(f"{file}, {where}: target is {_plain(target)}, not a text.", CORRECT)
    if not isinstance(sources, list) or not all(isinstance(source, str) for source in sources):
        raise TaxonomyError(f"{file}, {where}: sources is {_plain(sources)}, not a list of texts.", CORRECT)
    if not _is_whole(order, 0):
        raise TaxonomyError(f"{file}, {where}: order is {_plain(order)}, not a whole number from 0.", CORRECT)
    scores: dict[str, float | None] = {}
    for score in SCORES:
        number = table.get(score)
        if number is not None and not _is_number(number):
            raise TaxonomyError(f"{file}, {where}: {score} is {_plain(number)}, not a number or null.", CORRECT)
        scores[score] = None if number is None else float(number)
    return Row(where, target, tuple(sources), scores, order=order)


def _count(file: str, target: str, count: object) -> int:
    if _is_whole(count, 1):
        return count
    raise TaxonomyError(
        f"{file}, images.{shortened(target)}: it is {_plain(count)}, not a whole number from 1.", CORRECT
    )


def _facts(file: str, where: str, value: object) -> TaskFacts:
    table = _table(file, where, value)
    _check_keys(file, where, table, _FACTS)

    def refuse(key: str, meaning: str) -> TaxonomyError:
        return TaxonomyError(f"{file}, {where}: {key} is {_plain(table[key])}, not {meaning}.", CORRECT)

    for key, choices in (("group", ("", *GROUPS)), ("role", ROLES)):
        if key in table and table[key] not in choices:
            raise refuse(key, f"one of {', '.join(filter(None, choices))}")
    if not isinstance(table.get("title", ""), str) or len(table.get("title", "")) > _LONGEST_TITLE:
        raise refuse("title", f"a text of at most {_LONGEST_TITLE} characters")
    numbers = {key: table[key] for key in ("cost", "transfer_cost", "weight") if key in table}
    for key, number in numbers.items():
        if not (_is_number(number) and math.isfinite(number) and number >= 0):
            raise refuse(key, "a finite number from 0")
    said: dict[str, Any] = {**table, **{key: float(number) for key, number in numbers.items()}}
    return TaskFacts(**said)


def _table(file: str, where: str, value: object) -> dict[str, Any]:
    if isinstance(value, dict):
        return value
    raise TaxonomyError(f"{file}, {where}: it is {_plain(value)}, not an object.", CORRECT)


def _check_keys(
    file: str, where: str, table: Mapping[str, object], known: Collection[str], needed: Collection[str] = ()
) -> None:
    place = f"{file}, {where}" if where else file
    for key in table:
        if key not in known:
            raise TaxonomyError(
                f"{place}: there is no key {shortened(key)!r}.{nearest(key[:60], known)}",
                f"The keys are {listed(known)}.",
            )
    missing = [key for key in needed if key not in table]
    if missing:
        raise TaxonomyError(f"{place}: {listed(missing)} {'is' if len(missing) == 1 else 'are'} missing.", CORRECT)


def _no_key_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    table = dict(pairs)
    if len(table) < len(pairs):
        keys = [key for key, _ in pairs]
        twice = next(key for key in keys if keys.count(key) > 1)
        raise ValueError(f"the key {shortened(twice)!r} is there twice")
    return table


def _is_number(value: object) -> bool:
    # A whole number that no float holds is none that anybody measured.
    return isinstance(value, float) or (isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63)


def _is_whole(value: object, least: int) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value < 2**63


def _plain(value: object) -> str:
    """A value of the file for a message: short ones as they stand there, others by their kind."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    return shortened(json.dumps(value))
