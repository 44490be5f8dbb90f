"""Linear filters on batches of maps [N, C, H, W]: Gaussian smoothing, Gaussian and Sobel derivatives.

All repeat the border pixel outwards and are cut off at four standard deviations, as SciPy's do with mode="nearest".
"""

from __future__ import annotations

import math

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


def separable(maps: Tensor, vertical: Tensor, horizontal: Tensor) -> Tensor:
    """Correlate every channel of [N, C, H, W] with a column and a row of weights; same shape."""
    planes = maps.reshape(-1, 1, *maps.shape[-2:])
    column, row = (kernel.to(maps) for kernel in (vertical, horizontal))
    down, across = len(column) // 2, len(row) // 2
    planes = F.conv2d(F.pad(planes, (0, 0, down, down), mode="replicate"), column[None, None, :, None])
    planes = F.conv2d(F.pad(planes, (across, across, 0, 0), mode="replicate"), row[None, None, None, :])
    return planes.reshape(maps.shape)


def smoothed(maps: Tensor, sigma: float, orders: tuple[int, int] = (0, 0)) -> Tensor:
    """Gaussian smoothing, with derivatives of `orders` (down the rows, along the columns); [N, C, H, W], same shape."""
    return separable(maps, gaussian_kernel(sigma, orders[0]), gaussian_kernel(sigma, orders[1]))


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
    smooth = torch.tensor([0.25, 0.5, 0.25])
    slope = torch.tensor([-0.5, 0.0, 0.5])
    return separable(maps, slope, smooth), separable(maps, smooth, slope)
