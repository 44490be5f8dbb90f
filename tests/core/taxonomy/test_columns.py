from __future__ import annotations

import numpy as np
import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.columns import Contestant, LossColumn, align


def test_a_column_is_frozen_sorted_and_its_own_copy():
    losses = np.array([1.0, 2.0])
    column = LossColumn.transfer("layout", ("normals", "denoising"), [3, 1], losses)
    losses[0] = 9
    assert column.sources == ("denoising", "normals")
    assert column.name == "denoising + normals -> layout"
    assert column.losses.tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match="read-only"):
        column.losses[0] = 0


def test_align_reorders_images_and_sorts_contestants():
    aligned = align(
        [
            LossColumn.transfer("t", ["b"], [30, 10, 20], [3.0, 1.0, 2.0]),
            LossColumn.of_reference("t", "self", [10, 20, 30], [4.0, 5.0, 6.0]),
        ]
    )
    assert aligned.contestants == (Contestant(reference="self"), Contestant(("b",)))
    assert aligned.image_ids.tolist() == [10, 20, 30]
    assert aligned.losses.tolist() == [[4, 5, 6], [1, 2, 3]]


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        (list, "There are no losses to compare.\nTrain transfers first; type: tk transfer"),
        (
            lambda: [
                LossColumn.transfer("t", ["a"], [1, 2], [0, 0]),
                LossColumn.transfer("t", ["b"], [1, 3], [0, 0]),
            ],
            "a -> t and b -> t were not scored on the same images (2 and 2 images; 2 in only one of them).\n"
            "Evaluate both on one test split, then type: tk transfer",
        ),
        (
            lambda: [LossColumn.transfer("t", ["a"], [1], [0]), LossColumn.transfer("u", ["a"], [1], [0])],
            "a -> t and a -> u have different targets and cannot be compared.",
        ),
        (
            lambda: [LossColumn.transfer("t", ["a"], [1], [0]), LossColumn.transfer("t", ["a"], [1], [0])],
            "There are two loss columns of a -> t.\nKeep one; type: tk status",
        ),
        (
            lambda: [LossColumn("t", (), "", np.array([1]), np.array([0.0]))],
            "A loss column of t has sources () and reference ''; it needs either sources or one of self, scratch, "
            "constant.",
        ),
        (
            lambda: [LossColumn("t", ("a",), "self", np.array([1]), np.array([0.0]))],
            "A loss column of t has sources ('a',) and reference 'self'; it needs either sources or one of self, "
            "scratch, constant.",
        ),
        (
            lambda: [LossColumn.transfer("t", ["a", "a"], [1], [0])],
            "The loss column of a + a -> t names a source twice.",
        ),
        (
            lambda: [LossColumn.transfer("t", ["a"], [1, 2], [0])],
            "The loss column of a -> t has image ids of shape (2,) and losses of shape (1,).",
        ),
        (
            lambda: [LossColumn.transfer("t", ["a"], [1, 1], [0, 0])],
            "The loss column of a -> t scores an image twice.\nEvaluate both on one test split, then type: tk transfer",
        ),
        (
            lambda: [LossColumn.transfer("t", ["a"], [1], [np.inf])],
            "The loss column of a -> t holds an infinite loss.\n"
            "Evaluate both on one test split, then type: tk transfer",
        ),
    ],
)
def test_what_does_not_compare_is_refused_in_words(columns, said):
    with pytest.raises(TaxonomyError) as refused:
        align(columns())
    assert str(refused.value) == said
