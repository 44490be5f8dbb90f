"""Per-image test losses, which tournaments compare, and the metrics that people quote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from taskonomy_core.contract import Metric, Task
from taskonomy_core.errors import JobError
from taskonomy_core.learning.computing import Computing
from taskonomy_core.learning.deck import Deck
from taskonomy_core.learning.fitting import Learner
from taskonomy_core.learning.guard import plugin_code

BATCH = 50


@dataclass(frozen=True)
class Score:
    """How one learner did on a deck: losses float64 [N] (NaN: no label), metrics by "NAME (UNIT)"."""

    losses: NDArray[np.float64]
    metrics: dict[str, float]


@torch.no_grad()
def evaluate(
    learners: Sequence[Learner], deck: Deck, task: Task, computing: Computing, *, quoted: bool
) -> list[Score | JobError]:
    """Score all learners over the same test examples, their labels made once; failed learners answer their fault.

    `quoted` asks for the task's metrics too; they cost more than the losses.
    """
    for learner in learners:
        learner.module.eval()
    with plugin_code(task.name, "metrics"):
        metrics: list[list[Metric]] = [[make() for make in task.metrics] if quoted else [] for _ in learners]
    columns: list[list[torch.Tensor]] = [[] for _ in learners]
    labelled = []
    for batch in deck.in_order(BATCH):
        target, scored = batch.example.target, batch.example.scored
        labelled.append(batch.example.labelled.cpu())
        for learner, column, counting in zip(learners, columns, metrics, strict=True):
            if learner.fault is not None:
                continue
            prediction = learner.predict(batch, task.name, computing)
            with plugin_code(task.name, "loss"):
                column.append(task.loss(prediction, target, scored).cpu().double())
            with plugin_code(task.name, "metrics"):
                for metric in counting:
                    metric.update(prediction, target, scored)
    has_label = torch.cat(labelled).numpy()
    return [_score(*each, has_label, task.name) for each in zip(learners, columns, metrics, strict=True)]


def _score(
    learner: Learner, column: list[torch.Tensor], counted: list[Metric], labelled: NDArray[np.bool_], task: str
) -> Score | JobError:
    if learner.fault is not None:
        return learner.fault
    losses = torch.cat(column).numpy()
    broken = int((labelled & ~np.isfinite(losses)).sum())
    if broken:
        return JobError(
            f"{learner.name} gives losses that are not finite on {broken} of {len(losses)} test images.",
            f"Mend the loss of the task and type: tk check {task}",
        )
    with plugin_code(task, "metrics"):
        figures = {
            f"{metric.name} ({metric.unit})" if metric.unit else metric.name: metric.compute() for metric in counted
        }
    return Score(np.where(labelled, losses, np.nan), figures)
