"""2D edges: the magnitude of the gradient of the Gaussian-smoothed grey picture, without non-maximum suppression.

Target: [B, 1, H, W], clipped to [0, TOP] and rescaled to [-1, 1] (facts 1.3 and 1.6). Loss: L1 over all pixels. Head:
the image decoder with tanh.

TOP deviates from the paper's 0.08, which holds for its own 16-bit files.
"""

from functools import partial

from taskonomy_core.blocks import DenseDecoder, f_score, grey_picture, l1_loss, mean_absolute_error
from taskonomy_core.contract import OutputSpec, Task, hookimpl
from taskonomy_tasks._maps import MapExample, to_signed

TOP = 0.1  # of a grey picture in [0, 1], per pixel
EDGE = -0.5  # on the [-1, 1] scale: a quarter of TOP counts as an edge in the F-score

EXAMPLE = MapExample("edge_texture", partial(to_signed, top=TOP))

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
