"""Principal curvatures: how strongly the surface bends, most (k1) and least (k2); flat 0, convex +, concave -.

Target: [B, 2, H, W], k / (|k| + 3) of k1 and k2 in 1/m, within (-1, 1): half way at a radius of a third of a metre.
Mask: pixels whose surface has a depth. Loss: L2 over both channels (facts 1.3). Head: the image decoder, linear, in
units of what is left after that scale: most surfaces of a room are flat.

Deviation: the paper's 8-bit scale, its z-score and its least radius of 0.03 m (33 / m) belong to its own meshes and
renderer. A linear scale that ends there has what bends with a radius of half a metre at 0.06, all but flat, and needs a
clip: 0.4 % of the pixels of rendered rooms lie beyond. This one tells all radii apart and can be undone. How well the
networks learn hardly depends on it (2,400 pictures: linear, logarithmic and half way at 1, 3 and 10 / m alike).
"""

import torch
from torch import Tensor

from taskonomy_core.blocks import ColourMap, DenseDecoder, MetricFactory, l2_loss, scored_elements, torchmetric
from taskonomy_core.contract import OutputSpec, Task, hookimpl
from taskonomy_tasks._maps import MapExample

HALF = 3.0  # 1/m, where the scale is half way
FLAT = 0.25  # on the scale: 1/m, a radius of a metre; below it a surface counts as flat


def bounded(curvature: Tensor) -> Tensor:
    """Curvatures in 1/m -> (-1, 1), monotone and odd."""
    return curvature / (curvature.abs() + HALF)


def forms(prediction: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Concave 0, flat 1 or convex 2, by the stronger curvature k1, of every scored pixel: int64 [m] of both."""
    values, truth = scored_elements(prediction[:, :1], target[:, :1], mask)
    edges = torch.tensor([-FLAT, FLAT], device=values.device)
    return torch.bucketize(values, edges), torch.bucketize(truth, edges)


FORM_OVERLAP = MetricFactory(
    "mIoU of concave, flat, convex",
    torchmetric("classification.MulticlassJaccardIndex", num_classes=3),
    forms,
    "%",
    scale=100.0,
)
RMSE = MetricFactory("RMSE", torchmetric("regression.MeanSquaredError", squared=False), scored_elements, "", False)

_BENT = ColourMap(-0.5, 0.5, "RdBu_r")


def mean_curvature(shown: Tensor, inputs: Tensor) -> Tensor:
    """The mean of both channels: flat is white, convex red, concave blue."""
    return _BENT(shown.float().mean(1, keepdim=True), inputs)


EXAMPLE = MapExample("principal_curvature", bounded, mask="mask_valid")

TASK = Task(
    name="curvature",
    version=1,
    title="Curvature",
    group="3d",
    needs=EXAMPLE.needs,
    output=OutputSpec.dense(2),
    example=EXAMPLE,
    decoder=DenseDecoder(centre=0.03, spread=0.05),
    loss=l2_loss,
    metrics=(RMSE, FORM_OVERLAP),
    picture=mean_curvature,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
