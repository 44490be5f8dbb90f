"""Reshading: the scene in one grey material, lit by nothing but a lamp at the camera.

Target: [B, 1, H, W], brightness from 0 to 1 (the cosine between normal and ray, times a falloff with the distance:
facts 1.6), rescaled to [-1, 1]. Mask: pixels whose surface has a depth. Loss: L1 (facts 1.3). Head: the image decoder,
linear. Metrics are on the [0, 1] scale.

Deviation: no tanh. Rooms keep to the middle of the scale (90 % of the pixels lie between 0.12 and 0.6), and in units of
that range the networks learn more (2,400 pictures: L1 0.090 against 0.095 with tanh, 0.111 for the best constant).
"""

from functools import partial

from taskonomy_core.blocks import (
    DenseDecoder,
    MetricFactory,
    grey_picture,
    l1_loss,
    mean_absolute_error,
    scored_elements,
    torchmetric,
)
from taskonomy_core.contract import OutputSpec, Task, hookimpl
from taskonomy_tasks._maps import MapExample, to_signed

EXAMPLE = MapExample("reshading", partial(to_signed, top=1.0), mask="mask_valid")

RMSE = MetricFactory(
    "RMSE", torchmetric("regression.MeanSquaredError", squared=False), scored_elements, "", False, scale=0.5
)

TASK = Task(
    name="reshading",
    version=1,
    title="Reshading",
    group="3d",
    needs=EXAMPLE.needs,
    output=OutputSpec.dense(1),
    example=EXAMPLE,
    decoder=DenseDecoder(centre=-0.3, spread=0.1),
    loss=l1_loss,
    metrics=(mean_absolute_error(scale=0.5), RMSE),
    picture=grey_picture,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
