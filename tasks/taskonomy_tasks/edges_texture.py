"""2D edges: the magnitude of the gradient of the Gaussian-smoothed grey picture, without non-maximum suppression.

Target: [B, 1, H, W], clipped to [0, top] and rescaled to [-1, 1] (facts 1.3 and 1.6). Loss: L1 over all pixels. Head:
the image decoder with tanh.

The top is the paper's 0.08 at its side of 256, and more for smaller pictures, whose edges are steeper per pixel: the
99 % quantile of rendered rooms is 0.085 at 256 and 0.21 at 64, where the top is 0.08 and 0.2.
"""

from torch import Tensor

from taskonomy_core.blocks import DenseDecoder, f_score, grey_picture, l1_loss, mean_absolute_error
from taskonomy_core.contract import OutputSpec, Task, hookimpl
from taskonomy_tasks._maps import MapExample, to_signed

TOP, SIDE = 0.08, 256  # of a grey picture in [0, 1], per pixel
EDGE = -0.5  # on the [-1, 1] scale: from a quarter of the top on, a fifth of all pixels, it is an edge to the F-score


def edge_scale(edges: Tensor) -> Tensor:
    """Gradient magnitudes [B, 1, H, W] per pixel -> [-1, 1]."""
    return to_signed(edges, TOP * (SIDE / edges.shape[-1]) ** (2 / 3))


EXAMPLE = MapExample("edge_texture", edge_scale)

TASK = Task(
    name="edges_texture",
    version=1,
    title="2D Edges",
    group="2d",
    needs=EXAMPLE.needs,
    output=OutputSpec.dense(1),
    example=EXAMPLE,
    decoder=DenseDecoder(tanh=True),
    loss=l1_loss,
    metrics=(mean_absolute_error(), f_score(EDGE)),
    picture=grey_picture,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
