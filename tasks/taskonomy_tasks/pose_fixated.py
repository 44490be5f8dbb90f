"""Camera pose (fixated): from where a second picture of the same point was taken.

Input: 2 views whose centres are one point of the room. Target: z-scores of the pose of camera 2 in the frame of camera
1, six numbers (`_poses`), [B, 6]. Loss: length of the error vector, not squared. Head: 2 fully connected layers on both
representations side by side (facts 1.3).

What deviates: the z-scores use means and standard deviations of rendered rooms, the paper's are those of its scans; the
head is also shown the correlations of the two views (`VectorDecoder.correlate`) and is a quarter as wide, which learns
as much and overfits less (training loss 1.4 instead of 1.2 for test losses of 1.8, the constant's being 2.2).
"""

from taskonomy_core.blocks import VectorDecoder, norm_loss
from taskonomy_core.contract import OutputSpec, Task, hookimpl
from taskonomy_tasks._poses import FIXATED, Steps

STEP = Steps(FIXATED)

TASK = Task(
    name="pose_fixated",
    version=1,
    title="Cam. Pose (fix)",
    group="geometric",
    needs=("camera_pose",),
    arrangement="fixated_pairs",
    output=OutputSpec.vector(6),
    example=STEP.pair,
    decoder=VectorDecoder(layers=2, width_share=0.25, correlate=True),
    loss=norm_loss,
    metrics=STEP.metrics(),
    picture=STEP.plan,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
