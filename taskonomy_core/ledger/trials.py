"""What `tk sanity` compares: of every trained task the losses of its own network and of its two opponents.

Targets and source-only tasks alike. The opponents are the task's constant and the readout from the untrained encoder:
a first-order transfer where the task is a target, else a reference job. Imports no torch.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from taskonomy_core.ledger.jobs import Job, Keys
from taskonomy_core.ledger.left_out import LeftOut
from taskonomy_core.ledger.plan import DONE, PlannedJob
from taskonomy_core.ledger.project import Project, column_of
from taskonomy_core.ledger.records import Snapshot
from taskonomy_core.ledger.store import Store
from taskonomy_core.taxonomy.columns import LossColumn


@dataclass(frozen=True)
class Trial:
    """One trained task.

    Attributes:
        task: its name.
        own, constant, readout: the columns; None where there is none.
        missing: those of these three jobs that are not done.
        unscored: whether its network is done but was never scored: earlier versions scored those of targets alone.
    """

    task: str
    own: LossColumn | None
    constant: LossColumn | None
    readout: LossColumn | None
    missing: tuple[PlannedJob, ...]
    unscored: bool


@dataclass(frozen=True)
class Trials:
    """All trained tasks, in the order of registry.toml.

    `untrained` is the random source, None where there is none; `left_out` are the tasks that take no part.
    """

    tasks: tuple[Trial, ...]
    untrained: str | None
    left_out: tuple[LeftOut, ...]


def read_trials(project: Project, store: Store) -> Trials:
    """Read what is there under the present settings.

    Errors: LedgerError where a stored file is damaged.
    """
    planner, snapshot = project.planner(store), store.snapshot()
    planned = {each.job.key: each for each in planner.plan(snapshot, order=1).jobs}
    keys = planner.keys
    found = (_trial(name, keys, planned, snapshot, store) for name in project.roster.tasks if name in keys.trained)
    return Trials(tuple(found), keys.untrained, tuple(keys.left_out.values()))


def _trial(task: str, keys: Keys, planned: Mapping[str, PlannedJob], snapshot: Snapshot, store: Store) -> Trial:
    def column(job: Job | None) -> LossColumn | None:
        result = None if job is None else snapshot.scored(job.key)
        return None if result is None else column_of(store, result)

    jobs = keys.network(task), keys.constant(task), keys.from_untrained(task)
    own, constant, readout = map(column, jobs)
    asked = [planned[job.key] for job in jobs if job is not None]
    missing = tuple(each for each in asked if each.state != DONE)
    return Trial(task, own, constant, readout, missing, own is None and asked[0].state == DONE)
