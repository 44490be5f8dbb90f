"""Where things stand: against walls and on them, in the middle, on top of other furniture; never overlapping."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from random import Random

from taskonomy_plugins.rooms.parts import Part, Piece, Vector, turned


@dataclass(frozen=True)
class Bounds:
    """An axis-aligned box in the room, metres."""

    low: Vector
    high: Vector

    def overlaps(self, other: Bounds) -> bool:
        """Whether two boxes share space."""
        return all(a < d and c < b for a, b, c, d in zip(self.low, self.high, other.low, other.high, strict=True))


@dataclass(frozen=True)
class Placed:
    """A piece in the room: its class, its parts in room coordinates, its bounds, and what may stand on it."""

    kind: str
    parts: tuple[Part, ...]
    bounds: Bounds
    position: Vector
    yaw: float
    piece: Piece


@dataclass
class Room:
    """A cuboid room, [0, width] x [0, depth] x [0, height] metres, and what has been put into it."""

    width: float
    depth: float
    height: float
    placed: list[Placed] = field(default_factory=list)
    kept_free: list[Bounds] = field(default_factory=list)

    def put(
        self, piece: Piece, position: Vector, yaw: float, ignoring: tuple[Placed, ...] = (), gap: float = 0.0
    ) -> Placed | None:
        """Put a piece down, turned by `yaw` degrees, where there is room for it; None where there is not."""
        bounds = _bounds(piece.size, position, yaw)
        limits = (self.width, self.depth, self.height)
        if any(a < -1e-6 or b > limit + 1e-6 for a, b, limit in zip(bounds.low, bounds.high, limits, strict=True)):
            return None
        low, high = bounds.low, bounds.high
        wide = Bounds((low[0] - gap, low[1] - gap, low[2] + 1e-6), (high[0] + gap, high[1] + gap, high[2] - 1e-6))
        if any(wide.overlaps(each.bounds) for each in self.placed if each not in ignoring):
            return None
        if any(wide.overlaps(each) for each in self.kept_free):
            return None
        turn = turned("z", yaw)
        parts = tuple(part.moved(turn, position) for part in piece.parts)
        done = Placed(piece.kind, parts, bounds, position, yaw, piece)
        self.placed.append(done)
        return done

    def against_wall(
        self, draw: Random, piece: Piece, low: float = 0.0, front: float = 0.0, wall: int | None = None
    ) -> Placed | None:
        """Put a piece with its back to a wall, its bottom at `low`, keeping `front` metres free before it."""
        for _ in range(14):
            side = draw.randrange(4) if wall is None else wall
            length = (self.width, self.depth)[side % 2]
            space = length - piece.size[0]
            if space < 0:
                continue
            along = piece.size[0] / 2 + draw.random() * space
            position, yaw = self.at_wall(side, along, piece.size[1] / 2, low)
            done = self.put(piece, position, yaw, gap=0.02)
            if done is not None:
                if front:
                    w, d, h = piece.size
                    ahead, _ = self.at_wall(side, along, d + front / 2, low)
                    self.kept_free.append(_bounds((w, front, min(h, 1.0)), ahead, yaw))
                return done
        return None

    def at_wall(self, side: int, along: float, away: float, low: float) -> tuple[Vector, float]:
        """A point `along` a wall (0: y = 0, then counter-clockwise), `away` from it, and the yaw that faces inwards."""
        w, d = self.width, self.depth
        x, y = ((along, away), (w - away, along), (w - along, d - away), (away, d - along))[side]
        return (x, y, low), 90.0 * side

    def somewhere(self, draw: Random, piece: Piece, gap: float = 0.1, yaw: float | None = None) -> Placed | None:
        """Put a piece anywhere on the floor."""
        for _ in range(14):
            angle = draw.choice((0.0, 90.0, 180.0, 270.0)) if yaw is None else yaw
            at = (draw.uniform(0, self.width), draw.uniform(0, self.depth), 0.0)
            done = self.put(piece, at, angle, gap=gap)
            if done is not None:
                return done
        return None

    def on_top(
        self, draw: Random, piece: Piece, base: Placed, yaw: float | None = None, back: bool = False
    ) -> Placed | None:
        """Put a small piece on another one; `back` sets it near the back edge, facing as the base does."""
        if base.piece.top is None:
            return None
        w, d, _ = base.piece.size
        for _ in range(6):
            spare_x, spare_y = (w - piece.size[0]) / 2 - 0.03, (d - piece.size[1]) / 2 - 0.03
            if spare_x < 0 or spare_y < 0:
                return None
            x, y = draw.uniform(-spare_x, spare_x), -spare_y if back else draw.uniform(-spare_y, spare_y)
            turn = turned("z", base.yaw)
            px, py = (turn @ [x, y, 0.0])[:2].tolist()
            at = (base.position[0] + px, base.position[1] + py, base.position[2] + base.piece.top)
            done = self.put(piece, at, base.yaw if yaw is None else base.yaw + yaw, ignoring=(base,))
            if done is not None:
                return done
        return None

    def in_front(
        self,
        piece: Piece,
        base: Placed,
        distance: float,
        sideways: float = 0.0,
        facing: float = 0.0,
        tuck: bool = False,
    ) -> Placed | None:
        """Put a piece before another one: `distance` from its front edge, turned by `facing` against it."""
        quarter = round(facing / 90) % 2 == 1
        reach = piece.size[0] / 2 if quarter else piece.size[1] / 2
        y = base.piece.size[1] / 2 + distance + reach
        px, py = (turned("z", base.yaw) @ [sideways, y, 0.0])[:2].tolist()
        at = (base.position[0] + px, base.position[1] + py, 0.0)
        return self.put(piece, at, base.yaw + facing, ignoring=(base,) if tuck else ())


def _bounds(size: Vector, position: Vector, yaw: float) -> Bounds:
    """The axis-aligned box around a turned one that stands on `position`."""
    c, s = abs(math.cos(math.radians(yaw))), abs(math.sin(math.radians(yaw)))
    w, d = (size[0] * c + size[1] * s) / 2, (size[0] * s + size[1] * c) / 2
    x, y, z = position
    return Bounds((x - w, y - d, z), (x + w, y + d, z + size[2]))
