"""One project as the ledger sees it: its registry.toml, its recipe, its store, and what plans and columns come of them.

Imports no torch.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from taskonomy_core.errors import TaskonomyError
from taskonomy_core.learning.recipe import Recipe, recipe_for
from taskonomy_core.ledger.beam import rank
from taskonomy_core.ledger.jobs import Facts, Job, Keys, digest_of
from taskonomy_core.ledger.left_out import disabled
from taskonomy_core.ledger.left_out import read as read_left_out
from taskonomy_core.ledger.objects import OBJECTS
from taskonomy_core.ledger.plan import Plan, Planner
from taskonomy_core.ledger.records import Result, Snapshot
from taskonomy_core.ledger.store import Store
from taskonomy_core.registry.roster import Roster, read_roster
from taskonomy_core.taxonomy.columns import LossColumn

FOLDER = ".taskonomy"
FEATURES = "features"


def recipe_of(roster: Roster) -> Recipe:
    """The recipe of a registry.toml: its preset with its `[recipe]` table, its encoder and its order laid over it."""
    recipe = recipe_for(roster.preset, roster.recipe)
    encoder = recipe.encoder if roster.encoder is None else roster.encoder
    return replace(recipe, encoder=encoder, order=recipe.order if roster.order is None else roster.order)


@dataclass(frozen=True)
class Project:
    """A registry.toml with its recipe."""

    roster: Roster
    recipe: Recipe

    @staticmethod
    def read(path: Path) -> Project:
        """Read a registry.toml. Errors: RosterError."""
        roster = read_roster(path)
        return Project(roster, recipe_of(roster))

    @property
    def folder(self) -> Path:
        """Where the store lies: beside registry.toml."""
        return self.roster.path.resolve().parent / FOLDER

    @property
    def objects(self) -> Path:
        """Where the files of results lie."""
        return self.folder / OBJECTS

    @property
    def features(self) -> Path:
        """Where the caches of encoder outputs lie."""
        return self.folder / FEATURES

    @property
    def data_request(self) -> dict[str, Any]:
        """What the data source is asked for, as keyword arguments of contract.DataRequest."""
        return {
            "image": self.recipe.size.image,
            "counts": self.recipe.counts,
            "seed": self.roster.seed,
            "options": self.roster.data_options,
        }

    @property
    def data_fact(self) -> str:
        """The name under which the data source's fingerprint is recorded: a hash of all that it is asked for."""
        return f"data {self._data_digest}"

    @property
    def left_out_fact(self) -> str:
        """The name under which the tasks are recorded that cannot take part with this data source."""
        return f"left out {self._data_digest}"

    @property
    def _data_digest(self) -> str:
        return digest_of(self.roster.data["source"], self.data_request)

    @property
    def encoder_fact(self) -> str:
        """The name under which the encoder's version is recorded."""
        return f"encoder {self.recipe.encoder}"

    def facts(self, store: Store) -> Facts:
        """What the store has recorded of this project's data source, encoder and tasks."""
        recorded = store.facts()
        version = recorded.get(self.encoder_fact)
        return Facts(
            data=recorded.get(self.data_fact),
            encoder=None if version is None else f"{self.recipe.encoder}@{version}",
            untrained=frozenset(card.name for card in store.cards().values() if not card.trainable),
            left_out=read_left_out(recorded.get(self.left_out_fact), self.roster) | disabled(self.roster),
        )

    def planner(self, store: Store) -> Planner:
        """What makes plans from snapshots of this store."""
        facts = self.facts(store)

        def ranking(target: str, results: tuple[Result, ...]) -> tuple[str, ...]:
            return rank(column_of(store, result) for result in results)

        return Planner(Keys(self.roster, self.recipe, facts), facts.known, ranking)

    def plan(self, store: Store, order: int | None = None, retry_since: int | None = None) -> Plan:
        """Where everything stands now, up to `order` sources (the recipe's own where None).

        Errors: TaskonomyError for an order that is not a whole number from 1 to the most sources a target has.
        """
        planner = self.planner(store)
        return planner.plan(store.snapshot(), self.checked_order(planner.keys, order), retry_since)

    def checked_order(self, keys: Keys, order: int | None) -> int:
        """The order to plan for; one from the recipe is cut to what the sources allow, one that was asked for is not.

        Errors: TaskonomyError.
        """
        highest = keys.highest_order
        if order is None:
            return min(self.recipe.order, max(highest, 1))
        if not 1 <= order <= max(highest, 1):
            raise TaskonomyError(
                f"There is no order {order}: a transfer has 1 to {max(highest, 1)} of the registered sources.",
                f"Type: tk plan --order {min(2, max(highest, 1))}",
            )
        return order


def column_of(store: Store, result: Result) -> LossColumn:
    """The loss column of a stored result that has one."""
    image_ids, losses = store.column(result)
    reference = {"network": "self", "transfer": "", "reference": ""}.get(result.kind, result.kind)
    return LossColumn(result.target, result.sources, reference, image_ids, losses)


def columns(roster: Roster, recipe: Recipe, store: Store, order: int | None = None) -> list[LossColumn]:
    """The loss columns of all present results: transfers, and the references "self", "scratch" and "constant".

    A result is present if the job of its tasks would have its key today; those of unregistered tasks or roles, of
    older versions, recipes, data sets or seeds are left out, and so are transfers of a higher order than `order`.
    Sorted by target, then references, then transfers.

    Errors: LedgerError where a stored file is damaged.
    """
    project = Project(roster, recipe)
    keys = Keys(roster, recipe, project.facts(store))
    return [column_of(store, result) for result in present_results(keys, store.snapshot(), order)]


def results_of_today(keys: Keys, snapshot: Snapshot) -> Iterator[tuple[Result, Job]]:
    """The finished results whose keys are today's, each with its job."""
    for result in snapshot.results.values():
        if result.done and (job := keys.again(*result.identity)) is not None and job.key == result.key:
            yield result, job


def present_results(keys: Keys, snapshot: Snapshot, order: int | None = None) -> list[Result]:
    """The finished results with losses of registered targets whose keys are today's."""
    found = [
        result
        for result, job in results_of_today(keys, snapshot)
        if result.scored and result.target in keys.targets and (order is None or job.order <= order)
    ]
    return sorted(found, key=lambda result: (result.target, len(result.sources), result.sources, result.kind))
