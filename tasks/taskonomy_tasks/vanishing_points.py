"""Vanishing points: the room's three main directions as the camera sees them.

Target: z-scores of three unit vectors, to the right, up and towards the viewer, [B, 9], in the camera's frame (x right,
y up, z towards the viewer). Lines of the room that run along a direction (x, y, z) meet in the picture at (x, y) / -z,
focal length 1. The third is the room's horizontal axis within 45 degrees of the direction from the scene to the camera,
so that each has one name only, as in the paper. Loss: mean squared error (facts 1.3). Head: 2 fully connected layers.

It deviates from the paper in the z-scores. Cameras in rooms are nearly level, so that some components hardly vary, and
without z-scores 90 % of the loss is the camera's turn about the vertical and next to nothing its tilt. The predicted
vectors need not have length 1; metrics and picture look at their directions alone.
"""

import torch
from torch import Tensor

from taskonomy_core.blocks import VectorDecoder, l2_loss, lines_over, mean_of, share_below
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl
from taskonomy_tasks._directions import angle_between
from taskonomy_tasks._scores import ZScores

# Over 2400 images of 600 rendered rooms; what left and right make symmetric is set to a mean of zero.
SCALE = ZScores(
    mean=(0.89, 0.0, 0.0, 0.0, 0.97, 0.21, 0.0, -0.185, 0.866),
    std=(0.09, 0.106, 0.44, 0.0134, 0.028, 0.117, 0.44, 0.107, 0.09),
)
COLOURS = ("#ff4040", "#40d040", "#4080ff")  # right, up, towards the viewer


def main_directions(views: Views, draws: Draws) -> Example:
    """The z-scores of the three directions."""
    return Example(inputs=views.images(), target=SCALE.score(views.only("vanishing_points")))


def directions(shown: Tensor) -> Tensor:
    """The three vectors of z-scores [B, 9]: [B, 3, 3]."""
    return SCALE.values(shown).reshape(-1, 3, 3)


def angle(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """The angles between the predicted and the true three directions, in degrees."""
    return angle_between(directions(prediction[mask]), directions(target[mask])).flatten()


def gizmo(shown: Tensor, inputs: Tensor) -> Tensor:
    """The picture with an arrow for each direction from its middle, seen from the front: red, green, blue."""
    ways = torch.nn.functional.normalize(directions(shown), dim=2)[..., :2]
    return lines_over(inputs[:, 0], 0.8 * torch.stack((torch.zeros_like(ways), ways), dim=2), COLOURS, arrows=True)


TASK = Task(
    name="vanishing_points",
    version=1,
    title="Vanishing Pts.",
    group="geometric",
    needs=("vanishing_points",),
    output=OutputSpec.vector(9),
    example=main_directions,
    decoder=VectorDecoder(layers=2),
    loss=l2_loss,
    metrics=(mean_of("mean angle", angle, "degrees"), share_below("within 10 degrees", angle, 10.0)),
    picture=gizmo,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
