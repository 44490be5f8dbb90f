"""Primitives as tensors, and the mathematics of a ray against each shape: distance, normal, principal curvatures.

Every primitive is a unit shape in [-1, 1]^3 under an affine pose: world = turn @ (half * unit) + centre. Coordinates
are kept as separate tensors for x, y and z, which vectorises better than a last axis of three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields

import torch
from torch import Tensor

from taskonomy_plugins.rooms.parts import SHAPES, Part

BOX, ELLIPSOID, FRUSTUM = range(len(SHAPES))

Coordinates = tuple[Tensor, Tensor, Tensor]


@dataclass(frozen=True)
class Primitives:
    """The primitives of one scene, P of them.

    Attributes:
        shape: index into SHAPES, int64 [P].
        centre, half: metres, [3, P].
        turn: world from local, [3, 3, P].
        taper: of frustums, [P].
        inverse, offset: unit = inverse @ world - offset, [P, 9] (row by row) and [P, 3].
    """

    shape: Tensor
    centre: Tensor
    half: Tensor
    turn: Tensor
    taper: Tensor
    inverse: Tensor
    offset: Tensor

    def to(self, device: torch.device | str) -> Primitives:
        """The same primitives on a device."""
        return Primitives(*(getattr(self, each.name).to(device) for each in fields(self)))

    def inward(self, direction: Sequence[Tensor], of: Tensor) -> Coordinates:
        """World directions [n, k] in the unit spaces of the primitives `of` [n]."""
        return _turned(direction, self.inverse.index_select(0, of))

    def unit(self, point: Sequence[Tensor], of: Tensor) -> Coordinates:
        """World points [n, k] in the unit spaces of the primitives `of` [n]."""
        u, v, w = _turned(point, self.inverse.index_select(0, of))
        offset = self.offset.index_select(0, of)
        return u - offset[:, 0:1], v - offset[:, 1:2], w - offset[:, 2:3]


def _turned(vectors: Sequence[Tensor], matrices: Tensor) -> Coordinates:
    """Matrices [n, 9], row by row, times vectors [n, k]."""
    x, y, z = vectors
    m = [column[:, None] for column in matrices.unbind(1)]
    return (
        x * m[0] + y * m[1] + z * m[2],
        x * m[3] + y * m[4] + z * m[5],
        x * m[6] + y * m[7] + z * m[8],
    )


def select(values: Tensor, index: Tensor) -> Tensor:
    """The values [..., P] at `index` [n], as [..., n]; row by row, many times faster than advanced indexing."""
    if values.dim() == 1:
        return values.index_select(0, index)
    return torch.stack([select(row, index) for row in values.unbind(0)])


def length(vectors: Tensor) -> Tensor:
    """Euclidean norm over a first axis of three; torch's own is slow along a first axis."""
    return (vectors[0] * vectors[0] + vectors[1] * vectors[1] + vectors[2] * vectors[2]).sqrt()


def pack(parts: Sequence[Part]) -> Primitives:
    """Parts in world coordinates as tensors."""
    centre = torch.tensor([part.centre for part in parts], dtype=torch.float64)
    half = torch.tensor([part.half for part in parts], dtype=torch.float64)
    turn = torch.tensor([part.turn.tolist() for part in parts], dtype=torch.float64)
    inverse = turn.transpose(1, 2) / half[:, :, None]
    return Primitives(
        shape=torch.tensor([SHAPES.index(part.shape) for part in parts]),
        centre=centre.T.float().contiguous(),
        half=half.T.float().contiguous(),
        turn=turn.permute(1, 2, 0).float().contiguous(),
        taper=torch.tensor([part.taper for part in parts], dtype=torch.float32),
        inverse=inverse.reshape(-1, 9).float(),
        offset=(inverse @ centre[:, :, None])[:, :, 0].float(),
    )


def hit_box(o: Coordinates, d: Coordinates) -> Tensor:
    """Distance along the ray o + t d to the box [-1, 1]^3, entered from outside; inf where it is missed."""
    enter, leave = [], []
    for start, along in zip(o, d, strict=True):
        # Finite, lest a ray within a plane of the box's axes gives 0 * inf.
        inverse = along.reciprocal().clamp_(-1e18, 1e18)
        middle, reach = start * inverse, inverse.abs()
        enter.append(-(middle + reach))
        leave.append(reach - middle)
    near = torch.maximum(torch.maximum(enter[0], enter[1]), enter[2])
    far = torch.minimum(torch.minimum(leave[0], leave[1]), leave[2])
    return torch.where((near <= far) & (near > 0), near, torch.inf)


def hit_ellipsoid(o: Coordinates, d: Coordinates) -> Tensor:
    """Distance along the ray to the unit sphere, entered from outside; inf where it is missed."""
    a = d[0] * d[0] + d[1] * d[1] + d[2] * d[2]
    b = o[0] * d[0] + o[1] * d[1] + o[2] * d[2]
    c = o[0] * o[0] + o[1] * o[1] + o[2] * o[2] - 1
    root = b * b - a * c
    t = (-b - root.clamp_min(0).sqrt()) / a
    return torch.where((root >= 0) & (t > 0), t, torch.inf)


def hit_frustum(o: Coordinates, d: Coordinates, taper: Tensor) -> Tensor:
    """Distance along the ray to the solid x^2 + y^2 <= (1 - |taper| + taper z)^2, |z| <= 1, from outside."""
    base = 1 - taper.abs()
    width = base + taper * o[2]
    a = d[0] * d[0] + d[1] * d[1] - (taper * d[2]) ** 2
    b = o[0] * d[0] + o[1] * d[1] - taper * d[2] * width
    c = o[0] * o[0] + o[1] * o[1] - width * width
    root = b * b - a * c
    spread = root.clamp_min(0).sqrt()
    best = torch.full_like(a, torch.inf)
    for sign in (-1.0, 1.0):
        t = (sign * spread - b) / a
        valid = (root >= 0) & (t > 0) & ((o[2] + t * d[2]).abs() <= 1)
        best = torch.where(valid & (t < best), t, best)
    cap = o[2].sign()
    t = (cap - o[2]) / d[2]
    x, y = o[0] + t * d[0], o[1] + t * d[1]
    valid = (t > 0) & (o[2].abs() > 1) & (x * x + y * y <= (base + taper * cap) ** 2)
    return torch.where(valid & (t < best), t, best)


@dataclass(frozen=True)
class Surface:
    """What primitives' surfaces are like at points on them.

    Attributes:
        normal: outward, unit, in world coordinates.
        u, v: texture coordinates, metres along the surface.
        curvature: principal curvatures k1, k2 in 1/m, |k1| >= |k2|, positive where convex.
    """

    normal: Tensor
    u: Tensor
    v: Tensor
    curvature: Tensor


def surface_at(primitives: Primitives, of: Tensor, points: Tensor) -> Surface:
    """The surface of the primitives `of` [N] at world points [3, N] on them."""
    normal, u, v = torch.zeros_like(points), torch.zeros_like(points[0]), torch.zeros_like(points[0])
    curvature = torch.zeros_like(points[:2])
    shape = select(primitives.shape, of)
    for kind, describe in ((BOX, _box), (ELLIPSOID, _ellipsoid), (FRUSTUM, _frustum)):
        chosen = (shape == kind).nonzero()[:, 0]
        if len(chosen):
            which = of.index_select(0, chosen)
            unit = torch.stack(primitives.unit(select(points, chosen)[:, :, None].unbind(0), which))[:, :, 0]
            local, at_u, at_v, curved = describe(unit, select(primitives.half, which), select(primitives.taper, which))
            for i in range(3):
                turned = (local * select(primitives.turn[i], which)).sum(0)
                normal[i].index_copy_(0, chosen, turned)
            u.index_copy_(0, chosen, at_u)
            v.index_copy_(0, chosen, at_v)
            if kind != BOX:
                curvature.index_copy_(1, chosen, curved)
    return Surface(normal, u, v, curvature)


def _box(unit: Tensor, half: Tensor, taper: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Flat faces; u runs along x (on the faces across x: y), v along z (on the faces across z: y)."""
    # How far a point is from a face is a length, not a share of the box: a thin board has its edges elsewhere.
    x, y, z = (unit.abs() - 1) * half
    across_x = (x >= y) & (x >= z)
    across_z = ~across_x & (z > y)
    faces = torch.stack([across_x, ~(across_x | across_z), across_z])
    local = unit * half
    u = torch.where(across_x, local[1], local[0])
    v = torch.where(across_z, local[1], local[2])
    return faces * unit.sign(), u, v, torch.zeros_like(unit[:2])


def _ellipsoid(unit: Tensor, half: Tensor, taper: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """With h the distance of the tangent plane from the centre: Gaussian curvature h^4 / (abc)^2.

    The mean curvature is h^3 (a^2 + b^2 + c^2 - |p|^2) / (2 (abc)^2).
    """
    unit = unit / length(unit)
    gradient = unit / half
    h = length(gradient).reciprocal()
    volume = half[0] * half[1] * half[2]
    gaussian = (h * h / volume) ** 2
    mean = h**3 * ((half**2).sum(0) - ((unit * half) ** 2).sum(0)) / (2 * volume**2)
    spread = (mean * mean - gaussian).clamp_min(0).sqrt()
    u = torch.atan2(unit[1], unit[0]) * half[0]
    return gradient * h, u, unit[2] * half[2], torch.stack([mean + spread, mean - spread])


def _frustum(unit: Tensor, half: Tensor, taper: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """On the side one curvature is the (elliptic) cross-section's times the cosine of the slope; caps are flat."""
    width = 1 - taper.abs() + taper * unit[2]
    rim = (unit[0] * unit[0] + unit[1] * unit[1]).sqrt()
    cap = (1 - unit[2].abs()) * half[2] < (width - rim) * half[0]
    gradient = torch.stack([unit[0] / half[0], unit[1] / half[1], -taper * width / half[2]])
    flat = torch.zeros_like(gradient)
    flat[2] = unit[2].sign()
    safe = width.clamp_min(1e-6)
    h = (((unit[:2] / half[:2]) ** 2).sum(0).sqrt() / safe**2).clamp_min(1e-9).reciprocal()
    slope = taper * half[0] / half[2]
    side = h**3 / (half[0] * half[1] * safe**2) ** 2 / (1 + slope * slope).sqrt()
    curvature = torch.stack([torch.where(cap, 0.0, side), torch.zeros_like(side)])
    u = torch.where(cap, unit[0] * half[0], torch.atan2(unit[1], unit[0]) * half[0])
    v = torch.where(cap, unit[1] * half[1], unit[2] * half[2])
    return torch.where(cap, flat, gradient / length(gradient)), u, v, curvature
