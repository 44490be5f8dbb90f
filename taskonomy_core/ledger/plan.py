"""What there is to train, what is done and what it would cost: derived from the store, never stored.

With n sources, first order: every task a network; every target n readouts (n - 1 where it is a source itself) and a
from-scratch network; every trained task a constant; every trained task that is no target, where an untrained encoder
is registered, a reference: the readout from it. So one task more costs its network, its row (as a target), its column
(as a source) and its baselines: scratch and constant of a target, constant and reference of a source alone, nothing
of an untrained one. (The first untrained encoder brings the references of all, which are its column too.) A task that
is registered as unused has no job at all.

Imports no torch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from taskonomy_core.ledger.beam import combinations_of, most_open
from taskonomy_core.ledger.estimate import Estimate, Estimates
from taskonomy_core.ledger.jobs import (
    KINDS,
    TRANSFER,
    Identity,
    Job,
    Keys,
)
from taskonomy_core.ledger.left_out import LeftOut
from taskonomy_core.ledger.reasons import reasons_stale, settings_changed
from taskonomy_core.ledger.records import Result, Snapshot

DONE = "done"
NEW = "new"
STALE = "stale"
FAILED = "failed"
RUNNING = "running"
BLOCKED = "blocked"
STATES = (DONE, RUNNING, NEW, STALE, FAILED, BLOCKED)
ENDED = (DONE, FAILED, BLOCKED)

# (target, its finished first-order transfers) -> their sources, best first.
Ranking = Callable[[str, tuple[Result, ...]], tuple[str, ...]]


@dataclass(frozen=True)
class PlannedJob:
    """A job and where it stands.

    States: "done"; "running" (a living process holds it); "new" (there is no result of it under any key; `reason`
    is empty, or how an earlier try failed); "stale" (there is one, under another key; `reason` says what changed);
    "failed" (`reason` says why); "blocked" (the network of a source failed, or it needs tasks that are left out,
    `without`).
    """

    job: Job
    state: str
    reason: str = ""
    old: Result | None = None
    without: tuple[str, ...] = ()

    @property
    def settings_changed(self) -> tuple[str, ...]:
        """Of a stale job: what differs that makes the old losses another measure, in words; empty if nothing does."""
        return settings_changed(self.old.parts, self.job.parts) if self.old is not None else ()


@dataclass(frozen=True)
class Undecided:
    """Transfers of one target and order that its first-order results will choose: at most so many are to be trained."""

    target: str
    order: int
    at_most: int
    done: int


@dataclass(frozen=True)
class Plan:
    """All jobs of a project up to one order, each with its state."""

    jobs: tuple[PlannedJob, ...]
    undecided: tuple[Undecided, ...]
    order: int
    known: bool
    estimates: Estimates
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)

    def of(self, *states: str) -> tuple[PlannedJob, ...]:
        """The jobs in any of these states."""
        return tuple(planned for planned in self.jobs if planned.state in states)

    def possible(self, *states: str) -> tuple[PlannedJob, ...]:
        """Those of them that need no task that is left out."""
        return tuple(planned for planned in self.of(*states) if not planned.without)

    @property
    def remade(self) -> tuple[PlannedJob, ...]:
        """Those that are done, and would be trained again because a setting of the whole project changed."""
        return tuple(planned for planned in self.of(STALE) if planned.settings_changed)

    @property
    def at_most(self) -> int:
        """How many more jobs the beam may still add."""
        return sum(part.at_most for part in self.undecided)

    def counts(self) -> dict[tuple[str, int], Counter[str]]:
        """How many jobs are in which state, by (kind, order), in the order in which they are trained."""
        found: dict[tuple[str, int], Counter[str]] = {}
        for planned in self.jobs:
            found.setdefault((planned.job.kind, planned.job.order), Counter())[planned.state] += 1
        for part in self.undecided:
            found.setdefault((TRANSFER, part.order), Counter())[DONE] += part.done
        return dict(sorted(found.items(), key=lambda entry: (KINDS.index(entry[0][0]), entry[0][1])))

    def estimate(self, planned: Iterable[PlannedJob]) -> Estimate:
        """What training these jobs would take, in processor seconds."""
        return self.estimates.total(part.job for part in planned)

    def estimate_undecided(self, order: int | None = None) -> Estimate:
        """The most that what the beam may add would take; of one order or of all."""
        parts = (part for part in self.undecided if order in (None, part.order))
        return self.estimates.total_of((TRANSFER, part.target) for part in parts for _ in range(part.at_most))


class Planner:
    """Makes plans of one project. Keep it between plans: what it has ranked is not ranked again."""

    def __init__(self, keys: Keys, known: bool, ranking: Ranking) -> None:
        self.keys = keys
        self._known = known
        self._ranking = ranking
        self._ranked: dict[tuple[str, tuple[str, ...]], tuple[str, ...]] = {}

    def plan(self, snapshot: Snapshot, order: int, retry_since: int | None = None) -> Plan:
        """Where everything stands, up to transfers from `order` sources.

        With `retry_since`, jobs that failed no later than that serial count as not tried.
        """
        states = _States(snapshot, retry_since, self.keys.left_out)
        keys = self.keys
        networks = {name: states.of(keys.network(name)) for name in keys.used}
        jobs = list(networks.values())
        undecided: list[Undecided] = []
        for target in keys.targets:
            jobs += [states.of(keys.scratch(target)), states.of(keys.constant(target))]
            first = {
                source: states.of(keys.transfer((source,), target), networks[source])
                for source in keys.sources_of(target)
            }
            jobs += first.values()
            for k in range(2, min(order, len(first)) + 1):
                ranked = self._rank(target, first, snapshot)
                if all(planned.state in ENDED for planned in first.values()):
                    for chosen in combinations_of(ranked, k, keys.recipe.beam):
                        jobs.append(states.of(keys.transfer(chosen, target), *(networks[name] for name in chosen)))
                else:
                    undecided.append(self._undecided(target, k, ranked, first, snapshot))
        for task in (name for name in keys.trained if name not in keys.targets):
            jobs.append(states.of(keys.constant(task)))
            reference = keys.from_untrained(task)
            if reference is not None:
                jobs.append(states.of(reference, *(networks[name] for name in reference.sources)))
        estimates = Estimates(snapshot.results.values(), keys.recipe)
        return Plan(tuple(jobs), tuple(undecided), order, self._known, estimates, keys.left_out)

    def _rank(self, target: str, first: Mapping[str, PlannedJob], snapshot: Snapshot) -> tuple[str, ...]:
        """The sources whose first-order transfers are done, best first."""
        results = tuple(snapshot.results[part.job.key] for part in first.values() if part.state == DONE)
        known = (target, tuple(result.key for result in results))
        if known not in self._ranked:
            self._ranked[known] = self._ranking(target, results) if results else ()
        return self._ranked[known]

    def _undecided(
        self, target: str, order: int, ranked: tuple[str, ...], first: Mapping[str, PlannedJob], snapshot: Snapshot
    ) -> Undecided:
        beam = self.keys.recipe.beam
        done = {
            chosen
            for chosen in combinations_of(ranked, order, beam)
            if (result := snapshot.results.get(self.keys.transfer(chosen, target).key)) is not None and result.done
        }
        missing = sum(part.state not in ENDED for part in first.values())
        return Undecided(target, order, most_open(ranked, missing, order, beam, done), len(done))


class _States:
    """Looks up where a job stands."""

    def __init__(self, snapshot: Snapshot, retry_since: int | None, left_out: Mapping[str, LeftOut]) -> None:
        self._snapshot = snapshot
        self._left_out = left_out
        self._retry_since = retry_since
        # The latest finished result of each identity, whatever its key.
        self._latest: dict[Identity, Result] = {}
        for result in sorted(snapshot.results.values(), key=lambda result: result.serial):
            if result.done:
                self._latest[result.identity] = result

    def of(self, job: Job, *networks: PlannedJob) -> PlannedJob:
        """The state of a job whose sources' networks stand as given."""
        result = self._snapshot.results.get(job.key)
        if result is not None and result.done:
            return PlannedJob(job, DONE)
        if job.key in self._snapshot.claims:
            return PlannedJob(job, RUNNING)
        without = tuple(name for name in (job.target, *job.sources) if name in self._left_out)
        if without:
            reasons = (self._left_out[name].sentence for name in without)
            return PlannedJob(job, BLOCKED, " ".join(reasons), without=without)
        if result is not None and (self._retry_since is None or result.serial > self._retry_since):
            return PlannedJob(job, FAILED, result.reason)
        failed = [network.job.target for network in networks if network.state == FAILED]
        if failed:
            return PlannedJob(job, BLOCKED, f"the network of {' and of '.join(failed)} failed")
        old = self._latest.get(job.identity)
        if old is None:
            return PlannedJob(job, NEW, f"the earlier try failed with: {result.reason}" if result is not None else "")
        return PlannedJob(job, STALE, " and ".join(reasons_stale(old, job)), old)
