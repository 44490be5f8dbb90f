"""The contract of an encoder: image in, representation on a grid out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from taskonomy_core.contract.specs import NetworkSize

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True)
class EncoderKind:
    """What a plugin registers: a name for registry.toml and a factory.

    `build(channels, size)` gives a module that maps float [N, channels, h, w] in [-1, 1] to
    [N, size.code_channels, size.code_side, size.code_side] for h = w = size.image, and to a grid that shrinks in
    proportion for smaller pictures (jigsaw's tiles). `version` is raised when results would change.
    """

    name: str
    version: int
    title: str
    build: Callable[[int, NetworkSize], nn.Module]
