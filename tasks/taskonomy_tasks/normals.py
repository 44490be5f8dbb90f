"""Surface normals, in the camera's frame: x right, y up, z towards the viewer.

Target: unit vectors [B, 3, H, W], each component in [-1, 1]. Mask: pixels whose surface has a depth. Loss: L1 on the
components (facts 1.3). Head: the image decoder with tanh. The prediction need not have length 1; metrics and picture
look at its direction alone.
"""

from torch import Tensor

from taskonomy_core.blocks import (
    DenseDecoder,
    MedianFactory,
    l1_loss,
    mean_of,
    normals_picture,
    scored_pixels,
    share_below,
)
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl
from taskonomy_tasks._directions import angle_between


def unit_normals(views: Views, draws: Draws) -> Example:
    """The normals as they are stored, scored where there is a surface."""
    return Example(inputs=views.images(), target=views.only("normal"), mask=views.only("mask_valid"))


def angle(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """The angle between predicted and true direction at every scored pixel, in degrees."""
    return angle_between(scored_pixels(prediction, mask), scored_pixels(target, mask))


TASK = Task(
    name="normals",
    version=1,
    title="Normals",
    group="3d",
    needs=("normal", "mask_valid"),
    output=OutputSpec.dense(3),
    example=unit_normals,
    decoder=DenseDecoder(tanh=True),
    loss=l1_loss,
    metrics=(
        mean_of("mean angle", angle, "degrees"),
        MedianFactory("median angle", angle, 180.0, "degrees"),
        *(share_below(f"within {limit:g} degrees", angle, limit) for limit in (11.25, 22.5, 30.0)),
    ),
    picture=normals_picture,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
