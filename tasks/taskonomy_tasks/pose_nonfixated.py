"""Camera pose (nonfixated): from where, and where to, a second picture of the same room was taken.

Input: 2 views whose centres are two points of the room. Target: z-scores of the pose of camera 2 in the frame of camera
1, six numbers (`_poses`), [B, 6]. Loss: length of the error vector, not squared. Head: 3 fully connected layers on both
representations side by side (facts 1.3).

What deviates: as in pose_fixated. It is the weakest task of the paper as well (60 % of the images beat the constant).
"""

from taskonomy_core.blocks import VectorDecoder, norm_loss
from taskonomy_core.contract import OutputSpec, Task, hookimpl
from taskonomy_tasks._poses import PoseScale, Steps

# The scale is that of the 3,600 pairs of 600 rendered rooms.
STEP = Steps(PoseScale(mean=(0.02, 0.0, 0.0, 0.0, 0.12, -0.64), std=(0.45, 1.01, 0.43, 1.33, 0.33, 1.08)))

TASK = Task(
    name="pose_nonfixated",
    version=1,
    title="Cam. Pose (nonfix)",
    group="geometric",
    needs=("camera_pose",),
    arrangement="nonfixated_pairs",
    output=OutputSpec.vector(6),
    example=STEP.pair,
    decoder=VectorDecoder(layers=3),
    loss=norm_loss,
    metrics=STEP.metrics(),
    picture=STEP.plan,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
