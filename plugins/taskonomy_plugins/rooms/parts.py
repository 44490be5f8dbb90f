"""The clay of the rooms: materials, primitive parts, and pieces of furniture composed of parts.

A piece stands in its own frame: x is its width, z up, the floor at z = 0, its back at y = -depth / 2; it faces +y.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from random import Random

import numpy as np
from numpy.typing import NDArray

Vector = tuple[float, float, float]
Matrix = NDArray[np.float64]

SHAPES = ("box", "ellipsoid", "frustum")

# What a piece counts as, apart from the furniture classes.
BACKGROUND = "background"
UNCERTAIN = "uncertain"


@dataclass(frozen=True)
class Material:
    """How a surface looks: a texture that mixes two linear RGB colours, the period of its pattern in metres, shine.

    `gloss` is the strength of the highlight, `glow` the light that the surface sends out by itself.
    """

    texture: str
    first: Vector
    second: Vector
    scale: float = 0.3
    gloss: float = 0.0
    glow: float = 0.0


@dataclass(frozen=True)
class Part:
    """A primitive: the unit shape in [-1, 1]^3, stretched by `half`, turned, and moved to `centre`.

    A frustum stands along its z axis; its radius is half * (1 - |taper| + taper * z), so taper 0 is a cylinder and
    taper -0.5 a cone with its tip up. `pane` marks a window pane, behind which there is no surface.
    """

    shape: str
    centre: Vector
    half: Vector
    material: Material
    taper: float = 0.0
    turn: Matrix = field(default_factory=lambda: np.eye(3))
    pane: bool = False

    def moved(self, turn: Matrix, offset: Vector) -> Part:
        """The same part after turning about the origin, then moving."""
        x, y, z = (turn @ np.asarray(self.centre) + np.asarray(offset)).tolist()
        return replace(self, centre=(x, y, z), turn=turn @ self.turn)


@dataclass(frozen=True)
class Piece:
    """A composed object: class (a furniture class, BACKGROUND or UNCERTAIN), box (width, depth, height) and parts.

    `top` is the height on which other things may stand, None where there is no such place.
    """

    kind: str
    size: Vector
    parts: tuple[Part, ...]
    top: float | None = None


def turned(axis: str, degrees: float) -> Matrix:
    """The matrix that turns about the axis "x", "y" or "z"; exact at whole quarters."""
    cosine, sine = round(math.cos(math.radians(degrees)), 15), round(math.sin(math.radians(degrees)), 15)
    first, second = {"x": (1, 2), "y": (2, 0), "z": (0, 1)}[axis]
    matrix = np.eye(3)
    matrix[first, first] = matrix[second, second] = cosine
    matrix[first, second], matrix[second, first] = -sine, sine
    return matrix


def block(size: Vector, at: Vector, material: Material, turn: Matrix | None = None) -> Part:
    """A box of a size (width, depth, height) whose bottom is centred on `at`."""
    w, d, h = size
    return _part("box", (at[0], at[1], at[2] + h / 2), (w / 2, d / 2, h / 2), material, turn)


def rod(radius: float, height: float, at: Vector, material: Material, taper: float = 0.0) -> Part:
    """An upright cylinder or frustum whose bottom is centred on `at`; `radius` is the larger one."""
    return replace(
        _part("frustum", (at[0], at[1], at[2] + height / 2), (radius, radius, height / 2), material), taper=taper
    )


def lying_rod(radius: float, length: float, centre: Vector, material: Material, axis: str = "x") -> Part:
    """A horizontal cylinder along "x" or "y", given by its centre."""
    turn = turned("y", 90) if axis == "x" else turned("x", 90)
    return _part("frustum", centre, (radius, radius, length / 2), material, turn)


def ball(half: Vector, centre: Vector, material: Material, turn: Matrix | None = None) -> Part:
    """An ellipsoid, given by its semi-axes and its centre."""
    return _part("ellipsoid", centre, half, material, turn)


def _part(shape: str, centre: Vector, half: Vector, material: Material, turn: Matrix | None = None) -> Part:
    return Part(shape, centre, half, material, turn=np.eye(3) if turn is None else turn)


def four_legs(width: float, depth: float, height: float, thick: float, material: Material, round_: bool) -> list[Part]:
    """Legs at the corners of a rectangle."""
    x, y = width / 2 - thick, depth / 2 - thick
    corners = [(sx * x, sy * y, 0.0) for sx in (-1, 1) for sy in (-1, 1)]
    if round_:
        return [rod(thick / 2, height, at, material, taper=0.15) for at in corners]
    return [block((thick, thick, height), at, material) for at in corners]


def chance(draw: Random, probability: float) -> bool:
    """True with a probability."""
    return draw.random() < probability
