"""Camera pose (nonfixated): from where, and where to, a second picture of the same room was taken.

Input: 2 views whose centres are two points of the room. Target: z-scores of the pose of camera 2 in the frame of camera
1, six numbers (`_poses`), [B, 6]. Loss: length of the error vector, not squared. Head: fully connected layers on both
representations side by side (facts 1.3).

What deviates: the scale is that of rendered rooms; the head is also shown the correlations of the two views
(`VectorDecoder.correlate`) and has 2 layers, the paper's 3: a third hardly learns in the little that `nano` trains.
This is the hardest task to learn in the paper too, where 60 % of the test images beat the constant (facts 6.2).
"""

from taskonomy_core.blocks import VectorDecoder, norm_loss
from taskonomy_core.contract import OutputSpec, Task, hookimpl
from taskonomy_tasks._poses import Steps
from taskonomy_tasks._scores import ZScores

# The scale is that of the 3,600 pairs of 600 rendered rooms.
STEP = Steps(ZScores(mean=(0.02, 0.0, 0.0, 0.0, 0.12, -0.64), std=(0.45, 1.01, 0.43, 1.33, 0.33, 1.08)))

TASK = Task(
    name="pose_nonfixated",
    version=1,
    title="Cam. Pose (nonfix)",
    group="geometric",
    needs=("camera_pose",),
    arrangement="nonfixated_pairs",
    output=OutputSpec.vector(6),
    example=STEP.pair,
    decoder=VectorDecoder(layers=2, correlate=True),
    loss=norm_loss,
    metrics=STEP.metrics(),
    picture=STEP.plan,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
