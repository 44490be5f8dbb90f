"""The same test examples under several networks of one task, as pictures for people."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from taskonomy_core.learning.fitting import Learner
from taskonomy_core.learning.gallery import seen, tiled
from taskonomy_core.learning.guard import plugin_code
from taskonomy_core.learning.show import Pictures, as_bytes
from taskonomy_core.learning.trainer import LocalTrainer


@dataclass(frozen=True)
class Compared:
    """N test examples of one task, each a picture uint8 [N, H, W, 3].

    `ids`, int64 [N], are those of the loss columns. `inputs`: what the task's own encoder is shown, several views side
    by side, many in a square; `target`: what should be said; `said`: what each network says, in the order given.
    """

    title: str
    ids: NDArray[np.int64]
    inputs: Pictures
    target: Pictures
    said: tuple[Pictures, ...]


@torch.no_grad()
def compare(
    trainer: LocalTrainer, task: str, ids: NDArray[np.int64], finished: Sequence[Callable[[Tensor], Learner]]
) -> Compared:
    """Show some test examples of a task to finished networks and transfers of it.

    Args:
        trainer: of the project.
        task: its name.
        ids: which examples of its test split, as loss columns call them.
        finished: makers of the learners, given inputs [B, V, 3, h, w] for their shape: `LocalTrainer.finished_network`,
            `finished_transfer`, `finished_scratch`.

    Errors: KeyError for an id that the split does not have; JobError where the task's own code raises.
    """
    card, deck = trainer.task(task), trainer.deck(task, "test")
    place = {each: position for position, each in enumerate(deck.ids.tolist())}
    batch = deck.take(torch.tensor([place[each] for each in ids.tolist()]))
    inputs = batch.example.inputs
    said = []
    for make in finished:
        learner = make(inputs)
        learner.module.eval()
        said.append(learner.predict(batch, task, trainer.computing))
    with plugin_code(task, "picture"):
        target, *drawn = (as_bytes(card.picture(shown, inputs)) for shown in (batch.example.target, *said))
    with plugin_code(task, "sees"):
        views = [as_bytes(tiled(seen(card, example))[None])[0] for example in inputs.cpu()]
    return Compared(card.title, ids, np.stack(views), target, tuple(drawn))
