"""The best constant: one output for all images, the statistically informed guess of the paper's Table 1."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from taskonomy_core.contract import seed_of
from taskonomy_core.learning.recipe import Schedule


class Constant(nn.Module):
    """One free output of `shape`, whatever the image: for a map, a value per pixel and channel."""

    def __init__(self, shape: tuple[int, ...], seed: int) -> None:
        super().__init__()
        # A little noise: a metric loss has no slope where all pixels are embedded at one point.
        noise = torch.randn(shape, generator=torch.Generator().manual_seed(seed_of(seed, "constant")))
        self.output = nn.Parameter(0.1 * noise)

    def forward(self, inputs: Tensor) -> Tensor:
        """The same output for every image of [B, ...]."""
        return self.output.expand(len(inputs), *self.output.shape)


def schedule_for(steps: int, batch: int, examples: int) -> Schedule:
    """How a constant is fitted: about `steps` steps of Adam at a high rate that falls to zero."""
    per_epoch = max(1, examples // min(batch, examples))
    return Schedule(epochs=max(1, -(-steps // per_epoch)), batch=batch, lr=0.1, schedule="cosine", weight_decay=0.0)
