"""Denoising: give back the clean picture from a noisy one.

Input: the picture with Gaussian noise of variance 0.01 on its [0, 1] scale, clipped to it. Target: the clean picture,
[B, 3, H, W] in [-1, 1]. Loss: L1 over all pixels (facts 1.3; no GAN part, see `_images`). Head: the image decoder
with tanh. The noise belongs to the example, so an image is always noisy in the same way.
"""

from taskonomy_core.blocks import DenseDecoder, l1_loss, rgb_picture
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl
from taskonomy_tasks._images import PICTURE_METRICS

VARIANCE = 0.01


def noisy_picture(views: Views, draws: Draws) -> Example:
    """Noise on the input, none on the target."""
    clean = views["rgb"]
    noise = draws.normal(*clean.shape[1:], stream="noise") * VARIANCE**0.5
    return Example(inputs=(clean + noise).clamp(0.0, 1.0) * 2.0 - 1.0, target=views.images()[:, 0])


TASK = Task(
    name="denoising",
    version=1,
    title="Denoising",
    group="2d",
    output=OutputSpec.dense(3),
    example=noisy_picture,
    decoder=DenseDecoder(tanh=True),
    loss=l1_loss,
    metrics=PICTURE_METRICS,
    picture=rgb_picture,
    alters_inputs=True,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
