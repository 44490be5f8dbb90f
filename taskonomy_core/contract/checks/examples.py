"""Rules on `example`: what the encoder sees, the target and the mask."""

from __future__ import annotations

import torch
from torch import Tensor

from taskonomy_core.contract.checks.bench import IMAGES, RuleBrokenError, Trial, require, same, told
from taskonomy_core.contract.example import Example
from taskonomy_core.contract.task import MAX_VIEWS


def example_is_batched(trial: Trial) -> None:
    """`example` gives inputs [B, V, 3, h, w] in [-1, 1] and a target with first axis B, on the views' device."""
    try:
        example = trial.example
    except KeyError as error:
        if error.args and error.args[0] in trial.views.modalities:
            raise
        raise RuleBrokenError(f"`example` reads {error}, which `needs` does not name: add it to `needs`.") from error
    require(isinstance(example, Example), f"`example` returns a {type(example).__name__}: let it return an Example.")
    inputs, target = example.inputs, example.target
    require(isinstance(inputs, Tensor) and isinstance(target, Tensor), "Example.inputs and .target must be tensors.")
    require(
        inputs.ndim == 5 and len(inputs) == IMAGES and inputs.shape[2] == 3 and 1 <= inputs.shape[1] <= MAX_VIEWS,
        f"Example.inputs has shape {told(inputs.shape)} for {IMAGES} groups of views: it must be [{IMAGES}, V, 3, h, w]"
        f" with at most {MAX_VIEWS} views (views.images() has it).",
    )
    require(
        inputs.dtype == torch.float32,
        f"Example.inputs is {inputs.dtype}: it must be float32 (views.images() is).",
    )
    require(
        bool(torch.isfinite(inputs).all()) and inputs.abs().max().item() <= 1.001,
        f"Example.inputs runs from {inputs.min():.4g} to {inputs.max():.4g}: bring the pictures to [-1, 1].",
    )
    require(
        target.ndim >= 1 and len(target) == IMAGES,
        f"Example.target has shape {told(target.shape)} for {IMAGES} groups of views: its first axis must be {IMAGES}.",
    )
    require(
        inputs.device == trial.device and target.device == trial.device,
        f"The views are on {trial.device}, but the example is on {inputs.device} and {target.device}: make new tensors "
        "on the device of the views.",
    )


def example_repeats(trial: Trial) -> None:
    """The same views and draws give the same example, and the views stay as they were."""
    everything = tuple(range(IMAGES))
    torch.manual_seed(1 + trial.bench.seed)
    again = trial.make(*everything)
    torch.manual_seed(2 + trial.bench.seed)
    difference = _difference(again, trial.make(*everything))
    require(
        not difference,
        f"The same views and draws gave another {difference} the second time: take all random numbers from `draws`.",
    )
    before = {name: tensor.clone() for name, tensor in trial.views.modalities.items()}
    trial.task.example(trial.views, trial.draws)
    changed = [name for name, tensor in before.items() if not same(tensor, trial.views[name])]
    for name in changed:
        trial.views[name].copy_(before[name])
    require(not changed, f"`example` changes {', '.join(changed)} of its views in place: work on a copy.")


def example_alone_is_as_in_a_batch(trial: Trial) -> None:
    """An image's example does not depend on the other images of the batch."""
    for image in range(IMAGES):
        difference = _difference(trial.make(image), _only(trial.example, image))
        require(
            not difference,
            f"The {difference} of an image is another one alone than in a batch: let `example` use nothing but the "
            "image's own views and draws.",
        )


def example_tells_whether_it_alters_inputs(trial: Trial) -> None:
    """`alters_inputs` is True exactly where the inputs are not the plain views."""
    plain = same(trial.example.inputs, trial.views.images())
    if trial.task.alters_inputs:
        require(
            not plain,
            "alters_inputs is True, but the inputs are the plain views: leave it out, so that cached features of the "
            "plain views can be used.",
        )
    else:
        require(
            plain,
            "The inputs are not views.images(): set alters_inputs=True, or give the plain views.",
        )


def mask_is_legal(trial: Trial) -> None:
    """The mask is missing or bool, [B] or [B, 1, h, w] in the size of a dense output, and leaves something to score."""
    mask, output = trial.example.mask, trial.task.output
    if mask is not None:
        require(
            isinstance(mask, Tensor) and mask.dtype == torch.bool,
            f"Example.mask is {getattr(mask, 'dtype', type(mask).__name__)}: it must be bool, True where it is scored.",
        )
        side = output.shape(trial.bench.size.image)[-1]
        legal = [(IMAGES,), (IMAGES, 1, side, side)] if output.is_dense else [(IMAGES,)]
        require(
            tuple(mask.shape) in legal,
            f"Example.mask has shape {told(mask.shape)}: it must be {' or '.join(map(told, legal))}.",
        )
        require(mask.device == trial.device, f"Example.mask is on {mask.device}, the views on {trial.device}.")
    require(
        bool(trial.example.labelled.any()),
        f"None of {IMAGES} images has anything to score: the mask is False everywhere.",
    )


def _only(example: Example, image: int) -> Example:
    picked = slice(image, image + 1)
    mask = None if example.mask is None else example.mask[picked]
    return Example(example.inputs[picked], example.target[picked], mask)


def _difference(first: Example, second: Example) -> str:
    """Which part of two examples differs, or nothing."""
    for part in ("inputs", "target", "mask"):
        one, other = getattr(first, part), getattr(second, part)
        if (one is None) != (other is None) or (one is not None and not same(one, other)):
            return part
    return ""
