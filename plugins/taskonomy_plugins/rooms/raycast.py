"""Which surface a ray meets first: tiles of rays against the primitives that can be in their way.

Rays come in tiles of TILE x TILE neighbours that share their origin. A tile is tested only against primitives whose box
overlaps it; all pairs of a tile and a primitive of one shape are then intersected in a few large tensor operations.
Shadow rays are cast from the lamp to the lit points, so that they too share their origin.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from taskonomy_plugins.rooms.primitives import (
    BOX,
    ELLIPSOID,
    FRUSTUM,
    Primitives,
    hit_box,
    hit_ellipsoid,
    hit_frustum,
    select,
)

TILE = 8

# Rays that one tensor operation works on: more leave a core's cache, while a GPU wants them by the million.
CPU_RAYS = 32_768
GPU_RAYS = 4_194_304

_ID_BITS = 20
_NOTHING = 0x7F800000  # the bits of an infinite distance


@dataclass(frozen=True)
class Tiles:
    """Tiles of rays: origin [3, T], direction [3, T, TILE^2], and which primitives may be met, bool [T, P]."""

    origin: Tensor
    direction: Tensor
    candidates: Tensor

    def chunks(self) -> Iterator[tuple[Tensor, Tiles]]:
        """The tiles in portions of a size that suits the device, with their indices."""
        for some in _portions(len(self.candidates), self.direction):
            yield some, Tiles(self.origin[:, some], self.direction[:, some], self.candidates[some])


def _portions(count: int, directions: Tensor) -> tuple[Tensor, ...]:
    """The numbers 0..count-1 of tiles with directions [3, T, k], cut into portions for one operation each."""
    at_once = (CPU_RAYS if directions.device.type == "cpu" else GPU_RAYS) // directions.shape[-1]
    return torch.split(torch.arange(count, device=directions.device), at_once)


def camera_tiles(primitives: Primitives, rotation: Tensor, eye: Tensor, tangent: float, pixels: int) -> Tiles:
    """The tiles of square pictures of C cameras, one ray through the centre of each pixel; T = C * across^2.

    Where `pixels` is no multiple of TILE, the last tiles reach beyond the picture; `as_pictures` cuts that off.
    Directions have length 1 along the optical axis, so that distances in their units are z-depths.

    Args:
        primitives: the scene.
        rotation: camera-to-world, [C, 3, 3]; the camera looks along its -z.
        eye: metres, [C, 3].
        tangent: of half the field of view.
        pixels: per side.
    """
    cameras, across = len(eye), -(-pixels // TILE)
    span = across * TILE
    # In pixels from the middle, exact in binary, so that the picture is symmetric.
    steps = (torch.arange(span, device=eye.device) + 0.5 - pixels / 2) * (2 * tangent / pixels)
    edges = (torch.arange(0, span + 1, TILE, device=eye.device) - pixels / 2) * (2 * tangent / pixels)
    x = steps.view(1, 1, across, 1, TILE)
    y = -steps.view(1, across, 1, TILE, 1)
    shape = (cameras, across, across, TILE, TILE)
    r = rotation.permute(1, 2, 0).reshape(3, 3, cameras, 1, 1, 1, 1)
    direction = torch.stack([(r[i, 0] * x + r[i, 1] * y - r[i, 2]).expand(shape) for i in range(3)])
    origin = eye.T[:, :, None].expand(3, cameras, across * across)
    candidates = _seen_in(primitives, rotation, eye, edges)
    return Tiles(
        origin.reshape(3, -1),
        direction.reshape(3, cameras * across * across, TILE * TILE),
        candidates.reshape(cameras * across * across, -1),
    )


def as_pictures(values: Tensor, cameras: int, pixels: int) -> Tensor:
    """Values of camera tiles, [..., T, TILE^2], as pictures [cameras, ..., pixels, pixels]."""
    across = -(-pixels // TILE)
    lead = values.shape[:-2]
    grid = values.reshape(*lead, cameras, across, across, TILE, TILE).transpose(-3, -2)
    whole = grid.reshape(*lead, cameras, across * TILE, across * TILE)[..., :pixels, :pixels]
    return whole.movedim(len(lead), 0)


def _seen_in(primitives: Primitives, rotation: Tensor, eye: Tensor, edges: Tensor) -> Tensor:
    """Which primitives' boxes overlap the pyramids of the tiles between the `edges`: bool [C, rows, columns, P]."""
    signs = torch.tensor(
        [[x, y, z] for x in (-1.0, 1.0) for y in (-1.0, 1.0) for z in (-1.0, 1.0)], device=eye.device
    ).T
    reach = (primitives.turn * primitives.half[None]).permute(0, 2, 1)  # [3, P, 3]
    corners = (reach[:, :, :, None] * signs[None, None]).sum(2) + primitives.centre[:, :, None]  # [3, P, 8]
    relative = corners[:, None] - eye.T[:, :, None, None]  # [3, C, P, 8]
    x, y, z = ((relative * rotation[:, :, i, None, None].transpose(0, 1)).sum(0) for i in range(3))
    ahead = (z < 0).any(-1)

    def sides(value: Tensor) -> tuple[Tensor, Tensor]:
        """Whether a box reaches before and beyond the planes through the eye and each edge: bool [C, edges, P]."""
        side = value[:, None] + edges[None, :, None, None] * z[:, None]
        return (side < 0).any(-1), (side > 0).any(-1)

    before, beyond = sides(x)
    columns = beyond[:, :-1] & before[:, 1:]
    before, beyond = sides(-y)
    rows = beyond[:, :-1] & before[:, 1:]
    return rows[:, :, None] & columns[:, None] & ahead[:, None, None]


def first_hits(primitives: Primitives, tiles: Tiles) -> tuple[Tensor, Tensor]:
    """The first surface along every ray: distance in units of the direction and index of the primitive, [T, TILE^2].

    Every ray is expected to meet something: rooms are closed.
    """
    # Distances are positive, so their bits are ordered as they are; the index in the low bits settles ties.
    best = torch.full_like(tiles.direction[0], _NOTHING << _ID_BITS, dtype=torch.int64)
    for tile, primitive, t in _pairs(primitives, tiles):
        key = (t.view(torch.int32).to(torch.int64) << _ID_BITS) | primitive[:, None]
        best.scatter_reduce_(0, tile[:, None].expand_as(key), key, "amin")
    # About one ray in ten million is lost to rounding where surfaces meet; it sees what the ray beside it sees.
    lost = best >> _ID_BITS == _NOTHING
    best = torch.where(lost, best.roll(1, dims=-1), best)
    return (best >> _ID_BITS).to(torch.int32).view(torch.float32), best & ((1 << _ID_BITS) - 1)


def lit(primitives: Primitives, lamp: Tensor, points: Tensor, casts: Tensor) -> Tensor:
    """Which points [3, T, k] see a lamp at [3] past the primitives that cast shadows, bool [P]: bool [T, k]."""
    direction = points - lamp[:, None, None]
    origin = lamp[:, None].expand(3, points.shape[1])
    tiles = Tiles(origin, direction, _between(primitives, lamp, points) & casts[None])
    dark = torch.zeros_like(points[0])
    for tile, _, t in _pairs(primitives, tiles):
        dark.index_add_(0, tile, (t < 0.998).to(dark.dtype))
    return dark == 0


def _between(primitives: Primitives, lamp: Tensor, points: Tensor) -> Tensor:
    """Which primitives' boxes touch the hull of the lamp and a tile's points: bool [T, P], never too few.

    The hull lies in what the box around the points sweeps on its way to the lamp, so it touches a primitive only where
    the segment from the lamp to the middle of the points touches the primitive's box, enlarged by that box.
    """
    low, high = points.amin(-1), points.amax(-1)  # [3, T]
    middle, extent = (low + high) / 2, (high - low) / 2
    offset, way = lamp[:, None] - primitives.centre, middle - lamp[:, None]
    near, far = torch.zeros((), device=points.device), torch.ones((), device=points.device)
    for i in range(3):
        matrix = primitives.turn[:, i] / primitives.half[i]  # [3, P]
        inverse = (way.T @ matrix).reciprocal_().clamp_(-1e18, 1e18)
        reach = (extent.T @ matrix.abs()).add_(1.0001).mul_(inverse.abs())
        at = inverse.mul_((matrix * offset).sum(0))
        near, far = torch.maximum(near, -(at + reach)), torch.minimum(far, reach - at)
    return near <= far


def _pairs(primitives: Primitives, tiles: Tiles) -> Iterator[tuple[Tensor, Tensor, Tensor]]:
    """Every candidate pair, shape by shape, in portions: tile [n], primitive [n] and distances [n, TILE^2]."""
    for shape in (BOX, ELLIPSOID, FRUSTUM):
        members = (primitives.shape == shape).nonzero()[:, 0]
        tile, which = tiles.candidates[:, members].nonzero(as_tuple=True)
        for some in _portions(len(tile), tiles.direction):
            at, primitive = tile.index_select(0, some), members.index_select(0, which.index_select(0, some))
            o = primitives.unit([row.index_select(0, at)[:, None] for row in tiles.origin], primitive)
            d = primitives.inward([row.index_select(0, at) for row in tiles.direction], primitive)
            if shape == BOX:
                t = hit_box(o, d)
            elif shape == ELLIPSOID:
                t = hit_ellipsoid(o, d)
            else:
                t = hit_frustum(o, d, select(primitives.taper, primitive)[:, None])
            yield at, primitive, t
