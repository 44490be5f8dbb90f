from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import linalg, stats

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy import ahp as module
from taskonomy_core.taxonomy.ahp import CLIP, ahp


def random_rates(seed, size):
    draws = np.random.default_rng(seed)
    upper = np.triu(draws.uniform(0, 1, (size, size)), 1)
    ties = np.triu(draws.uniform(0, 0.2, (size, size)), 1)
    return upper + np.tril((1 - upper - ties).clip(0).T, -1)


def rates_of(losses):
    return (losses[:, np.newaxis] < losses).mean(axis=2)


def losses_of(contestants, images=12):
    """Losses of few values, so that contestants tie, and some win nothing."""
    return arrays(np.int64, st.tuples(contestants, st.integers(1, images)), elements=st.integers(0, 4))


def odds(wins):
    clipped = np.clip(wins, CLIP, 1 - CLIP)
    return clipped / clipped.T


def raised(wins, i, j, more, fewer):
    """The rates when i wins `more` against j, and j `fewer` against i, as far as shares go."""
    better = np.array(wins)
    better[j, i] *= 1 - fewer
    better[i, j] += more * (1 - better[j, i] - better[i, j])
    return better


share = st.floats(0, 1)


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


@settings(deadline=None)
@given(losses_of(st.integers(1, 10)))
def test_tournaments_with_ties_agree_with_an_eigen_solver(losses):
    wins = rates_of(losses)
    values, vectors = linalg.eig(odds(wins))
    principal = vectors[:, values.real.argmax()].real
    assert ahp(wins) == pytest.approx(principal / principal.sum(), abs=1e-9)


# Raising row i of a positive matrix raises v_i / v_k for every k: with v_i = 1 the others are (lambda - A_rest)^-1
# a_rest,i, and lambda grows. So winning more against j, which raises row i and lowers row j, raises v_i / v_j.
@settings(deadline=None)
@given(losses_of(st.integers(2, 8)), st.data(), share, share)
def test_who_wins_more_against_another_never_falls_behind_it(losses, data, more, fewer):
    wins = rates_of(losses)
    i, j = data.draw(st.permutations(range(len(wins))))[:2]
    before, after = ahp(wins), ahp(raised(wins, i, j, more, fewer))
    assert after[i] / after[j] >= before[i] / before[j] * (1 - 1e-9)


# With three contestants the vector is the geometric means of the rows, each of which grows with its entries.
@settings(deadline=None)
@given(losses_of(st.just(3)), st.permutations(range(3)), share, share)
def test_of_three_who_wins_more_never_loses_weight(losses, order, more, fewer):
    wins, (i, j, _) = rates_of(losses), order
    better = raised(wins, i, j, more, fewer)
    means = stats.gmean(odds(better), axis=1)
    assert ahp(better) == pytest.approx(means / means.sum(), abs=1e-9)
    assert ahp(better)[i] >= ahp(wins)[i] - 1e-12


# Scaled by D^-1 R D, consistent ratios are all 1 but for t and 1 / t, where v_i / v_k is 1 + (t - 1) v_j / lambda.
@settings(deadline=None)
@given(arrays(np.float64, st.integers(2, 8), elements=st.floats(0.05, 20)), st.data(), share)
def test_where_ratios_are_consistent_who_wins_more_never_loses_weight(skills, data, more):
    wins = skills[:, np.newaxis] / (skills[:, np.newaxis] + skills)
    i, j = data.draw(st.permutations(range(len(wins))))[:2]
    assert ahp(wins) == pytest.approx(skills / skills.sum(), abs=1e-12)
    assert ahp(raised(wins, i, j, 1, more))[i] >= ahp(wins)[i] - 1e-12


@settings(deadline=None)
@given(losses_of(st.integers(2, 8)), st.floats(1, 50), st.data())
def test_odds_better_by_one_factor_against_all_raise_the_weight_by_that_factor(losses, factor, data):
    clipped = rates_of(losses).clip(0.05, 0.95)
    i = data.draw(st.integers(0, len(clipped) - 1))
    better = clipped.copy()
    better[:, i] /= factor
    better[i, i] = clipped[i, i]
    before, after = ahp(clipped), ahp(better)
    others = np.arange(len(clipped)) != i
    assert after[i] / after[others] == pytest.approx(before[i] / before[others] * factor, rel=1e-9)


def test_nothing_changes_beyond_the_clip():
    nearly = [[0.5, 1 - CLIP, 0.6], [CLIP, 0.5, 0.4], [0.3, 0.5, 0.5]]
    assert ahp(raised(nearly, 0, 1, 1, 1)).tolist() == ahp(nearly).tolist()


def test_a_share_may_fall_when_its_owner_breaks_a_circle():
    # The first three beat each other in a circle, the last beats them all. When the first beats the third as well, it
    # gains on the third, but the last gains on everyone.
    circle = np.array([[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0], [1, 1, 1, 0]])
    broken = circle.copy()
    broken[0, 2], broken[2, 0] = 1, 0
    assert ahp(circle) == pytest.approx([1 / 6, 1 / 6, 1 / 6, 1 / 2], abs=2e-6)
    assert ahp(broken)[0] == pytest.approx(0.0306, abs=1e-4)
    assert ahp(broken)[0] / ahp(broken)[2] > 900


@pytest.mark.parametrize("together", [1, 2**16])
def test_a_stack_is_weighed_as_one_by_one(monkeypatch, together):
    monkeypatch.setattr(module, "_TOGETHER", together)
    circle, line = np.eye(4, k=1) + np.eye(4, k=-3), np.triu(np.ones((4, 4)), 1)
    stack = np.stack([random_rates(0, 4), circle, line, np.zeros((4, 4)), circle.T, random_rates(1, 4)])
    one_by_one = np.stack([ahp(wins) for wins in stack])
    assert ahp(stack).tolist() == one_by_one.tolist()
    assert ahp(stack.reshape(2, 3, 4, 4)).tolist() == one_by_one.reshape(2, 3, 4).tolist()
    assert ahp(np.asfortranarray(stack)).tolist() == one_by_one.tolist()
    assert ahp(stack[:0]).shape == (0, 4)


def test_it_leaves_its_input_alone():
    wins = np.array([[0.0, 1.0], [0.0, 0.0]])
    ahp(wins)
    assert wins.tolist() == [[0, 1], [0, 0]]


@pytest.mark.parametrize(
    ("wins", "clip", "said"),
    [
        ([[0, 1]], 0.001, "AHP needs a square matrix of win rates; this one has shape (1, 2)."),
        (np.zeros((2, 3, 4)), 0.001, "AHP needs a square matrix of win rates; this one has shape (2, 3, 4)."),
        (np.zeros((2, 0, 0)), 0.001, "AHP needs a square matrix of win rates; this one has shape (2, 0, 0)."),
        ([0.5], 0.001, "AHP needs a square matrix of win rates; this one has shape (1,)."),
        ([[0, np.nan], [1, 0]], 0.001, "AHP needs win rates between 0 and 1; this matrix holds others."),
        ([[0, 1.5], [0, 0]], 0.001, "AHP needs win rates between 0 and 1; this matrix holds others."),
        ([[0]], 0.5, "The clip of AHP must lie between 0 and 0.5; it is 0.5.\nThe paper uses 0.001."),
    ],
)
def test_bad_input_is_refused_in_words(wins, clip, said):
    with pytest.raises(TaxonomyError) as refused:
        ahp(wins, clip)
    assert str(refused.value) == said
