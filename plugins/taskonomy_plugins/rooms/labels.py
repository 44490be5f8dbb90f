"""Labels that are computed from rendered maps: edges and keypoints of the picture and of the surfaces (facts 1.6).

Every function takes a batch of maps [N, C, H, W] and gives float32 [N, 1, H, W]; segments are in segments.py.

Scales are lengths in the scene, not in pixels: a sigma is given for pictures of side 512, as the data set of the paper
has them, and shrinks with the side. So a label means the same thing at every size, and at 64 pixels a filter does not
cover half a chair. Gradients stay per pixel.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import Tensor

from taskonomy_plugins.rooms.filters import smoothed, smoothed_where, sobel
from taskonomy_plugins.rooms.segments import segment_unsup2d, segment_unsup25d

LABEL_VERSION = 1
REFERENCE_SIDE = 512

EDGE_SIGMA = 3.0
KEYPOINT_SIGMAS = (8.0, 11.3, 16.0, 22.6, 32.0)
SURFACE_SIGMA = 12.0
DEPTH_GAP = 0.1


def scaled(sigma: float, side: int, least: float = 0.0) -> float:
    """A standard deviation given at side 512, for pictures of another side, in pixels; at least `least`."""
    return max(least, sigma * side / REFERENCE_SIDE)


def grey(rgb: Tensor) -> Tensor:
    """Luma of pictures [N, 3, H, W] in [0, 1] by ITU-R BT.709, as [N, 1, H, W]."""
    weights = torch.tensor([0.2125, 0.7154, 0.0721]).to(rgb)
    return (rgb * weights[:, None, None]).sum(1, keepdim=True)


def edge_texture(rgb: Tensor) -> Tensor:
    """Magnitude of the gradient of the smoothed grey picture: Canny without non-maximum suppression (facts 1.6).

    hypot of the Sobel derivatives of G_sigma * grey, sigma 3 at side 512; grey levels in [0, 1] per pixel.
    """
    down, along = sobel(smoothed(grey(rgb), scaled(EDGE_SIGMA, rgb.shape[-1])))
    return torch.hypot(down, along)


def edge_occlusion(depth: Tensor, known: Tensor) -> Tensor:
    """Magnitude of the Sobel gradient of smoothed sqrt(depth), sqrt(m) per pixel (facts 1.6).

    `depth` [N, 1, H, W] in metres to the camera plane. The root damps far, slanted surfaces, where depth runs away
    without any edge. Pixels that are not `known` (window panes) have no say in the smoothing.
    """
    roots = torch.where(known, depth, torch.zeros_like(depth)).clamp(min=0.0).sqrt()
    down, along = sobel(smoothed_where(roots, known, scaled(EDGE_SIGMA, depth.shape[-1], least=0.5)))
    return torch.hypot(down, along)


def keypoints2d(rgb: Tensor) -> Tensor:
    """Blobs and corners: the determinant of the Hessian of the grey picture at its best scale, before suppression.

    max over sigma of sigma^4 * (L_xx L_yy - L_xy^2), at least 0: SURF's response with exact Gaussians in place of box
    filters (facts 1.6). The factor makes scales comparable: a blob answers at its own size.
    """
    picture = grey(rgb)
    response = torch.zeros_like(picture)
    for sigma in sorted({scaled(sigma, rgb.shape[-1], least=0.8) for sigma in KEYPOINT_SIGMAS}):
        down, along, mixed = (smoothed(picture, sigma, orders) for orders in ((2, 0), (0, 2), (1, 1)))
        response = torch.maximum(response, sigma**4 * (down * along - mixed * mixed))
    return response


def depth_gap(depth: Tensor, known: Tensor) -> Tensor:
    """How far a pixel is from lying on one surface with its neighbours, as a share of its depth; [N, 1, H, W].

    depth * |second differences of 1 / depth|: for depth to the camera plane 1 / depth is linear over any plane, however
    slanted, so that planes give 0, creases little, and a gap between two surfaces about its relative size.
    """
    inverse = torch.where(known, depth, torch.ones_like(depth)).clamp(min=1e-3).reciprocal()
    inverse = torch.where(known, inverse, torch.zeros_like(inverse))
    padded = torch.nn.functional.pad(inverse, (1, 1, 1, 1), mode="replicate")
    # A border pixel repeated is no plane continued: differences are taken inside the picture alone.
    down = padded[..., 2:, 1:-1] - 2.0 * inverse + padded[..., :-2, 1:-1]
    along = padded[..., 1:-1, 2:] - 2.0 * inverse + padded[..., 1:-1, :-2]
    down[..., (0, -1), :] = 0.0
    along[..., (0, -1)] = 0.0
    return torch.where(known, torch.hypot(down, along) / inverse.clamp(min=1e-3), torch.ones_like(inverse))


def keypoints3d(normal: Tensor, depth: Tensor, known: Tensor) -> Tensor:
    """Corners of surfaces, like NARF's: where normals change in two directions on a stable surface (facts 1.6).

    The smaller eigenvalue of the structure tensor G * sum_c grad(n_c) grad(n_c)^T of the normals [N, 3, H, W], each
    pixel weighed by 1 / (1 + (gap / 0.1)^2) with `depth_gap`, so that the change from one object to what lies behind
    does not count. Times 4: the corner of a cube answers about 0.5 at side 64 and, smoothed over more pixels, 0.2 at
    256.
    """
    weight = 1.0 / (1.0 + (depth_gap(depth, known) / DEPTH_GAP) ** 2)
    weight = -torch.nn.functional.max_pool2d(-weight, 3, stride=1, padding=1)
    down, along = sobel(normal)
    sigma = scaled(SURFACE_SIGMA, depth.shape[-1], least=0.8)
    yy, xx, xy = (
        smoothed((first * second).sum(1, keepdim=True) * weight, sigma)
        for first, second in ((down, down), (along, along), (down, along))
    )
    smaller = 0.5 * (yy + xx) - torch.hypot(0.5 * (yy - xx), xy)
    return smaller.clamp(min=0.0) * weight * 4.0


def computed_labels(rendered: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """All computed labels of a rendered batch, by the name of the modality.

    Reads rgb (float in [0, 1]), depth_zbuffer, normal and mask_valid.
    """
    rgb, depth, normal, known = (rendered[name] for name in ("rgb", "depth_zbuffer", "normal", "mask_valid"))
    occlusion = edge_occlusion(depth, known)
    return {
        "edge_texture": edge_texture(rgb),
        "edge_occlusion": occlusion,
        "keypoints2d": keypoints2d(rgb),
        "keypoints3d": keypoints3d(normal, depth, known),
        "segment_unsup2d": segment_unsup2d(rgb),
        "segment_unsup25d": segment_unsup25d(depth, normal, occlusion, known),
    }
