"""The transfer function: a shallow readout on frozen representations, then the target's whole decoder, trained anew.

Facts 3.2 (authors' code, "no image" variant; supplement section 12): clip and renormalise the representation, two
parallel towers of two 3x3 convolutions with 8k channels each, concatenate, batch norm, the target's head.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn


class ClippedBatchRenorm(nn.Module):
    """Batch renormalisation (Ioffe 2017) of [N, C, H, W], clipped beforehand to batch mean +- 5 sigma in training.

    x -> (x - mu) / sigma * r + d with r = clip(sigma / sigma_run, 1 / r_max, r_max) and
    d = clip((mu - mu_run) / sigma_run, -d_max, d_max). r_max goes from 1 to 3 and d_max from 0 to 5 between steps
    1,500 and 5,000 (the authors' code); before that it is plain batch norm. Evaluation uses the running moments.
    """

    mean: Tensor
    var: Tensor
    steps: Tensor
    momentum, epsilon, sigmas = 0.1, 1e-5, 5.0

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("mean", torch.zeros(channels))
        self.register_buffer("var", torch.ones(channels))
        self.register_buffer("steps", torch.zeros((), dtype=torch.int64))

    def forward(self, x: Tensor) -> Tensor:
        """Normalise a batch."""
        x = x.float()
        if not self.training:
            scale = self.weight * (self.var + self.epsilon).rsqrt()
            return x * _wide(scale) + _wide(self.bias - self.mean * scale)
        # The representation is frozen, so no gradient passes through its moments: they are constants of the batch.
        with torch.no_grad():
            var, mean = torch.var_mean(x, dim=(0, 2, 3), correction=0)
            reach = self.sigmas * var.sqrt()
            x = x.clamp(_wide(mean - reach), _wide(mean + reach))
            sigma, sigma_run = (var + self.epsilon).sqrt(), (self.var + self.epsilon).sqrt()
            grown = ((self.steps.float() - 1500) / 3500).clamp(0, 1)
            r_max, d_max = 1 + 2 * grown, 5 * grown
            r = torch.minimum(torch.maximum(sigma / sigma_run, 1 / r_max), r_max)
            d = torch.minimum(torch.maximum((mean - self.mean) / sigma_run, -d_max), d_max)
            # The first batch sets the moments: at nano's few steps the initial 0 and 1 would still show at the end.
            share = torch.where(self.steps == 0, 1.0, torch.full_like(grown, self.momentum))
            self.mean.lerp_(mean, share)
            self.var.lerp_(var, share)
            self.steps += 1
            x = (x - _wide(mean)) * _wide(r / sigma) + _wide(d)
        return x * _wide(self.weight) + _wide(self.bias)


class Readout(nn.Module):
    """[N, C, H, W] -> [N, 2C, H, W]: C = 8k for k sources, two towers of C channels each."""

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.norm = ClippedBatchRenorm(channels)
        # Both towers read the same input, so their first layers are one convolution with twice the outputs and their
        # second layers one grouped convolution: the same function in half the calls.
        self.first = nn.Conv2d(channels, 2 * channels, 3, padding=1, bias=False)
        self.first_norm = nn.BatchNorm2d(2 * channels)
        self.second = nn.Conv2d(2 * channels, 2 * channels, 3, padding=1, groups=2, bias=False)
        self.second_norm = nn.BatchNorm2d(2 * channels)
        self.joint_norm = nn.BatchNorm2d(2 * channels)
        for convolution in (self.first, self.second):
            nn.init.trunc_normal_(convolution.weight, std=0.01, a=-0.02, b=0.02)

    def forward(self, codes: Tensor) -> Tensor:
        """Read the representation of a batch of images."""
        x = self.norm(codes)
        x = self.first_norm(self.first(x)).relu()
        x = self.second_norm(self.second(x)).relu()
        joint: Tensor = self.joint_norm(x)
        return joint


class Transfer(nn.Module):
    """Readout and decoder on frozen features [B, V, C, H, W] -> prediction; the readout is shared by the views."""

    def __init__(self, readout: Readout, decoder: nn.Module) -> None:
        super().__init__()
        self.readout, self.decoder = readout, decoder

    def forward(self, features: Tensor) -> Tensor:
        """Predict the target from the features of every view."""
        batch, views = features.shape[:2]
        codes = features.flatten(0, 1).contiguous(memory_format=torch.channels_last)
        read = self.readout(codes)
        prediction: Tensor = self.decoder(read.reshape(batch, views * read.shape[1], *read.shape[2:]))
        return prediction


def _wide(per_channel: Tensor) -> Tensor:
    return per_channel[None, :, None, None]
