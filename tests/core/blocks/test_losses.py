"""Losses against values worked out by hand, and their behaviour where nothing is scored."""

import doctest
import math

import pytest
import torch
import torch.nn.functional as F

from taskonomy_core.blocks import losses
from taskonomy_core.blocks.losses import (
    cross_entropy,
    embeddings_at,
    l1_loss,
    l2_loss,
    masked_mean,
    metric_embedding_loss,
    norm_loss,
    soft_cross_entropy,
    squared_distances,
)

YES = torch.tensor([True])


def test_the_examples_in_the_docstrings_hold():
    result = doctest.testmod(losses)
    assert result.attempted >= 7
    assert result.failed == 0


def test_masked_mean_counts_scored_elements_of_every_channel():
    values = torch.tensor([[[[1.0, 2.0]], [[3.0, 4.0]]]])  # 2 channels of 1 x 2 pixels
    assert masked_mean(values, torch.tensor([[[[True, False]]]])).tolist() == [2.0]  # (1 + 3) / 2
    assert masked_mean(values, YES).tolist() == [2.5]
    assert masked_mean(torch.tensor([7.0]), YES).tolist() == [7.0]


def test_l1_by_hand_with_a_pixel_mask():
    prediction = torch.tensor([[[[0.5, 9.0], [-1.0, 0.0]]]])
    target = torch.tensor([[[[1.0, 0.0], [1.0, 0.0]]]])
    mask = torch.tensor([[[[True, False], [True, True]]]])
    assert l1_loss(prediction, target, mask).item() == pytest.approx((0.5 + 2.0 + 0.0) / 3)
    assert l1_loss(prediction, target, YES).item() == pytest.approx((0.5 + 9.0 + 2.0 + 0.0) / 4)


def test_l2_by_hand_with_a_pixel_mask():
    prediction = torch.tensor([[[[0.5, 9.0], [-1.0, 0.0]]]])
    target = torch.tensor([[[[1.0, 0.0], [1.0, 0.0]]]])
    mask = torch.tensor([[[[True, False], [True, True]]]])
    assert l2_loss(prediction, target, mask).item() == pytest.approx((0.25 + 4.0 + 0.0) / 3)
    assert l2_loss(prediction, target, YES).item() == pytest.approx((0.25 + 81.0 + 4.0 + 0.0) / 4)


def test_norm_by_hand():
    prediction = torch.tensor([[1.0, 2.0, 2.0], [0.0, 0.0, 0.0], [2.0, 3.0, 6.0]])
    lengths = norm_loss(prediction, torch.zeros(3, 3), torch.tensor([True, True, True]))
    assert lengths.tolist() == [3.0, 0.0, 7.0]


def test_cross_entropy_by_hand():
    logits = torch.tensor([[0.0, math.log(3.0)]])  # softmax: 1/4, 3/4
    assert cross_entropy(logits, torch.tensor([0]), YES).item() == pytest.approx(math.log(4.0))
    assert cross_entropy(logits, torch.tensor([1]), YES).item() == pytest.approx(math.log(4.0 / 3.0))
    weighted = cross_entropy(logits, torch.tensor([0]), YES, weights=(2.5, 1.0))
    assert weighted.item() == pytest.approx(2.5 * math.log(4.0))


def test_weighted_cross_entropy_divides_by_the_number_of_pixels_not_by_the_weights():
    logits = torch.zeros(1, 2, 1, 3)  # ln 2 at every pixel
    target = torch.tensor([[[[0, 1, -1]]]])  # the last is no class and is not scored
    mask = target >= 0
    value = cross_entropy(logits, target, mask, weights=(3.0, 1.0)).item()
    assert value == pytest.approx((3.0 + 1.0) * math.log(2.0) / 2)


def test_soft_cross_entropy_by_hand_and_against_torch():
    logits = torch.tensor([[0.0, math.log(3.0)]])
    target = torch.tensor([[0.5, 0.5]])
    assert soft_cross_entropy(logits, target, YES).item() == pytest.approx(0.5 * math.log(4.0) + 0.5 * math.log(4 / 3))
    torch.manual_seed(0)
    logits, target = torch.randn(3, 5, 2, 2), torch.rand(3, 5, 2, 2).softmax(1)
    theirs = F.cross_entropy(logits, target, reduction="none").mean((1, 2))
    torch.testing.assert_close(soft_cross_entropy(logits, target, torch.ones(3, dtype=torch.bool)), theirs)


def test_the_metric_loss_by_hand():
    prediction = torch.tensor([0.0, 1.0, 3.0]).reshape(1, 1, 1, 3)
    samples = torch.tensor([[[0, 0, 5], [0, 1, 5], [0, 2, 8]]])
    similar = {d: 2 / (1 + math.exp(d)) for d in (1.0, 9.0, 4.0)}
    pairs = 2 * (math.log(similar[1.0]) + math.log(1 - similar[9.0]) + math.log(1 - similar[4.0]))
    diagonal = 3 * math.log(1 - 1e-7)
    assert metric_embedding_loss(prediction, samples, YES).item() == pytest.approx(-(pairs + diagonal) / 9, rel=1e-5)


def test_the_metric_loss_is_clipped():
    far = torch.tensor([0.0, 1e4]).reshape(1, 1, 1, 2)
    apart = metric_embedding_loss(far, torch.tensor([[[0, 0, 0], [0, 1, 1]]]), YES).item()
    assert apart == pytest.approx(1e-7, rel=0.25)
    together = metric_embedding_loss(far, torch.tensor([[[0, 0, 0], [0, 1, 0]]]), YES).item()
    assert together == pytest.approx(-math.log(1e-7) / 2, rel=1e-4)


def test_distances_agree_with_cdist_far_from_the_origin():
    torch.manual_seed(0)
    points = torch.randn(2, 7, 64) + 50.0
    with torch.autocast("cpu", dtype=torch.bfloat16):
        ours = squared_distances(points)
    theirs = torch.cdist(points.double(), points.double()).square().float()
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-3)


def test_embeddings_are_taken_at_row_and_column():
    prediction = torch.arange(2 * 3 * 4.0).reshape(1, 2, 3, 4)
    taken = embeddings_at(prediction, torch.tensor([[[1, 2, 0], [2, 0, 0]]]))
    assert taken.tolist() == [[[6.0, 18.0], [8.0, 20.0]]]


torch.manual_seed(0)
CASES = [
    (l1_loss, (3, 2, 4, 4), torch.randn(3, 2, 4, 4), (3, 1, 4, 4)),
    (l2_loss, (3, 2, 4, 4), torch.randn(3, 2, 4, 4), (3, 1, 4, 4)),
    (norm_loss, (3, 6), torch.randn(3, 6), (3,)),
    (cross_entropy, (3, 5), torch.randint(0, 5, (3,)), (3,)),
    (cross_entropy, (3, 5, 4, 4), torch.randint(0, 5, (3, 1, 4, 4)), (3, 1, 4, 4)),
    (soft_cross_entropy, (3, 5, 4, 4), torch.rand(3, 5, 4, 4).softmax(1), (3, 1, 4, 4)),
    (soft_cross_entropy, (3, 5), torch.rand(3, 5).softmax(1), (3,)),
    (metric_embedding_loss, (3, 8, 4, 4), torch.randint(0, 4, (3, 9, 2))[..., [0, 1, 0]], (3,)),  # segments are rows
]


@pytest.mark.parametrize(("loss", "shape", "target", "mask_shape"), CASES)
def test_what_is_not_scored_neither_counts_nor_learns(loss, shape, target, mask_shape):
    torch.manual_seed(1)
    prediction = torch.randn(shape)
    mask = torch.ones(mask_shape, dtype=torch.bool)
    mask[1] = False
    if mask.ndim > 1:
        mask[0, :, :2] = False
    plain = loss(prediction, target, mask)
    assert plain.shape == (3,)
    assert plain.isnan().tolist() == [False, True, False]

    hidden = ~(mask if mask.ndim > 1 else mask.reshape(3, *(1,) * (len(shape) - 1))).expand(shape)
    spoilt = torch.where(hidden, torch.nan, prediction).requires_grad_()
    values = loss(spoilt, target, mask)
    torch.testing.assert_close(values, plain, equal_nan=True)
    values[~values.isnan()].mean().backward()
    assert spoilt.grad.isfinite().all()
    assert (spoilt.grad[hidden] == 0).all()
    assert (spoilt.grad[[0, 2]] != 0).any()


@pytest.mark.parametrize(("loss", "shape", "target", "mask_shape"), CASES)
def test_an_image_scores_the_same_alone_and_in_bf16_nearly_the_same(loss, shape, target, mask_shape):
    torch.manual_seed(2)
    prediction, mask = torch.randn(shape), torch.ones(mask_shape, dtype=torch.bool)
    together = loss(prediction, target, mask)
    alone = torch.cat([loss(prediction[i : i + 1], target[i : i + 1], mask[i : i + 1]) for i in range(3)])
    torch.testing.assert_close(together, alone)
    rough = loss(prediction.bfloat16(), target, mask)
    assert rough.dtype == torch.float32
    torch.testing.assert_close(rough, together, rtol=0.05, atol=0.05)


def test_the_gradient_at_a_perfect_pose_is_zero():
    prediction = torch.ones(1, 6, requires_grad=True)
    norm_loss(prediction, torch.ones(1, 6), YES).sum().backward()
    assert (prediction.grad == 0).all()
