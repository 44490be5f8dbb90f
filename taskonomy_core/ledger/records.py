"""What the store gives out: plain values, one per row."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from taskonomy_core.ledger.jobs import Identity, job_name

if TYPE_CHECKING:
    from taskonomy_core.contract import Task

DONE = "done"
FAILED = "failed"


def machine(host: str) -> str:
    """A host (see owner.Owner) without the process namespace."""
    return host.split()[0]


@dataclass(frozen=True)
class Result:
    """How one job ended.

    Attributes:
        key, kind, target, sources, parts: of the job; see jobs.Job.
        serial: rises with every write to the ledger.
        state: "done" or "failed".
        reason: why it failed.
        weights, losses: digests of the stored files; None where there are none (an untrained task has no losses).
        metrics: what people quote, by "NAME (UNIT)".
        seconds: processor seconds spent on it.
        run: the run that trained it.
        details_json: what stands behind the hashes of `parts` (jobs.Job.details); "{}" for results of before.
        host, process: where it was trained; "" and 0 for results of before that was kept.
        finished: when it was stored, by the wall clock in UTC (ISO 8601).
    """

    key: str
    serial: int
    kind: str
    target: str
    sources: tuple[str, ...]
    parts: Mapping[str, str]
    state: str
    reason: str
    weights: str | None
    losses: str | None
    metrics: Mapping[str, float]
    seconds: float
    run: str
    details_json: str = "{}"
    host: str = ""
    process: int = 0
    finished: str = ""

    @cached_property
    def details(self) -> Mapping[str, Any]:
        """What stands behind the hashes of `parts`; empty for results of before that was kept."""
        found: dict[str, Any] = json.loads(self.details_json)
        return found

    @property
    def done(self) -> bool:
        """Whether it was trained to the end."""
        return self.state == DONE

    @property
    def scored(self) -> bool:
        """Whether it was, and has test losses: an untrained network has none."""
        return self.done and self.losses is not None

    @property
    def identity(self) -> Identity:
        """(kind, target, sources)."""
        return self.kind, self.target, self.sources

    @property
    def name(self) -> str:
        """What messages call it."""
        return job_name(*self.identity)


@dataclass(frozen=True)
class Stored:
    """The result of one job, its files already stored.

    Attributes:
        weights, losses: the digests of its files; losses None for an untrained network, both None for
            a job that failed.
        metrics, seconds: of the Outcome.
        host, process: where it was trained.
    """

    weights: str | None
    losses: str | None
    metrics: Mapping[str, float]
    seconds: float
    host: str
    process: int


@dataclass(frozen=True)
class StoredFile:
    """A file of a result, read back: "weights" or "losses", its size in bytes, and what is wrong with it."""

    what: str
    path: Path
    size: int
    fault: str = ""


@dataclass(frozen=True)
class Claim:
    """A job that a living process is training.

    `by_heartbeat` tells one that no process table here knows, of another machine or container, say: it counts as living
    until its heartbeat has rested for owner.SILENCE seconds under one onlooker's eyes.
    """

    key: str
    kind: str
    target: str
    sources: tuple[str, ...]
    host: str
    pid: int
    by_heartbeat: bool = False

    @property
    def machine(self) -> str:
        """The host as people know it."""
        return machine(self.host)

    @property
    def name(self) -> str:
        """What messages call it."""
        return job_name(self.kind, self.target, self.sources)


@dataclass(frozen=True)
class Snapshot:
    """All results and living claims at one moment, by key."""

    results: Mapping[str, Result]
    claims: Mapping[str, Claim]

    @property
    def serial(self) -> int:
        """The last write."""
        return max((result.serial for result in self.results.values()), default=0)

    def scored(self, key: str) -> Result | None:
        """The finished result of this key, if it has test losses."""
        result = self.results.get(key)
        return result if result is not None and result.scored else None


@dataclass(frozen=True)
class Card:
    """What commands without torch may know of a task."""

    name: str
    version: int
    title: str
    group: str
    needs: tuple[str, ...]
    trainable: bool = True

    @staticmethod
    def of(task: Task) -> Card:
        """The card of a loaded task."""
        return Card(task.name, task.version, task.title, task.group, task.needs, task.trainable)
