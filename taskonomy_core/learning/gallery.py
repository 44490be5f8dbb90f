"""One picture of the test split as every task sees it: what its network is shown and what it should say.

The examples are those that training is scored on (`Deck`, epoch 0: the same noise, crops and samples). A task of
several views shows the group whose first view is the picture. A task that cannot be shown has its reason in the place
of pictures, and the others go on.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable
from dataclasses import dataclass
from math import ceil, sqrt

import torch
from torch import Tensor
from torch.nn.functional import pad

from taskonomy_core.contract import DataSource, Progress, Task, no_progress
from taskonomy_core.errors import DataError, TaskonomyError
from taskonomy_core.learning.deck import Deck
from taskonomy_core.learning.guard import plugin_code
from taskonomy_core.learning.show import Pictures, as_bytes

SPLIT = "test"
ABREAST = 3  # so many views stand side by side; more stand in a square
_RIM = 64  # between views: one pixel for so many across


@dataclass(frozen=True)
class Panel:
    """One task in a gallery: two pictures, uint8 [H, W, 3], or `fault`, why there are none.

    `caption` says what goes in and out and how it is scored; `group` is one of contract.GROUPS.
    """

    name: str
    title: str
    group: str
    caption: str = ""
    inputs: Pictures | None = None
    target: Pictures | None = None
    fault: TaskonomyError | None = None


def gallery(
    tasks: Iterable[tuple[str, Task | TaskonomyError]],
    data: DataSource,
    image: int,
    seed: int,
    progress: Progress = no_progress,
) -> list[Panel]:
    """A panel for every task, in their order, all of one picture: index `image` of the test split.

    A task that could not be loaded comes as the error that says why. `data` is opened and prepared. Errors: DataError
    where the split has no such picture.
    """
    count = len(data.ids(SPLIT))
    if not 0 <= image < count:
        raise DataError(f"There is no test picture {image}: the data source gives {count}, from 0.")
    asked = list(tasks)
    panels = []
    for done, (name, task) in enumerate(asked, start=1):
        panels.append(
            Panel(name, name, "other", fault=task)
            if isinstance(task, TaskonomyError)
            else _panel(task, data, image, seed)
        )
        progress(done, len(asked), "tasks")
    return panels


def _panel(task: Task, data: DataSource, image: int, seed: int) -> Panel:
    try:
        return shown_task(task, data, image, seed)
    except TaskonomyError as fault:
        return Panel(task.name, task.title, task.group, fault=fault)


@torch.no_grad()
def shown_task(task: Task, data: DataSource, image: int, seed: int) -> Panel:
    """One task on one picture.

    Errors: DataError where the data source lacks a modality or no group of views has the picture; JobError where the
    task's own code raises, or draws what is no picture.
    """
    lacking = [need for need in task.modalities if need not in data.modalities]
    if lacking:
        raise DataError(f"It needs {', '.join(lacking)}, which the data source does not have.")
    deck = Deck(task, data, SPLIT, sys.maxsize, seed, torch.device("cpu"))
    example = deck.take(torch.tensor([group_of(image, data, task.arrangement)])).example
    with plugin_code(task.name, "picture"):
        drawn = task.picture(example.target, example.inputs)
        if drawn.ndim != 4 or drawn.shape[:2] != (1, 3):
            raise ValueError(f"its shape is {list(drawn.shape)}, not [1, 3, H, W]")
        target = as_bytes(drawn)[0]
    with plugin_code(task.name, "sees"):
        inputs = as_bytes(tiled(seen(task, example.inputs[0]))[None])[0]
    with plugin_code(task.name, "metrics"):
        scored = ", ".join(metric().name for metric in task.metrics) or _name(task.loss)
    part = f"{_several(example.inputs.shape[1], 'view')} to {_output(task)}"
    caption = f"{part}; {scored if task.trainable else 'not trained'}{'' if task.target else '; source only'}"
    return Panel(task.name, task.title, task.group, caption, inputs, target)


def group_of(image: int, data: DataSource, arrangement: str) -> int:
    """The number of a group of views that has the picture, as its first view where there is one.

    Of matched pairs one that matches is taken: two views of one point, which a fixated pair is.
    """
    groups = data.groups(SPLIT, arrangement).tolist()
    matching = data.groups(SPLIT, "fixated_pairs").tolist() if arrangement == "matched_pairs" else groups
    having = [number for number, group in enumerate(groups) if image in group]
    if not having:
        raise DataError(
            f"No {arrangement.replace('_', ' ')} of the data source have picture {image}.", "Try another picture."
        )
    return min(having, key=lambda number: (groups[number] not in matching, groups[number].index(image)))


def seen(task: Task, views: Tensor) -> Tensor:
    """What the encoder takes from the views [V, 3, h, w], as pictures [V, 3, h, w] in [0, 1]; grey where it is grey."""
    seen = task.sees(views)
    pictures = seen.expand(-1, 3, -1, -1) if seen.shape[1] == 1 else seen if seen.shape[1] == 3 else views
    return pictures.float() / 2 + 0.5


def tiled(views: Tensor) -> Tensor:
    """Views [V, 3, h, w] side by side with a white rim between, from four on in a square: [3, H, W]."""
    across = len(views) if len(views) <= ABREAST else ceil(sqrt(len(views)))
    rim, blanks = max(1, views.shape[-1] // _RIM), -len(views) % across
    framed = pad(torch.cat([views, views.new_ones(blanks, *views.shape[1:])]), (0, rim, 0, rim), value=1.0)
    rows = [torch.cat(list(framed[start : start + across]), dim=2) for start in range(0, len(framed), across)]
    return torch.cat(rows, dim=1)[:, :-rim, :-rim]


def _output(task: Task) -> str:
    if not task.output.is_dense:
        return _several(task.output.channels, "number")
    return _several(task.output.channels, "map") + (f" of 1/{task.output.stride} side" * (task.output.stride > 1))


def _several(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def _name(loss: object) -> str:
    """The name of a function or, where it is an object, of its class, in words."""
    return getattr(loss, "__name__", type(loss).__name__).replace("_", " ")
