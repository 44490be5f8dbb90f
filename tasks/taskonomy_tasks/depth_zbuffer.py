"""Z-depth: the distance of every pixel's surface to the camera's plane.

Target: [B, 1, H, W], ln(1 + 512 m) / ln 2^16, in [0, 1] up to 128 m. Mask: pixels whose surface has a depth. Loss: L1
(facts 1.3). Head: the image decoder, linear, in units of the range that indoor depth keeps to. Metrics are in metres,
after undoing the logarithm.
"""

from taskonomy_core.blocks import l1_loss
from taskonomy_core.contract import OutputSpec, Task, hookimpl
from taskonomy_tasks._depth import DEPTH_METRICS, LOG_DEPTH_DECODER, depth_picture, log_depth
from taskonomy_tasks._maps import MapExample

EXAMPLE = MapExample("depth_zbuffer", log_depth, mask="mask_valid")

TASK = Task(
    name="depth_zbuffer",
    version=2,
    title="Z-Depth",
    group="3d",
    needs=EXAMPLE.needs,
    output=OutputSpec.dense(1),
    example=EXAMPLE,
    decoder=LOG_DEPTH_DECODER,
    loss=l1_loss,
    metrics=DEPTH_METRICS,
    picture=depth_picture,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
