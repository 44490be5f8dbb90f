"""Opening what registry.toml names: tasks, data source, encoder. Imports torch, as plugins do.

Whenever they are opened, what keys need of them is recorded, so that commands without torch know it too.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskonomy_core.contract import DataRequest, DataSource, EncoderKind, Task
from taskonomy_core.errors import DataError, PluginError
from taskonomy_core.ledger.jobs import Keys
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Card
from taskonomy_core.ledger.store import Store
from taskonomy_core.registry.resolve import data_source, encoder, resolve

if TYPE_CHECKING:
    from taskonomy_core.learning.trainer import LocalTrainer


@dataclass(frozen=True)
class Opened:
    """The plugins of one project, loaded; the data source opened but not necessarily prepared."""

    tasks: Mapping[str, Task]
    data: DataSource
    encoder: EncoderKind


def open_plugins(project: Project) -> Opened:
    """Load the tasks, the data source and the encoder of a project.

    Errors: PluginError for a plugin that is missing or broken, or a task of another version than registered;
    DataError where the data source refuses its options or lacks a modality that a task needs.
    """
    roster = project.roster
    resolved = resolve(roster)
    if resolved.stale:
        *others, last = resolved.stale
        names = f"{', '.join(others)} and {last}" if others else last
        raise PluginError(
            f"The installed versions of {names} are not those that registry.toml registers: "
            + "; ".join(f"{name} {new} for {old}" for name, (old, new) in resolved.stale.items())
            + ".",
            "Type: " + " && ".join(f"tk register {name}" for name in resolved.stale),
        )
    data = data_source(roster.data["source"]).open(DataRequest(**project.data_request))
    missing = {
        name: lacking
        for name, task in resolved.tasks.items()
        if (lacking := [need for need in task.modalities if need not in data.modalities])
    }
    if missing:
        raise DataError(
            f"The data source {roster.data['source']!r} lacks what some tasks need: "
            + "; ".join(f"{name} needs {', '.join(lacking)}" for name, lacking in missing.items())
            + ".",
            "Type: " + " && ".join(f"tk unregister {name}" for name in missing),
        )
    return Opened(resolved.tasks, data, encoder(project.recipe.encoder))


def record(project: Project, store: Store, opened: Opened) -> None:
    """Keep what plans need to know of opened plugins: fingerprint, encoder version, task cards."""
    store.record_facts({project.data_fact: opened.data.fingerprint, project.encoder_fact: str(opened.encoder.version)})
    store.record_cards(
        Card(task.name, task.version, task.title, task.group, task.needs) for task in opened.tasks.values()
    )


def open_registered(project: Project, store: Store, device: str, keys: Keys) -> LocalTrainer:
    """The trainer of a project in this process (a worker.TrainerOpener)."""
    from taskonomy_core.learning.session import open_trainer

    opened = open_plugins(project)
    return open_trainer(
        project.roster,
        project.recipe,
        opened.tasks,
        opened.data,
        opened.encoder,
        device,
        project.features,
        lambda task: store.weights(keys.network(task).key),
        lambda task: keys.network(task).key,
    )


def checked_device(name: str) -> str:
    """The device of a name; "auto" is cuda where this machine has it.

    Errors: TaskonomyError for an unknown device or one that is not there.
    """
    import torch

    from taskonomy_core.learning.computing import Computing

    if name == "auto":
        return "cuda" if torch.cuda.is_available() else "cpu"
    Computing.of(name, "float32")
    return name
