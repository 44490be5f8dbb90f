"""Runs a finished network or transfer on pictures that belong to no data source: a person's own.

What is fed is what `task.example` makes of views that hold rgb alone where the task alters its inputs (noise, holes,
tiles), and else the plain pictures. The draws of a picture depend on its pixels: it is always altered in the same way.
A transfer's features are made here, by the frozen encoders, and rounded as those of the cache are.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from taskonomy_core.contract import Draws, Example, Task, Views
from taskonomy_core.errors import TaskonomyError
from taskonomy_core.learning.deck import Batch
from taskonomy_core.learning.evaluate import BATCH
from taskonomy_core.learning.fitting import Learner
from taskonomy_core.learning.guard import plugin_code
from taskonomy_core.learning.show import Pictures, as_bytes, side_by_side
from taskonomy_core.learning.trainer import LocalTrainer


@dataclass(frozen=True)
class Applied:
    """What was said of N examples of a task.

    `inputs`: what the network saw, views side by side, and `pictures`: what it said, for people; uint8 [N, H, W, 3].
    `predictions`: float32 [N, *task.output.shape], on the scale of the task's target.
    """

    views: int
    inputs: Pictures
    pictures: Pictures
    predictions: NDArray[np.float32]


def apply_network(trainer: LocalTrainer, task: str, pictures: Tensor) -> Applied:
    """Run the finished network of a task on pictures, float32 [N * V, 3, side, side] in [0, 1].

    Pictures go V at a time, in their order, to a task of V views.

    Errors: TaskonomyError where the number of pictures does not fit, the task has no network of its own, or it alters
    its inputs by labels that pictures lack; JobError where its own code raises.
    """
    if not trainer.task(task).trainable:
        raise TaskonomyError(
            f"{task} predicts nothing: it is an encoder that stays as it was initialised.",
            "Choose another task: tk status",
        )
    return _applied(trainer, task, pictures, lambda inputs: trainer.finished_network(task, inputs))


def apply_transfer(
    trainer: LocalTrainer, task: str, sources: Sequence[str], state: Mapping[str, Tensor], pictures: Tensor
) -> Applied:
    """Run a finished transfer, its stored `state` given, as `apply_network` does. `sources` in the stored order."""
    return _applied(trainer, task, pictures, lambda inputs: trainer.finished_transfer(task, sources, state, inputs))


@torch.no_grad()
def _applied(trainer: LocalTrainer, task: str, pictures: Tensor, finished: Callable[[Tensor], Learner]) -> Applied:
    card = trainer.task(task)
    learner: Learner | None = None
    parts = []
    for inputs in _inputs(card, pictures.to(trainer.computing.device)):
        if learner is None:
            learner = finished(inputs)
            learner.module.eval()
        # No part of a network reads the target of what it is fed.
        batch = Batch(torch.arange(len(inputs)), Example(inputs, target=inputs))
        prediction = learner.predict(batch, task, trainer.computing)
        with plugin_code(task, "picture"):
            said = card.picture(prediction, inputs)
        parts.append((side_by_side(inputs), as_bytes(said), prediction.cpu().numpy()))
    inputs_seen, drawn, predictions = (np.concatenate(part) for part in zip(*parts, strict=True))
    return Applied(card.views, inputs_seen, drawn, predictions)


def _inputs(task: Task, pictures: Tensor) -> Iterator[Tensor]:
    """What the task's network is fed, in batches [B, V, 3, h, w]."""
    if len(pictures) % task.views:
        raise TaskonomyError(
            f"{task.name} takes {task.views} pictures at a time; {len(pictures)} cannot be shared out so.",
            f"Give {task.views} pictures, or a multiple, those of one example side by side.",
        )
    labels = [need for need in task.modalities if need != "rgb"]
    if task.alters_inputs and labels:
        raise TaskonomyError(
            f"{task.name} makes what its network sees from {' and '.join(labels)}, which a picture of your own lacks.",
            "Choose another task: tk status",
        )
    for group in torch.split(pictures.reshape(-1, task.views, *pictures.shape[1:]), BATCH):
        views = Views({"rgb": group})
        if not task.alters_inputs:
            yield views.images()
            continue
        ids = torch.tensor([_id(each) for each in group])
        with plugin_code(task.name, "example"):
            inputs = task.example(views, Draws.of(0, ids, group.device)).inputs
        yield inputs


def _id(views: Tensor) -> int:
    """63 bits that depend on the pixels alone."""
    digest = hashlib.blake2b(views.cpu().numpy().tobytes(), digest_size=8).digest()
    return int.from_bytes(digest, "little") >> 1
