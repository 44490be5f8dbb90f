"""In-painting: give back the whole picture from one with a hole in its middle (context encoding).

Input: the picture with the centre, H/4..3H/4 x W/4..3W/4, set to 0 on the [-1, 1] scale: mid grey. Target: the whole
picture, [B, 3, H, W] in [-1, 1]. Loss: L1 over all pixels, inside and outside the hole (facts 1.3; no GAN part, see
`_images`). Head: the image decoder with tanh. Source-only, as in the paper (facts 1.1).

Metrics: those of the whole picture, and the L1 of the hole alone, which no copying of the input can lower.
"""

from torch import Tensor

from taskonomy_core.blocks import DenseDecoder, MetricFactory, l1_loss, rgb_picture, scored_elements, torchmetric
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl
from taskonomy_tasks._images import PICTURE_METRICS


def hole(pictures: Tensor) -> Tensor:
    """The middle half of both sides, as a view: [..., H, W] -> [..., H / 2, W / 2]."""
    height, width = pictures.shape[-2:]
    return pictures[..., height // 4 : 3 * height // 4, width // 4 : 3 * width // 4]


def picture_with_a_hole(views: Views, draws: Draws) -> Example:
    """A hole in the input, none in the target."""
    whole = views.images()
    holed = whole.clone()
    hole(holed).zero_()
    return Example(inputs=holed, target=whole[:, 0])


def in_the_hole(prediction: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """What both say about the hole in every scored image, as two rows of numbers."""
    return scored_elements(hole(prediction), hole(target), mask)


HOLE_ERROR = MetricFactory(
    "L1 in the hole", torchmetric("regression.MeanAbsoluteError"), in_the_hole, higher_is_better=False, scale=0.5
)

TASK = Task(
    name="inpainting",
    version=1,
    title="In-painting",
    group="2d",
    output=OutputSpec.dense(3),
    example=picture_with_a_hole,
    decoder=DenseDecoder(tanh=True),
    loss=l1_loss,
    metrics=(*PICTURE_METRICS, HOLE_ERROR),
    picture=rgb_picture,
    alters_inputs=True,
    target=False,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
