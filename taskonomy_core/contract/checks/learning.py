"""The rule that a task can be learnt."""

from __future__ import annotations

import math

import torch
from torch import Tensor, nn

from taskonomy_core.contract.checks.bench import RuleIdleError, Trial, require
from taskonomy_core.contract.specs import FeatureSpec

_STEPS = 20
_RATE = 1e-2
_LEAST_FALL = 0.02


def learning_lowers_the_loss(trial: Trial) -> None:
    """A few steps of Adam on one batch lower the loss of a tiny network with the task's own decoder."""
    if not trial.task.trainable:
        raise RuleIdleError("Skipped: the task is not trained.")
    network = _Network(trial).to(trial.device).train()
    example = trial.example
    optimiser = torch.optim.Adam(network.parameters(), _RATE)
    history: list[float] = []
    for step in range(1, _STEPS + 1):
        optimiser.zero_grad()
        losses = trial.task.loss(network(example.inputs), example.target, example.scored)
        loss = losses[example.labelled].mean()
        history.append(loss.item())
        require(math.isfinite(history[-1]), f"Training makes the loss {history[-1]} at step {step}: look at its scale.")
        require(
            loss.requires_grad,
            "The loss of the decoder's prediction has no gradient: let the decoder use differentiable operations.",
        )
        torch.autograd.backward(loss)
        optimiser.step()
    first, last = sum(history[:3]) / 3, sum(history[-5:]) / 5
    require(
        last < first - _LEAST_FALL * abs(first),
        f"{_STEPS} steps of Adam on one batch do not lower the loss ({first:.4g} at first, {last:.4g} at last): look "
        "at the scale of the target, and whether gradients reach the decoder's weights.",
    )


class _Network(nn.Module):
    """Two strided convolutions as an encoder, shared by all views, and the task's decoder."""

    def __init__(self, trial: Trial) -> None:
        super().__init__()
        task, size = trial.task, trial.bench.size
        self.sees = task.sees
        stride = size.image // size.code_side
        first = max(1, stride // 2)
        self.encoder = nn.Sequential(
            nn.Conv2d(task.channels, 16, first + 2, stride=first, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, size.code_channels, 3, stride=stride // first, padding=1),
            nn.BatchNorm2d(size.code_channels),
        )
        _, views, _, height, width = trial.example.inputs.shape
        # Smaller pictures (jigsaw's tiles) give a smaller grid: ask the encoder itself.
        with torch.no_grad():
            code = self.encoder(torch.zeros(2, task.channels, height, width))
        features = FeatureSpec(size.code_channels, code.shape[2], code.shape[3], views)
        self.decoder = task.decoder(features, task.output, size)

    def forward(self, inputs: Tensor) -> Tensor:
        code = self.encoder(self.sees(inputs.flatten(0, 1)))  # [B * V, C, h, w]
        prediction: Tensor = self.decoder(code.reshape(len(inputs), -1, *code.shape[2:]))  # from [B, V * C, h, w]
        return prediction
