"""Unsupervised segments: Felzenszwalb and Huttenlocher's merging of pixels, on colours or on surfaces (facts 1.6).

The paper cuts the region graph once more by normalised cuts; here the merging alone is tuned to leave the 10 to 40
regions that a picture of a room has, which is a hundred times cheaper. Ids are 0, 1, ... in no order of meaning.
"""

from __future__ import annotations

import warnings

import numpy as np
import torch
from torch import Tensor

REFERENCE_SIDE = 64
COLOUR_SCALE, COLOUR_SIGMA, COLOUR_LEAST = 300.0, 0.0, 12
SURFACE_SCALE, SURFACE_SIGMA, SURFACE_LEAST = 2500.0, 0.0, 8
DEPTH_WEIGHT, NORMAL_WEIGHT, EDGE_WEIGHT = 2.0, 1.0, 10.0


def _merged(features: Tensor, scale: float, sigma: float, least: int) -> Tensor:
    """Felzenszwalb's segments of [N, C, H, W] as int64 [N, 1, H, W]; parameters are for side 64."""
    from skimage.segmentation import felzenszwalb

    ratio = features.shape[-1] / REFERENCE_SIDE
    area = ratio**2
    pictures = features.permute(0, 2, 3, 1).double().numpy()
    with warnings.catch_warnings():
        # It doubts that more than three channels are meant; they are.
        warnings.filterwarnings("ignore", message="Got image with third dimension", category=RuntimeWarning)
        found = [
            felzenszwalb(picture, scale * area, sigma * ratio, max(1, round(least * area)), channel_axis=-1)
            for picture in pictures
        ]
    return torch.from_numpy(np.stack(found)).to(torch.int64)[:, None]


def segment_unsup2d(rgb: Tensor) -> Tensor:
    """Patches of one colour: pictures [N, 3, H, W] in [0, 1] -> int64 [N, 1, H, W] ids."""
    return _merged(rgb, COLOUR_SCALE, COLOUR_SIGMA, COLOUR_LEAST)


def segment_unsup25d(depth: Tensor, normal: Tensor, edges: Tensor, known: Tensor) -> Tensor:
    """Surfaces: merging on [2 ln depth, normal, 10 occlusion edge], int64 [N, 1, H, W] ids.

    `depth` in metres, `normal` [N, 3, H, W], `edges` from `edge_occlusion`. A window pane (not `known`) counts as twice
    as far as the farthest surface and without a normal, so that it is a region of its own.
    """
    metres = torch.where(known, depth.clamp(min=1e-2), torch.zeros_like(depth))
    far = 2.0 * metres.amax((2, 3), keepdim=True).clamp(min=1.0)
    logs = torch.where(known, metres, far.expand_as(metres)).log()
    facing = torch.where(known, normal, torch.zeros_like(normal))
    stacked = torch.cat([DEPTH_WEIGHT * logs, NORMAL_WEIGHT * facing, EDGE_WEIGHT * edges], dim=1)
    return _merged(stacked, SURFACE_SCALE, SURFACE_SIGMA, SURFACE_LEAST)
