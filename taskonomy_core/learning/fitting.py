"""The one training loop: task networks, readouts, the from-scratch baseline and the constant all pass through it."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from taskonomy_core.contract import Loss, seed_of
from taskonomy_core.errors import JobError
from taskonomy_core.learning.computing import Computing
from taskonomy_core.learning.deck import Batch
from taskonomy_core.learning.guard import plugin_code
from taskonomy_core.learning.recipe import Schedule

LOOK_EVERY = 20  # steps between two looks at the losses: each look waits for a GPU
EXPLODED = 1e4  # a loss that grew by this factor never comes back


@dataclass(eq=False)
class Learner:
    """One network in training. `feed` takes from a batch what the module is given; `fault` is set where it failed."""

    name: str
    module: nn.Module
    feed: Callable[[Batch], Tensor]
    seed: int
    fault: JobError | None = None

    def predict(self, batch: Batch, task: str, computing: Computing) -> Tensor:
        """The module's float32 prediction for a batch."""
        with computing.autocast(), plugin_code(task, "decoder"):
            prediction: Tensor = self.module(self.feed(batch))
        return prediction.float()


def learning_rate(schedule: Schedule, step: int, steps: int) -> float:
    """The rate at a step of 0..steps-1: the paper's one drop, or a cosine after a warm-up of a twentieth."""
    if schedule.schedule == "step":
        return schedule.lr * (0.1 if step >= schedule.drop_after else 1.0)
    warm = max(1, steps // 20)
    if step < warm:
        return schedule.lr * (step + 1) / warm
    return schedule.lr * 0.5 * (1 + math.cos(math.pi * (step - warm) / max(1, steps - warm)))


def mean_loss(losses: Tensor, labelled: Tensor) -> Tensor:
    """The mean over the images that have a label; zero where none has."""
    return torch.where(labelled, losses, 0.0).sum() / labelled.sum().clamp(min=1)


def fit(
    learners: Sequence[Learner],
    batches: Iterable[Batch],
    steps: int,
    task: str,
    loss: Loss,
    schedule: Schedule,
    computing: Computing,
) -> None:
    """Train all learners over the same batches, each batch and its labels made once.

    Learners do not influence each other: each has its own weights, gradient norm and dropout stream, and the result of
    one is the same whichever others are trained beside it. One whose loss is not finite, or explodes, gets its `fault`
    and stops; the others go on.
    """
    weights = [list(learner.module.parameters()) for learner in learners]
    optimiser = torch.optim.Adam(
        [{"params": own} for own in weights],
        lr=schedule.lr,
        weight_decay=schedule.weight_decay,
        fused=True,
    )
    noisy = [any(isinstance(part, nn.Dropout) and part.p > 0 for part in each.module.modules()) for each in learners]
    watch = _Watch(len(learners), computing.device)
    for learner in learners:
        learner.module.train()
    for step, batch in enumerate(batches):
        for group in optimiser.param_groups:
            group["lr"] = learning_rate(schedule, step, steps)
        labelled = batch.example.labelled
        for number, learner in enumerate(learners):
            if learner.fault is not None:
                continue
            if noisy[number]:
                torch.manual_seed(seed_of(learner.seed, step))
            prediction = learner.predict(batch, task, computing)
            with plugin_code(task, "loss"):
                losses = loss(prediction, batch.example.target, batch.example.scored)
            mean = mean_loss(losses, labelled)
            mean.backward()  # type: ignore[no-untyped-call]
            if schedule.clip:
                nn.utils.clip_grad_norm_(weights[number], schedule.clip)
            watch.take(number, mean.detach())
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
        if step % LOOK_EVERY == 0 or step == steps - 1:
            watch.look(learners, step)


class _Watch:
    """Notices learners whose loss is not finite or has exploded, without waiting for the device at every step."""

    def __init__(self, learners: int, device: torch.device) -> None:
        self._worst = torch.zeros(learners, device=device)
        self._first: list[float] | None = None

    def take(self, number: int, mean: Tensor) -> None:
        # NaN must not hide behind a comparison: nan > x is false, so it is turned into inf first.
        self._worst[number] = torch.maximum(self._worst[number], mean.nan_to_num(nan=math.inf))

    def look(self, learners: Sequence[Learner], step: int) -> None:
        worst = self._worst.tolist()
        if self._first is None:
            self._first = [max(value, 1e-6) for value in worst]
        for learner, now, first in zip(learners, worst, self._first, strict=True):
            if learner.fault is None and not now < EXPLODED * first:
                said = "not a finite number" if not math.isfinite(now) else f"{now:.3g} after {first:.3g}"
                learner.fault = JobError(
                    f"{learner.name} diverged: its training loss was {said} within the first {step + 1} steps.",
                    "Lower the learning rate in the [recipe] table of registry.toml, or mend the task's loss.",
                )
        self._worst.zero_()
