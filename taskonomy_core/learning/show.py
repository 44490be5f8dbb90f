"""What a trained network or transfer says about test images, as pictures for people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from taskonomy_core.learning.guard import plugin_code
from taskonomy_core.learning.trainer import LocalTrainer

Pictures = NDArray[np.uint8]


@dataclass(frozen=True)
class Shown:
    """Pictures of one task, each uint8 [N, H, W, 3]: what the network saw, what it should say, what it says.

    The views of a multi-view input stand side by side.
    """

    title: str
    inputs: Pictures
    target: Pictures
    prediction: Pictures


@torch.no_grad()
def show_network(trainer: LocalTrainer, task: str, positions: list[int]) -> Shown:
    """Run the finished network of `task` on some examples of its test split."""
    card = trainer.task(task)
    deck = trainer.deck(task, "test")
    batch = deck.take(torch.tensor(positions))
    learner = trainer.finished_network(task)
    learner.module.eval()
    prediction = learner.predict(batch, task, trainer.computing)
    inputs = batch.example.inputs
    with plugin_code(task, "picture"):
        target, said = (card.picture(each, inputs) for each in (batch.example.target, prediction))
    return Shown(card.title, side_by_side(inputs), as_bytes(target), as_bytes(said))


def side_by_side(inputs: Tensor) -> Pictures:
    """The views that a network sees, [B, V, 3, h, w] in [-1, 1] -> uint8 [B, h, V * w, 3]."""
    return as_bytes(torch.cat(inputs.unbind(1), dim=-1) / 2 + 0.5)


def as_bytes(pictures: Tensor) -> Pictures:
    """[B, 3, H, W] in [0, 1] -> uint8 [B, H, W, 3]; what is no number is black."""
    scaled = (pictures.float().nan_to_num(0.0).clamp(0, 1) * 255).round().to(torch.uint8)
    array: Pictures = scaled.permute(0, 2, 3, 1).cpu().numpy()
    return array
