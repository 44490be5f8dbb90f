"""`tk init`: a new project."""

from __future__ import annotations

from pathlib import Path

import click

from taskonomy_cli.session import Session
from taskonomy_cli.terminal import Terminal
from taskonomy_core.learning.recipe import PRESETS
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Card
from taskonomy_core.ledger.store import Store
from taskonomy_core.registry.discover import TASK, discover
from taskonomy_core.registry.editing import create_roster, refuse_existing
from taskonomy_core.registry.load import load_all
from taskonomy_core.registry.resolve import new_entry


@click.command
@click.option("--preset", type=click.Choice(list(PRESETS)), default="nano", show_default=True, help="How large.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), default=0, show_default=True, help="Of data and training.")
@click.option("--all/--empty", "every", default=True, help="Register every installed task [default], or none.")
@click.pass_obj
def command(session: Session, preset: str, seed: int, every: bool) -> None:
    """Write a commented registry.toml into this folder, with every installed task registered."""
    path = session.new_path
    count = new_project(session.terminal, path, preset=preset, seed=seed, every=every)
    session.terminal.say("Type: tk plan" if count else "Type: tk register NAME")


def new_project(terminal: Terminal, path: Path, *, preset: str, seed: int, every: bool) -> int:
    """Write a registry.toml with every installed task, or none; returns how many. Broken plugins are left out."""
    refuse_existing(path)
    installed = [plugin for plugin in discover() if plugin.kind == TASK and every]
    loaded = load_all(installed)
    tasks = {
        plugin.label: loaded.plugins[plugin.label].tasks[plugin.name]
        for plugin in installed
        if plugin.label in loaded.plugins
    }
    create_roster(path, preset=preset, seed=seed, tasks=[new_entry(task, label) for label, task in tasks.items()])
    if tasks:
        # Plans ask whether a task is trained at all, which only its plugin can tell.
        with Store.open(Project.read(path).folder) as store:
            store.record_cards(map(Card.of, tasks.values()))
    for error in loaded.broken.values():
        terminal.warn(f"Left out: {error}")
    terminal.answer(f"Wrote {path}: {len(tasks)} tasks, preset {preset}, seed {seed}.")
    return len(tasks)
