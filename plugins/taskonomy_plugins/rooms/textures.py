"""Procedural textures, evaluated where rays hit: a pattern in [0, 1] that mixes two colours, and a brightness.

Patterns live in metres on the surface, divided by the material's scale; noise is a periodic table that is drawn once.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import cache

import torch
from torch import Tensor

TEXTURES = (
    "plain",
    "wood",
    "planks",
    "tiles",
    "checker",
    "stripes",
    "fabric",
    "plaster",
    "brick",
    "dots",
    "damask",
    "marble",
    "painting",
    "outside",
)

# Side of the noise's period, a power of two.
_TABLE = 128

Pattern = tuple[Tensor, Tensor]


@cache
def _noise_table(device: str) -> Tensor:
    """Uniform numbers in [0, 1) on a periodic grid, [_TABLE * _TABLE]."""
    # A congruence written out, since no library promises its generator's numbers for ever.
    numbers, state = [], 12345
    for _ in range(_TABLE * _TABLE):
        state = (1103515245 * state + 12345) % 2**31
        numbers.append((state >> 8) / 2**23)
    return torch.tensor(numbers, device=device)


def _table_at(u: Tensor, v: Tensor) -> Tensor:
    """The random numbers at whole (u, v)."""
    index = (u.to(torch.int32) & _TABLE - 1) * _TABLE + (v.to(torch.int32) & _TABLE - 1)
    return _noise_table(str(u.device)).index_select(0, index.flatten()).view_as(u)


def _cell(u: Tensor, v: Tensor) -> Tensor:
    """A random number in [0, 1) for every cell that (u, v) fall into."""
    return _table_at(u.floor(), v.floor())


def noise(u: Tensor, v: Tensor) -> Tensor:
    """Smooth value noise with period 1 between knots, in [0, 1]."""
    i, j = u.floor(), v.floor()
    a, b = u - i, v - j
    a, b = a * a * (3 - 2 * a), b * b * (3 - 2 * b)
    low = torch.lerp(_table_at(i, j), _table_at(i, j + 1), b)
    high = torch.lerp(_table_at(i + 1, j), _table_at(i + 1, j + 1), b)
    return torch.lerp(low, high, a)


def _wave(x: Tensor) -> Tensor:
    return 0.5 + 0.5 * torch.cos(2 * math.pi * x)


def _wood(u: Tensor, v: Tensor) -> Pattern:
    """Long fibres along v, bent by slow noise."""
    bend = noise(u * 0.7, v * 0.15) * 3
    rings = _wave(u * 0.8 + bend)
    fibres = noise(u * 9, v * 0.6)
    return 0.55 * rings * rings + 0.45 * fibres, torch.ones_like(u)


def _grooves(u: Tensor, v: Tensor, width: float, height: float) -> Tensor:
    """One on the lines between unit cells whose grooves are `width` and `height` of a cell, else zero."""
    a, b = u - u.floor(), v - v.floor()
    return ((a < width) | (b < height)).to(u.dtype)


def _planks(u: Tensor, v: Tensor) -> Pattern:
    row = u.floor()
    v = v / 6 + _cell(row, row) * 5
    own = _cell(row, v.floor() + 31)
    grain = noise(u * 6, v * 4 + own * 50)
    return 0.6 * own + 0.4 * grain, 1 - 0.55 * _grooves(u, v, 0.05, 0.008)


def _tiles(u: Tensor, v: Tensor) -> Pattern:
    groove = _grooves(u, v, 0.05, 0.05)
    return groove, 0.9 + 0.1 * _cell(u.floor(), v.floor())


def _checker(u: Tensor, v: Tensor) -> Pattern:
    return ((u.floor() + v.floor()) % 2), torch.ones_like(u)


def _stripes(u: Tensor, v: Tensor) -> Pattern:
    phase = u - u.floor()
    return ((phase < 0.5).to(u.dtype) + (phase < 0.08).to(u.dtype)) / 2 + 0.25 * (phase > 0.9), torch.ones_like(u)


def _fabric(u: Tensor, v: Tensor) -> Pattern:
    weave = 0.5 * noise(u * 2, v * 0.5) + 0.5 * noise(u * 0.5 + 40, v * 2)
    return weave, 0.88 + 0.24 * noise(u * 0.1, v * 0.1)


def _plaster(u: Tensor, v: Tensor) -> Pattern:
    return 0.6 * noise(u, v) + 0.4 * noise(u * 7, v * 7), 0.97 + 0.06 * noise(u * 19, v * 19)


def _brick(u: Tensor, v: Tensor) -> Pattern:
    v = v * 3
    u = u + 0.5 * (v.floor() % 2)
    mortar = _grooves(u, v, 0.05, 0.14)
    own = _cell(u.floor(), v.floor())
    return mortar, torch.where(mortar > 0, 1.0, 0.72 + 0.4 * own + 0.12 * noise(u * 9, v * 4))


def _dots(u: Tensor, v: Tensor) -> Pattern:
    u = u + 0.5 * (v.floor() % 2)
    a, b = u - u.floor() - 0.5, v - v.floor() - 0.5
    return (a * a + b * b < 0.07).to(u.dtype), torch.ones_like(u)


def _damask(u: Tensor, v: Tensor) -> Pattern:
    """An ornament that repeats: interfering waves."""
    a = _wave(u) * _wave(v * 0.7) + 0.6 * _wave(u * 2 + v * 0.7) * _wave(v * 1.4 - u)
    return ((a - 0.45) * 4).clamp(0, 1), torch.ones_like(u)


def _marble(u: Tensor, v: Tensor) -> Pattern:
    vein = (noise(u * 1.3, v * 1.3) + 0.5 * noise(u * 3.1, v * 3.1) + 0.25 * noise(u * 7, v * 7) - 0.87).abs()
    return (1 - vein * 9).clamp(0, 1) * 0.7, 1 - 0.35 * _grooves(u, v, 0.012, 0.012)


def _painting(u: Tensor, v: Tensor) -> Pattern:
    """Blots of colour with sharp borders."""
    a = noise(u * 2 + 9, v * 2)
    b = noise(u * 5, v * 5 + 9)
    return torch.floor(4 * (0.65 * a + 0.35 * b)) / 3, 0.35 + 0.9 * (noise(u * 1.5 + 70, v * 1.5) > 0.45)


_PATTERNS: dict[str, Callable[[Tensor, Tensor], Pattern]] = {
    "wood": _wood,
    "planks": _planks,
    "tiles": _tiles,
    "checker": _checker,
    "stripes": _stripes,
    "fabric": _fabric,
    "plaster": _plaster,
    "brick": _brick,
    "dots": _dots,
    "damask": _damask,
    "marble": _marble,
    "painting": _painting,
}


def evaluate(texture: Tensor, u: Tensor, v: Tensor) -> Pattern:
    """The pattern and the brightness of points with texture indices [N] at texture coordinates [N] in periods.

    "plain" has no pattern; what is "outside" hangs on the view, not on the pane, so shading adds it by direction.
    """
    pattern, brightness = torch.zeros_like(u), torch.ones_like(u)
    present = torch.bincount(texture, minlength=len(TEXTURES)).tolist()
    for index, name in enumerate(TEXTURES):
        if present[index] and name in _PATTERNS:
            chosen = (texture == index).nonzero()[:, 0]
            made, bright = _PATTERNS[name](u.index_select(0, chosen), v.index_select(0, chosen))
            pattern.index_copy_(0, chosen, made)
            brightness.index_copy_(0, chosen, bright)
    return pattern, brightness
