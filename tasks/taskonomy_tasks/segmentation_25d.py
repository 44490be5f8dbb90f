"""Unsupervised 2.5D segmentation: which pixels belong to one surface, by depth, orientation and occlusion.

Target: sampled pixels as (row, column, segment id), [B, N, 3]. Prediction: an embedding of 64 numbers per 2x2 pixels
(`_segments`). Loss: the pairwise metric loss over all pairs of samples (facts 1.4). Head: the image decoder, linear.

Every pixel may be sampled, those without a depth too: the paper masks nothing here (facts 1.3), and what has no depth
(a window pane) is a segment of its own, with a border that can be seen.
"""

from taskonomy_core.blocks import metric_embedding_loss
from taskonomy_core.contract import Task, hookimpl
from taskonomy_tasks._segments import DECODER, OUTPUT, SEGMENT_METRICS, SegmentSamples, mosaic

TASK = Task(
    name="segmentation_25d",
    version=1,
    title="2.5D Segm.",
    group="3d",
    needs=("segment_unsup25d",),
    output=OUTPUT,
    example=SegmentSamples("segment_unsup25d"),
    decoder=DECODER,
    loss=metric_embedding_loss,
    metrics=SEGMENT_METRICS,
    picture=mosaic,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
