"""Rules on `loss`, apart from masks."""

from __future__ import annotations

import torch
from torch import Tensor

from taskonomy_core.contract.checks.bench import IMAGES, RuleIdleError, Trial, require, same, told

_STEPS = 40
_RATE = 0.15
# A prediction that was fitted to another image must lose by this share of what fitting gained.
_LEAST_SHARE = 0.01


def loss_is_one_number_per_image(trial: Trial) -> None:
    """`loss` gives [B] floating-point numbers, finite where an image is labelled, with a finite gradient."""
    prediction = trial.prediction.clone().requires_grad_()
    target = trial.example.target.clone()
    losses = trial.task.loss(prediction, target, trial.example.scored)
    require(
        isinstance(losses, Tensor) and tuple(losses.shape) == (IMAGES,),
        f"`loss` gives {told(getattr(losses, 'shape', ()))} for a batch of {IMAGES}: it must give one number per image,"
        f" [{IMAGES}]; take the mean over all axes but the first.",
    )
    require(losses.is_floating_point(), f"`loss` gives {losses.dtype}: it must be floating-point.")
    labelled = trial.example.labelled
    finite = torch.isfinite(losses)
    require(
        bool(finite[labelled].all()),
        "`loss` is not finite for an image that has something to score: look for a division by zero, the logarithm of "
        "zero, or values of the target that the mask should leave out.",
    )
    require(
        losses.requires_grad,
        "`loss` has no gradient towards the prediction: compute it with differentiable torch operations.",
    )
    (gradient,) = torch.autograd.grad(losses[labelled].mean(), prediction)
    require(
        bool(torch.isfinite(gradient).all()),
        "The gradient of `loss` is not finite: look for a square root or a division at zero.",
    )
    require(
        same(prediction.detach(), trial.prediction) and same(target, trial.example.target),
        "`loss` changes its arguments in place: work on a copy.",
    )


def loss_alone_is_as_in_a_batch(trial: Trial) -> None:
    """An image scores the same alone as in a batch."""
    target, mask = trial.example.target, trial.example.scored
    for image in range(IMAGES):
        one = slice(image, image + 1)
        alone = trial.task.loss(trial.prediction[one], target[one], mask[one])
        require(
            same(alone, trial.losses[one]),
            f"An image's loss is {alone.item():.6g} alone and {trial.losses[image].item():.6g} in a batch: average "
            "within each image, and take no statistics of the batch.",
        )


def loss_is_best_at_the_ideal(trial: Trial) -> None:
    """The nearer a prediction is to the target, the lower the loss."""
    if not trial.task.trainable:
        raise RuleIdleError("Skipped: nothing is fitted with the loss of a task that is not trained.")
    best, gain = _fitted(trial)
    _require_a_floor(trial, best)
    _require_own_beats_others(trial, best, gain)
    _require_target_beats_perturbed(trial, best, gain)


def _fitted(trial: Trial) -> tuple[Tensor, float]:
    """Predictions fitted to each image by gradient descent from one start that knows no target, and what that gained.

    This finds the ideal prediction without knowing what the task's numbers mean.
    """
    task, target, mask = trial.task, trial.example.target, trial.example.scored
    labelled = trial.example.labelled
    shape = task.output.shape(trial.bench.size.image)
    start = 0.3 * trial.random(1, *shape, stream="start").expand(IMAGES, *shape)
    free = start.clone().requires_grad_()
    optimiser = torch.optim.Adam([free], _RATE)
    for _ in range(_STEPS):
        optimiser.zero_grad()
        # The sum: each image is fitted as if it were alone.
        torch.autograd.backward(task.loss(free, target, mask)[labelled].sum())
        optimiser.step()
    best = free.detach()
    before, after = (task.loss(at, target, mask)[labelled].mean().item() for at in (start, best))
    require(
        after < before - 1e-3 * max(abs(before), 1e-3),
        f"Gradient descent on a free prediction does not lower the loss ({before:.4g} before, {after:.4g} after): make "
        "it depend on the prediction, and lower where the prediction is better.",
    )
    return best, before - after


def _require_a_floor(trial: Trial, best: Tensor) -> None:
    """Going on in the direction of the fit, a hundred times as far, must not pay without end."""
    example = trial.example
    near, far = (
        trial.task.loss(scale * best, example.target, example.scored)[example.labelled].mean().item()
        for scale in (1.0, 100.0)
    )
    require(
        not far < near - 1.0 - 2.0 * abs(near),
        f"The loss falls without end as predictions grow ({near:.4g} at the best fit, {far:.4g} at a hundred times "
        "that): look at its sign, lower must be better.",
    )


def _require_own_beats_others(trial: Trial, best: Tensor, gain: float) -> None:
    """On each image, the prediction fitted to it must beat those fitted to images with another target."""
    task, target, mask = trial.task, trial.example.target, trial.example.scored
    advantages: list[float] = []
    for shift in range(1, IMAGES):
        # What the other image did not score, its prediction was not fitted to.
        both = mask & mask.roll(shift, 0)
        counted = both.reshape(IMAGES, -1).any(1) & (target != target.roll(shift, 0)).reshape(IMAGES, -1).any(1)
        advantage = task.loss(best.roll(shift, 0), target, both) - task.loss(best, target, both)
        advantages += advantage[counted].tolist()
    if not advantages:
        return
    mean = sum(advantages) / len(advantages)
    require(
        mean > _LEAST_SHARE * gain,
        f"A prediction fitted to one image scores as well on others (fitting gains {gain:.4g}, the right image only "
        f"{mean:.4g}): make the loss compare the prediction with the image's own target.",
    )


def _require_target_beats_perturbed(trial: Trial, best: Tensor, gain: float) -> None:
    """Where the target has the prediction's shape and is no distribution, predicting it must be the best there is."""
    task, target, mask = trial.task, trial.example.target, trial.example.scored
    if target.shape != best.shape or not target.is_floating_point() or _is_distribution(target):
        return
    labelled = trial.example.labelled
    exact = task.loss(target.clone(), target, mask)[labelled].mean().item()
    rivals = {"the best fit": best}
    for size in (0.05, 0.5):
        noise = size * trial.random(*target.shape, stream="perturbation")
        rivals[f"the target with noise of {size}"] = target + noise
    for name, rival in rivals.items():
        score = task.loss(rival, target, mask)[labelled].mean().item()
        require(
            exact <= score + 0.02 * gain,
            f"Predicting the target itself scores {exact:.4g}, but {name} scores {score:.4g}: lower must be better, "
            "and the loss must compare prediction and target on one scale.",
        )


def _is_distribution(target: Tensor) -> bool:
    """Whether a target holds class probabilities along axis 1, which logits are compared with; all zero: no label."""
    total = target.sum(1)
    sums = torch.isclose(total, torch.ones_like(total), atol=1e-3) | (total == 0)
    return target.ndim > 1 and target.shape[1] > 1 and bool((target >= 0).all()) and bool(sums.all())
