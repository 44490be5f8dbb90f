"""What goes to a worker and what comes back: values that any executor can carry. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from taskonomy_core.ledger.jobs import Identity, job_name
from taskonomy_core.ledger.project import Project


@dataclass(frozen=True)
class NetworkFile:
    """Where a worker finds a finished network: its job's key, and the digest of its stored weights."""

    key: str
    weights: str


@dataclass(frozen=True)
class Unit:
    """What a worker trains at one go: one job, or readouts of one target and order.

    Attributes:
        project: as the coordinating process read it; a registry.toml that is edited meanwhile changes nothing.
        run: the run it belongs to; workers keep what they have opened for the next unit of the same run.
        device: "cpu" or "cuda".
        data: the fingerprint that the data source must have where the worker is; None to take it as it comes.
        opener: "module:function" that opens the trainer, a worker.TrainerOpener.
        jobs: what to train, by (kind, target, sources).
        networks: of all sources of the jobs.
    """

    project: Project
    run: str
    device: str
    data: str | None
    opener: str
    jobs: tuple[Identity, ...]
    networks: Mapping[str, NetworkFile] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """What messages call it."""
        more = f" and {len(self.jobs) - 1} more" if len(self.jobs) > 1 else ""
        return job_name(*self.jobs[0]) + more
