"""3D keypoints: how much a place is a corner of a surface, NARF's kind of response before suppression.

Target: [B, 1, H, W], the square root of the response (facts 1.6), clipped to the root of 0.18 and rescaled to [-1, 1].
Mask: pixels whose surface has a depth. Loss: L1 over them (facts 1.3). Head and metrics: see `_keypoints`.

Two things deviate. The paper's top of 1 belongs to NARF; 0.18 is the 99 % quantile of the rooms' response (0.17 at
sides 64 and 256, 0.19 at 128). And the paper takes no root. The rooms' response is an eigenvalue of products of two
gradients, so that its root is a gradient again: how fast the normal turns in the direction in which it turns least. It
orders pixels as the response does; but under L1 the median wins, and the median of the response itself is so near
nothing that "no keypoints anywhere" is hardly beaten (at nano on 76 % of the images, by a loss 4 % lower; with the root
on 91 %, by 16 %).
"""

from torch import Tensor

from taskonomy_core.blocks import l1_loss
from taskonomy_core.contract import OutputSpec, Task, hookimpl
from taskonomy_tasks._keypoints import KEYPOINT_DECODER, KEYPOINT_METRICS, keypoint_picture
from taskonomy_tasks._maps import MapExample, to_signed

TOP = 0.18  # of the response


def turning(response: Tensor) -> Tensor:
    """The root of the response [B, 1, H, W], up to that of TOP -> [-1, 1]."""
    return to_signed(response.sqrt(), TOP**0.5)


EXAMPLE = MapExample("keypoints3d", turning, mask="mask_valid")

TASK = Task(
    name="keypoints_3d",
    version=1,
    title="3D Keypoints",
    group="3d",
    needs=EXAMPLE.needs,
    output=OutputSpec.dense(1),
    example=EXAMPLE,
    decoder=KEYPOINT_DECODER,
    loss=l1_loss,
    metrics=KEYPOINT_METRICS,
    picture=keypoint_picture,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
