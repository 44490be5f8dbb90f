"""All that is known of one result: where it stands and why, what made it, what it needs and what needs it.

Imports no torch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from taskonomy_core.ledger.jobs import NETWORK, TRANSFER, Job
from taskonomy_core.ledger.plan import DONE, FAILED, RUNNING, Plan, PlannedJob
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Claim, Result, Snapshot, StoredFile
from taskonomy_core.ledger.store import Store

# Besides the states of planned jobs: what no plan trains, because other combinations of sources were better.
UNPLANNED = "not planned"


@dataclass(frozen=True)
class Explanation:
    """One job.

    Attributes:
        planned: the job with its state, its reason and, if it is stale, its old result; the state may be "not planned".
        result: the result that is there: of the present key, or the old one of a stale job. None where there is none.
        claim: who trains it now.
        mean_loss, images: over the test images that have a label, and the number of these; None and 0 without losses.
        files: what is stored of `result`, read back just now.
        needs: the networks that it reads.
        needed_by: what reads it: of a network its readouts, of a transfer from one source the transfers from several
            to the same target, which these choose.
    """

    planned: PlannedJob
    result: Result | None
    claim: Claim | None
    mean_loss: float | None
    images: int
    files: tuple[StoredFile, ...]
    needs: tuple[PlannedJob, ...]
    needed_by: tuple[PlannedJob, ...]


def explain(project: Project, store: Store, job: Job) -> Explanation:
    """Look at one job of the present settings.

    Its files are read back; if one is damaged, its result counts as failed from now on, and is trained again.

    Errors: LedgerError where the ledger cannot be read.
    """
    planner = project.planner(store)
    order = max(project.checked_order(planner.keys, None), job.order)
    snapshot = store.snapshot()
    found = snapshot.results.get(job.key)
    files = store.verify(found) if found is not None and found.done else ()
    if any(file.fault for file in files):
        snapshot = store.snapshot()
    plan = planner.plan(snapshot, order)
    planned = _planned(plan, job, snapshot)
    result = snapshot.results.get(job.key) or planned.old
    if result is not None and result is planned.old:
        files = store.verify(result)
    mean, images = None, 0
    if result is not None and result.scored and not any(file.fault for file in files):
        labelled = ~np.isnan(losses := store.column(result)[1])
        images = int(labelled.sum())
        mean = float(losses[labelled].mean()) if images else None
    needs = tuple(part for part in plan.jobs if part.job.kind == NETWORK and part.job.target in job.sources)
    readers = (part for part in plan.jobs if _reads(part.job, job))
    needed_by = tuple(sorted(readers, key=lambda part: part.job.order))
    return Explanation(planned, result, snapshot.claims.get(job.key), mean, images, files, needs, needed_by)


def _planned(plan: Plan, job: Job, snapshot: Snapshot) -> PlannedJob:
    """Where the job stands; a combination that the beam does not choose may be done all the same."""
    for planned in plan.jobs:
        if planned.job.key == job.key:
            return planned
    result = snapshot.results.get(job.key)
    if result is not None:
        return PlannedJob(job, DONE) if result.done else PlannedJob(job, FAILED, result.reason)
    if job.key in snapshot.claims:
        return PlannedJob(job, RUNNING)
    if any(part.target == job.target and part.order == job.order for part in plan.undecided):
        reason = "the results from one source, which choose, are not all there"
    elif job.order > 1:
        reason = f"of transfers from {job.order} sources only those of the target's best sources are trained"
    else:
        reason = "the present roles do not ask for it"
    return PlannedJob(job, UNPLANNED, reason)


def _reads(other: Job, job: Job) -> bool:
    if job.kind == NETWORK:
        return job.target in other.sources
    chooses = job.kind == TRANSFER and job.order == 1 and other.order > 1
    return chooses and other.target == job.target and set(job.sources) <= set(other.sources)
