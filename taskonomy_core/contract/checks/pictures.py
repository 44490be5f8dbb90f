"""Rules on `picture`."""

from __future__ import annotations

import torch
from torch import Tensor

from taskonomy_core.contract.checks.bench import IMAGES, Trial, require, told


def picture_is_rgb(trial: Trial) -> None:
    """`picture` draws a target and a prediction as [B, 3, H, W] in [0, 1]."""
    inputs = trial.example.inputs
    for what, shown in (("target", trial.example.target), ("prediction", trial.prediction)):
        drawn = trial.task.picture(shown.clone(), inputs.clone())
        require(
            isinstance(drawn, Tensor) and drawn.ndim == 4 and tuple(drawn.shape[:2]) == (IMAGES, 3),
            f"`picture` draws a {what} as {told(getattr(drawn, 'shape', ()))}: it must be [{IMAGES}, 3, H, W].",
        )
        require(drawn.is_floating_point(), f"`picture` draws a {what} as {drawn.dtype}: it must be floating-point.")
        require(
            bool(torch.isfinite(drawn).all()) and drawn.min().item() >= 0 and drawn.max().item() <= 1,
            f"`picture` draws a {what} with values from {drawn.min():.4g} to {drawn.max():.4g}: bring them to [0, 1].",
        )
