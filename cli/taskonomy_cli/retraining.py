"""Finished results that a changed setting makes stale: told with their time, and asked for once before any is made."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from taskonomy_cli.terminal import Terminal
from taskonomy_cli.wording import duration, several
from taskonomy_core.errors import TaskonomyError

if TYPE_CHECKING:
    from taskonomy_core.ledger.plan import Plan
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.ledger.store import Store

_HINT = (
    "Type: tk transfer --retrain to train them again, tk transfer --new-only to leave them, tk plan to look; "
    "or change registry.toml back."
)


def tell_remade(terminal: Terminal, plan: Plan) -> None:
    """Say on stderr what of the settings changed, and what it would cost; nothing where nothing is remade."""
    if plan.remade:
        terminal.warn(_sentence(plan))
        terminal.say("Nothing is lost: change registry.toml back, and they count again.")


def agree_to_remake(terminal: Terminal, project: Project, store: Store, plan: Plan, retrain: bool) -> None:
    """Go on only if someone wants finished results made anew: by `retrain`, now at the terminal, or once before.

    What was agreed to is kept in the ledger under the settings, so that a run that was stopped goes on by itself.

    Errors: TaskonomyError where nobody does.
    """
    if not plan.remade:
        return
    fact = f"retrain {project.planner(store).keys.settings}"
    agreed = retrain or fact in store.facts()
    if not agreed and not at_terminal():
        raise TaskonomyError(_sentence(plan), _HINT)
    terminal.warn(_sentence(plan))
    if not agreed and not click.confirm("Train them again?", err=True):
        raise TaskonomyError("Nothing was trained.", _HINT)
    store.record_facts({fact: ""})


def at_terminal() -> bool:
    """Whether there is somebody to ask."""
    return sys.stdin.isatty() and sys.stderr.isatty()


def _sentence(plan: Plan) -> str:
    from taskonomy_core.ledger.reasons import settings_told

    jobs = plan.remade
    changed = " and ".join(settings_told((part.old, part.job) for part in jobs if part.old is not None))
    # Under another recipe times are not known; what the old results took is.
    took = duration(sum(part.old.seconds for part in jobs if part.old is not None))
    number = several(len(jobs), "finished result")
    more = f"; and then at most {several(plan.at_most, 'transfer')} of higher order" if plan.at_most else ""
    return f"{changed[:1].upper()}{changed[1:]}. So {number} would be made anew, which took {took} of one core{more}."
