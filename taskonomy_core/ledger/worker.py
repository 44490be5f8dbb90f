"""What a worker does, wherever an executor runs it: it trains a unit, stores the files, and says how it went.

It never opens the ledger: the coordinating process alone writes there.
"""

from __future__ import annotations

import importlib
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass

from taskonomy_core.errors import JobError
from taskonomy_core.learning.outcome import Outcome, Trainer
from taskonomy_core.ledger.networks import GivenNetworks, Networks
from taskonomy_core.ledger.objects import Objects
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Stored
from taskonomy_core.ledger.unit import Unit

OPENER = "taskonomy_core.ledger.opening:open_for_work"

# (project, device, the fingerprint that the data must have or None, finished networks)
TrainerOpener = Callable[[Project, str, "str | None", Networks], Trainer]


def train(unit: Unit) -> list[Stored | JobError]:
    """Train the jobs of a unit and store their files; one answer each, in their order.

    Errors: objects.DamagedObjectError where a network's file is damaged; LedgerError where files cannot be written;
    PluginError and DataError where the trainer cannot be opened. A JobError of all jobs is one of each.
    """
    shop = _shop(unit)
    shop.networks.tell(unit.networks)
    return [answer if isinstance(answer, JobError) else stored(shop.objects, answer) for answer in _answers(shop, unit)]


def stored(objects: Objects, outcome: Outcome) -> Stored:
    """Store the files of an outcome. Errors: LedgerError."""
    weights = objects.put_tensors(outcome.state)
    losses = None
    if len(outcome.losses):
        losses = objects.put_arrays({"image_ids": outcome.image_ids, "losses": outcome.losses})
    return Stored(weights, losses, outcome.metrics, outcome.seconds, socket.gethostname(), os.getpid())


@dataclass(frozen=True)
class _Shop:
    """What a worker keeps between the units of one run: plugins, data source, kernels."""

    trainer: Trainer
    networks: GivenNetworks
    objects: Objects


# Of the last run alone: a process that serves several runs (an executor may keep it) holds no old trainers.
_kept: dict[tuple[str, str, str, str], _Shop] = {}


def _shop(unit: Unit) -> _Shop:
    asked = (str(unit.project.folder), unit.run, unit.device, unit.opener)
    if asked not in _kept:
        _kept.clear()
        objects = Objects(unit.project.objects)
        networks = GivenNetworks(objects)
        module, _, function = unit.opener.partition(":")
        opener: TrainerOpener = getattr(importlib.import_module(module), function)
        _kept[asked] = _Shop(opener(unit.project, unit.device, unit.data, networks), networks, objects)
    return _kept[asked]


def _answers(shop: _Shop, unit: Unit) -> list[Outcome | JobError]:
    kind, target, sources = unit.jobs[0]
    try:
        if sources:  # transfers, or a reference
            return list(shop.trainer.transfers(target, [each for _, _, each in unit.jobs]))
        return [getattr(shop.trainer, kind)(target)]
    except JobError as error:
        return [error] * len(unit.jobs)
