"""Jigsaw: in which of 100 orders do the nine tiles of a picture come? Source-only.

Input: 9 views, tile permutation[v] as view v. A tile is a random crop of 90 % of a third of the side, resized, so that
edges do not simply fit together. Target: the number of the permutation, [B]. Loss: cross-entropy (facts 1.3). Head: 3
fully connected layers on the nine representations.

What deviates: the paper resizes tiles to the full 256 x 256, which makes an example cost nine pictures. Here a tile is
half the picture's side, down to a multiple of 8 for the encoder's strides: 9 / 4 = 2.25 pictures' worth of pixels, and
still larger than what was cut out (0.3 of the side), so that nothing is lost.
"""

from functools import cache
from itertools import chain, permutations

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from taskonomy_core.blocks import VectorDecoder, cross_entropy, rgb_picture, top_accuracy
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl

CLASSES = 100
KEPT = 0.9  # of a third


@cache
def orders() -> Tensor:
    """100 permutations of 9 tiles that differ in as many places as can be: int64 [100, 9].

    Greedy, from the identity: next comes the one whose smallest Hamming distance to those chosen is largest; among
    equals the one with the largest sum of distances, then the first in lexicographic order.
    """
    listed = np.frombuffer(bytes(chain.from_iterable(permutations(range(9)))), dtype=np.int8)
    every = np.ascontiguousarray(listed.reshape(-1, 9).T)  # [9, 9!], so that comparisons run along memory
    count = every.shape[1]
    least, total = np.full(count, 9, np.int32), np.zeros(count, np.int32)
    chosen = [0]
    while len(chosen) < CLASSES:
        distance = (every != every[:, chosen[-1], None]).sum(0, dtype=np.int8)
        least, total = np.minimum(least, distance), total + distance
        chosen.append(int((least * (9 * CLASSES) + total).argmax()))
    return torch.from_numpy(every[:, chosen].T.astype(np.int64))


def tile_side(image: int) -> int:
    """The side of a tile for pictures of side `image`."""
    return max(8, image // 2 // 8 * 8)


def tiles(images: Tensor, draws: Draws) -> Tensor:
    """The nine tiles in reading order, each a random crop: [B, 3, H, W] -> [B, 9, 3, side, side]."""
    count, side = len(images), tile_side(images.shape[-1])
    slack = (1.0 - KEPT) * draws.uniform(9, 2, stream="crop")  # of a third: right, down
    place = torch.arange(9, device=images.device)
    corner = (torch.stack((place % 3, place // 3), dim=1) + slack) / 3.0  # [B, 9, 2], of the side
    along = (torch.arange(side, device=images.device) + 0.5) / side * KEPT / 3.0
    x, y = (
        (corner[..., axis, None] + along) * 2.0 - 1.0 for axis in (0, 1)
    )  # [B, 9, side], on the scale of grid_sample
    grid = torch.stack((x[..., None, :].expand(-1, -1, side, -1), y[..., None].expand(-1, -1, -1, side)), dim=-1)
    cut = F.grid_sample(images, grid.reshape(count, 9 * side, side, 2), padding_mode="border", align_corners=False)
    return cut.reshape(count, 3, 9, side, side).transpose(1, 2)


def shuffled_tiles(views: Views, draws: Draws) -> Example:
    """The tiles in the order of a random permutation."""
    number = draws.integers(CLASSES, stream="order")
    order = orders().to(number.device)[number]
    cut = tiles(views.images()[:, 0], draws)
    return Example(inputs=cut.gather(1, order[:, :, None, None, None].expand_as(cut)), target=number)


def reassembled(shown: Tensor, inputs: Tensor) -> Tensor:
    """The tiles put back where the shown permutation [B] (or the best of logits [B, 100]) says they belong."""
    number = shown.argmax(1) if shown.is_floating_point() else shown
    back = orders().to(number.device)[number].argsort(dim=1)
    placed = inputs.gather(1, back[:, :, None, None, None].expand_as(inputs))
    rows = [torch.cat(placed[:, row : row + 3].unbind(1), dim=-1) for row in (0, 3, 6)]
    return rgb_picture(torch.cat(rows, dim=-2), inputs)


TASK = Task(
    name="jigsaw",
    version=1,
    title="Jigsaw",
    group="geometric",
    output=OutputSpec.vector(CLASSES),
    example=shuffled_tiles,
    decoder=VectorDecoder(layers=3),
    loss=cross_entropy,
    metrics=(top_accuracy(CLASSES), top_accuracy(CLASSES, 5)),
    picture=reassembled,
    alters_inputs=True,
    target=False,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
