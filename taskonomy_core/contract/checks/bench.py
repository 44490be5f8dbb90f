"""What the checks work on: the bench that the caller gives, and one task's trial on it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from taskonomy_core.contract.draws import Draws
from taskonomy_core.contract.example import Example, Views
from taskonomy_core.contract.specs import NetworkSize
from taskonomy_core.contract.task import Task

IMAGES = 4
# Small enough that a whole check takes a second or two.
SMALL = NetworkSize(
    image=32,
    code_channels=8,
    code_side=4,
    encoder_width=8,
    decoder_convs=(16,),
    decoder_ups=((16, 16), (8, 8), (8, 8)),
    head_width=32,
    dropout=0.0,
)


class RuleBrokenError(AssertionError):
    """A task breaks a rule; the message says what its author can change."""


class RuleIdleError(Exception):
    """A rule has nothing to say about this task; the message says why."""


def require(condition: bool, message: str) -> None:
    """Break the rule that is being checked unless the condition holds."""
    if not condition:
        raise RuleBrokenError(message)


@dataclass(frozen=True)
class CheckBench:
    """Where tasks are tried: `views(task, batch)` gives real or synthetic views of `size.image` pixels for a task.

    Everything random in the checks follows from `seed`. Left out, `size` is that of 32-pixel pictures and small
    networks: a whole check then takes a second or two.
    """

    views: Callable[[Task, int], Views]
    size: NetworkSize = SMALL
    seed: int = 0


@dataclass(frozen=True)
class CheckResult:
    """How one check ended. `skipped` (then also `passed`): it did not apply, or another failure stood in its way."""

    name: str
    passed: bool
    message: str = ""
    skipped: bool = False


class Trial:
    """One task on a bench, with what several checks share; made when first asked for."""

    def __init__(self, task: Task, bench: CheckBench) -> None:
        self.task = task
        self.bench = bench

    @cached_property
    def views(self) -> Views:
        """Four groups of views, with the modalities that the task names and no other."""
        given = self.bench.views(self.task, IMAGES).modalities
        missing = [name for name in self.task.modalities if name not in given]
        require(
            not missing,
            f"The data offers no {', '.join(missing)}, which `needs` names; it offers {', '.join(sorted(given))}.",
        )
        return Views({name: given[name] for name in self.task.modalities})

    @cached_property
    def draws(self) -> Draws:
        """The randomness of the four examples."""
        return Draws.of(self.bench.seed, list(range(IMAGES)), self.device)

    @property
    def device(self) -> torch.device:
        """Where the views are."""
        return self.views["rgb"].device

    def make(self, *images: int) -> Example:
        """The example of some of the four, from copies of their views, so that nothing can leak between calls."""
        picked = torch.tensor(images, device=self.device)
        views = Views({name: tensor[picked].clone() for name, tensor in self.views.modalities.items()})
        return self.task.example(views, Draws(self.draws.seeds[picked]))

    @cached_property
    def example(self) -> Example:
        """The example of all four."""
        return self.make(*range(IMAGES))

    def random(self, *shape: int, stream: str) -> Tensor:
        """Standard normal numbers that depend on the bench's seed alone."""
        return Draws.of(self.bench.seed, [0], self.device).normal(*shape, stream=stream)[0]

    @cached_property
    def prediction(self) -> Tensor:
        """Something that a decoder might predict: [4, *output.shape], moderate random numbers."""
        shape = self.task.output.shape(self.bench.size.image)
        return 0.5 * self.random(IMAGES, *shape, stream="prediction")

    @cached_property
    def losses(self) -> Tensor:
        """The loss of the random prediction, [4]."""
        return self.task.loss(self.prediction.clone(), self.example.target.clone(), self.example.scored)


def same(first: Tensor, second: Tensor, tolerance: float = 1e-4) -> bool:
    """Equal shapes and, up to rounding, equal values; NaN equals NaN."""
    if first.shape != second.shape or first.dtype != second.dtype:
        return False
    if not first.is_floating_point():
        return torch.equal(first, second)
    return torch.allclose(first, second, rtol=tolerance, atol=tolerance / 10, equal_nan=True)


def told(shape: torch.Size | tuple[int, ...]) -> str:
    """A shape in words."""
    return "[" + ", ".join(map(str, shape)) + "]"
