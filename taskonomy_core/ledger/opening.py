"""Opening what registry.toml names: tasks, data source, encoder. Imports torch, as plugins do.

A task that cannot take part (a broken plugin, a modality that the data source lacks) is left out and named; the others
go on. Whenever they are opened, what keys and plans need of them is recorded, so that commands without torch know it
too.
"""

from __future__ import annotations

import os
import socket
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from taskonomy_core.contract import DataRequest, DataSource, EncoderKind, Progress, Task
from taskonomy_core.errors import DataError, JobError, PluginError
from taskonomy_core.ledger.left_out import LeftOut, written
from taskonomy_core.ledger.networks import Networks
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Card
from taskonomy_core.ledger.store import Store
from taskonomy_core.registry.naming import listed
from taskonomy_core.registry.resolve import data_source, encoder, offers, resolve

if TYPE_CHECKING:
    from taskonomy_core.learning.trainer import LocalTrainer


@dataclass(frozen=True)
class Opened:
    """The plugins of one project, loaded; the data source opened but not necessarily prepared.

    `tasks` are those that can take part; asked for one that is `left_out`, it raises a JobError that says why.
    """

    tasks: Mapping[str, Task]
    data: DataSource
    encoder: EncoderKind
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)


def open_plugins(project: Project) -> Opened:
    """Load the tasks, the data source and the encoder of a project.

    Errors: PluginError for a data source or encoder that is missing or broken, or a task of another version than
    registered; DataError where the data source refuses its options.
    """
    roster = project.roster
    resolved = resolve(roster)
    if resolved.stale:
        raise PluginError(
            f"The installed versions of {listed(resolved.stale)} are not those that registry.toml registers: "
            + "; ".join(f"{name} {new} for {old}" for name, (old, new) in resolved.stale.items())
            + ".",
            "Type: " + " && ".join(f"tk register {name}" for name in resolved.stale),
        )
    data = data_source(roster.data["source"]).open(DataRequest(**project.data_request))
    broken = {name: LeftOut(name, fault.message, fault.hint) for name, fault in resolved.faults.items()}
    left_out = {**broken, **lacking(project, resolved.tasks, data)}
    return Opened(_Tasks(resolved.tasks, left_out), data, encoder(project.recipe.encoder), left_out)


def lacking(project: Project, tasks: Mapping[str, Task], data: DataSource) -> dict[str, LeftOut]:
    """The tasks that need a modality which an opened data source does not offer, with the installed ones that do."""
    missing = {
        name: lacks
        for name, task in tasks.items()
        if (lacks := [need for need in task.modalities if need not in data.modalities])
    }
    if not missing:
        return {}
    used = project.roster.data["source"]
    offered = {name: names for name, names in offers(DataRequest(**project.data_request)).items() if name != used}
    found = {}
    for name, lacks in missing.items():
        others = [source for source, names in offered.items() if names.issuperset(tasks[name].modalities)]
        does = f"{listed(others)} {'does' if len(others) == 1 else 'do'}" if others else "no installed one does"
        reason = f"it needs {listed(lacks)}, which the data source {used!r} does not offer; {does}."
        hint = f'Set source = "{others[0]}" under [data] in registry.toml.' if others else ""
        found[name] = LeftOut(name, reason, hint)
    return found


def record(project: Project, store: Store, opened: Opened) -> None:
    """Keep what plans need to know of opened plugins: fingerprint, encoder version, who is left out, task cards."""
    store.record_facts(
        {
            project.data_fact: opened.data.fingerprint,
            project.encoder_fact: str(opened.encoder.version),
            project.left_out_fact: written(opened.left_out, project.roster),
        }
    )
    store.record_cards(map(Card.of, opened.tasks.values()))


def open_registered(
    project: Project, device: str, networks: Networks, preparing: Progress | None = None
) -> LocalTrainer:
    """The trainer of a project in this process; with `preparing`, which is told of it, its data is prepared first.

    Errors: as of `open_plugins`, and DataError where the data cannot be prepared.
    """
    opened = open_plugins(project)
    if preparing is not None:
        opened.data.prepare(preparing)
    return _trainer(project, opened, device, networks)


def open_for_work(project: Project, device: str, data: str | None, networks: Networks) -> LocalTrainer:
    """The trainer of a worker, wherever that is (a worker.TrainerOpener).

    Errors: as of `open_plugins`; DataError where the data source's fingerprint is not `data`: results would go under
    a wrong key.
    """
    opened = open_plugins(project)
    if data is not None and opened.data.fingerprint != data:
        raise DataError(
            f"The data source {project.roster.data['source']!r} of a worker on {socket.gethostname()} is not the one "
            "that this run began with.",
            "Install the same versions and give the same data on every machine; then type the same command again.",
        )
    return _trainer(project, opened, device, networks)


def _trainer(project: Project, opened: Opened, device: str, networks: Networks) -> LocalTrainer:
    from taskonomy_core.learning.session import open_trainer

    return open_trainer(
        project.roster,
        project.recipe,
        opened.tasks,
        opened.data,
        opened.encoder,
        device,
        project.features,
        networks.state,
        networks.key,
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


def visible_gpus() -> tuple[str, ...]:
    """The GPUs that this process may use, as CUDA_VISIBLE_DEVICES names them."""
    import torch

    named = os.environ.get("CUDA_VISIBLE_DEVICES")
    if named is not None:
        return tuple(name.strip() for name in named.split(",") if name.strip())
    return tuple(str(number) for number in range(torch.cuda.device_count()))


class _Tasks(dict[str, Task]):
    """Tasks by name. One that is left out is a JobError, which ends that job alone; any other name is a KeyError."""

    def __init__(self, tasks: Mapping[str, Task], left_out: Mapping[str, LeftOut]) -> None:
        super().__init__({name: task for name, task in tasks.items() if name not in left_out})
        self._left_out = left_out

    def __missing__(self, name: str) -> Task:
        if name not in self._left_out:
            raise KeyError(name)
        raise JobError(self._left_out[name].sentence, self._left_out[name].hint)
