from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.ahp import ahp


def random_rates(seed, size):
    draws = np.random.default_rng(seed)
    upper = np.triu(draws.uniform(0, 1, (size, size)), 1)
    ties = np.triu(draws.uniform(0, 0.2, (size, size)), 1)
    return upper + np.tril((1 - upper - ties).clip(0).T, -1)


def test_two_contestants_share_as_their_wins():
    assert ahp([[0, 0.75], [0.25, 0]]) == pytest.approx([0.75, 0.25], abs=1e-14)


def test_wins_of_every_image_are_clipped():
    # Clipped to .999 / .001, a ratio of 999 to 1.
    assert ahp([[0, 1], [0, 0]]) == pytest.approx([0.999, 0.001], abs=1e-14)


def test_three_consistent_contestants_keep_their_ratios():
    # Ratios 2 : 1, 6 : 1 and 3 : 1 are consistent with 6 : 3 : 1.
    rates = [[0, 2 / 3, 6 / 7], [1 / 3, 0, 3 / 4], [1 / 7, 1 / 4, 0]]
    assert ahp(rates) == pytest.approx([0.6, 0.3, 0.1], abs=1e-14)


def test_three_in_a_circle_are_equal_although_iteration_hardly_converges():
    assert ahp([[0, 1, 0], [0, 0, 1], [1, 0, 0]]) == pytest.approx([1 / 3] * 3, abs=1e-14)


def test_a_perfect_contestant_takes_the_mass_that_the_facts_sheet_measured():
    wins = np.full((37, 37), 0.5)
    wins[0, :], wins[:, 0] = 1, 0
    assert ahp(wins, clip=0.01)[0] == pytest.approx(0.73, abs=0.005)
    assert ahp(wins)[0] == pytest.approx(0.965, abs=0.0005)
    assert ahp(wins, clip=0.0001)[0] == pytest.approx(0.996, abs=0.0005)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.integers(1, 30))
def test_it_is_the_principal_eigenvector_of_the_ratio_matrix(seed, size):
    wins = random_rates(seed, size)
    clipped = wins.clip(0.001, 0.999)
    values, vectors = np.linalg.eig(clipped / clipped.T)
    principal = vectors[:, values.real.argmax()]
    assert np.abs(principal.imag).max() < 1e-9
    expected = principal.real / principal.real.sum()
    weights = ahp(wins)
    assert weights.dtype == np.float64
    assert (weights > 0).all()
    assert weights.sum() == pytest.approx(1, abs=1e-14)
    assert weights == pytest.approx(expected, abs=1e-11)


@settings(deadline=None)
@given(st.integers(0, 10**6), st.permutations(range(8)))
def test_the_order_of_the_contestants_does_not_matter(seed, order):
    wins = random_rates(seed, 8)
    assert ahp(wins[np.ix_(order, order)]) == pytest.approx(ahp(wins)[list(order)], abs=1e-13)


def test_it_leaves_its_input_alone():
    wins = np.array([[0.0, 1.0], [0.0, 0.0]])
    ahp(wins)
    assert wins.tolist() == [[0, 1], [0, 0]]


@pytest.mark.parametrize(
    ("wins", "clip", "said"),
    [
        ([[0, 1]], 0.001, "AHP needs a square matrix of win rates; this one has shape (1, 2)."),
        ([[0, np.nan], [1, 0]], 0.001, "AHP needs win rates between 0 and 1; this matrix holds others."),
        ([[0, 1.5], [0, 0]], 0.001, "AHP needs win rates between 0 and 1; this matrix holds others."),
        ([[0]], 0.5, "The clip of AHP must lie between 0 and 0.5; it is 0.5.\nThe paper uses 0.001."),
    ],
)
def test_bad_input_is_refused_in_words(wins, clip, said):
    with pytest.raises(TaxonomyError) as refused:
        ahp(wins, clip)
    assert str(refused.value) == said
