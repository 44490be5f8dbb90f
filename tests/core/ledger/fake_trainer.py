"""A deterministic stand-in for the learning room: results follow from the names of tasks alone.

Workers in other processes import it by name; what it should do besides is written into files beside the store:
`log` (appended: one line per job begun), `slow` (seconds per job), `fail` (names of jobs that raise a JobError).
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from pathlib import Path
from types import SimpleNamespace
from typing import ClassVar

import numpy as np
import torch

from taskonomy_core.errors import JobError
from taskonomy_core.learning.outcome import Outcome
from taskonomy_core.ledger import opening
from taskonomy_core.ledger.jobs import job_name

IMAGES = 40
# Of the made-up tasks, the one whose encoder stays as it was initialised.
UNTRAINED = "onlyz"


def write_registry(path: Path, tasks: dict[str, str], seed: int = 0, recipe: dict | None = None, versions=None) -> Path:
    """A registry.toml of tasks given as {name: role}."""
    lines = ["format = 1", 'preset = "nano"', f"seed = {seed}", "budget = 6", "", "[data]", 'source = "rooms"', ""]
    lines += ["[recipe]", *(f"{key} = {json.dumps(value)}" for key, value in (recipe or {}).items()), ""]
    for name, role in tasks.items():
        version = (versions or {}).get(name, 1)
        lines += [f"[tasks.{name}]", f'plugin = "made-up[{name}]"', f"version = {version}", f'role = "{role}"', ""]
    path.write_text("\n".join(lines))
    return path


def losses_of(*names: object) -> np.ndarray:
    """float64 [IMAGES] in [0, 1), from names alone; the last two images have no label for targets ending in b."""
    seed = int.from_bytes(hashlib.blake2b(repr(names).encode(), digest_size=4).digest(), "little")
    return np.random.default_rng(seed).random(IMAGES)


class FakeTrainer:
    """Does what the files of its folder say, and leaves a line in `log` for each job."""

    def __init__(self, folder: Path, network_state=None, network_key=None) -> None:
        self.folder = folder
        self.network_state = network_state
        self.network_key = network_key

    def _read(self, name: str) -> str:
        path = self.folder / name
        return path.read_text() if path.exists() else ""

    def _begin(self, kind: str, target: str, sources: tuple[str, ...] = ()) -> None:
        name = job_name(kind, target, sources)
        with (self.folder / "log").open("a") as log:
            log.write(f"{os.getpid()} {name}\n")
        if name in self._read("fail").splitlines():
            raise JobError(f"The {name} diverged.", "Lower its learning rate.")
        if slow := float(self._read("slow") or 0):
            time.sleep(slow)

    def _outcome(self, kind: str, target: str, sources: tuple[str, ...] = ()) -> Outcome:
        losses = losses_of(kind, target, sources)
        if target.endswith("b"):
            losses[-2:] = np.nan
        if kind == "network" and target == UNTRAINED:
            losses = np.empty(0)
        weight = torch.full((2, 3), float(losses.sum()) if len(losses) else 1.0)
        return Outcome(np.arange(len(losses)), losses, {"weight": weight}, {"L1": 0.5}, seconds=2.0 + len(sources))

    def network(self, task: str) -> Outcome:
        self._begin("network", task)
        return self._outcome("network", task)

    def constant(self, target: str) -> Outcome:
        self._begin("constant", target)
        return self._outcome("constant", target)

    def scratch(self, target: str) -> Outcome:
        self._begin("scratch", target)
        return self._outcome("scratch", target)

    def transfers(self, target, candidates):
        answers = []
        for sources in candidates:
            try:
                self._begin("transfer", target, sources)
                if self.network_state is not None:
                    assert all(self.network_state(name)["weight"].shape == (2, 3) for name in sources)
                answers.append(self._outcome("transfer", target, sources))
            except JobError as error:
                answers.append(error)
        return answers


def open_fake(project, device, data, networks) -> FakeTrainer:
    """The factory that a run's order names in the tests."""
    return FakeTrainer(project.folder.parent, networks.state, networks.key)


class FakeData:
    """A data source that only says it was prepared."""

    fingerprint = "fingerprint"
    prepared: ClassVar[list[int]] = []

    def prepare(self, progress, processes=1) -> None:
        self.prepared.append(processes)
        progress(3, 3, "pictures")


def use_fake_plugins(monkeypatch) -> None:
    """Let this process open made-up tasks, data and encoder where it would load those of registry.toml."""

    def open_plugins(project):
        tasks = {
            name: SimpleNamespace(
                name=name,
                version=task.version,
                title=name.title(),
                group="2d",
                needs=("depth",),
                trainable=name != UNTRAINED,
            )
            for name, task in project.roster.tasks.items()
        }
        return opening.Opened(tasks, FakeData(), SimpleNamespace(version=1))

    FakeData.prepared.clear()
    monkeypatch.setattr(opening, "open_plugins", open_plugins)
    monkeypatch.setattr(opening, "open_for_work", open_fake)
