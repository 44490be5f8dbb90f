"""Point matching: are the centres of two pictures one and the same point?

Input: 2 views. Target: int64 [B], 1 where both are of one scene and their centres are one point of it, else 0. Loss:
cross-entropy over 2 logits (facts 1.3). Head: 2 fully connected layers, an eighth as wide as others, as in the paper
(256 of 2048).

The same point means within a centimetre: cameras that fixate a point are aimed in float32, and an oblique surface
stretches the error (rendered rooms: below a millimetre), while what lies next to it on purpose is 40 centimetres away.

What deviates: the head is also shown the correlations of the two views (`VectorDecoder.correlate`).
"""

import torch
from torch import Tensor

from taskonomy_core.blocks import (
    LabelPicture,
    MetricFactory,
    VectorDecoder,
    cross_entropy,
    lines_over,
    top_accuracy,
    torchmetric,
)
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl

SAME = 0.01  # metres
ARM = 0.08  # of the cross in the pictures, of half their side
CROSS = ARM * torch.tensor([[[-1.0, 0.0], [1.0, 0.0]], [[0.0, -1.0], [0.0, 1.0]]])
WORDS = LabelPicture(("two points", "same point"), top=1)


def centres_match(views: Views, draws: Draws) -> Example:
    """1 where the centres of both views are one point of one scene, else 0."""
    (first, second), scene = views["center_point"].unbind(1), views["scene"]
    one_point = torch.linalg.vector_norm(first - second, dim=1) < SAME
    return Example(inputs=views.images(), target=(one_point & (scene[:, 0] == scene[:, 1])).long())


def likelihood(prediction: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """How likely the scored examples are said to match, and whether they do."""
    return prediction[mask].softmax(1)[:, 1], target[mask]


def marked_views(shown: Tensor, inputs: Tensor) -> Tensor:
    """The views side by side, a cross in the centre of each, and the answer underneath."""
    crosses = CROSS.expand(len(inputs), -1, -1, -1)
    marked = [lines_over(view, crosses, ("red", "red")) for view in inputs.unbind(1)]
    return WORDS(shown, torch.cat(marked, dim=-1)[:, None] * 2.0 - 1.0)


TASK = Task(
    name="point_matching",
    version=1,
    title="Matching",
    group="geometric",
    needs=("center_point", "scene"),
    arrangement="matched_pairs",
    output=OutputSpec.vector(2),
    example=centres_match,
    decoder=VectorDecoder(layers=2, width_share=0.125, correlate=True),
    loss=cross_entropy,
    metrics=(
        top_accuracy(2, name="accuracy"),
        MetricFactory("area under ROC", torchmetric("classification.BinaryAUROC"), likelihood),
    ),
    picture=marked_views,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
