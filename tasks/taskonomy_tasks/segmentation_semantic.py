"""Semantic segmentation: what kind of thing every pixel shows.

Target: class numbers int64 [B, 1, H, W], stored id minus 1: 0 background, then the furniture of `_classes`. Mask:
pixels with a known class; stored 0 means uncertain, and ids beyond this task's list (another data source's) count as
uncertain too. Loss: cross-entropy with rebalanced classes (facts 1.3). Head: the image decoder, linear, 17 channels.

The weights are fixed: 1 / ln(1.02 + share of the pixels) (Paszke et al. 2016, ENet), scaled to a mean of 1 over pixels.
The shares were counted once on 400 rendered pictures; the number of classes is this task's, whatever a data source has.
"""

import math
from functools import partial

from taskonomy_core.blocks import DenseDecoder, cross_entropy, mean_iou, segments_picture, top_accuracy
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl
from taskonomy_tasks._classes import FURNITURE

CLASSES = ("background", *FURNITURE)
# Per cent of the pixels, in the order of CLASSES.
SHARES = (67.1, 3.0, 3.0, 2.6, 3.1, 1.4, 4.1, 5.2, 1.7, 0.6, 0.8, 0.9, 2.1, 0.6, 1.6, 0.7, 1.3)
_RARITY = tuple(1.0 / math.log(1.02 + share / 100.0) for share in SHARES)
_MEAN = sum(share * rarity for share, rarity in zip(SHARES, _RARITY, strict=True)) / sum(SHARES)
WEIGHTS = tuple(rarity / _MEAN for rarity in _RARITY)


def class_map(views: Views, draws: Draws) -> Example:
    """Class numbers from 0, scored where they are known."""
    ids = views.only("segment_semantic")
    return Example(inputs=views.images(), target=ids - 1, mask=(ids > 0) & (ids <= len(CLASSES)))


TASK = Task(
    name="segmentation_semantic",
    version=1,
    title="Semantic Segm.",
    group="semantic",
    needs=("segment_semantic",),
    output=OutputSpec.dense(len(CLASSES)),
    example=class_map,
    decoder=DenseDecoder(),
    loss=partial(cross_entropy, weights=WEIGHTS),
    metrics=(mean_iou(len(CLASSES)), top_accuracy(len(CLASSES), name="pixel accuracy")),
    picture=segments_picture,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
