"""Object classification: which kinds of furniture the picture shows.

Target: [B, 16], the softened share of the visible pixels per class, summing to 1. Mask: pictures that show furniture.
Loss: cross-entropy against the soft target (facts 1.3). Head: 2 fully connected layers.

It deviates from the paper, which distils 1000 classes from an ImageNet network: the rooms know what stands in them, and
the number of classes is that of `_classes.FURNITURE`.
"""

from taskonomy_core.blocks import LabelPicture, VectorDecoder, soft_cross_entropy, top_accuracy
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl
from taskonomy_tasks._classes import FURNITURE


def furniture_shares(views: Views, draws: Draws) -> Example:
    """The shares per class; an image whose shares are all zero has no label."""
    shares = views.only("class_object")
    return Example(inputs=views.images(), target=shares, mask=shares.sum(1) > 0)


TASK = Task(
    name="object_class",
    version=1,
    title="Object Class.",
    group="semantic",
    needs=("class_object",),
    output=OutputSpec.vector(len(FURNITURE)),
    example=furniture_shares,
    decoder=VectorDecoder(layers=2),
    loss=soft_cross_entropy,
    metrics=(top_accuracy(len(FURNITURE)), top_accuracy(len(FURNITURE), 5)),
    picture=LabelPicture(FURNITURE),
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
