"""Colorization: the colours of a picture from its lightness. Source-only.

Input: a grey picture of the same L of CIE Lab, so that whoever predicts colours sees none; this task's own encoder
sees L itself, 0..100 on [-1, 1], one channel, and as a source the lightness of the other task's pictures. Target: ab,
[B, 2, H/4, W/4], mean of each 4 x 4 block. The loss assigns it softly to the 10 nearest bins (Gaussian, sigma 5) and
takes the cross-entropy of the predicted distribution over bins times a weight of the true bin (facts 1.3). Head: the
image decoder, stopped at a quarter of the side, linear.

What deviates: 304 bins (`_colour.gamut_bins`) where the paper's list has 313; no GAN part (see `_images`). The
rebalancing weights are Zhang et al.'s (2016, eq. 4) on a prior in one number: the density of colours falls as
exp(-chroma / CHROMA) from grey, where the paper reads a table counted on its images. CHROMA is half the mean chroma of
400 rendered pictures (13.4); their median and 90 % quantile, 11 and 28, are then met (11 and 26).
"""

from functools import cache

import torch
import torch.nn.functional as F
from torch import Tensor

from taskonomy_core.blocks import DenseDecoder, masked_mean, mean_of, scored_pixels, spread
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl
from taskonomy_tasks._colour import BINS, gamut_bins, grey_of, lab_to_rgb, rgb_to_lab, soft_bins

STRIDE = 4
CHROMA = 6.7  # units of ab
UNIFORM = 0.5  # share of the uniform distribution mixed into the prior
SHARPNESS = 2.606  # of the softmax when a distribution is turned into one colour (facts 1.3)


def lightness(images: Tensor) -> Tensor:
    """L of Lab of RGB pictures in [-1, 1], itself on [-1, 1]: [N, 3, h, w] -> [N, 1, h, w]."""
    return rgb_to_lab((images.float() + 1.0) / 2.0)[:, :1] / 50.0 - 1.0


def colours(views: Views, draws: Draws) -> Example:
    """The picture without its colours, and these: its ab at a quarter of the side."""
    target = F.avg_pool2d(rgb_to_lab(views.only("rgb"))[:, 1:], STRIDE)
    return Example(inputs=grey_of(views["rgb"]) * 2.0 - 1.0, target=target)


@cache
def rebalancing() -> Tensor:
    """The weight of every bin, float32 [BINS]: 1 / ((1 - u) prior + u / BINS), scaled to mean 1 under the prior."""
    with torch.inference_mode(False):  # the first caller may be in it, and what is cached outlives that
        chroma: Tensor = torch.linalg.vector_norm(gamut_bins(), dim=1)
        prior = (-chroma / CHROMA).softmax(0)
        weights = 1.0 / ((1.0 - UNIFORM) * prior + UNIFORM / BINS)
        return weights / (prior * weights).sum()


def colour_loss(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """Rebalanced soft cross-entropy: mean over pixels of -w[nearest bin] * sum over 10 bins of share * log softmax(p).

    Shapes: prediction (logits) [B, BINS, h, w]; target (ab) [B, 2, h, w]; mask [B] or [B, 1, h, w]. Output: [B].
    """
    scored = spread(mask, prediction.ndim)
    places, portions = soft_bins(torch.where(scored, target, 0.0))
    logs = F.log_softmax(torch.where(scored, prediction.float(), 0.0), dim=1).gather(1, places)
    weights = rebalancing().to(prediction.device)[places[:, :1]]
    return masked_mean(-weights * (portions * logs).sum(1, keepdim=True), mask)


def decoded(shown: Tensor) -> Tensor:
    """The ab values [B, 2, h, w] of a prediction [B, BINS, h, w] (mean of its sharpened distribution) or a target."""
    if shown.shape[1] == 2:
        return shown.float()
    shares = (shown.float() * SHARPNESS).softmax(1)
    a, b = ((shares * axis.to(shown.device)[:, None, None]).sum(1) for axis in gamut_bins().unbind(1))
    return torch.stack((a, b), dim=1)


def colour_error(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    """The distance of decoded to true colour at every scored pixel, in units of ab."""
    distance: Tensor = torch.linalg.vector_norm(scored_pixels(decoded(prediction) - target, mask), dim=1)
    return distance


def colorized(shown: Tensor, inputs: Tensor) -> Tensor:
    """The colours on the lightness of the input, at its full size."""
    light = (lightness(inputs[:, 0]) + 1.0) * 50.0
    ab = F.interpolate(decoded(shown), size=light.shape[-2:], mode="bilinear")
    return lab_to_rgb(torch.cat((light, ab), dim=1))


TASK = Task(
    name="colorization",
    version=2,
    title="Colorization",
    group="2d",
    output=OutputSpec.dense(BINS, stride=STRIDE),
    example=colours,
    decoder=DenseDecoder(),
    loss=colour_loss,
    metrics=(mean_of("colour error", colour_error, "ab"),),
    picture=colorized,
    sees=lightness,
    channels=1,
    alters_inputs=True,
    target=False,
)


@hookimpl
def taskonomy_tasks() -> list[Task]:
    """Bring this task."""
    return [TASK]
