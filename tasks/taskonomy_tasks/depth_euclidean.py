"""Distance: how far every pixel's surface is from the optical centre, along the pixel's own ray (Euclidean depth).

Target: [B, 1, H, W], ln(1 + 512 m) / ln 2^16, in [0, 1] up to 128 m. Mask: pixels whose surface has a depth. Loss: L1
(facts 1.3). Head and metrics: those of `depth_zbuffer`, whose depth times 1 / cos of the ray's angle it is.
"""

from taskonomy_core.blocks import l1_loss
from taskonomy_core.contract import OutputSpec, Task, hookimpl
from taskonomy_tasks._depth import DEPTH_METRICS, LOG_DEPTH_DECODER, depth_picture, log_depth
from taskonomy_tasks._maps import MapExample

EXAMPLE = MapExample("depth_euclidean", log_depth, mask="mask_valid")

TASK = Task(
    name="depth_euclidean",
    version=1,
    title="Distance",
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
