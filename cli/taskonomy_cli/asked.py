"""The options of every command that reads measurements or poses the 0/1 program, and what they add up to."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from taskonomy_cli.measured import Measured, read
from taskonomy_cli.options import Assignment, Count, Names
from taskonomy_cli.session import Session
from taskonomy_core.errors import TaskonomyError

if TYPE_CHECKING:
    from taskonomy_core.taxonomy.problem import Problem

_ROLES = ("target", "source", "both", "unused")


@dataclass(frozen=True)
class From:
    """Where measurements come from: `--from` and `--everything`."""

    path: Path | None
    everything: bool

    def read(self, session: Session) -> Measured:
        """The measurements."""
        return read(session, self.path, self.everything)

    def command(self, registry: Path | None = None) -> tuple[str, ...]:
        """The `tk taxonomy ...` that reads the same; a project's is typed in its folder, or names its registry.toml."""
        if self.path is not None:
            return ("tk", "taxonomy", "--from", str(self.path), *(("--everything",) if self.everything else ()))
        return ("tk", *(("--registry", str(registry)) if registry else ()), "taxonomy")


@dataclass(frozen=True)
class Asked:
    """What was asked of the program; names as they were typed. A command that lacks an option has its default."""

    budget: str | None = None
    order: int | None = None
    objective: str = "sqrt"
    target: Sequence[str] = ()
    source: Sequence[str] = ()
    both: Sequence[str] = ()
    unused: Sequence[str] = ()
    cost: Sequence[tuple[str, float]] = ()
    transfer_cost: Sequence[tuple[str, float]] = ()
    weight: Sequence[tuple[str, float]] = ()
    have: Sequence[str] = ()
    force: Sequence[str] = ()
    forbid: Sequence[str] = ()
    solver: str = "auto"
    seconds: float | None = None

    def problem(self, measured: Measured, budget: object = None) -> Problem:
        """The problem that these options state; `budget` for theirs.

        Errors: TaskonomyError for what makes no sense, contradicts itself or names no task.
        """
        from taskonomy_core.taxonomy.problem import state_problem

        return state_problem(
            measured.affinity,
            self.amount(measured) if budget is None else budget,
            roles=self.roles(measured),
            costs=_numbers(measured, "cost", self.cost),
            transfer_costs=_numbers(measured, "transfer_cost", self.transfer_cost),
            weights=_numbers(measured, "weight", self.weight),
            have=[measured.name(name) for name in self.have],
            forced=[measured.name(name) for name in self.force],
            max_order=self.order,
            objective=self.objective,
        )

    def amount(self, measured: Measured) -> object:
        """The budget: the option's, else the project's."""
        if self.budget is None and measured.budget is None:
            raise TaskonomyError(
                "A file says nothing of a budget.", "Give one, for example: --budget 6, or look at all: --all-budgets"
            )
        return measured.budget if self.budget is None else self.budget

    def roles(self, measured: Measured) -> dict[str, str]:
        """Every task's role: that of registry.toml or the file, unless an option says otherwise."""
        said: dict[str, str] = {}
        for role in _ROLES:
            for text in getattr(self, role):
                name = measured.name(text)
                if said.setdefault(name, role) != role:
                    raise TaskonomyError(
                        f"{name} cannot be --{said[name]} and --{role} at once.", "Leave one of the two out."
                    )
        roles = {name: facts.role for name, facts in measured.facts.items()} | said
        for text in self.forbid:
            name = measured.name(text)
            if name in map(measured.name, (*self.force, *self.have)):
                other = "force" if name in map(measured.name, self.force) else "have"
                raise TaskonomyError(f"{name} cannot be --forbid and --{other} at once.", "Leave one of the two out.")
            roles[name] = {"both": "target", "source": "unused"}.get(roles[name], roles[name])
        for name, role in said.items():
            if role in ("target", "both") and name not in measured.affinity.targets:
                raise TaskonomyError(
                    f"{name} cannot be a {'target' if role == 'target' else 'target and a source'}: "
                    f"{measured.origin} has no transfer to it.",
                    f"It may be --source {name}, or --unused {name}.",
                )
        return roles


def _numbers(measured: Measured, kind: str, given: Sequence[tuple[str, float]]) -> dict[str, float]:
    """Every task's cost, transfer cost or weight: that of registry.toml or the file, unless an option is given."""
    said: dict[str, float] = {}
    for text, number in given:
        name = measured.name(text)
        if said.setdefault(name, number) != number:
            raise TaskonomyError(
                f"--{kind.replace('_', '-')} gives {name} both {said[name]:g} and {number:g}.",
                "Leave one of the two out.",
            )
    return {name: float(getattr(facts, kind)) for name, facts in measured.facts.items()} | said


_FROM = (
    click.option(
        "--from",
        "from_path",
        metavar="PATH",
        type=click.Path(path_type=Path),
        help="Read a file of tk export, or the authors' results (file or folder), and no project.",
    ),
    click.option("--everything", is_flag=True, help="With --from: also what is outside of the paper's 26 tasks."),
)
_PROGRAM = {
    "budget": click.option(
        "--budget", metavar="N", help="What labels may cost together [default: that of registry.toml]."
    ),
    "order": click.option("--order", type=Count(), help="The most sources that one transfer may have."),
    "objective": click.option(
        "--objective", default="sqrt", show_default=True, help="sqrt (of affinity), affinity, gain, quality."
    ),
    "target": click.option("--target", type=Names(), multiple=True, help="Tasks to be served that are never labelled."),
    "source": click.option(
        "--source", type=Names(), multiple=True, help="Tasks that may be labelled and need not be served."
    ),
    "both": click.option("--both", type=Names(), multiple=True, help="Tasks that are sources and targets."),
    "unused": click.option("--unused", type=Names(), multiple=True, help="Tasks that take no part."),
    "cost": click.option(
        "--cost", type=Assignment(), multiple=True, help="What the labels of a task cost, TASK=N [default: 1]."
    ),
    "transfer_cost": click.option(
        "--transfer-cost",
        type=Assignment(),
        multiple=True,
        help="What a transfer to a task costs, TASK=N [default: 0].",
    ),
    "weight": click.option(
        "--weight", type=Assignment(), multiple=True, help="How much a target counts, TASK=N [default: 1]."
    ),
    "have": click.option(
        "--have", type=Names(), multiple=True, help="Tasks that are labelled already: they cost nothing."
    ),
    "force": click.option("--force", type=Names(), multiple=True, help="Tasks that must be labelled."),
    "forbid": click.option("--forbid", type=Names(), multiple=True, help="Tasks that must not be labelled."),
    "solver": click.option("--solver", default="auto", show_default=True, help="auto, highs, scipy or cbc."),
    "seconds": click.option("--seconds", type=click.FloatRange(min=0.01), help="Stop each search after this time."),
}
_REPEATED = (*_ROLES, "have", "force", "forbid")


def from_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add `--from` and `--everything`; the command gets them as `origin`, a From."""

    @wraps(function)
    def command(*args: Any, from_path: Path | None, everything: bool, **others: Any) -> Any:
        if everything and from_path is None:
            raise TaskonomyError("--everything is about the files of --from.", "Leave it out, or add: --from PATH")
        return function(*args, origin=From(from_path, everything), **others)

    return _with(command, _FROM)


def program_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """Add all options of the program; the command gets them as `asked`, an Asked."""
    return _asking(function, *_PROGRAM)


def some_options(*names: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add some options of the program, by the names of Asked; the command gets them as `asked`, an Asked."""
    return lambda function: _asking(function, *names)


def _asking(function: Callable[..., Any], *names: str) -> Callable[..., Any]:
    @wraps(function)
    def command(*args: Any, **given: Any) -> Any:
        own = {name: given.pop(name) for name in names}
        for name in names:
            if name in _REPEATED:
                own[name] = tuple(task for group in own[name] for task in group)
        return function(*args, asked=Asked(**own), **given)

    return _with(command, [_PROGRAM[name] for name in names])


def _with(command: Callable[..., Any], options: Sequence[Callable[..., Any]]) -> Callable[..., Any]:
    for option in reversed(options):
        command = option(command)
    return command
