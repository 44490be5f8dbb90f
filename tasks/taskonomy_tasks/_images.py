"""What the tasks that predict a picture share: autoencoding, denoising, in-painting, random projection.

The paper adds a conditional GAN to most of its dense tasks, at 0.004 of the loss. It sharpens outputs and is no part
of the loss that its tournaments compare (facts 1.5, 3.7), so it is left out throughout this package.
"""

from taskonomy_core.blocks import mean_absolute_error, peak_signal_noise_ratio, structural_similarity
from taskonomy_core.contract import Draws, Example, Views

# L1 on the [0, 1] scale that people know.
PICTURE_METRICS = (mean_absolute_error(scale=0.5), peak_signal_noise_ratio(), structural_similarity())


def whole_picture(views: Views, draws: Draws) -> Example:
    """The picture as input and target, [B, 3, H, W] in [-1, 1]."""
    images = views.images()
    return Example(inputs=images, target=images[:, 0])
