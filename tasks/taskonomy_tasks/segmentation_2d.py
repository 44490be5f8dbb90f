"""Unsupervised 2D segmentation: which pixels of the picture belong together by colour and texture.

Target: sampled pixels as (row, column, segment id), [B, N, 3]. Prediction: an embedding of 64 numbers per 2x2 pixels
(`_segments`). Loss: the pairwise metric loss over all pairs of samples (facts 1.4). Head: the image decoder, linear.
"""

from taskonomy_core.blocks import metric_embedding_loss
from taskonomy_core.contract import Task, hookimpl
from taskonomy_tasks._segments import DECODER, OUTPUT, SEGMENT_METRICS, SegmentSamples, mosaic

TASK = Task(
    name="segmentation_2d",
    version=1,
    title="2D Segm.",
    group="2d",
    needs=("segment_unsup2d",),
    output=OUTPUT,
    example=SegmentSamples("segment_unsup2d"),
    decoder=DECODER,
    loss=metric_embedding_loss,
    metrics=SEGMENT_METRICS,
    picture=mosaic,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
