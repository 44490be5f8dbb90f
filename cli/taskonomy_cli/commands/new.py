"""`tk new`: the beginning of a task of one's own, as a single file or as a package. Imports no torch."""

from __future__ import annotations

import keyword
import re
from importlib.util import find_spec
from pathlib import Path

import click

from taskonomy_cli.scaffold import NewTask, refuse_existing, write_file, write_folder
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Terminal
from taskonomy_core.contract.task import GROUPS, MAX_NAME, is_task_name
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.registry.discover import TASK, discover
from taskonomy_core.taxonomy.aliases import our_name


@click.command
@click.argument("name")
@click.option("--package", is_flag=True, help="Write a folder to install and publish, not a single file.")
@click.option(
    "--group",
    type=click.Choice(GROUPS),
    default="2d",
    show_default=True,
    help="The kind of task it starts as: a map from the picture (2d, other), from depth (3d), a direction (geometric), "
    "classes (semantic).",
)
@click.pass_obj
def command(session: Session, name: str, package: bool, group: str) -> None:
    """Write NAME.py, a task that works as it is, to be made into yours.

    With --package it is written as the folder taskonomy-NAME: pyproject.toml with the entry point, the task, its tests
    against the contract, a README.
    """
    _refuse_name(name)
    _refuse_taken(session, name)
    task = NewTask(name, group)
    if package:
        _refuse_module(task)
        write_folder(Path(task.distribution), task.package())
        session.terminal.answer(f"Wrote {task.distribution}: {', '.join(task.package())}.")
        _say_next(session.terminal, f"pip install -e {task.distribution}", name)
    else:
        path = Path(f"{name}.py")
        refuse_existing(path)
        _refuse_hiding(name)
        write_file(path, task.file()[path.name])
        session.terminal.answer(f"Wrote {path}.")
        _say_next(session.terminal, "", path.name)


def _say_next(terminal: Terminal, install: str, name: str) -> None:
    """What to type, in its order."""
    steps = {
        install: "",
        f"tk check {name}": "every rule of the contract; it passes as it is",
        f"tk register {name}": "in a project; tk init makes one",
        "tk transfer --new-only": "its network, the transfers to it and from it",
    }
    width = max(map(len, steps)) + 4
    lines = [f"  {step:{width}}{what}".rstrip() for step, what in steps.items() if step]
    terminal.say("\n".join(["Next:", *lines]))


def _refuse_name(name: str) -> None:
    """Errors: TaskonomyError where no task, or no module of Python, may be called so."""
    if not is_task_name(name):
        raise TaskonomyError(
            f"{name!r} is no name for a task: it must be snake_case (a-z, 0-9, single underscores), start with a "
            f"letter and have at most {MAX_NAME} characters.",
            f"Type: tk new {_made_legal(name)}",
        )
    if keyword.iskeyword(name):
        raise TaskonomyError(
            f"{name!r} is a word of Python's own, and no module can be called so.", f"Type: tk new {name}_task"
        )


def _made_legal(name: str) -> str:
    words = re.findall(r"[a-z0-9]+", re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower())
    legal = "_".join(words)[:MAX_NAME].strip("_")
    return legal if is_task_name(legal) and not keyword.iskeyword(legal) else "my_task"


def _refuse_taken(session: Session, name: str) -> None:
    """Errors: TaskonomyError where a task of the project, an installed one or one of the paper is called so."""
    if session.found and name in session.roster.tasks:
        raise _taken(name, f"registered in {session.path}, from {session.roster.tasks[name].plugin}")
    for plugin in discover(disabled=()):
        if plugin.kind == TASK and plugin.name == name:
            version = "" if plugin.version is None else f" (version {plugin.version})"
            raise _taken(name, f"installed, from {plugin.label}{version}")
    if our_name(name) != name:
        raise _taken(name, f"what the paper's authors call {our_name(name)}")


def _taken(name: str, whose: str) -> TaskonomyError:
    return TaskonomyError(f"There is a task {name} already: it is {whose}.", "Choose another name.")


def _refuse_module(task: NewTask) -> None:
    """Errors: TaskonomyError where a package of another owner has the name that this one would be imported under."""
    if find_spec(task.module) is not None:
        raise TaskonomyError(
            f"There is a Python package {task.module} already, and this one would be called so.",
            f"Choose another name, or write a single file: tk new {task.name}",
        )


def _refuse_hiding(name: str) -> None:
    """Errors: TaskonomyError where NAME.py would hide a module from every program that is started beside it."""
    if find_spec(name) is not None:
        raise TaskonomyError(
            f"Python has a module {name}, and {name}.py would hide it from programs that are started in this folder.",
            f"Type: tk new {name} --package, or choose another name",
        )
