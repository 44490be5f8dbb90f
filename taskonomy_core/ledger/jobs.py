"""What can be trained, and the key that names its result: a hash of all that could change it.

Imports no torch. Two jobs with the same key have the same result, on whatever machine, in whatever order they ran.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from taskonomy_core.learning.recipe import Recipe
    from taskonomy_core.ledger.left_out import LeftOut
    from taskonomy_core.registry.roster import Roster

NETWORK = "network"
TRANSFER = "transfer"
SCRATCH = "scratch"
CONSTANT = "constant"
REFERENCE = "reference"
KINDS = (NETWORK, TRANSFER, SCRATCH, CONSTANT, REFERENCE)

# What stands in a key for a fact that no command has recorded yet: no stored key contains it, so nothing is done.
UNKNOWN = "unknown"

Identity = tuple[str, str, tuple[str, ...]]


@dataclass(frozen=True)
class Facts:
    """What keys need but only plugins know (they import torch): recorded in the ledger whenever they were opened.

    `data` is the data source's fingerprint, `encoder` is NAME@VERSION; None where not recorded yet. `untrained` are
    the tasks whose encoders stay as they were initialised; one that was never opened is taken for a trained one.
    `left_out` are those that could not take part, by name.
    """

    data: str | None = None
    encoder: str | None = None
    untrained: frozenset[str] = frozenset()
    left_out: Mapping[str, LeftOut] = field(default_factory=dict)

    @property
    def known(self) -> bool:
        """Whether keys are exact. Where not, nothing counts as done."""
        return self.data is not None and self.encoder is not None


@dataclass(frozen=True)
class Job:
    """One thing to train.

    Attributes:
        kind: "network" (a task's own encoder and decoder; its test losses are the `self` column), "transfer" (a
            readout from the representations of `sources`), "scratch" (the baseline of a target's gain), "constant"
            (the best output of a trained task that ignores the image) or "reference" (a readout from the untrained
            encoder, for a trained task that is no target: `tk sanity` holds its network against it; for a target the
            transfer from there serves). A reference takes no part in tournaments or higher orders.
        target: whose labels are learnt.
        sources: sorted; of readouts (transfers and references) alone.
        key: blake2b of the kind, the target, the sources and `parts`.
        parts: all that could change the result, by name: "version", "recipe", "data", "seed", "encoder", "networks"
            (the recipe of the sources' networks) and "source NAME" (that network's key).
        details: what stands behind the hashes of `parts`, for people: "recipe" (settings by their names), "data" (the
            `[data]` table) and "sources" (the sources' versions). It is in no key.
    """

    kind: str
    target: str
    sources: tuple[str, ...]
    key: str
    parts: Mapping[str, str] = field(compare=False)
    details: Mapping[str, Any] = field(compare=False, default_factory=dict)

    @property
    def identity(self) -> Identity:
        """What it is, whatever the settings: (kind, target, sources)."""
        return self.kind, self.target, self.sources

    @property
    def order(self) -> int:
        """How many sources feed it: 0 for all but readouts."""
        return len(self.sources)

    @property
    def name(self) -> str:
        """What messages call it."""
        return job_name(self.kind, self.target, self.sources)


def job_name(kind: str, target: str, sources: tuple[str, ...]) -> str:
    """ "transfer denoising + normals -> layout", "reference random_projection -> jigsaw", "network of normals"."""
    return f"{kind} {' + '.join(sources)} -> {target}" if sources else f"{kind} of {target}"


@lru_cache(maxsize=8)
def recipes_of(recipe: Recipe) -> Mapping[str, str]:
    """The hash of what matters of a recipe, by kind of job; a reference is trained as a transfer is."""
    return {kind: recipe.digest(TRANSFER if kind == REFERENCE else kind) for kind in KINDS}


def digest_of(*parts: object) -> str:
    """32 hex digits of blake2b over JSON."""
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()


class Keys:
    """Makes the jobs of one registry.toml with their present keys."""

    def __init__(self, roster: Roster, recipe: Recipe, facts: Facts) -> None:
        self.roster = roster
        self.recipe = recipe
        self.left_out = facts.left_out
        self._recipes = recipes_of(recipe)
        self._settings = {kind: recipe.settings(TRANSFER if kind == REFERENCE else kind) for kind in KINDS}
        self._common = {"data": facts.data or UNKNOWN, "seed": str(roster.seed)}
        self._encoder = facts.encoder or UNKNOWN
        self._untrained = facts.untrained
        self._made: dict[Identity, Job] = {}

    @cached_property
    def used(self) -> tuple[str, ...]:
        """The registered tasks that take part, sorted: only these have jobs."""
        return tuple(sorted(self.roster.used))

    @cached_property
    def targets(self) -> tuple[str, ...]:
        """The registered tasks that are transferred to, sorted."""
        return tuple(sorted(name for name, task in self.roster.tasks.items() if task.is_target))

    @cached_property
    def sources(self) -> tuple[str, ...]:
        """The registered tasks that are transferred from, sorted."""
        return tuple(sorted(name for name, task in self.roster.tasks.items() if task.is_source))

    @cached_property
    def trained(self) -> tuple[str, ...]:
        """The tasks in use that have a network of their own to train, sorted."""
        return tuple(sorted(name for name in self.used if name not in self._untrained))

    @cached_property
    def untrained(self) -> str | None:
        """The untrained encoder that every trained task is held against: the first by name of those registered."""
        return next((name for name in self.sources if name in self._untrained), None)

    @property
    def settings(self) -> str:
        """A hash of all that makes losses comparable: recipe, data, seed and encoder; no task is in it."""
        return digest_of(self._recipes, self._common, self._encoder)

    def sources_of(self, target: str) -> tuple[str, ...]:
        """Every source but the target itself."""
        return tuple(name for name in self.sources if name != target)

    @property
    def highest_order(self) -> int:
        """The most sources that any target could have."""
        return max((len(self.sources_of(target)) for target in self.targets), default=0)

    def network(self, task: str) -> Job:
        """The task's own network, trained on `train`."""
        return self._job(NETWORK, task, (), {"encoder": self._encoder})

    def scratch(self, target: str) -> Job:
        """The same network, trained from pixels on `transfer`."""
        return self._job(SCRATCH, target, (), {"encoder": self._encoder})

    def constant(self, task: str) -> Job:
        """The best output that ignores the image."""
        return self._job(CONSTANT, task, (), {})

    def transfer(self, sources: tuple[str, ...], target: str) -> Job:
        """A readout of the frozen representations of `sources`."""
        return self._readout(TRANSFER, sources, target)

    def from_untrained(self, task: str) -> Job | None:
        """The readout from the untrained encoder: of a target a transfer, of another trained task a reference.

        None where no untrained encoder is registered, and for an untrained task itself.
        """
        if self.untrained is None or task not in self.trained:
            return None
        return self._readout(TRANSFER if task in self.targets else REFERENCE, (self.untrained,), task)

    def again(self, kind: str, target: str, sources: tuple[str, ...]) -> Job | None:
        """The job of a stored result as it would be made today; None where its tasks or roles are no longer there."""
        if kind == NETWORK:
            return self.network(target) if target in self.used else None
        if kind == CONSTANT:
            return self.constant(target) if target in self.trained else None
        if kind == REFERENCE:
            job = self.from_untrained(target)
            return job if job is not None and job.identity == (kind, target, sources) else None
        if target not in self.targets or not set(sources) <= set(self.sources_of(target)):
            return None
        return self.transfer(sources, target) if kind == TRANSFER else self.scratch(target)

    def whatever_role(self, kind: str, target: str, sources: tuple[str, ...]) -> Job | None:
        """The job of a stored result as it would be made today, in whatever roles its tasks are registered.

        None where one of them is not registered at all.
        """
        if not self.roster.tasks.keys() >= {target, *sources}:
            return None
        if sources:
            return self._readout(kind, sources, target)
        job: Job = getattr(self, kind)(target)
        return job

    def _readout(self, kind: str, sources: tuple[str, ...], target: str) -> Job:
        ordered = tuple(sorted(sources))
        extra = {"encoder": self._encoder, "networks": self._recipes[NETWORK]}
        extra |= {f"source {name}": self.network(name).key for name in ordered}
        return self._job(kind, target, ordered, extra)

    def _job(self, kind: str, target: str, sources: tuple[str, ...], extra: Mapping[str, str]) -> Job:
        identity = (kind, target, sources)
        if identity not in self._made:
            parts = {
                "version": str(self.roster.tasks[target].version),
                "recipe": self._recipes[kind],
                **self._common,
                **extra,
            }
            self._made[identity] = Job(
                kind, target, sources, digest_of(*identity, parts), parts, self._details(identity)
            )
        return self._made[identity]

    def _details(self, identity: Identity) -> dict[str, Any]:
        kind, _, sources = identity
        recipe = self._settings[kind] | (self._settings[NETWORK] if sources else {})
        versions = {name: self.roster.tasks[name].version for name in sources}
        return {"recipe": recipe, "data": dict(self.roster.data), "sources": versions}
