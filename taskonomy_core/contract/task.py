"""The contract of a task: a recipe card with nothing to inherit.

A plugin author writes one module:

    from taskonomy_core.contract import Example, OutputSpec, Task, Views, Draws, hookimpl
    from taskonomy_core.blocks import DenseDecoder, l1_loss, mean_absolute_error, grey_picture

    def brightness(views: Views, draws: Draws) -> Example:
        return Example(inputs=views.images(), target=views.only("rgb").mean(1, keepdim=True) * 2 - 1)

    TASK = Task(name="brightness", version=1, title="Brightness", group="2d", needs=("rgb",),
                output=OutputSpec.dense(1), example=brightness, decoder=DenseDecoder(tanh=True), loss=l1_loss,
                metrics=(mean_absolute_error("L1", scale=0.5),), picture=grey_picture)

    @hookimpl
    def taskonomy_tasks() -> list[Task]:
        return [TASK]

and one entry point named after the task in the group `taskonomy`, or types `tk register brightness.py`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from taskonomy_core.contract.specs import FeatureSpec, NetworkSize, OutputSpec
from taskonomy_core.errors import TaskDefinitionError

if TYPE_CHECKING:
    from torch import Tensor, nn

    from taskonomy_core.contract.draws import Draws
    from taskonomy_core.contract.example import Example, Views


GROUPS = ("2d", "3d", "geometric", "semantic", "other")
ARRANGEMENTS = {"single": 1, "fixated_pairs": 2, "nonfixated_pairs": 2, "matched_pairs": 2, "triplets": 3}
MAX_VIEWS = 9
MAX_NAME = 100


def is_task_name(name: object) -> bool:
    """Whether a task may be called so: snake_case of a-z, 0-9 and single underscores, at most MAX_NAME characters."""
    return (
        isinstance(name, str)
        and len(name) <= MAX_NAME
        and re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) is not None
    )


class MakeExample(Protocol):
    """Views of the data source -> Example, batched and on the views' device; random only through `draws`."""

    def __call__(self, views: Views, draws: Draws, /) -> Example:
        """Make the example of every group of views in the batch."""
        ...


class Decoder(Protocol):
    """Builds the torch module from a representation to a prediction.

    The module maps float [B, features.channels, features.height, features.width] to [B, *output.shape(size.image)].
    It must stand any number of sources and of views in `features`, and have no memory outside its parameters.
    """

    def __call__(self, features: FeatureSpec, output: OutputSpec, size: NetworkSize, /) -> nn.Module:
        """Build the module, freshly initialised."""
        ...


class Loss(Protocol):
    """One number per image, lower is better: (prediction, target, mask) -> float [B].

    `mask` is bool, [B] or [B, 1, h, w]; what is False must not matter, and an image that is all False gets NaN. This
    is what tournaments compare; training minimises its mean over the images that are not NaN.
    """

    def __call__(self, prediction: Tensor, target: Tensor, mask: Tensor, /) -> Tensor:
        """Score every image of the batch."""
        ...


class Metric(Protocol):
    """What people quote: accumulated over batches, computed once. See `blocks.metrics` for torchmetrics in this shape.

    `unit` is what stands behind the number ("", "%", "degrees", "m").
    """

    name: str
    unit: str
    higher_is_better: bool

    def update(self, prediction: Tensor, target: Tensor, mask: Tensor, /) -> None:
        """Take in a batch."""
        ...

    def compute(self) -> float:
        """Give the figure of everything taken in."""
        ...


class Picture(Protocol):
    """A prediction or a target, with the inputs it belongs to, as pictures for people.

    (prediction or target [B, ...], inputs [B, V, 3, h, w] in [-1, 1]) -> RGB float [B, 3, H, W] in [0, 1].
    """

    def __call__(self, shown: Tensor, inputs: Tensor, /) -> Tensor:
        """Draw every image of the batch."""
        ...


def as_seen(images: Tensor) -> Tensor:
    """What an encoder sees of RGB pictures [N, 3, h, w] in [-1, 1], unless its task says otherwise: the pictures."""
    return images


@dataclass(frozen=True, kw_only=True)
class Task:
    """One visual task. Frozen; every fault of its definition is reported at once.

    Attributes:
        name: snake_case, for ever. The entry point carries the same name.
        version: raised whenever results would change; the ledger's keys contain it.
        title: what people read.
        group: one of GROUPS.
        output: what the decoder predicts.
        example: makes inputs, target and mask of a batch of views.
        decoder: builds the task's own head or image decoder.
        loss: one number per image.
        metrics: factories of what people quote; each call gives a fresh accumulator.
        picture: draws a prediction or target.
        needs: modalities that `example` reads besides rgb.
        arrangement: how the data source groups images, one of ARRANGEMENTS ("single", "triplets", ...).
        sees, channels: what this task's encoder takes from an RGB picture [N, 3, h, w] -> [N, channels, h, w];
            colorization's encoder sees the lightness alone.
        alters_inputs: True when `example` gives the encoder other pictures than the plain views (noise, tiles).
        source, target: whether the task can be transferred from, and to.
        trainable: False for an encoder that stays as it was initialised (random projection).
    """

    name: str
    version: int
    title: str
    group: str
    output: OutputSpec
    example: MakeExample
    decoder: Decoder
    loss: Loss
    metrics: tuple[Callable[[], Metric], ...] = ()
    picture: Picture
    needs: tuple[str, ...] = ()
    arrangement: str = "single"
    sees: Callable[[Tensor], Tensor] = as_seen
    channels: int = 3
    alters_inputs: bool = False
    source: bool = True
    target: bool = True
    trainable: bool = True

    @property
    def views(self) -> int:
        """Images per example that the task takes from the data source."""
        return ARRANGEMENTS[self.arrangement]

    @property
    def modalities(self) -> tuple[str, ...]:
        """What must be read from the data source: rgb first, then `needs`, each once."""
        return tuple(dict.fromkeys(("rgb", *self.needs)))

    def __post_init__(self) -> None:
        faults = list(_faults(self))
        if faults:
            listed = "; ".join(faults)
            raise TaskDefinitionError(
                f"Task {self.name!r} is built wrong ({len(faults)} fault{'s' * (len(faults) > 1)}): {listed}.",
                "Correct its definition, then type: tk check NAME",
            )


def _faults(task: Task) -> list[str]:
    """Everything wrong with a definition, in words."""
    found: list[str] = []
    if not is_task_name(task.name):
        found.append(
            f"name {task.name!r} is not snake_case (a-z, 0-9, single underscores; at most {MAX_NAME} characters)"
        )
    if not _whole(task.version) or task.version < 1:
        found.append(f"version is {task.version!r}, not a whole number from 1")
    if not isinstance(task.title, str) or not task.title.strip():
        found.append("title is empty")
    if task.group not in GROUPS:
        found.append(f"group is {task.group!r}, not one of {', '.join(GROUPS)}")
    found += task.output.faults() if isinstance(task.output, OutputSpec) else ["output is not an OutputSpec"]
    found += [
        f"{part} cannot be called"
        for part in ("example", "decoder", "loss", "picture", "sees")
        if not callable(getattr(task, part))
    ]
    if not isinstance(task.metrics, tuple) or not all(map(callable, task.metrics)):
        found.append("metrics is not a tuple of factories")
    if not isinstance(task.needs, tuple) or not all(isinstance(need, str) for need in task.needs):
        found.append("needs is not a tuple of modality names")
    if task.arrangement not in tuple(ARRANGEMENTS):  # a tuple: what is given may not be hashable
        found.append(f"arrangement is {task.arrangement!r}, not one of {', '.join(ARRANGEMENTS)}")
    if not _whole(task.channels) or task.channels < 1:
        found.append(f"channels is {task.channels!r}, not a whole number from 1")
    if not (task.source or task.target):
        found.append("it is neither a source nor a target")
    if task.target and not task.trainable:
        found.append("it is a target but not trainable")
    return found


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)
