"""Kitchen and bathroom furniture: fridge, stove, sink, toilet, bathtub."""

from __future__ import annotations

from random import Random

from taskonomy_plugins.rooms.materials import Palette, linear, plain, shade, white
from taskonomy_plugins.rooms.parts import Part, Piece, Vector, ball, block, chance, lying_rod, rod
from taskonomy_plugins.rooms.storage import cabinet

COUNTER = 0.9


def fridge(draw: Random, look: Palette) -> Piece:
    """A tall fridge with a freezer door above or below and two long handles."""
    w, d, h = draw.uniform(0.58, 0.75), draw.uniform(0.6, 0.7), draw.uniform(1.6, 1.95)
    steel = chance(draw, 0.45)
    body = plain(linear(0.6, 0.03, draw.uniform(0.55, 0.75)), 0.6) if steel else white(draw)
    if chance(draw, 0.15):
        body = plain(linear(draw.random(), 0.6, 0.8), 0.5)
    split = draw.choice((0.35, 0.66))
    side = draw.choice((-1, 1)) * (w / 2 - 0.05)
    parts = [block((w, d - 0.06, h - 0.04), (0, -0.03, 0.04), plain(shade(body.first, 0.75), 0.3))]
    for z0, z1 in ((0.06, h * split - 0.008), (h * split + 0.008, h)):
        parts.append(block((w - 0.01, 0.055, z1 - z0), (0, d / 2 - 0.035, z0), body))
        middle = (z0 + z1) / 2
        parts.append(block((0.025, 0.04, (z1 - z0) * 0.45), (side, d / 2 - 0.0, middle - (z1 - z0) * 0.22), look.metal))
    return Piece("fridge", (w, d + 0.04, h), tuple(parts))


def stove(draw: Random, look: Palette) -> Piece:
    """A cooker: an oven with a dark window and a rail, knobs, four plates, at times a pot."""
    w, d, h = draw.uniform(0.56, 0.64), 0.62, COUNTER + 0.02
    body = white(draw) if chance(draw, 0.6) else plain(linear(0.6, 0.03, draw.uniform(0.3, 0.7)), 0.6)
    black = plain((0.012, 0.012, 0.012), 0.6)
    parts = [
        block((w, d - 0.04, h - 0.02), (0, -0.02, 0), body),
        block((w - 0.02, d - 0.06, 0.012), (0, -0.02, h - 0.014), black),
        block((w - 0.06, 0.03, h * 0.52), (0, d / 2 - 0.035, h * 0.16), body),
        block((w - 0.16, 0.012, h * 0.3), (0, d / 2 - 0.02, h * 0.24), black),
        lying_rod(0.014, w - 0.12, (0, d / 2, h * 0.71), look.metal),
        block((w, 0.03, h * 0.13), (0, d / 2 - 0.04, h * 0.83), black if chance(draw, 0.3) else body),
    ]
    knob = plain((0.03, 0.03, 0.03), 0.4) if chance(draw, 0.5) else look.metal
    parts += [lying_rod(0.022, 0.03, ((i - 2) * w / 6, d / 2 - 0.012, h * 0.9), knob, "y") for i in range(5)]
    plate = plain((0.08, 0.02, 0.015) if chance(draw, 0.3) else (0.04, 0.04, 0.045), 0.1)
    for x in (-0.13, 0.13):
        parts += [rod(r, 0.012, (x, y - 0.02, h - 0.004), plate) for y, r in ((-0.13, 0.075), (0.13, 0.095))]
    top = h
    if chance(draw, 0.5):
        top = h + 0.165
        pot = plain(linear(draw.random(), 0.6, 0.6), 0.5) if chance(draw, 0.5) else look.metal
        x, y = draw.choice((-0.13, 0.13)), draw.choice((-0.15, 0.11))
        parts.append(rod(0.1, 0.13, (x, y, h + 0.008), pot))
        parts.append(ball((0.1, 0.1, 0.025), (x, y, h + 0.138), pot))
    return Piece("stove", (w, d + 0.03, top), tuple(parts))


def _basin(w: float, d: float, deep: float, wall: float, at: Vector) -> list[tuple[Vector, Vector]]:
    """Sizes and places of the four walls and the bottom of an open tub."""
    x, y, z = at
    return [
        ((w, d, wall), (x, y, z)),
        ((w, wall, deep), (x, y - d / 2 + wall / 2, z)),
        ((w, wall, deep), (x, y + d / 2 - wall / 2, z)),
        ((wall, d - 2 * wall, deep), (x - w / 2 + wall / 2, y, z)),
        ((wall, d - 2 * wall, deep), (x + w / 2 - wall / 2, y, z)),
    ]


def _tap(at: Vector, look: Palette) -> list[Part]:
    x, y, z = at
    shine = plain(linear(0.6, 0.03, 0.8), 0.9)
    return [rod(0.018, 0.2, at, shine), lying_rod(0.014, 0.16, (x, y + 0.07, z + 0.2), shine, "y")]


def sink(draw: Random, look: Palette, kitchen: bool = False) -> Piece:
    """A basin with a tap: on a pedestal, on a vanity unit, or set on a kitchen unit."""
    if kitchen:
        unit = cabinet(draw, look, (draw.uniform(0.7, 0.9), 0.6, COUNTER), counter=True)
        w, d, h = unit.size
        steel = plain(linear(0.6, 0.03, draw.choice((0.65, 0.9))), 0.7)
        tub = [block(s, at, steel) for s, at in _basin(w * 0.7, 0.4, 0.05, 0.02, (0, 0.03, h))]
        tub.append(block((w * 0.7 - 0.05, 0.35, 0.012), (0, 0.03, h + 0.015), plain(shade(steel.first, 0.35), 0.5)))
        parts = (*unit.parts, *tub, *_tap((0, -0.2, h), look))
        return Piece("sink", (w, d, h + 0.25), parts)
    ceramic = white(draw)
    w, d, h = draw.uniform(0.5, 0.7), draw.uniform(0.42, 0.5), draw.uniform(0.8, 0.86)
    if chance(draw, 0.5):
        base: list[Part] = [rod(0.1, h - 0.14, (0, -0.06, 0), ceramic, taper=-0.15)]
    else:
        base = list(cabinet(draw, look, (w - 0.04, d - 0.02, h - 0.14), doors=2).parts)
    tub = [block(s, at, ceramic) for s, at in _basin(w, d, 0.15, 0.035, (0, 0, h - 0.15))]
    tub.append(block((w - 0.06, d - 0.06, 0.01), (0, 0, h - 0.09), plain(shade(ceramic.first, 0.75), 0.5)))
    return Piece("sink", (w, d, h + 0.22), (*base, *tub, *_tap((0, -d / 2 + 0.04, h), look)))


def toilet(draw: Random, look: Palette) -> Piece:
    """A bowl on its foot with a seat, an open or closed lid, and a cistern at its back."""
    ceramic = white(draw)
    lid = ceramic if chance(draw, 0.6) else look.wood
    w, d, seat, tank = 0.38, 0.68, draw.uniform(0.4, 0.44), draw.uniform(0.34, 0.42)
    y = 0.1
    parts = [
        block((0.24, 0.5, seat * 0.45), (0, -0.04, 0), ceramic),
        ball((0.19, 0.25, 0.2), (0, y, seat - 0.08), ceramic),
        Part("frustum", (0, y, seat + 0.015), (0.195, 0.25, 0.02), lid),
        block((0.36, 0.18, 0.1), (0, -d / 2 + 0.11, seat - 0.06), ceramic),
        block((w, 0.17, tank), (0, -d / 2 + 0.09, seat + 0.03), ceramic),
        block((w + 0.02, 0.19, 0.03), (0, -d / 2 + 0.095, seat + tank + 0.02), ceramic),
        rod(0.025, 0.015, (0, -d / 2 + 0.09, seat + tank + 0.05), plain(linear(0.6, 0.02, 0.7), 0.8)),
    ]
    if chance(draw, 0.4):
        parts.append(block((0.36, 0.03, 0.4), (0, -d / 2 + 0.2, seat + 0.03), lid))
        parts.append(Part("frustum", (0, y + 0.01, seat + 0.036), (0.12, 0.17, 0.002), plain((0.3, 0.33, 0.35), 0.5)))
    return Piece("toilet", (w + 0.02, d, seat + tank + 0.09), tuple(parts))


def bathtub(draw: Random, look: Palette) -> Piece:
    """An open tub, panelled or on rounded ends, with water at times and a tap at one end."""
    w, d, h = draw.uniform(1.5, 1.75), draw.uniform(0.7, 0.8), draw.uniform(0.52, 0.6)
    ceramic = white(draw)
    shine = plain(linear(0.6, 0.03, 0.8), 0.9)
    tap = [rod(0.02, 0.22, (-w / 2 + 0.06, 0, h), shine), lying_rod(0.016, 0.18, (-w / 2 + 0.13, 0, h + 0.2), shine)]
    if chance(draw, 0.35):
        body = [
            Part("frustum", (0, 0, h / 2), (w / 2, d / 2, h / 2), ceramic, taper=draw.uniform(0, 0.06)),
            Part("frustum", (0, 0, h), (w / 2 - 0.07, d / 2 - 0.07, 0.004), plain(linear(0.52, 0.3, 0.85), 0.8)),
        ]
        return Piece("bathtub", (w, d + 0.02, h + 0.23), (*body, *tap))
    parts = [block(s, at, ceramic) for s, at in _basin(w, d, h - 0.02, 0.06, (0, 0, 0))]
    parts += [lying_rod(0.035, w - 0.04, (0, s * (d / 2 - 0.035), h - 0.03), ceramic) for s in (-1, 1)]
    parts += [lying_rod(0.035, d - 0.04, (s * (w / 2 - 0.035), 0, h - 0.03), ceramic, "y") for s in (-1, 1)]
    level = h - draw.uniform(0.12, 0.42)
    inside = plain(linear(0.52, draw.uniform(0.05, 0.45), 0.85), 0.8)
    parts.append(block((w - 0.11, d - 0.11, 0.02), (0, 0, level), inside))
    if chance(draw, 0.5):
        parts.append(block((w - 0.01, 0.015, h - 0.12), (0, d / 2, 0.03), look.front))
    return Piece("bathtub", (w, d + 0.02, h + 0.23), (*parts, *tap))
