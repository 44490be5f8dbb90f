"""Rules on what a task says of itself."""

from __future__ import annotations

from dataclasses import replace

import torch

from taskonomy_core.contract.checks.bench import Trial, require, same, told
from taskonomy_core.errors import TaskDefinitionError


def definition_is_sound(trial: Trial) -> None:
    """The definition has no fault, and the data offers what it needs."""
    task = trial.task
    try:
        replace(task)
    except TaskDefinitionError as error:
        require(False, error.message)
    rgb = trial.views["rgb"]
    require(
        rgb.ndim == 5 and rgb.shape[1] == task.views,
        f"The arrangement {task.arrangement!r} has {task.views} views, but the data gave {told(rgb.shape)}.",
    )


def sees_gives_its_channels(trial: Trial) -> None:
    """`sees` turns [N, 3, h, w] into [N, channels, h, w], each picture by itself."""
    task = trial.task
    pictures = trial.views.images().flatten(0, 1)  # [N, 3, h, w]
    seen = task.sees(pictures.clone())
    expected = (len(pictures), task.channels, *pictures.shape[2:])
    require(
        seen.shape == expected,
        f"`sees` gives {told(seen.shape)} for pictures {told(pictures.shape)}; with channels={task.channels} it must "
        f"give {told(expected)}. Change `sees` or `channels`.",
    )
    require(
        seen.is_floating_point() and bool(torch.isfinite(seen).all()),
        "`sees` gives something else than finite floating-point numbers.",
    )
    require(
        same(task.sees(pictures[:1].clone()), seen[:1]),
        "`sees` gives another result for a picture alone than in a batch: let it use nothing but the picture itself.",
    )
