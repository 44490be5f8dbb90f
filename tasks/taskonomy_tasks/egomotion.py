"""Egomotion: how the camera moved between three pictures that look at the same point.

Input: 3 views. Target: z-scores of the relative poses 12, 23 and 13, six numbers each (`_poses`), [B, 18]. Prediction:
12 and 23, [B, 12]. Loss: sum of the lengths of the error vectors of 12 and of 23, and, weighted 0.5, of 13 as composed
from the two (the cycle term, facts 1.3). Head: 3 fully connected layers without batch norm, shared by both pairs.

The z-scores use means and standard deviations of rendered rooms; the paper's are those of its scans. The angles of the
composed pose are taken from the same ranges as the target's, so that the cycle term is zero for the truth. The head is
also shown the correlations of the two views (`VectorDecoder.correlate`).
"""

import torch
from torch import Tensor

from taskonomy_core.blocks import PairwiseDecoder, masked_mean
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl
from taskonomy_tasks._poses import FIXATED, Steps, compose, relative_pose

CYCLE = 0.5
STEPS = Steps(FIXATED, count=2)


def camera_moves(views: Views, draws: Draws) -> Example:
    """The three relative poses of three cameras."""
    one, two, three = views["camera_pose"].unbind(1)
    moves = torch.stack((relative_pose(one, two), relative_pose(two, three), relative_pose(one, three)), dim=1)
    return Example(inputs=views.images(), target=FIXATED.score(moves).flatten(1))


def triplet_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """||p12 - t12|| + ||p23 - t23|| + 0.5 ||p12 p23 - t13||, all in z-scores.

    Shapes: prediction [B, 12], target [B, 18], mask [B]. Output: float32 [B].
    """
    moves = torch.where(mask[:, None], prediction.float(), 0.0).reshape(-1, 2, 6)
    truth = torch.where(mask[:, None], target, 0.0).reshape(-1, 3, 6)
    around = FIXATED.score(compose(*FIXATED.values(moves).unbind(1)))
    lengths = torch.linalg.vector_norm(torch.cat((moves, around[:, None]), dim=1) - truth, dim=2)
    return masked_mean((lengths * lengths.new_tensor((1.0, 1.0, CYCLE))).sum(1), mask)


TASK = Task(
    name="egomotion",
    version=2,
    title="Egomotion",
    group="geometric",
    needs=("camera_pose",),
    arrangement="triplets",
    output=OutputSpec.vector(12),
    example=camera_moves,
    decoder=PairwiseDecoder(layers=3, pairs=((0, 1), (1, 2)), correlate=True),
    loss=triplet_loss,
    metrics=STEPS.metrics(),
    picture=STEPS.plan,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
