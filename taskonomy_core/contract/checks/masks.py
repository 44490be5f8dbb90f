"""Rules on what is not scored; and the helpers that hide something from a loss or a metric."""

from __future__ import annotations

import torch
from torch import Tensor

from taskonomy_core.contract.checks.bench import IMAGES, Trial, require, same
from taskonomy_core.contract.draws import Draws


def loss_ignores_what_is_masked(trial: Trial) -> None:
    """Predictions and targets under the mask do not change the loss."""
    target, mask = trial.example.target, partly_hidden(trial)
    before = trial.task.loss(trial.prediction.clone(), target.clone(), mask)
    for what, prediction, changed in (
        ("prediction", altered(trial.prediction, mask), target),
        ("target", trial.prediction, altered(target, mask)),
    ):
        after = trial.task.loss(prediction.clone(), changed.clone(), mask)
        require(
            same(before, after),
            f"Changing the {what} where the mask is False changes the loss: leave out what is masked, and divide by "
            "the number of scored elements.",
        )


def loss_of_a_masked_image_is_nan(trial: Trial) -> None:
    """An image whose mask is all False gets NaN; the others keep their loss, and gradients stay finite."""
    image = first_labelled(trial)
    mask = trial.example.scored.clone()
    mask[image] = False
    others = [other for other in range(IMAGES) if other != image]
    prediction = trial.prediction.clone().requires_grad_()
    losses = trial.task.loss(prediction, trial.example.target.clone(), mask)
    require(
        bool(torch.isnan(losses[image])),
        f"An image with nothing to score gets the loss {losses[image].item():.4g}: it must get NaN, so that no "
        "tournament counts it.",
    )
    require(
        same(losses[others].detach(), trial.losses[others]),
        "An image with nothing to score changes the losses of the others: average within each image.",
    )
    counted = losses[~torch.isnan(losses)]
    if not len(counted):
        return
    (gradient,) = torch.autograd.grad(counted.mean(), prediction)
    require(
        bool(torch.isfinite(gradient).all()),
        "An image with nothing to score makes gradients that are not finite: divide by at least 1 and put the NaN in "
        "afterwards with torch.where.",
    )


def first_labelled(trial: Trial) -> int:
    """The first image that has something to score."""
    return int(trial.example.labelled.nonzero()[0])


def partly_hidden(trial: Trial) -> Tensor:
    """The task's mask, of its own form, with about half of the pixels or one labelled image hidden as well."""
    mask = trial.example.scored.clone()
    if mask.ndim == 1:
        mask[first_labelled(trial)] = False
        return mask
    coins = Draws.of(trial.bench.seed, list(range(IMAGES)), trial.device).uniform(*mask.shape[1:], stream="hidden")
    return mask & (coins < 0.5)


def altered(values: Tensor, mask: Tensor) -> Tensor:
    """Other values where the mask is False; unchanged where values and mask do not lie on the same pixels."""
    if mask.ndim == 4 and (values.ndim < 3 or values.shape[-2:] != mask.shape[-2:]):
        return values
    if mask.ndim == 1:
        hidden = ~mask.reshape(-1, *(1,) * (values.ndim - 1))
    else:
        hidden = ~mask if values.ndim == 4 else ~mask[:, 0]
    if values.is_floating_point():
        return torch.where(hidden, 3.1 - 1.7 * values, values)
    # Integers and truth values: another image's, so that a class number or a position stays one.
    return torch.where(hidden, values.roll(1, 0), values)
