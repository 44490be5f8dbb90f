from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.columns import Contestant, LossColumn
from taskonomy_core.taxonomy.tournament import compared_losses, weighted_rates, win_rates


def columns(losses):
    ids = np.arange(np.shape(losses)[1])
    return [LossColumn.transfer("t", [f"s{i:02}"], ids, row) for i, row in enumerate(losses)]


def test_hand_worked_rates_with_a_tie():
    rates = win_rates(columns([[1, 5, 3, 2], [2, 4, 3, 9]]))
    assert rates.matrix.tolist() == [[0, 0.5], [0.25, 0]]
    assert rates.images == 4
    assert rates.contestants == (Contestant(("s00",)), Contestant(("s01",)))


def test_an_image_without_a_label_is_left_out_for_all():
    rates = win_rates(columns([[1, 5, 1, 1], [2, 4, 9, np.nan], [0, 0, np.nan, 0]]))
    assert rates.images == 2
    assert rates.matrix.tolist() == [[0, 0.5, 0], [0.5, 0, 0], [1, 1, 0]]


def test_no_common_image_names_who_is_empty():
    with pytest.raises(TaxonomyError) as refused:
        win_rates(columns([[1, 2], [np.nan, np.nan]]))
    assert str(refused.value) == (
        "No test image of t has a loss from every contestant (s01 has none at all).\n"
        "See which job left it empty; type: tk status"
    )


@given(arrays(np.float64, (4, 7), elements=st.integers(0, 5).map(float)))
def test_rates_equal_a_count_pair_by_pair(losses):
    rates = win_rates(columns(losses)).matrix
    for i in range(4):
        for j in range(4):
            assert rates[i, j] == sum(a < b for a, b in zip(losses[i], losses[j], strict=True)) / 7


@given(arrays(np.float64, (4, 7), elements=st.integers(0, 5).map(float)), st.data())
def test_weighted_rates_equal_a_tournament_with_images_repeated(losses, data):
    counts = data.draw(arrays(np.float32, (3, 7), elements=st.integers(0, 9)).filter(lambda c: c.any(axis=1).all()))
    rates = weighted_rates(losses, counts)
    for each, repeats in zip(rates, counts, strict=True):
        assert each.tolist() == win_rates(columns(losses.repeat(repeats.astype(int), axis=1))).matrix.tolist()


def test_compared_losses_are_those_of_images_that_all_have():
    compared = compared_losses(columns([[1, 5, 1, 1], [2, 4, 9, np.nan], [0, 0, np.nan, 0]]))
    assert compared.image_ids.tolist() == [0, 1]
    assert compared.losses.tolist() == [[1, 5], [2, 4], [0, 0]]


def test_a_hundred_contestants_on_the_papers_test_split():
    losses = np.random.default_rng(0).normal(size=(100, 17_000))
    rates = win_rates(columns(losses))
    off = ~np.eye(100, dtype=bool)
    assert (rates.matrix + rates.matrix.T)[off] == pytest.approx(1)
