"""What was chosen on the page: one plain object, the same in the address, in requests and as `tk taxonomy ...`.

    {"roles": {task: "unused" | "source" | "target" | "both"}, "costs": {task: number}, "transfer_costs": {...},
     "weights": {...}, "have": [task], "forced": [task], "ruled_out": [task], "budget": number, "order": number,
     "objective": "sqrt" | "affinity" | "gain" | "quality"}

Every key may be left out; what is not said is as in registry.toml or the file.
"""

from __future__ import annotations

import math
import shlex
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from taskonomy_cli.asked import Asked
from taskonomy_cli.measured import Measured
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.registry.naming import nearest, shortened
from taskonomy_core.registry.roster import ROLES
from taskonomy_core.taxonomy.problem import OBJECTIVES

MOST_TASKS = 200
# Sums of larger numbers would leave the range in which a solver can tell two taxonomies apart.
LARGEST = 1e9
MOST_SOURCES = 100  # of a transfer
# The budget that is shown first where the measurements say nothing of one: that of the paper's middle column in Fig. 8.
FIRST_BUDGET = 8.0
_NUMBERS = {"costs": "cost", "transfer_costs": "transfer_cost", "weights": "weight"}
_NAMES = {"have": "have", "forced": "force", "ruled_out": "forbid"}
KEYS = ("roles", *_NUMBERS, *_NAMES, "budget", "order", "objective")


class RefusedError(TaskonomyError):
    """A request that is not sound: a sentence, what to do, and the HTTP status that says the same."""

    def __init__(self, message: str, hint: str = "", status: int = 422) -> None:
        super().__init__(message, hint)
        self.status = status


def first_budget(measured: Measured) -> float:
    """The budget where the choice says none: the project's, or for files that of Fig. 8, if it can be spent at all."""
    if measured.budget is not None:
        return measured.budget
    return min(FIRST_BUDGET, math.fsum(facts.cost for facts in measured.facts.values()))


def read_choice(measured: Measured, body: Mapping[str, Any], others: Sequence[str] = ()) -> Asked:
    """What a request asks, with our names of the tasks.

    Args:
        measured: the measurements; they say which tasks there are.
        body: the choice; see this module.
        others: keys that the request may have besides.

    Errors: RefusedError (422) for a key or task that nobody knows, a value of the wrong kind, and too many tasks;
    TaskonomyError for choices that contradict each other comes later, from `Asked.problem`.
    """
    known = (*KEYS, *others)
    for key in body:
        if key not in known:
            raise RefusedError(
                f"There is no {_shown(key)} in a request.{nearest(shortened(key), known)}", _one_of(known)
            )
    tables = {key: _table(body, key) for key in ("roles", *_NUMBERS)}
    lists = {key: _list(body, key) for key in _NAMES}
    if len({name for names in (*tables.values(), *lists.values()) for name in names}) > MOST_TASKS:
        raise RefusedError(
            f"The request names more than {MOST_TASKS} tasks.", "Name only those that differ from the file."
        )
    named: dict[str, Any] = {role: [] for role in ROLES}
    for task, role in _ours(measured, "roles", tables["roles"], _role).items():
        named[role].append(task)
    for key, option in _NUMBERS.items():
        named[option] = tuple(_ours(measured, key, tables[key], number).items())
    for key, option in _NAMES.items():
        named[option] = tuple(dict.fromkeys(task_of(measured, name, key) for name in lists[key]))
    budget = number("budget", body["budget"]) if "budget" in body else first_budget(measured)
    return Asked(
        budget=_written(budget),
        order=whole(body, "order", 1, MOST_SOURCES) if "order" in body else None,
        objective=_objective(body.get("objective", "sqrt")),
        **named,
    )


def command_line(measured: Measured, asked: Asked, start: Sequence[str] = ("tk", "taxonomy")) -> str:
    """The `tk taxonomy ...` that answers the same; `start` says what is measured, for example with `--from`."""
    words = [*start, "--budget", str(asked.budget)]
    if asked.order is not None:
        words += ["--order", str(asked.order)]
    if asked.objective != "sqrt":
        words += ["--objective", asked.objective]
    for role in ROLES:
        tasks = [name for name in getattr(asked, role) if measured.facts[name].role != role]
        words += [f"--{role}", ",".join(tasks)] if tasks else []
    for kind in _NUMBERS.values():
        for name, amount in getattr(asked, kind):
            if amount != getattr(measured.facts[name], kind):
                words += [f"--{kind.replace('_', '-')}", f"{name}={_written(amount)}"]
    for kind in _NAMES.values():
        words += [f"--{kind}", ",".join(getattr(asked, kind))] if getattr(asked, kind) else []
    return shlex.join(words)


def number(what: str, value: object) -> float:
    """A finite number from 0 that is not larger than any use of it. Errors: RefusedError."""
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not 0 <= value <= LARGEST:
        raise RefusedError(
            f"The {what} is {_shown(value)}; it must be a number from 0 to {LARGEST:,.0f}.", "Correct it."
        )
    return float(value)


def whole(body: Mapping[str, Any], key: str, least: int, most: int, default: int | None = None) -> int:
    """A whole number of a request. Errors: RefusedError."""
    value = body.get(key, default)
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise RefusedError(
            f"The {key} is {_shown(value)}; it must be a whole number from {least} to {most}.", "Correct it."
        )
    return value


def yes_or_no(body: Mapping[str, Any], key: str) -> bool:
    """A truth of a request, False where it is not said. Errors: RefusedError."""
    value = body.get(key, False)
    if not isinstance(value, bool):
        raise RefusedError(f"{key} is {_shown(value)}; it must be true or false.", "Correct it.")
    return value


def task_of(measured: Measured, name: object, where: str) -> str:
    """Our name of a measured task. Errors: RefusedError."""
    if not isinstance(name, str):
        raise RefusedError(f"{where} names {_shown(name)}, which is no text.", "Give the name of a task.")
    if len(name) > 100:
        raise RefusedError(f"{where} names {_shown(name)}, which is no task.", "GET /api/measurements lists the tasks.")
    try:
        return measured.name(name)
    except TaskonomyError as error:
        raise RefusedError(error.message, error.hint) from None


def _ours(
    measured: Measured, where: str, table: Mapping[str, Any], read: Callable[[str, object], Any]
) -> dict[str, Any]:
    """The table under our names. Errors: RefusedError where two names of one task have different values."""
    found: dict[str, Any] = {}
    for name, value in table.items():
        task = task_of(measured, name, where)
        said = read(f"{where.removesuffix('s').replace('_', ' ')} of {task}", value)
        if found.setdefault(task, said) != said:
            raise RefusedError(f"{where} gives {task} twice, by two of its names.", "Leave one of the two out.")
    return found


def _role(what: str, value: object) -> str:
    if value not in ROLES:
        raise RefusedError(f"The {what} is {_shown(value)}.", _one_of(ROLES))
    return str(value)


def _objective(value: object) -> str:
    if value not in OBJECTIVES:
        raise RefusedError(f"There is no objective {_shown(value)}.", _one_of(OBJECTIVES))
    return str(value)


def _table(body: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = body.get(key, {})
    if not isinstance(value, dict):
        raise RefusedError(
            f"{key} is {_shown(value)}; it must be an object, task by task.", 'For example: {"normals": ...}'
        )
    return value


def _list(body: Mapping[str, Any], key: str) -> Sequence[Any]:
    value = body.get(key, [])
    if not isinstance(value, list) or not all(isinstance(name, str) for name in value):
        raise RefusedError(f"{key} is {_shown(value)}; it must be a list of tasks.", 'For example: ["normals"]')
    return value


def _written(amount: float) -> str:
    """The shortest text that is this number again."""
    return repr(int(amount)) if amount == int(amount) else repr(amount)


def _shown(value: object) -> str:
    """What was sent, in a sentence: short, whatever it is."""
    if isinstance(value, (dict, list)):
        return "an object" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    if isinstance(value, int) and abs(value) > 10**20:
        return "too large a number"
    return repr(shortened(value) if isinstance(value, str) else value)


def _one_of(names: Sequence[str]) -> str:
    return f"Choose one of these: {', '.join(names)}."
