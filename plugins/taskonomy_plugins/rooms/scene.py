"""One furnished room: its surfaces, its furniture and its lights, drawn from (seed, scene number) alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields
from random import Random

import torch
from torch import Tensor

from taskonomy_plugins.rooms.arrange import Room
from taskonomy_plugins.rooms.config import FURNITURE, RENDER_VERSION, ROOM_TYPES
from taskonomy_plugins.rooms.materials import flooring, linear, palette, shade, wall_covering, white
from taskonomy_plugins.rooms.parts import BACKGROUND, UNCERTAIN, Material, Part, Vector, chance
from taskonomy_plugins.rooms.primitives import Primitives, pack
from taskonomy_plugins.rooms.roomtypes import furnish
from taskonomy_plugins.rooms.textures import TEXTURES

# Floor, ceiling and four walls are the first primitives and the first instances of every scene.
SURFACES = 6

SEMANTIC = {UNCERTAIN: 0, BACKGROUND: 1, **{name: index + 2 for index, name in enumerate(FURNITURE)}}

_SIZES = {
    "bedroom": (3.2, 5.0),
    "living_room": (3.8, 6.5),
    "kitchen": (3.0, 5.0),
    "bathroom": (2.7, 4.0),
    "office": (3.0, 5.2),
    "dining_room": (3.5, 5.8),
}


@dataclass(frozen=True)
class Looks:
    """The materials of P primitives: texture (index into TEXTURES), two colours [3, P], and [P] each of the rest.

    `shift` [2, P] moves the texture, so that no two parts show the same stretch of wood.
    """

    texture: Tensor
    first: Tensor
    second: Tensor
    scale: Tensor
    gloss: Tensor
    glow: Tensor
    shift: Tensor

    def to(self, device: torch.device | str) -> Looks:
        """The same on a device."""
        return Looks(*(getattr(self, each.name).to(device) for each in fields(self)))


@dataclass(frozen=True)
class Light:
    """A point light: where it is, and its colour times its strength at one metre."""

    position: Vector
    colour: Vector


@dataclass(frozen=True)
class Scene:
    """A furnished room as tensors.

    Attributes:
        number: the scene's number.
        kind: index into ROOM_TYPES.
        size: width, depth and height of the room, whose corner is at the origin.
        primitives, looks: what there is to see; the first SURFACES of them are the room's own.
        instance: which piece each primitive belongs to, int64 [P]; the room's surfaces are 0..5.
        semantic: 0 uncertain, 1 background, 2 + index into FURNITURE, int64 [P].
        pane: window panes, bool [P].
        casts: what throws shadows, bool [P].
        lights: the lamps; ambient: colour of the light that comes from everywhere.
    """

    number: int
    kind: int
    size: Vector
    primitives: Primitives
    looks: Looks
    instance: Tensor
    semantic: Tensor
    pane: Tensor
    casts: Tensor
    lights: tuple[Light, ...]
    ambient: Vector

    def to(self, device: torch.device | str) -> Scene:
        """The same scene on a device."""
        moved = {
            each.name: value.to(device) if hasattr(value := getattr(self, each.name), "to") else value
            for each in fields(self)
        }
        return Scene(**moved)


def random_for(seed: int, number: int, use: str) -> Random:
    """The random numbers of one use in one scene; a string seeds Python's generator the same way on every machine."""
    return Random(f"rooms {RENDER_VERSION} {seed} {number} {use}")


def room_type(seed: int, number: int) -> str:
    """The type of a scene's room: every six successive numbers have each type once, in random order."""
    block, place = divmod(number, len(ROOM_TYPES))
    return random_for(seed, block, "types").sample(ROOM_TYPES, len(ROOM_TYPES))[place]


def build_scene(seed: int, number: int, attempt: int = 0) -> Scene:
    """Draw the room with a number: type, size, surfaces, furniture, lights; another one for each attempt."""
    draw = random_for(seed, number, f"scene {attempt}")
    kind = room_type(seed, number)
    low, high = _SIZES[kind]
    room = Room(draw.uniform(low, high), draw.uniform(low, high), draw.uniform(2.35, 3.0))
    look = palette(draw)
    surfaces = _surfaces(draw, room, kind)
    furnish(draw, room, kind, look)
    parts = [*surfaces, *(part for placed in room.placed for part in placed.parts)]
    instance = [*range(SURFACES)]
    semantic = [SEMANTIC[BACKGROUND]] * SURFACES
    for index, placed in enumerate(room.placed):
        instance += [SURFACES + index] * len(placed.parts)
        semantic += [SEMANTIC[placed.kind]] * len(placed.parts)
    casts = [i >= SURFACES and not part.pane and part.material.glow == 0 for i, part in enumerate(parts)]
    return Scene(
        number=number,
        kind=ROOM_TYPES.index(kind),
        size=(room.width, room.depth, room.height),
        primitives=pack(parts),
        looks=_looks(draw, [part.material for part in parts]),
        instance=torch.tensor(instance),
        semantic=torch.tensor(semantic),
        pane=torch.tensor([part.pane for part in parts]),
        casts=torch.tensor(casts),
        lights=_lights(draw, room, parts),
        ambient=shade(linear(draw.random(), draw.uniform(0, 0.12), 1.0), draw.uniform(0.22, 0.5)),
    )


def _surfaces(draw: Random, room: Room, kind: str) -> list[Part]:
    """Floor, ceiling and walls as slabs outside the room, wider than its faces, so that rays enter at inner faces."""
    wet = kind == "bathroom" or (kind == "kitchen" and chance(draw, 0.5))
    wall = wall_covering(draw, wet)
    feature = wall_covering(draw, wet) if chance(draw, 0.3) else wall
    walls = [wall, feature, wall, wall]
    w, d, h = room.width / 2, room.depth / 2, room.height / 2
    slack = 0.2
    slab = (w + slack, d + slack, slack)
    ceiling = Material("plaster", *(white(draw).first,) * 2, 0.6)
    return [
        Part("box", (w, d, -slack), slab, flooring(draw, wet)),
        Part("box", (w, d, 2 * h + slack), slab, ceiling),
        Part("box", (w, -slack, h), (w + slack, slack, h + slack), walls[0]),
        Part("box", (2 * w + slack, d, h), (slack, d + slack, h + slack), walls[1]),
        Part("box", (w, 2 * d + slack, h), (w + slack, slack, h + slack), walls[2]),
        Part("box", (-slack, d, h), (slack, d + slack, h + slack), walls[3]),
    ]


def _looks(draw: Random, materials: Sequence[Material]) -> Looks:
    shift = [(draw.uniform(0, 20), draw.uniform(0, 20)) for _ in materials]
    return Looks(
        texture=torch.tensor([TEXTURES.index(each.texture) for each in materials]),
        first=torch.tensor([each.first for each in materials]).T.contiguous(),
        second=torch.tensor([each.second for each in materials]).T.contiguous(),
        scale=torch.tensor([each.scale for each in materials]),
        gloss=torch.tensor([each.gloss for each in materials]),
        glow=torch.tensor([each.glow for each in materials]),
        shift=torch.tensor(shift).T.contiguous(),
    )


def _lights(draw: Random, room: Room, parts: Sequence[Part]) -> tuple[Light, ...]:
    """A lamp below the ceiling, and where there is a window, at times daylight from it, each of random strength."""
    at = (
        room.width * draw.uniform(0.3, 0.7),
        room.depth * draw.uniform(0.3, 0.7),
        room.height - draw.uniform(0.1, 0.3),
    )
    strength = 0.25 * (room.width**2 + room.depth**2)
    warm = linear(draw.uniform(0.06, 0.14), draw.uniform(0.02, 0.3), 1.0)
    panes = [part for part in parts if part.pane]
    day = chance(draw, 0.6) and bool(panes)
    lights = [Light(at, scaled(warm, strength * draw.uniform(0.3, 1.0)))]
    if day:
        x, y, z = draw.choice(panes).centre
        # Just inside the pane, so that its frame does not stand in the light's way.
        inside = (min(max(x, 0.25), room.width - 0.25), min(max(y, 0.25), room.depth - 0.25), z)
        cool = linear(draw.uniform(0.52, 0.62), draw.uniform(0.02, 0.2), 1.0)
        lights.append(Light(inside, scaled(cool, strength * draw.uniform(0.3, 0.9))))
    return tuple(lights)


def scaled(colour: Vector, factor: float) -> Vector:
    """A colour times a strength, which may exceed one."""
    r, g, b = colour
    return (r * factor, g * factor, b * factor)
