"""Shares worked by hand: four images and a fifth without a label."""

from __future__ import annotations

from statistics import fmean

import numpy as np
import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.aliases import PUBLISHED_NAMES
from taskonomy_core.taxonomy.columns import LossColumn
from taskonomy_core.taxonomy.published_sanity import PUBLISHED_MEAN, PUBLISHED_SANITY
from taskonomy_core.taxonomy.sanity import Sanity, sanity, summary

NAN = np.nan
OWN = LossColumn.of_reference("jigsaw", "self", range(5), [1.0, 2.0, 3.0, 4.0, NAN])


def constant(*losses: float) -> LossColumn:
    return LossColumn.of_reference("jigsaw", "constant", range(5), losses)


def readout(*losses: float) -> LossColumn:
    return LossColumn.transfer("jigsaw", ("random_projection",), range(5), losses)


def test_ties_count_for_neither_and_images_without_a_label_are_left_out() -> None:
    found = sanity(OWN, constant(2.0, 3.0, 3.0, 5.0, NAN), readout(0.5, 2.5, 3.0, 4.0, NAN))
    # Wins on images 0, 1 and 3, a tie on 2; against the readout a win on 1, two ties, a loss on 0.
    assert found == Sanity("jigsaw", 3 / 4, 1 / 4, 4)


def test_an_opponent_that_is_not_there_leaves_its_share_open() -> None:
    assert sanity(OWN, constant(2.0, 3.0, 3.0, 5.0, NAN), None) == Sanity("jigsaw", 3 / 4, None, 4)
    assert sanity(OWN, None, readout(0.5, 2.5, 3.0, 4.0, NAN)) == Sanity("jigsaw", None, 1 / 4, 4)
    assert sanity(OWN, None, None) == Sanity("jigsaw", None, None, 0)


def test_losses_of_other_images_are_refused() -> None:
    other = LossColumn.of_reference("jigsaw", "constant", range(1, 6), [1.0] * 5)
    with pytest.raises(TaxonomyError, match="were not scored on the same images"):
        sanity(OWN, other, None)
    with pytest.raises(TaxonomyError, match="No test image of jigsaw has a loss from every contestant"):
        sanity(OWN, constant(*[NAN] * 5), None)


def test_the_summary_counts_more_than_half_and_leaves_out_what_was_not_measured() -> None:
    rows = [Sanity("a", 0.5, 0.4, 9), Sanity("b", 0.75, None, 9), Sanity("c", 0.76, 0.8, 9), Sanity("d")]
    total = summary(rows)
    assert (total.tasks, total.over_half, total.over_three_quarters) == (3, 2, 1)
    assert total.over_constant == pytest.approx((0.5 + 0.75 + 0.76) / 3)
    assert total.over_random == pytest.approx(0.6)
    nothing = summary([Sanity("d")])
    assert (nothing.over_constant, nothing.over_random, nothing.tasks) == (None, None, 0)


def test_the_published_figures_are_of_the_26_tasks_and_have_the_printed_mean() -> None:
    assert PUBLISHED_SANITY.keys() <= set(PUBLISHED_NAMES.values())
    over_constant = [constant for constant, _ in PUBLISHED_SANITY.values() if constant is not None]
    over_random = [random for _, random in PUBLISHED_SANITY.values() if random is not None]
    assert (len(over_constant), len(over_random)) == (22, 20)
    assert round(fmean(over_constant), 1) == PUBLISHED_MEAN[0] == 92.4
    assert round(fmean(over_random), 1) == 91.2  # printed: 90.9
