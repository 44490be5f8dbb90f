"""Scene classification: what kind of room the picture was taken in.

Target: [B, 6], a distribution over `_classes.SCENES`, summing to 1. Mask: pictures with a label. Loss: cross-entropy
against the soft target (facts 1.3). Head: 2 fully connected layers.

It deviates from the paper, which distils 63 classes from a network trained on photographs of places: a rendered room
knows its kind, so that its distribution is all on one class. The second metric is top-2: top-5 of six says nothing.
"""

from taskonomy_core.blocks import LabelPicture, VectorDecoder, soft_cross_entropy, top_accuracy
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl
from taskonomy_tasks._classes import SCENES


def scene_shares(views: Views, draws: Draws) -> Example:
    """The shares per kind of room; an image whose shares are all zero has no label."""
    shares = views.only("class_scene")
    return Example(inputs=views.images(), target=shares, mask=shares.sum(1) > 0)


TASK = Task(
    name="scene_class",
    version=1,
    title="Scene Class.",
    group="semantic",
    needs=("class_scene",),
    output=OutputSpec.vector(len(SCENES)),
    example=scene_shares,
    decoder=VectorDecoder(layers=2),
    loss=soft_cross_entropy,
    metrics=(top_accuracy(len(SCENES)), top_accuracy(len(SCENES), 2)),
    picture=LabelPicture(tuple(name.replace("_", " ") for name in SCENES)),
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
