"""Depth order: which of two points of a picture is nearer?

People cannot say how many metres away something in a photograph is, but they agree on what is in front of what; so this
is the depth that can be labelled by hand (Chen et al., "Single-Image Depth Perception in the Wild", 2016).

Target: int64 [B, PAIRS, 5]: row and column of one point, row and column of another, and which is nearer: 1 the first,
-1 the second, 0 hard to say (depths within 5 %, or no surface). Half of the pairs lie anywhere, half mirror each other
on one row, where knowing that floors are near and ceilings far does not help. Mask: images with a pair that has an
order. Prediction: a number per pixel, higher is nearer, of no unit. Loss: the ranking loss of the paper, over pairs
that have an order. Head: the image decoder, linear.
"""

import math

import torch
import torch.nn.functional as F
from torch import Tensor

from taskonomy_core.blocks import ColourMap, DenseDecoder, embeddings_at, lines_over, masked_mean, mean_of
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl

PAIRS = 64  # an image
CLEAR = 1.05  # ratio of depths from which one is nearer
_NEAREST = 0.01  # metres; no logarithm is taken of less
_DRAWN = 12  # pairs in a picture
_RANKS = ColourMap(0.0, 1.0)


def sampled_pairs(views: Views, draws: Draws) -> Example:
    """The plain pictures as inputs; pairs of points, the same for an image at every time, and their order."""
    depth, known = views.only("depth_zbuffer"), views.only("mask_valid")
    height, width = depth.shape[-2:]
    rows = draws.integers(height, PAIRS, 2, stream="rows")
    columns = draws.integers(width, PAIRS, 2, stream="columns")
    mirrored = torch.arange(PAIRS, device=depth.device) < PAIRS // 2
    rows[..., 1] = torch.where(mirrored, rows[..., 0], rows[..., 1])
    columns[..., 1] = torch.where(mirrored, width - 1 - columns[..., 0], columns[..., 1])
    first, second = (torch.stack((rows[..., end], columns[..., end]), dim=2) for end in (0, 1))
    order = nearer(depth, known, first, second)
    target = torch.cat((first, second, order[..., None]), dim=2)
    return Example(inputs=views.images(), target=target, mask=(order != 0).any(1))


def nearer(depth: Tensor, known: Tensor, first: Tensor, second: Tensor) -> Tensor:
    """1 where the first point is nearer, -1 where the second is, 0 where it is hard to say.

    Shapes: depth in metres [B, 1, H, W], known bool alike, points int64 [B, N, 2] (row, column). Output: int64 [B, N].
    """
    logarithm = depth.clamp(min=_NEAREST).log()
    farther_by = (embeddings_at(logarithm, second) - embeddings_at(logarithm, first))[..., 0]
    both = (embeddings_at(known, first) * embeddings_at(known, second))[..., 0] > 0
    clear = both & (farther_by.abs() > math.log(CLEAR))
    return torch.where(clear, farther_by.sign(), 0.0).long()


def lead(prediction: Tensor, target: Tensor) -> Tensor:
    """By how much the truly nearer point of every pair is predicted nearer: [B, 1, H, W], [B, N, 5] -> [B, N]."""
    first, second = (embeddings_at(prediction, target[..., place : place + 2])[..., 0] for place in (0, 2))
    return (first - second) * target[..., 4]


def ranking_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """How far the predicted order is from the true one (Chen et al. 2016, eq. 1, pairs of unclear order left out).

    Formula: mean over ordered pairs of ln(1 + exp(-r (z_1 - z_2))), r = 1 where the first is nearer, else -1.
    Shapes: prediction [B, 1, H, W]; target int64 [B, N, 5]; mask [B].
    Output: float32 [B]; NaN where nothing is scored; ln 2 for a prediction that is the same everywhere.
    """
    scored = (target[..., 4] != 0) & mask[:, None]
    values = F.softplus(-torch.where(scored, lead(prediction, target), 0.0))
    return masked_mean(values[:, None, None], scored[:, None, None])


def right(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """1 for every ordered pair that is predicted in its order, else 0: float [m]."""
    scored = (target[..., 4] != 0) & mask[:, None]
    return (lead(prediction, target)[scored] > 0).float()


def ranks_or_arrows(shown: Tensor, inputs: Tensor) -> Tensor:
    """A prediction as the rank of every pixel, near is bright; a target as arrows from the farther to the nearer point.

    Ranks, because only the order of the predicted numbers means anything.
    """
    if shown.is_floating_point():
        order = shown.flatten(1).argsort(1).argsort(1).float() / (shown[0].numel() - 1)
        return _RANKS(order.reshape(shown.shape), inputs)
    pictures = inputs[:, 0]
    first, second = (_places(shown[:, :, place : place + 2], pictures.shape[-2:]) for place in (0, 2))
    order = shown[:, :, 4, None]
    arrows = torch.stack((torch.where(order > 0, second, first), torch.where(order > 0, first, second)), dim=2)
    arrows = torch.where(order[..., None] == 0, torch.nan, arrows)  # left out
    return lines_over(pictures, arrows[:, -_DRAWN:], ("orange",) * _DRAWN, arrows=True)


def _places(points: Tensor, size: torch.Size) -> Tensor:
    """Middles of pixels (row, column), x to the right and y up, from -1 to 1 between the picture's edges."""
    row, column = points.float().unbind(-1)
    return torch.stack(((2 * column + 1) / size[1] - 1, 1 - (2 * row + 1) / size[0]), dim=-1)


TASK = Task(
    name="depth_order",
    version=1,
    title="Depth Order",
    group="3d",
    needs=("depth_zbuffer", "mask_valid"),
    output=OutputSpec.dense(1),
    example=sampled_pairs,
    decoder=DenseDecoder(),
    loss=ranking_loss,
    metrics=(mean_of("ordered right", right, "%", higher_is_better=True, scale=100.0),),
    picture=ranks_or_arrows,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
