"""`tk gc`: remove what nothing needs. Imports no torch."""

from __future__ import annotations

from typing import Any

import click

from taskonomy_cli.retraining import at_terminal
from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Table, Terminal
from taskonomy_cli.wording import duration, megabytes, several
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.ledger.garbage import Garbage, Heap, collect, survey
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.store import Store


@click.command
@click.option("--all", "everything", is_flag=True, help="Also what could count again: see above.")
@click.option("--dry-run", is_flag=True, help="Show what would be removed, and remove nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON: every result and file.")
@click.pass_obj
def command(session: Session, everything: bool, dry_run: bool, yes: bool, as_json: bool) -> None:
    """Remove what nothing needs: shows it first, and asks.

    Removed are results of earlier versions, recipes, data sets, seeds and encoders, stored files that no result names,
    and the cached features of networks that are gone or unused. Kept is all that a registry beside the ledger asks for
    today, in whatever role a task is registered, and what could count again: results of unregistered tasks, and stale
    ones that tk transfer has not replaced yet. --all removes these too.

    It may run beside tk transfer. What it removes can be had again by training alone.
    """
    terminal = session.terminal
    project = Project(session.roster, session.recipe)
    with Store.open(session.store, create=False) as store:
        found = survey(project, store, everything)
        if not as_json:
            _show(terminal, found)
        removing = bool(found.removed) and not dry_run
        if removing:
            _agree(found, yes)
            found = collect(project, store, found)
    if as_json:
        terminal.answer_json(_plain(found, removing))
    elif removing:
        terminal.answer(f"Removed: {_counted(found)}.")


def _agree(found: Garbage, yes: bool) -> None:
    """Errors: TaskonomyError where nobody agrees."""
    if not yes and not at_terminal():
        raise TaskonomyError("Nothing was removed: there is nobody to ask.", "Type: tk gc --yes")
    if not yes and not click.confirm(f"Remove {_counted(found)}?", err=True):
        raise TaskonomyError("Nothing was removed.", "Type: tk gc --dry-run to look again")


def _show(terminal: Terminal, found: Garbage) -> None:
    if found.removed:
        rows = [[heap.what, str(len(heap.results) or ""), *_size(heap)] for heap in found.removed]
        columns = ("TO REMOVE", "RESULTS", "FILES", "SIZE", "TRAINED FOR")
        terminal.answer(Table(columns, rows, right=columns[1:]))
    else:
        terminal.answer("Nothing to remove.")
    for heap in found.kept:
        size = megabytes(heap.size)
        terminal.say(f"Kept: {len(heap.results)} {heap.what} ({size}). To remove them too, type: tk gc --all")


def _size(heap: Heap) -> list[str]:
    return [str(len(heap.files)), megabytes(heap.size), duration(heap.seconds) if heap.results else ""]


def _counted(found: Garbage) -> str:
    files = f"{several(len(found.files), 'file')} ({megabytes(found.size)})"
    return f"{several(len(found.results), 'result')} and {files}"


def _plain(found: Garbage, removed: bool) -> dict[str, Any]:
    return {
        "removed": removed,
        "bytes": found.size,
        "to_remove": [_plain_heap(heap) for heap in found.removed],
        "kept": [_plain_heap(heap) for heap in found.kept],
    }


def _plain_heap(heap: Heap) -> dict[str, Any]:
    return {
        "what": heap.what,
        "bytes": heap.size,
        "seconds": heap.seconds,
        "results": [
            {
                "key": result.key,
                "kind": result.kind,
                "target": result.target,
                "sources": list(result.sources),
                "state": result.state,
                "finished": result.finished,
            }
            for result in heap.results
        ],
        "files": [{"path": str(file.path), "bytes": file.size} for file in heap.files],
    }
