"""CIE Lab for colorization: from and to sRGB (D65, 2 degrees), and the grid of ab values that a screen can show."""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

# sRGB (IEC 61966-2-1) to XYZ, and XYZ of D65 white.
_TO_XYZ = ((0.412453, 0.357580, 0.180423), (0.212671, 0.715160, 0.072169), (0.019334, 0.119193, 0.950227))
_WHITE = (0.95047, 1.0, 1.08883)
_EDGE = 6.0 / 29.0

GRID = 10.0  # side of a bin, in units of ab
BINS = 304  # how many `gamut_bins` there are; the paper's list has 313
NEIGHBOURS, SIGMA = 10, 5.0  # of the soft assignment (facts 1.3)
REACH = 115  # no ab value of sRGB lies further out


def _mix(planes: Tensor, matrix: Tensor) -> Tensor:
    """A matrix [3, 3] applied to the channels of [..., 3, h, w]; in sums of products, which autocast leaves alone."""
    first, second, third = planes[..., None, 0, :, :], planes[..., None, 1, :, :], planes[..., None, 2, :, :]
    columns = matrix.to(planes)[..., None, None]
    return columns[:, 0] * first + columns[:, 1] * second + columns[:, 2] * third


def rgb_to_lab(rgb: Tensor) -> Tensor:
    """SRGB in [0, 1] -> L in [0, 100] and a, b; float [..., 3, h, w]."""
    relative = _mix(_linear(rgb), torch.tensor(_TO_XYZ)) / torch.tensor(_WHITE).to(rgb)[:, None, None]
    root = torch.where(relative > _EDGE**3, relative.clamp(min=1e-9) ** (1 / 3), relative / (3 * _EDGE**2) + 4 / 29)
    x, y, z = root.unbind(-3)
    return torch.stack((116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)), dim=-3)


def lab_to_rgb(lab: Tensor) -> Tensor:
    """The inverse of `rgb_to_lab`, clipped to what a screen can show; float [..., 3, h, w]."""
    light, a, b = lab.unbind(-3)
    y = (light + 16.0) / 116.0
    root = torch.stack((y + a / 500.0, y, y - b / 200.0), dim=-3)
    relative = torch.where(root > _EDGE, root**3, 3 * _EDGE**2 * (root - 4 / 29))
    xyz = relative * torch.tensor(_WHITE).to(lab)[:, None, None]
    linear = _mix(xyz, torch.linalg.inv(torch.tensor(_TO_XYZ)))
    return _encoded(linear).clamp(0.0, 1.0)


def grey_of(rgb: Tensor) -> Tensor:
    """The grey pictures of the same lightness: sRGB in [0, 1], float [..., 3, h, w], its three channels alike."""
    weights = torch.tensor(_TO_XYZ[1]).to(rgb)[:, None, None]
    luminance = (_linear(rgb) * weights).sum(-3, keepdim=True)
    return _encoded(luminance).clamp(0.0, 1.0).expand_as(rgb)


def _linear(rgb: Tensor) -> Tensor:
    """SRGB without its gamma."""
    return torch.where(rgb > 0.04045, ((rgb.clamp(min=0.0) + 0.055) / 1.055) ** 2.4, rgb / 12.92)


def _encoded(linear: Tensor) -> Tensor:
    """The inverse of `_linear`."""
    return torch.where(linear > 0.0031308, 1.055 * linear.clamp(min=1e-9) ** (1 / 2.4) - 0.055, linear * 12.92)


@cache
def gamut_bins() -> Tensor:
    """The points of a grid of 10 in the ab plane that lie around the colours of sRGB: float32 [BINS, 2], sorted.

    Around: a corner of a grid cell that holds some colour, so that every colour lies between bins. The cube of colours
    is sampled at every fifth of its 256 levels.
    """
    with torch.inference_mode(False):  # the first caller may be in it, and what is cached outlives that
        levels = torch.linspace(0.0, 1.0, 52)
        cube = torch.stack(torch.meshgrid(levels, levels, levels, indexing="ij")).reshape(3, -1, 1)
        cells: Tensor = torch.unique((rgb_to_lab(cube)[1:, :, 0].T / GRID).floor(), dim=0)
        corners = [cells + torch.tensor(corner) for corner in ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0))]
        bins: Tensor = torch.unique(torch.cat(corners), dim=0) * GRID
    return bins


@cache
def _soft_table(device: torch.device) -> tuple[Tensor, Tensor]:
    """Nearest bins and their shares for every whole ab from -REACH to REACH: int64 and float32 [(2 REACH + 1)^2, N]."""
    with torch.inference_mode(False):
        line = torch.arange(-REACH, REACH + 1.0)
        points = torch.stack(torch.meshgrid(line, line, indexing="ij"), dim=-1).reshape(-1, 2)
        distances, places = torch.cdist(points, gamut_bins()).topk(NEIGHBOURS, dim=1, largest=False)
        return places.to(device), (-0.5 * (distances / SIGMA).square()).softmax(dim=1).to(device)


def soft_bins(ab: Tensor) -> tuple[Tensor, Tensor]:
    """The NEIGHBOURS nearest bins of ab values, nearest first, and their Gaussian shares, which sum to 1 (facts 1.3).

    [B, 2, h, w] -> int64 and float32 [B, NEIGHBOURS, h, w]. The values are rounded to whole numbers first, a tenth of
    the grid, so that this is one look-up in a table instead of a search among all bins at every step of training.
    """
    whole = ab.float().round().long().clamp(-REACH, REACH) + REACH
    places, portions = _soft_table(ab.device)
    row = whole[:, 0] * (2 * REACH + 1) + whole[:, 1]
    return places[row].movedim(-1, 1), portions[row].movedim(-1, 1)
