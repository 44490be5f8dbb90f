"""Egomotion: how the camera moved between three pictures that look at the same point.

Input: 3 views. Target: z-scores of the relative poses 12, 23 and 13, six numbers each (`_poses`), [B, 18]. Prediction:
12 and 23, [B, 12]. Loss: sum of the lengths of the error vectors of 12 and of 23, and, weighted 0.5, of 13 as composed
from the two (the cycle term, facts 1.3). Head: 3 fully connected layers without batch norm, shared by both pairs.

The z-scores use means and standard deviations of rendered rooms; the paper's are those of its scans. A rotation is
taken from -180..180 degrees in the composed pose as in the target, so that the cycle term is zero for the truth.
"""

import torch
from torch import Tensor

from taskonomy_core.blocks import PairwiseDecoder, masked_mean, mean_of
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl
from taskonomy_tasks._poses import (
    PoseScale,
    compose,
    plan_of,
    relative_pose,
    rotation_error,
    translation_error,
)

CYCLE = 0.5
# Over the 600 triplets of 100 rendered rooms, all three pairs. Left out: the 0.7 % of pairs turned by more than 90
# degrees about y, where sxyz angles jump by 180.
SCALE = PoseScale(mean=(0.05, 0.0, 0.0, 0.0, 0.06, -0.37), std=(0.17, 0.52, 0.22, 1.3, 0.3, 0.81))


def camera_moves(views: Views, draws: Draws) -> Example:
    """The three relative poses of three cameras."""
    one, two, three = views["camera_pose"].unbind(1)
    moves = torch.stack((relative_pose(one, two), relative_pose(two, three), relative_pose(one, three)), dim=1)
    return Example(inputs=views.images(), target=SCALE.score(moves).flatten(1))


def triplet_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """||p12 - t12|| + ||p23 - t23|| + 0.5 ||p12 p23 - t13||, all in z-scores.

    Shapes: prediction [B, 12], target [B, 18], mask [B]. Output: float32 [B].
    """
    moves = torch.where(mask[:, None], prediction.float(), 0.0).reshape(-1, 2, 6)
    truth = torch.where(mask[:, None], target, 0.0).reshape(-1, 3, 6)
    around = SCALE.score(compose(*SCALE.pose(moves).unbind(1)))
    lengths = torch.linalg.vector_norm(torch.cat((moves, around[:, None]), dim=1) - truth, dim=2)
    return masked_mean((lengths * lengths.new_tensor((1.0, 1.0, CYCLE))).sum(1), mask)


def _moves(shown: Tensor) -> Tensor:
    """Poses 12 and 23 of a prediction or of a target, in radians and metres: [B, 2, 6]."""
    return SCALE.pose(shown[:, :12].reshape(-1, 2, 6))


def turned(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Rotation errors of 12 and 23 of the scored examples, in degrees."""
    return rotation_error(_moves(prediction[mask]), _moves(target[mask])).flatten()


def moved(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Translation errors of 12 and 23 of the scored examples, in metres."""
    return translation_error(_moves(prediction[mask]), _moves(target[mask])).flatten()


def plan(shown: Tensor, inputs: Tensor) -> Tensor:
    """The three cameras from above, as arrows."""
    return plan_of(_moves(shown), metres=3.0)


TASK = Task(
    name="egomotion",
    version=1,
    title="Egomotion",
    group="geometric",
    needs=("camera_pose",),
    arrangement="triplets",
    output=OutputSpec.vector(12),
    example=camera_moves,
    decoder=PairwiseDecoder(layers=3, pairs=((0, 1), (1, 2))),
    loss=triplet_loss,
    metrics=(mean_of("rotation error", turned, "degrees"), mean_of("translation error", moved, "m")),
    picture=plan,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
