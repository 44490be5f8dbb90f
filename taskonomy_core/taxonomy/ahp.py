"""The Analytic Hierarchy Process: from pairwise win rates to one weight per contestant."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from taskonomy_core.errors import TaxonomyError

CLIP = 0.001

_SQUARINGS = 40
_SETTLED = 1e-10  # squaring squares the error, so that a step this small was the last that mattered
_POLISH = 3
_RESIDUAL = 1e-12
_TOGETHER = 2**16  # entries of the matrices that are worked on at a time: they stay in the processor's cache


def ahp(wins: ArrayLike, clip: float = CLIP) -> NDArray[np.float64]:
    """Weigh contestants by their win rates: the principal eigenvector of the ratio matrix (paper section 3.3).

    W' = clip(W, clip, 1 - clip); R = W' / W'^T elementwise; R v = lambda_max v; v / sum(v).

    R is positive, so v is real, positive and unique (Perron): no eigen-solver that may answer with complex numbers is
    needed. The clip sets the contrast: who wins every image gets 0.965 of the mass at 0.001, 0.73 at 0.01.

    Better odds against j alone never lower a contestant's weight relative to j, nor its share where three compete or
    where the ratios are consistent; odds better by one factor against all raise it by that factor against all. But in
    contradictory tournaments (circles) a share may fall when its owner wins more, as another gains still more from it:
    a known trait of the eigenvector method (Csato and Petroczy, EJOR 2021).

    Args:
        wins: [..., n, n], shares in [0, 1], one tournament or any number of them; the diagonals do not matter.
        clip: how close to 0 and 1 a win rate may come, 0 < clip < 0.5 (0.001 in the paper).

    Returns:
        float64 [..., n], positive, each n sum to 1, in the order of `wins`; a tournament's weights do not depend on
        the others beside it.

    Raises:
        TaxonomyError: `wins` is not made of square matrices of shares, or `clip` is out of range.

    Example:
        >>> ahp([[0.0, 0.75], [0.25, 0.0]])  # 0.75 / 0.25 = 3 to 1
        array([0.75, 0.25])
    """
    rates = np.asarray(wins, dtype=np.float64)
    if rates.ndim < 2 or rates.shape[-2] != rates.shape[-1] or not rates.shape[-1]:
        raise TaxonomyError(f"AHP needs a square matrix of win rates; this one has shape {rates.shape}.")
    if not ((rates >= 0) & (rates <= 1)).all():
        raise TaxonomyError("AHP needs win rates between 0 and 1; this matrix holds others.")
    if not 0 < clip < 0.5:
        raise TaxonomyError(f"The clip of AHP must lie between 0 and 0.5; it is {clip}.", "The paper uses 0.001.")
    n = rates.shape[-1]
    # One layout, whatever the caller's: sums then round alike, alone and in a stack.
    stack = np.ascontiguousarray(rates).reshape(-1, n, n)
    weights = np.empty(stack.shape[:-1])
    step = max(1, _TOGETHER // n**2)
    for start in range(0, len(stack), step):
        clipped = stack[start : start + step].clip(clip, 1 - clip)
        weights[start : start + step] = _perron_vectors(np.divide(clipped, clipped.swapaxes(1, 2), order="C"))
    return weights.reshape(rates.shape[:-1])


def _perron_vectors(matrices: NDArray[np.float64]) -> NDArray[np.float64]:
    """The principal eigenvectors [m, n], summing to 1, of positive matrices [m, n, n].

    Power iteration by squaring: the columns of M^(2^k) all turn into the vector. Contestants that beat each other in a
    circle bring the second eigenvalue within 0.2 % of the first, where plain iteration would need 20,000 steps. All
    entries are positive, so squaring cancels nothing and loses no digits. Each matrix stops when its own has settled.
    """
    vectors, power = _column_shares(matrices)
    moving = np.arange(len(matrices))
    for _ in range(_SQUARINGS):
        shares, power = _column_shares(power @ power)
        moves = np.abs(shares - vectors[moving]).max(axis=1) > _SETTLED
        vectors[moving] = shares
        if not moves.all():
            moving, power = moving[moves], power[moves]
        if not len(moving):
            break
    for _ in range(_POLISH):
        vectors = _image(matrices, vectors)
    residual = np.abs(_image(matrices, vectors) - vectors).max(initial=0.0)
    if not residual <= _RESIDUAL:
        raise ArithmeticError(f"the principal eigenvector did not converge: residual {residual:.1e}")
    return vectors


def _column_shares(power: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """The sum of all columns [m, n], scaled to sum to 1, and `power`, scaled alike so that squaring cannot overflow."""
    sums = power.sum(axis=2)
    whole = sums.sum(axis=1, keepdims=True)
    return sums / whole, power / whole[..., np.newaxis]


def _image(matrices: NDArray[np.float64], vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    images = (matrices @ vectors[..., np.newaxis])[..., 0]
    scaled: NDArray[np.float64] = images / images.sum(axis=1, keepdims=True)
    return scaled
