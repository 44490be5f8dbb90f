"""The tournament: every contestant of one target against every other, on the same test images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.columns import Contestant, LossColumn, align


@dataclass(frozen=True, eq=False)
class WinRates:
    """Who beats whom on one target.

    Attributes:
        target: the task.
        contestants: n of them, in the order of the matrix.
        matrix: float64 [n, n]; [i, j] is the share of images on which i has a strictly lower loss than j.
        images: how many images were compared.
    """

    target: str
    contestants: tuple[Contestant, ...]
    matrix: NDArray[np.float64]
    images: int

    def against(self, contestant: Contestant) -> NDArray[np.float64] | None:
        """Everyone's win rate [n] against one contestant, or None where it did not take part."""
        return self.matrix[:, self.contestants.index(contestant)] if contestant in self.contestants else None

    def among(self, contestants: Iterable[Contestant]) -> WinRates:
        """The same tournament for some of its contestants, in the order of this one."""
        wanted = set(contestants)
        rows = [row for row, contestant in enumerate(self.contestants) if contestant in wanted]
        return WinRates(
            self.target,
            tuple(self.contestants[row] for row in rows),
            self.matrix[np.ix_(rows, rows)],
            self.images,
        )


def win_rates(columns: Iterable[LossColumn]) -> WinRates:
    """Play the tournament of one target (paper section 3.3, facts 4.1).

    W[i, j] = (images with loss_i < loss_j) / (images compared). A tie counts for neither side, so that
    W[i, j] + W[j, i] <= 1 and the diagonal is 0. An image on which any contestant has no loss (NaN) is left out for
    all of them, so that all rates are over the same images.

    Args:
        columns: the columns of one target, on the same images; see `align`.

    Raises:
        TaxonomyError: the columns do not compare, or no image has a loss from everyone.

    Time is n * n * N comparisons; memory beside the columns is one [n, N] array of booleans.
    """
    aligned = align(columns)
    # Image by contestant would be read with strides; contestant by image keeps every comparison on whole rows.
    kept = aligned.losses[:, ~np.isnan(aligned.losses).any(axis=0)]
    images = kept.shape[1]
    if not images:
        empty = [c.label for c, row in zip(aligned.contestants, aligned.losses, strict=True) if np.isnan(row).all()]
        cause = f" ({', '.join(empty)} has none at all)" if empty else ""
        raise TaxonomyError(
            f"No test image of {aligned.target} has a loss from every contestant{cause}.",
            "See which job left it empty; type: tk status",
        )
    wins = np.stack([np.count_nonzero(row < kept, axis=1) for row in kept])
    return WinRates(aligned.target, aligned.contestants, wins / images, images)
