"""Where the cameras stand: at eye height, level, in free space, with something to see; three of four fixate one point.

Candidates are drawn at random and judged by what they see along a few rays; the best of them are taken.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from random import Random

import torch
from torch import Tensor

from taskonomy_plugins.rooms.config import RoomsConfig
from taskonomy_plugins.rooms.primitives import length
from taskonomy_plugins.rooms.raycast import TILE, Tiles, camera_tiles, first_hits, lit
from taskonomy_plugins.rooms.scene import SEMANTIC, SURFACES, Scene, random_for

# Nothing in front of a camera is nearer than this, metres.
NEAREST = 0.35

_CANDIDATES = 28
_STARTS = 8
_CLEARANCE = 0.25
# Half of a tile's rays, like the white squares of a chessboard, are enough to judge a view.
_SPREAD = [TILE * i + j for i in range(TILE) for j in range(TILE) if (i + j) % 2 == 0]


@dataclass(frozen=True)
class Cameras:
    """Rotations (camera-to-world, [C, 3, 3]; x right, y up, the camera looks along -z) and optical centres [C, 3]."""

    rotation: Tensor
    eye: Tensor

    def pick(self, index: Tensor) -> Cameras:
        """Some of the cameras."""
        return Cameras(self.rotation[index], self.eye[index])

    def to(self, device: torch.device | str) -> Cameras:
        """The same on a device."""
        return Cameras(self.rotation.to(device), self.eye.to(device))

    def pose(self) -> Tensor:
        """Camera-to-world matrices, [C, 4, 4]."""
        matrix = torch.eye(4, device=self.eye.device).repeat(len(self.eye), 1, 1)
        matrix[:, :3, :3], matrix[:, :3, 3] = self.rotation, self.eye
        return matrix


@dataclass(frozen=True)
class _Seen:
    """What candidates see: demerits [C] (inf: unusable), the point at the centre [C, 3], its surface, all points."""

    demerits: Tensor
    centre: Tensor
    primitive: Tensor
    points: Tensor


def choose_cameras(config: RoomsConfig, scene: Scene) -> Cameras | None:
    """The cameras of a scene; None where the room has no place for them."""
    draw = random_for(config.seed, scene.number, "cameras")
    tangent = math.tan(math.radians(config.field_of_view) / 2)
    starts = _free(scene, _wandering(draw, scene))
    if not len(starts.eye):
        return None
    seen = _look(scene, starts, tangent)
    for index in torch.argsort(seen.demerits, stable=True)[:_STARTS].tolist():
        if seen.demerits[index].isinf():
            return None
        point = seen.centre[index]
        others = _fixating(draw, scene, tangent, starts.eye[index], point)
        if others is None:
            continue
        elsewhere = _overlapping(draw, scene, tangent, starts.pick(torch.tensor([index])), point)
        if elsewhere is None:
            continue
        return Cameras(
            torch.cat([starts.rotation[index, None], others.rotation, elsewhere.rotation]),
            torch.cat([starts.eye[index, None], others.eye, elsewhere.eye]),
        )
    return None


def look_at(eye: Tensor, target: Tensor, roll: Tensor) -> Cameras:
    """Cameras at `eye` [C, 3] that look at `target` [C, 3] with the horizon turned by `roll` [C] radians."""
    back = eye - target
    back = back / back.norm(dim=-1, keepdim=True)
    right = torch.stack([-back[:, 1], back[:, 0], torch.zeros_like(roll)], -1)
    right = right / right.norm(dim=-1, keepdim=True)
    up = torch.linalg.cross(back, right)
    c, s = roll.cos()[:, None], roll.sin()[:, None]
    return Cameras(torch.stack([c * right + s * up, c * up - s * right, back], -1), eye)


def _eyes(draw: Random, scene: Scene) -> Tensor:
    """Random standing places at the height of a person's eyes or of a camera held before the chest, [C, 3]."""
    w, d, _ = scene.size
    return torch.tensor(
        [(draw.uniform(0.3, w - 0.3), draw.uniform(0.3, d - 0.3), draw.uniform(1.2, 1.75)) for _ in range(_CANDIDATES)]
    )


def _rolls(draw: Random) -> Tensor:
    return torch.tensor([math.radians(draw.gauss(0, 0.8)) for _ in range(_CANDIDATES)])


def _wandering(draw: Random, scene: Scene) -> Cameras:
    """Cameras that look across the room, mostly towards some piece, a little downwards."""
    eyes, rolls = _eyes(draw, scene), _rolls(draw)
    centres = scene.primitives.centre.T
    targets = []
    for eye in eyes.tolist():
        if len(centres) > SURFACES and draw.random() < 0.75:
            x, y, _ = centres[draw.randrange(SURFACES, len(centres))].tolist()
            azimuth = math.atan2(y - eye[1], x - eye[0])
        else:
            azimuth = draw.uniform(-math.pi, math.pi)
        pitch = math.radians(min(max(draw.gauss(-9, 6), -24), 8))
        targets.append((eye[0] + math.cos(azimuth), eye[1] + math.sin(azimuth), eye[2] + math.tan(pitch)))
    return look_at(eyes, torch.tensor(targets), rolls)


def _free(scene: Scene, cameras: Cameras) -> Cameras:
    """Those that stand neither in nor right beside a piece of furniture."""
    everything = torch.arange(scene.primitives.centre.shape[1])
    unit = torch.stack(scene.primitives.unit([row[None] for row in cameras.eye.T.unbind(0)], everything))
    beside = ((unit.abs() - 1) * scene.primitives.half[:, :, None] < _CLEARANCE).all(0)
    return cameras.pick((~beside[SURFACES:].any(0)).nonzero()[:, 0])


def _look(scene: Scene, cameras: Cameras, tangent: float) -> _Seen:
    """Judge what cameras see."""
    tiles = camera_tiles(scene.primitives, cameras.rotation, cameras.eye, tangent, TILE)
    tiles = Tiles(tiles.origin, tiles.direction[:, :, _SPREAD], tiles.candidates)
    depth, primitive = first_hits(scene.primitives, tiles)
    points = tiles.origin[:, :, None] + tiles.direction * depth
    distance = depth * length(tiles.direction)
    ahead = -cameras.rotation[:, :, 2].T[:, :, None]
    everything = torch.ones_like(tiles.candidates)
    reach, centre = first_hits(scene.primitives, Tiles(tiles.origin, ahead, everything))
    middle = (tiles.origin[:, :, None] + ahead * reach)[:, :, 0]
    instance, rays = scene.instance[primitive], len(_SPREAD)
    counts = torch.zeros(len(depth), int(scene.instance.max()) + 1)
    counts.scatter_add_(1, instance, torch.ones_like(depth))
    semantic = scene.semantic[primitive]
    furniture = (semantic >= 2).float().mean(1)
    kinds = torch.zeros(len(depth), len(SEMANTIC)).scatter_(1, semantic, 1.0)[:, 2:].sum(1)
    # Each demerit grows with the distance from what is wanted.
    demerits = (
        4 * ((distance < 0.9).float().mean(1) - 0.08).clamp_min(0)
        + (1.6 - distance.median(1).values).clamp_min(0)
        + 3 * (counts.amax(1) / rays - 0.45).clamp_min(0)
        + 0.25 * (6 - (counts > 0).sum(1)).clamp_min(0)
        + 4 * (0.3 - furniture).clamp_min(0)
        + 0.3 * (2 - kinds).clamp_min(0)
        + 3 * (scene.pane[primitive].float().mean(1) - 0.12).clamp_min(0)
    )
    usable = (
        (distance.amin(1) > NEAREST + 0.1)
        & (counts.amax(1) < 0.8 * rays)
        & ((distance < 0.9).float().mean(1) < 0.35)
        & (reach[:, 0] > 0.9)
        & (reach[:, 0] < 20)
        & ~scene.pane[centre[:, 0]]
    )
    return _Seen(torch.where(usable, demerits, torch.inf), middle.T, centre[:, 0], points)


def _fixating(draw: Random, scene: Scene, tangent: float, first: Tensor, point: Tensor) -> Cameras | None:
    """Two more cameras that look at the same point from other sides."""
    eyes, rolls = _eyes(draw, scene), _rolls(draw)
    towards = point - eyes
    flat = towards[:, :2].norm(dim=1)
    pitch = torch.rad2deg(torch.atan2(towards[:, 2], flat))
    away = _angle(towards, (point - first)[None])
    keep = (pitch > -32) & (pitch < 16) & (flat > 0.9) & (away > 8) & (away < 80)
    cameras = look_at(eyes, point.expand_as(eyes), rolls).pick(keep.nonzero()[:, 0])
    cameras = _free(scene, cameras)
    if len(cameras.eye) < 2:
        return None
    seen = _look(scene, cameras, tangent)
    sees_it = (seen.centre - point).norm(dim=1) < 1e-3
    order = torch.argsort(torch.where(sees_it, seen.demerits, torch.inf), stable=True).tolist()
    usable = [i for i in order if sees_it[i] and not seen.demerits[i].isinf()]
    for i in usable[:1]:
        apart = _angle(point - cameras.eye, (point - cameras.eye[i])[None])
        for j in usable:
            if apart[j] > 8:
                return cameras.pick(torch.tensor([i, j]))
    return None


def _overlapping(draw: Random, scene: Scene, tangent: float, first: Cameras, point: Tensor) -> Cameras | None:
    """A camera that looks at another point, but shows a part of what the first camera shows."""
    cameras = _free(scene, _wandering(draw, scene))
    if not len(cameras.eye):
        return None
    seen = _look(scene, cameras, tangent)
    everything = torch.ones_like(scene.casts)
    visible = lit(scene.primitives, first.eye[0], seen.points, everything)
    x, y, z = torch.einsum("ij,jtk->itk", first.rotation[0].T, seen.points - first.eye[0][:, None, None])
    inside = (z < 0) & (x.abs() < -z * tangent) & (y.abs() < -z * tangent)
    share = (visible & inside).float().mean(1)
    apart = (seen.centre - point).norm(dim=1)
    good = (share > 0.2) & (share < 0.9) & (apart > 0.4) & ~seen.demerits.isinf()
    if not good.any():
        return None
    best = torch.where(good, seen.demerits, torch.inf).argmin()
    return cameras.pick(best[None])


def _angle(a: Tensor, b: Tensor) -> Tensor:
    """Degrees between vectors."""
    cosine = (a * b).sum(-1) / (a.norm(dim=-1) * b.norm(dim=-1)).clamp_min(1e-9)
    return torch.rad2deg(torch.acos(cosine.clamp(-1, 1)))
