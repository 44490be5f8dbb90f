"""Table 1: have the networks learnt anything? A task's own network against guessing, and against no training at all.

Per task, the share of test images on which its own network has a strictly lower loss than (a) the best constant, and
(b) a readout trained on an encoder that stayed as it was initialised (facts 6.2). A tie counts for neither side, and
images without a loss from all three are left out, as in every tournament.

What deviates: the paper does not say how it counts ties. Our constant of a dense task is a whole map, the best that can
be said without looking (learning.constant).
"""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from taskonomy_core.taxonomy.columns import LossColumn
from taskonomy_core.taxonomy.tournament import win_rates

HALF, THREE_QUARTERS = 0.5, 0.75


@dataclass(frozen=True)
class Sanity:
    """One row of the table.

    Attributes:
        task: whose network it is.
        over_constant, over_random: shares in [0, 1] of the images; None where that opponent was not measured.
        images: how many images were compared.
    """

    task: str
    over_constant: float | None = None
    over_random: float | None = None
    images: int = 0


def sanity(own: LossColumn, constant: LossColumn | None, readout: LossColumn | None) -> Sanity:
    """Hold a network's losses against those of its opponents; `readout` is the one from the untrained encoder.

    Raises:
        TaxonomyError: the columns are not of the same images, or no image has a loss from all.
    """
    opponents = [column for column in (constant, readout) if column is not None]
    rates = win_rates([own, *opponents])
    row = rates.contestants.index(own.contestant)

    def share(opponent: LossColumn | None) -> float | None:
        return None if opponent is None else float(rates.matrix[row, rates.contestants.index(opponent.contestant)])

    return Sanity(own.target, share(constant), share(readout), rates.images if opponents else 0)


@dataclass(frozen=True)
class Summary:
    """The table in a line.

    Attributes:
        over_constant, over_random: means over the tasks where they were measured; None where none was.
        tasks: how many were held against their constant.
        over_half, over_three_quarters: how many of those beat it on more than so many of the images.
    """

    over_constant: float | None
    over_random: float | None
    tasks: int
    over_half: int
    over_three_quarters: int


def summary(rows: Iterable[Sanity]) -> Summary:
    """Sum up a table."""
    listed = list(rows)
    constant = [row.over_constant for row in listed if row.over_constant is not None]
    random = [row.over_random for row in listed if row.over_random is not None]
    return Summary(
        _mean(constant),
        _mean(random),
        len(constant),
        sum(share > HALF for share in constant),
        sum(share > THREE_QUARTERS for share in constant),
    )


def _mean(shares: Sequence[float]) -> float | None:
    return statistics.fmean(shares) if shares else None
