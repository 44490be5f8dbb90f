"""Linear filters on batches of maps [N, C, H, W]: Gaussian smoothing, Gaussian and Sobel derivatives.

All repeat the border pixel outwards and are cut off at four standard deviations, as SciPy's do with mode="nearest".
"""

from __future__ import annotations

import math
from functools import lru_cache

import torch
import torch.nn.functional as F
from torch import Tensor

CUT_OFF = 4.0


def gaussian_kernel(sigma: float, order: int = 0) -> Tensor:
    """The sampled Gaussian that sums to 1, or its derivative of `order` 1 or 2 (for correlation), float64 [2r + 1]."""
    radius = max(1, math.floor(CUT_OFF * sigma + 0.5))
    x = torch.arange(-radius, radius + 1, dtype=torch.float64)
    gauss = torch.exp(-0.5 * (x / sigma) ** 2)
    gauss = gauss / gauss.sum()
    if order == 0:
        return gauss
    if order == 1:
        return gauss * x / sigma**2
    # Sampling leaves a remainder at small sigma; without its mean the filter is blind to constant pictures, as it must.
    second = gauss * (x**2 / sigma**4 - 1.0 / sigma**2)
    return second - second.mean()


@lru_cache(maxsize=256)
def smoothing_matrix(side: int, sigma: float, order: int) -> Tensor:
    """The Gaussian filter of a line of `side` pixels as a matrix [side, side], border pixels repeated outwards."""
    kernel = gaussian_kernel(sigma, order)
    radius = len(kernel) // 2
    out = torch.arange(side)[:, None].expand(side, len(kernel))
    taken = (out + torch.arange(-radius, radius + 1)).clamp(0, side - 1)
    matrix = torch.zeros(side, side, dtype=torch.float64)
    return matrix.index_put_((out, taken), kernel.expand(side, -1), accumulate=True)


def smoothed(maps: Tensor, sigma: float, orders: tuple[int, int] = (0, 0)) -> Tensor:
    """Gaussian smoothing, with derivatives of `orders` (down the rows, along the columns); [N, C, H, W], same shape.

    Two matrix products: at the sizes of these pictures several times as fast as convolutions.
    """
    down, along = (smoothing_matrix(side, sigma, order) for side, order in zip(maps.shape[-2:], orders, strict=True))
    return down.to(maps) @ maps @ along.to(maps).T


def smoothed_where(maps: Tensor, known: Tensor, sigma: float) -> Tensor:
    """Gaussian smoothing over the pixels that are `known` (bool [N, 1, H, W]) alone: sum(w x) / sum(w).

    A pixel with no known neighbour within reach gets the mean of the known pixels of its picture, or 0.
    """
    weight = known.to(maps)
    zeroed = torch.where(known, maps, torch.zeros_like(maps))
    mean = zeroed.sum((2, 3), keepdim=True) / weight.sum((2, 3), keepdim=True).clamp(min=1.0)
    total = smoothed(weight, sigma)
    return torch.where(total > 1e-4, smoothed(zeroed, sigma) / total.clamp(min=1e-4), mean)


def sobel(maps: Tensor) -> tuple[Tensor, Tensor]:
    """Sobel derivatives (down the rows, along the columns) in units of the map per pixel: a ramp of slope 1 gives 1."""
    padded = F.pad(maps, (1, 1, 1, 1), mode="replicate")
    rows = padded[..., :-2, :] + 2.0 * padded[..., 1:-1, :] + padded[..., 2:, :]
    columns = padded[..., :-2] + 2.0 * padded[..., 1:-1] + padded[..., 2:]
    return (columns[..., 2:, :] - columns[..., :-2, :]) / 8.0, (rows[..., 2:] - rows[..., :-2]) / 8.0
