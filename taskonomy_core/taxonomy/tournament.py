"""The tournament: every contestant of one target against every other, on the same test images."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.columns import AlignedLosses, Contestant, LossColumn, align


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


def win_rates(columns: Iterable[LossColumn]) -> WinRates:
    """Play the tournament of one target (paper section 3.3, facts 4.1).

    W[i, j] = (images with loss_i < loss_j) / (images compared). A tie counts for neither side, so that
    W[i, j] + W[j, i] <= 1 and the diagonal is 0. An image on which any contestant has no loss (NaN) is left out for
    all of them, so that all rates are over the same images.

    Args:
        columns: the columns of one target, on the same images; see `align`.

    Raises:
        TaxonomyError: the columns do not compare, or no image has a loss from everyone.

    Time is n * n * N / 2 comparisons, and as many again over the images on which some contestants tie.
    """
    compared = compared_losses(columns)
    losses, images = compared.losses, compared.losses.shape[1]
    # Whoever does not win loses or ties; ties are sought on the few images that have any.
    tied = np.compress(_has_ties(losses), losses, axis=1)
    wins = np.zeros((len(losses), len(losses)))
    for row in range(len(losses) - 1):
        # Pair by pair: numpy counts one row of booleans several times as fast as it counts along an axis.
        won = np.array([np.count_nonzero(losses[row] < other) for other in losses[row + 1 :]])
        even = np.array([np.count_nonzero(tied[row] == other) for other in tied[row + 1 :]])
        wins[row, row + 1 :] = won
        wins[row + 1 :, row] = images - won - even
    return WinRates(compared.target, compared.contestants, wins / images, images)


def compared_losses(columns: Iterable[LossColumn]) -> AlignedLosses:
    """The columns of one target on the images that have a loss from every contestant.

    Raises:
        TaxonomyError: the columns do not compare, or no image has a loss from everyone.
    """
    aligned = align(columns)
    scored = ~np.isnan(aligned.losses).any(axis=0)
    if not scored.any():
        empty = [c.label for c, row in zip(aligned.contestants, aligned.losses, strict=True) if np.isnan(row).all()]
        cause = f" ({', '.join(empty)} has none at all)" if empty else ""
        raise TaxonomyError(
            f"No test image of {aligned.target} has a loss from every contestant{cause}.",
            "See which job left it empty; type: tk status",
        )
    if scored.all():
        return aligned
    return AlignedLosses(
        aligned.target, aligned.contestants, aligned.image_ids[scored], np.ascontiguousarray(aligned.losses[:, scored])
    )


def weighted_rates(losses: NDArray[np.float64], counts: NDArray[np.float32]) -> NDArray[np.float64]:
    """The win rates of one target when image k counts counts[d, k] times, for every d at once.

    One matrix product per contestant: W[d, i, j] = sum_k counts[d, k] [loss_ik < loss_jk] / sum_k counts[d, k]. In
    float32 the sums are exact, as they are whole numbers below 2^24.

    Args:
        losses: [n, N], none NaN.
        counts: [draws, N], whole numbers; at least one of each row is not 0.

    Returns:
        float64 [draws, n, n]; with all counts 1 it is the matrix of `win_rates`.
    """
    images = counts.sum(axis=1, dtype=np.float64)[:, np.newaxis]
    some = _has_ties(losses)
    tied, counts_tied = np.compress(some, losses, axis=1), np.compress(some, counts, axis=1)
    rates = np.zeros((len(counts), len(losses), len(losses)))
    for row in range(len(losses) - 1):
        won = counts @ (losses[row] < losses[row + 1 :]).T.astype(np.float32)
        even = counts_tied @ (tied[row] == tied[row + 1 :]).T.astype(np.float32)
        rates[:, row, row + 1 :] = won / images
        rates[:, row + 1 :, row] = (images - won - even) / images
    return rates


def _has_ties(losses: NDArray[np.float64]) -> NDArray[np.bool_]:
    """Whether any two of the contestants [n, N] tie on each image [N]: sorted, they are neighbours."""
    ordered = np.sort(losses, axis=0)
    ties: NDArray[np.bool_] = (ordered[1:] == ordered[:-1]).any(axis=0)
    return ties
