"""Room layout: the box of walls, floor and ceiling that the camera stands in.

Target: z-scores of nine numbers, [B, 9]: the box's centre in the camera's frame (x right, y up, z towards the viewer;
metres), Euler angles of its axes about the fixed x, y, z ("sxyz", radians), its width, height and depth (metres). Its
third axis is the horizontal one within 45 degrees of the direction from the scene to the camera, as in the paper, so
that a box has one name only. Loss: mean squared error (facts 1.3). Head: 2 fully connected layers.

It deviates from the paper in the means and standard deviations: they are those of rendered rooms, not of its scans.
"""

import torch
from torch import Tensor

from taskonomy_core.blocks import VectorDecoder, clipped, l2_loss, lines_over, mean_of, projected
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl
from taskonomy_tasks._boxes import Box, intersection_over_union
from taskonomy_tasks._poses import rotation_error
from taskonomy_tasks._scores import ZScores

# Over 2400 images of 600 rendered rooms; what left and right make symmetric is set to a mean of zero.
SCALE = ZScores(
    mean=(0.0, 0.06, -0.87, 0.24, 0.0, 0.0, 4.2, 2.68, 4.3),
    std=(0.9, 0.24, 0.66, 0.14, 0.46, 0.13, 0.83, 0.19, 0.83),
)
FIELD_OF_VIEW = 62.0  # degrees; that of rendered rooms. The task itself does not know it: it serves the picture alone.
NEAREST = 0.05  # metres before the camera, where edges that pass it are cut off
COLOURS = ("#ffd21f",) * 4 + ("#1fd3ff",) * 4 + ("#ff4fa8",) * 4  # floor, ceiling, uprights


def boxes(shown: Tensor) -> Box:
    """The boxes of z-scores [B, 9]."""
    return Box(*SCALE.values(shown).reshape(-1, 3, 3).unbind(1))


def box_around(views: Views, draws: Draws) -> Example:
    """The z-scores of the nine numbers."""
    return Example(inputs=views.images(), target=SCALE.score(views.only("room_layout")))


def centre_error(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """The distance between the centres, in metres."""
    distance: Tensor = torch.linalg.vector_norm(boxes(prediction[mask]).centre - boxes(target[mask]).centre, dim=1)
    return distance


def angle_error(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """The angle of the rotation between the boxes' axes, in degrees."""
    return rotation_error(boxes(prediction[mask]).angles, boxes(target[mask]).angles)


def size_error(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """|s - s*| / s* of every side."""
    truth = boxes(target[mask]).size
    return ((boxes(prediction[mask]).size - truth).abs() / truth).flatten()


def overlap(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Intersection over union of the boxes' volumes, however they are turned."""
    return intersection_over_union(boxes(prediction[mask]), boxes(target[mask]))


def drawn_box(shown: Tensor, inputs: Tensor) -> Tensor:
    """The picture with the box's edges over it, as a camera with the field of view of rendered rooms sees them."""
    ahead = clipped(boxes(shown).edges(), (0.0, 0.0, -1.0), NEAREST)
    return lines_over(inputs[:, 0], projected(ahead, FIELD_OF_VIEW), COLOURS)


TASK = Task(
    name="room_layout",
    version=1,
    title="Layout",
    group="geometric",
    needs=("room_layout",),
    output=OutputSpec.vector(9),
    example=box_around,
    decoder=VectorDecoder(layers=2),
    loss=l2_loss,
    metrics=(
        mean_of("centre error", centre_error, "m"),
        mean_of("angle error", angle_error, "degrees"),
        mean_of("size error", size_error, "%", scale=100.0),
        mean_of("3D IoU", overlap, "%", higher_is_better=True, scale=100.0),
    ),
    picture=drawn_box,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
