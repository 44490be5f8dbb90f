"""What jobs would take, from what finished ones took."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskonomy_core.ledger.jobs import Job, recipes_of
from taskonomy_core.ledger.records import Result

if TYPE_CHECKING:
    from taskonomy_core.learning.recipe import Recipe


@dataclass(frozen=True)
class Estimate:
    """Processor seconds of those jobs that anything is known of, and the number of those that nothing is known of."""

    seconds: float = 0.0
    unknown: int = 0


class Estimates:
    """Mean processor seconds of finished jobs under the present recipe: of the same kind and target, else of the kind.

    Nothing is scaled: a kind of which no job has ended is unknown.
    """

    def __init__(self, results: Iterable[Result], recipe: Recipe) -> None:
        present = recipes_of(recipe)
        seconds: dict[tuple[str, str], list[float]] = defaultdict(list)
        for result in results:
            if result.done and result.parts["recipe"] == present[result.kind]:
                seconds[result.kind, result.target].append(result.seconds)
                seconds[result.kind, ""].append(result.seconds)
        self._means = {who: sum(values) / len(values) for who, values in seconds.items()}

    def seconds(self, kind: str, target: str) -> float | None:
        """The estimate of one job; None where nothing is known."""
        return self._means.get((kind, target), self._means.get((kind, "")))

    def total(self, jobs: Iterable[Job]) -> Estimate:
        """The estimate of many."""
        return self.total_of((job.kind, job.target) for job in jobs)

    def total_of(self, jobs: Iterable[tuple[str, str]]) -> Estimate:
        """The estimate of many, given as (kind, target)."""
        values = [self.seconds(kind, target) for kind, target in jobs]
        known = [value for value in values if value is not None]
        return Estimate(sum(known), len(values) - len(known))
