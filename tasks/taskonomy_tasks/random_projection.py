"""Random projection: an encoder that stays as it was initialised; what transfers from it is the architecture's doing.

Source-only and never trained (facts 1.3, last row). Example, decoder and loss are autoencoding's, so that the task is
whole and can be checked, but nothing is fitted with them.
"""

from taskonomy_core.blocks import DenseDecoder, l1_loss, rgb_picture
from taskonomy_core.contract import OutputSpec, Task, hookimpl
from taskonomy_tasks._images import PICTURE_METRICS, whole_picture

TASK = Task(
    name="random_projection",
    version=1,
    title="Random Projection",
    group="other",
    output=OutputSpec.dense(3),
    example=whole_picture,
    decoder=DenseDecoder(tanh=True),
    loss=l1_loss,
    metrics=PICTURE_METRICS,
    picture=rgb_picture,
    target=False,
    trainable=False,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
