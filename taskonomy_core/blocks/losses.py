"""Losses: one number per image, lower is better, blind to what is not scored. Pure functions of the contract's shape.

All of them raise the prediction to float32 first (training runs in bf16), give NaN for an image with nothing to score,
and send a gradient of exactly zero into whatever is not scored, the whole of such an image included.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor


def spread(mask: Tensor, ndim: int) -> Tensor:
    """The mask with as many axes as what it masks: bool [B] -> [B, 1, ...]; a mask [B, 1, h, w] stays as it is."""
    return mask.reshape(len(mask), *(1,) * (ndim - 1)) if mask.ndim == 1 else mask


def _scored(values: Tensor, mask: Tensor) -> Tensor:
    """The values as float32, zero where nothing is scored (so that not even a NaN there reaches loss or gradient)."""
    return torch.where(spread(mask, values.ndim), values.float(), 0.0)


def masked_mean(values: Tensor, mask: Tensor) -> Tensor:
    """The mean of each image's scored elements.

    Formula: sum over scored elements of v / number of scored elements (facts 1.3, notes).
    Shapes: values [B, ...]; mask bool, [B] or [B, 1, h, w] (then values is [B, C, h, w] and all C channels count).
    Output: float32 [B]; NaN where nothing is scored, with a gradient of zero.

    >>> masked_mean(torch.tensor([[1.0, 3.0], [5.0, 7.0]]), torch.tensor([True, False]))
    tensor([2., nan])
    """
    scored = spread(mask, values.ndim).expand_as(values).reshape(len(values), -1)
    total = _scored(values, mask).reshape(len(values), -1).sum(1)
    count = scored.sum(1)
    # Dividing by at least 1 keeps the gradient of an empty image at 0 instead of 0/0.
    return torch.where(count > 0, total / count.clamp(min=1), torch.nan)


def l1_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean absolute error.

    Formula: mean |p - t| over scored elements.
    Shapes: prediction and target [B, C, h, w] or [B, n]; mask [B] or [B, 1, h, w].
    Output: float32 [B].

    >>> l1_loss(torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, -1.0]]), torch.tensor([True]))
    tensor([2.])
    """
    return masked_mean(_scored(prediction.float() - target, mask).abs(), mask)


def l2_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Mean squared error.

    Formula: mean (p - t)^2 over scored elements.
    Shapes: prediction and target [B, C, h, w] or [B, n]; mask [B] or [B, 1, h, w].
    Output: float32 [B].

    >>> l2_loss(torch.tensor([[0.0, 2.0]]), torch.tensor([[1.0, -1.0]]), torch.tensor([True]))
    tensor([5.])
    """
    return masked_mean(_scored(prediction.float() - target, mask).square(), mask)


def norm_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Length of the error vector, not squared: what the pose tasks minimise (facts 1.3).

    Formula: ||p - t||_2.
    Shapes: prediction and target [B, n]; mask [B].
    Output: float32 [B]; the gradient at p = t is zero.

    >>> norm_loss(torch.tensor([[3.0, 4.0]]), torch.zeros(1, 2), torch.tensor([True]))
    tensor([5.])
    """
    return masked_mean(torch.linalg.vector_norm(_scored(prediction.float() - target, mask), dim=1), mask)


def cross_entropy(
    prediction: Tensor, target: Tensor, mask: Tensor, *, weights: Sequence[float] | None = None
) -> Tensor:
    """Cross-entropy against class numbers, optionally weighted by the true class.

    Formula: mean over scored elements of -w[t] * log softmax(p)[t]; the mean divides by their number, not by the sum
    of the weights (facts 1.3, notes).
    Shapes: prediction (logits) [B, C] with target int64 [B], or [B, C, h, w] with target [B, 1, h, w]; mask [B] or
    [B, 1, h, w]; weights: C numbers. A target outside 0..C-1 is allowed where it is not scored.
    Output: float32 [B].

    >>> cross_entropy(torch.zeros(1, 4), torch.tensor([2]), torch.tensor([True]))
    tensor([1.3863])
    """
    logits = _scored(prediction, mask)
    dense = prediction.ndim > 2
    scored = spread(mask, target.ndim)
    classes = torch.where(scored, target, 0)
    classes = classes[:, 0] if dense else classes
    factors = None if weights is None else logits.new_tensor(weights)
    values = F.cross_entropy(logits, classes, weight=factors, reduction="none")
    return masked_mean(values[:, None] if dense else values, mask)


def soft_cross_entropy(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Cross-entropy against a distribution over classes.

    Formula: mean over scored elements of -sum_c t[c] * log softmax(p)[c].
    Shapes: prediction (logits) and target (probabilities) both [B, C] or both [B, C, h, w]; mask [B] or [B, 1, h, w].
    Output: float32 [B]; at its best it is the entropy of the target.

    >>> soft_cross_entropy(torch.zeros(1, 2), torch.tensor([[0.5, 0.5]]), torch.tensor([True]))
    tensor([0.6931])
    """
    values = -(_scored(target, mask) * F.log_softmax(_scored(prediction, mask), dim=1)).sum(1, keepdim=True)
    return masked_mean(values, mask)


def embeddings_at(prediction: Tensor, samples: Tensor) -> Tensor:
    """The embeddings of sampled pixels.

    Shapes: prediction [B, D, h, w]; samples int64 [B, N, 2 or more] whose first two columns are row and column.
    Output: float32 [B, N, D].
    """
    width = prediction.shape[-1]
    place = samples[..., 0] * width + samples[..., 1]
    flat = prediction.flatten(2).transpose(1, 2)
    return flat.gather(1, place[..., None].expand(-1, -1, flat.shape[2])).float()


def squared_distances(points: Tensor) -> Tensor:
    """Squared Euclidean distances between all pairs: float [B, N, D] -> [B, N, N], float32 even under autocast."""
    points = points.float()
    centred = points - points.mean(1, keepdim=True)  # near the origin less is lost by subtracting
    length = centred.square().sum(2, keepdim=True)
    one = torch.ones_like(length)
    # |a|^2 - 2 a.b + |b|^2 as one product of longer vectors: no array of all pairs but the result is touched.
    left, right = torch.cat((-2.0 * centred, length, one), dim=2), torch.cat((centred, one, length), dim=2)
    with torch.autocast(points.device.type, enabled=False):
        return (left @ right.transpose(1, 2)).clamp(min=0.0)


def metric_embedding_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """The pairwise metric loss of the unsupervised segmentations (facts 1.4; Fathi et al. 2017, eq. 1).

    Formula: d_ij = clip(||e_i - e_j||^2, 0, 80), s_ij = clip(2 / (1 + exp d_ij), 1e-7, 1 - 1e-7);
    loss = -mean over all pairs of (ln s_ij in the same segment, ln(1 - s_ij) in different ones).
    Shapes: prediction (embeddings) [B, D, h, w]; target int64 [B, N, 3] = row, column, segment id of N sampled pixels;
    mask [B].
    Output: float32 [B].

    >>> far = torch.tensor([0.0, 100.0]).reshape(1, 1, 1, 2)
    >>> samples = torch.tensor([[[0, 0, 7], [0, 1, 7]]])
    >>> metric_embedding_loss(far, samples, torch.tensor([True]))
    tensor([8.0590])
    """
    distances = squared_distances(_scored(embeddings_at(prediction, target), mask))
    similar = 2.0 * torch.sigmoid(-distances)  # the clip of d at 80 is for exp alone: s is at its own clip from 17 on
    segments = target[..., 2]
    same = segments[:, :, None] == segments[:, None, :]
    right = torch.where(same, similar, 1.0 - similar).clamp(1e-7, 1.0 - 1e-7)
    return masked_mean(-right.log().mean((1, 2)), mask)
