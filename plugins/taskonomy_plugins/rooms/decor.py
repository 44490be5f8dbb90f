"""What belongs to the room rather than to its furniture (windows, doors, pictures, rugs), and unnamed clutter."""

from __future__ import annotations

from random import Random

from taskonomy_plugins.rooms.materials import Palette, fabric, linear, painted, painting, plain, white
from taskonomy_plugins.rooms.parts import (
    BACKGROUND,
    UNCERTAIN,
    Material,
    Part,
    Piece,
    ball,
    block,
    chance,
    rod,
    turned,
)


def window(draw: Random, look: Palette) -> Piece:
    """A framed pane that shows the outside, with a sill, mullions and perhaps curtains; to hang on a wall."""
    w, h, bar = draw.uniform(0.7, 1.4), draw.uniform(0.8, 1.2), 0.05
    frame = white(draw, 0.1) if chance(draw, 0.6) else look.wood
    sky = linear(draw.uniform(0.52, 0.62), draw.uniform(0.1, 0.45), 1.0)
    ground = linear(draw.uniform(0.08, 0.35), draw.uniform(0.2, 0.6), draw.uniform(0.3, 0.7))
    pane = Part("box", (0, -0.01, h / 2), (w / 2, 0.012, h / 2), Material("outside", sky, ground, glow=1.2), pane=True)
    parts = [
        pane,
        block((w, 0.06, bar), (0, 0, 0), frame),
        block((w, 0.06, bar), (0, 0, h - bar), frame),
        block((bar, 0.06, h), (-w / 2 + bar / 2, 0, 0), frame),
        block((bar, 0.06, h), (w / 2 - bar / 2, 0, 0), frame),
        block((w + 0.1, 0.08, 0.03), (0, 0.01, -0.03), frame),
    ]
    parts += [block((0.03, 0.05, h), (i * w / 4, 0, 0), frame) for i in draw.choice(((0,), (-0.67, 0.67), ()))]
    if chance(draw, 0.3):
        parts.append(block((w, 0.05, 0.03), (0, 0, h * draw.uniform(0.4, 0.65)), frame))
    wide, below, above = w + 0.1, 0.03, 0.0
    if chance(draw, 0.5):
        cloth, width = fabric(draw), w * draw.uniform(0.12, 0.25)
        wide, below, above = w + 2.2 * width, 0.2, 0.1
        for s in (-1, 1):
            at = [(s * (w / 2 + width * (0.1 + 0.4 * i)), 0.05, -below) for i in range(3)]
            parts += [rod(width / 5, below + h + above, each, cloth) for each in at]
    raised = tuple(part.moved(turned("z", 0), (0, -0.05, below)) for part in parts)
    return Piece(BACKGROUND, (wide, 0.16, below + h + above), raised)


def door(draw: Random, look: Palette) -> Piece:
    """A closed door in its frame with panels and a knob."""
    w, h = draw.uniform(0.8, 0.95), draw.uniform(1.98, 2.1)
    frame = white(draw, 0.1) if chance(draw, 0.6) else look.wood
    leaf = look.wood if chance(draw, 0.5) else frame
    parts = [
        block((w, 0.03, h), (0, 0, 0), leaf),
        block((0.08, 0.05, h + 0.08), (-w / 2 - 0.04, 0, 0), frame),
        block((0.08, 0.05, h + 0.08), (w / 2 + 0.04, 0, 0), frame),
        block((w, 0.05, 0.08), (0, 0, h), frame),
        ball((0.03, 0.03, 0.03), (w / 2 - 0.08, 0.04, 1.0), look.metal),
    ]
    if chance(draw, 0.7):
        parts += [
            block((w * 0.3, 0.02, s), (x * w * 0.22, 0.012, z), leaf)
            for x in (-1, 1)
            for z, s in ((0.2, 0.65), (1.1, 0.7))
        ]
    return Piece(BACKGROUND, (w + 0.16, 0.06, h + 0.08), tuple(parts))


def picture(draw: Random, look: Palette) -> Piece:
    """A framed painting or print, to hang on a wall."""
    w, h = draw.uniform(0.3, 0.9), draw.uniform(0.3, 0.7)
    frame = draw.choice((look.wood, look.metal, plain((0.02, 0.02, 0.02)), white(draw, 0.1)))
    parts = (
        block((w, 0.03, h), (0, 0, 0), frame),
        block((w - 0.06, 0.01, h - 0.06), (0, 0.014, 0.03), painting(draw)),
    )
    return Piece(BACKGROUND, (w, 0.04, h), parts)


def mirror(draw: Random, look: Palette) -> Piece:
    """A pale pane over the basin: it shines but does not reflect, so that labels stay true to what is seen."""
    w, h = draw.uniform(0.4, 0.7), draw.uniform(0.5, 0.8)
    glass = Material("damask", (0.45, 0.52, 0.55), (0.6, 0.66, 0.68), 1.5, 0.9)
    return Piece(BACKGROUND, (w, 0.03, h), (block((w, 0.02, h), (0, 0, 0), glass),))


def rug(draw: Random, look: Palette, size: tuple[float, float]) -> Piece:
    """A patterned carpet, flat on the floor."""
    cloth = fabric(draw)
    if chance(draw, 0.25):
        r = min(size) / 2
        return Piece(BACKGROUND, (2 * r, 2 * r, 0.012), (rod(r, 0.012, (0, 0, 0), cloth),))
    w, d = size
    parts = (block((w, d, 0.008), (0, 0, 0), fabric(draw)), block((w - 0.16, d - 0.16, 0.012), (0, 0, 0), cloth))
    return Piece(BACKGROUND, (w, d, 0.012), parts)


def floor_clutter(draw: Random, look: Palette) -> Piece:
    """A larger thing without a class: a pouf, a basket, a bin, an exercise ball."""
    kind = draw.choice(("pouf", "basket", "bin", "ball"))
    if kind == "ball":
        r = draw.uniform(0.2, 0.33)
        return Piece(UNCERTAIN, (2 * r, 2 * r, 2 * r), (ball((r, r, r), (0, 0, r), painted(draw, 0.9)),))
    if kind == "pouf":
        r, h, cloth = draw.uniform(0.22, 0.32), draw.uniform(0.32, 0.42), fabric(draw)
        parts = (rod(r, h - 0.1, (0, 0, 0), cloth), ball((r, r, 0.1), (0, 0, h - 0.1), cloth))
        return Piece(UNCERTAIN, (2 * r, 2 * r, h), parts)
    r, h = draw.uniform(0.14, 0.24), draw.uniform(0.28, 0.5)
    weave = Material("checker", (0.42, 0.27, 0.12), (0.25, 0.15, 0.06), 0.05) if kind == "basket" else painted(draw)
    parts = (
        rod(r, h, (0, 0, 0), weave, taper=draw.uniform(0.05, 0.15)),
        rod(r * 0.93, 0.004, (0, 0, h), plain((0.03, 0.025, 0.02))),
    )
    return Piece(UNCERTAIN, (2 * r, 2 * r, h), parts)


def clutter(draw: Random, look: Palette) -> Piece:
    """A small thing without a class: a vase, a bowl with fruit, a stack of books, a box, a ball, a bottle, a cup."""
    kind = draw.choice(("vase", "bowl", "books", "box", "ball", "bottle", "cup"))
    paint = painted(draw, 0.9)
    parts: list[Part]
    if kind == "vase":
        h, r = draw.uniform(0.18, 0.35), draw.uniform(0.05, 0.09)
        parts = [ball((r, r, h * 0.38), (0, 0, h * 0.38), paint), rod(r * 0.55, h * 0.4, (0, 0, h * 0.6), paint, 0.2)]
    elif kind == "bowl":
        r, h = draw.uniform(0.09, 0.15), 0.14
        parts = [rod(r, 0.07, (0, 0, 0), paint, taper=0.25)]
        for i in range(3):
            at = (0.5 * r * (i - 1), 0.4 * r * ((i % 2) * 2 - 1), 0.08)
            parts.append(ball((0.04, 0.04, 0.04), at, plain(linear(draw.uniform(0, 0.3), 0.85, 0.85), 0.3)))
    elif kind == "books":
        h, r = 0.0, 0.13
        parts = []
        for _ in range(draw.randint(2, 4)):
            thick = draw.uniform(0.02, 0.045)
            size = (draw.uniform(0.16, 0.2), draw.uniform(0.12, 0.16), thick)
            parts.append(block(size, (0, 0, h), painted(draw, 0.9), turned("z", draw.uniform(-25, 25))))
            h += thick
    elif kind == "box":
        r = draw.uniform(0.08, 0.16)
        h = r * draw.uniform(0.8, 1.8)
        parts = [
            block((1.3 * r, 1.3 * r, h), (0, 0, 0), draw.choice((paint, look.wood)), turned("z", draw.uniform(0, 90)))
        ]
    elif kind == "ball":
        r = draw.uniform(0.06, 0.12)
        h = 2 * r
        parts = [ball((r, r, r), (0, 0, r), draw.choice((paint, fabric(draw))))]
    elif kind == "bottle":
        h, r = draw.uniform(0.24, 0.32), 0.04
        parts = [rod(r, h * 0.65, (0, 0, 0), paint), rod(0.03, h * 0.35, (0, 0, h * 0.65), paint, -0.3)]
    else:
        h, r = 0.1, 0.045
        parts = [rod(r, h, (0, 0, 0), paint, 0.05)]
    return Piece(UNCERTAIN, (2 * r, 2 * r, h), tuple(parts))
