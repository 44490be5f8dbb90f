"""Autoencoding: give back the picture through the narrow representation.

Input: the picture. Target: the same, [B, 3, H, W] in [-1, 1]. Loss: L1 over all pixels (facts 1.3; no GAN part, see
`_images`). Head: the image decoder with tanh.
"""

from taskonomy_core.blocks import DenseDecoder, l1_loss, rgb_picture
from taskonomy_core.contract import OutputSpec, Task, hookimpl
from taskonomy_tasks._images import PICTURE_METRICS, whole_picture

TASK = Task(
    name="autoencoding",
    version=1,
    title="Autoencoding",
    group="2d",
    output=OutputSpec.dense(3),
    example=whole_picture,
    decoder=DenseDecoder(tanh=True),
    loss=l1_loss,
    metrics=PICTURE_METRICS,
    picture=rgb_picture,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
