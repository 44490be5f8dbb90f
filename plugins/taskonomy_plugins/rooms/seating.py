"""Furniture to sit at and lie on: bed, chair, sofa, table, desk; each with random proportions."""

from __future__ import annotations

from random import Random

from taskonomy_plugins.rooms.materials import Palette, fabric, linear, plain, shade
from taskonomy_plugins.rooms.parts import (
    Part,
    Piece,
    ball,
    block,
    chance,
    four_legs,
    lying_rod,
    rod,
    turned,
)


def bed(draw: Random, look: Palette) -> Piece:
    """A frame with a headboard, a mattress, a blanket that hangs over its sides, and one or two pillows."""
    double = chance(draw, 0.6)
    w, d = (draw.uniform(1.4, 1.8) if double else draw.uniform(0.9, 1.1)), draw.uniform(1.95, 2.1)
    frame, mattress, head = draw.uniform(0.2, 0.32), draw.uniform(0.16, 0.26), draw.uniform(0.8, 1.2)
    cover = fabric(draw)
    sheet = plain(linear(draw.random(), draw.uniform(0, 0.12), draw.uniform(0.85, 0.97)))
    top = frame + mattress
    blanket = d * draw.uniform(0.55, 0.72)
    padded = chance(draw, 0.35)
    parts = [
        lying_rod(0.07, w, (0, -d / 2 + 0.07, head - 0.07), cover)
        if padded
        else block((w, 0.06, 0.04), (0, -d / 2 + 0.03, head - 0.04), look.wood),
        block((w, 0.06, head - 0.04), (0, -d / 2 + 0.03, 0), cover if padded else look.wood),
        block((w, d - 0.06, frame - 0.08), (0, 0.03, 0.08), look.wood),
        block((w - 0.06, d - 0.12, mattress), (0, 0.03, frame), sheet),
        block(
            (w + 0.03, blanket, mattress * 0.8 + 0.05), (0, d / 2 - blanket / 2 + 0.015, frame + mattress * 0.2), cover
        ),
    ]
    pillow = fabric(draw) if chance(draw, 0.4) else sheet
    for x in (-w / 4, w / 4) if double else (0.0,):
        parts.append(ball((w / 4.6 if double else w / 3, 0.2, 0.09), (x, -d / 2 + 0.32, top + 0.06), pillow))
    if chance(draw, 0.4):
        parts.append(block((w, 0.05, head * 0.55), (0, d / 2 - 0.01, 0), look.wood))
    if chance(draw, 0.5):
        parts += four_legs(w, d, 0.09, 0.08, look.wood, False)
    return Piece("bed", (w + 0.04, d + 0.04, head), tuple(parts))


def chair(draw: Random, look: Palette) -> Piece:
    """A dining chair on four legs with a slatted or solid back."""
    w, d, seat, back = (
        draw.uniform(0.4, 0.48),
        draw.uniform(0.42, 0.5),
        draw.uniform(0.43, 0.48),
        draw.uniform(0.38, 0.6),
    )
    frame = look.wood if chance(draw, 0.7) else look.metal
    cushion = look.fabric if chance(draw, 0.5) else frame
    round_ = chance(draw, 0.4)
    parts = four_legs(w, d, seat, 0.04, frame, round_)
    parts.append(block((w, d, 0.05), (0, 0, seat - 0.02), cushion))
    tilt = turned("x", draw.uniform(4, 10))
    y = -d / 2 + 0.01
    if chance(draw, 0.5):
        posts = (-w / 2 + 0.02, w / 2 - 0.02)
        parts += [block((0.035, 0.03, back), (x, y - 0.02, seat), frame, tilt) for x in posts]
        rails = draw.randint(2, 3)
        parts += [
            block((w, 0.025, 0.09), (0, y - 0.045 * (i + 1) / rails, seat + back * (i + 1) / rails - 0.1), frame, tilt)
            for i in range(rails)
        ]
    else:
        parts.append(block((w * 0.95, 0.035, back), (0, y - 0.02, seat + 0.03), cushion, tilt))
    return Piece("chair", (w, d + 0.14, seat + back + 0.03), tuple(parts))


def office_chair(draw: Random, look: Palette) -> Piece:
    """A swivel chair on a star foot; counts as a chair."""
    w, seat, back = draw.uniform(0.46, 0.54), draw.uniform(0.44, 0.5), draw.uniform(0.45, 0.65)
    cushion = look.fabric if chance(draw, 0.5) else plain(linear(0.6, 0.1, draw.uniform(0.12, 0.3)), 0.1)
    dark = plain(linear(0.6, 0.05, 0.2), 0.3)
    parts: list[Part] = [
        rod(0.03, seat - 0.08, (0, 0, 0.06), look.metal),
        block((w, w, 0.08), (0, 0, seat - 0.06), cushion),
        block((w * 0.92, 0.06, back), (0, -w / 2 + 0.02, seat + 0.1), cushion, turned("x", 8)),
        block((0.06, 0.04, 0.3), (0, -w / 2 - 0.02, seat - 0.1), dark),
    ]
    parts += [block((0.06, 0.56, 0.05), (0, 0, 0.03), dark, turned("z", a)) for a in (0, 60, 120)]
    if chance(draw, 0.6):
        parts += [block((0.05, 0.28, 0.04), (s * w / 2, 0.02, seat + 0.18), dark) for s in (-1, 1)]
        parts += [block((0.03, 0.05, 0.22), (s * w / 2, 0.02, seat - 0.04), dark) for s in (-1, 1)]
    return Piece("chair", (0.62, 0.64, seat + back + 0.1), tuple(parts))


def sofa(draw: Random, look: Palette, seats: int = 0) -> Piece:
    """A sofa of one (an armchair) to three seats, with box or roll arms, seat and back cushions."""
    seats = seats or draw.choice((2, 2, 3, 3))
    arm, d = draw.uniform(0.14, 0.22), draw.uniform(0.82, 0.95)
    w, seat, back, side = (
        seats * draw.uniform(0.6, 0.7) + 2 * arm,
        0.42,
        draw.uniform(0.75, 0.92),
        draw.uniform(0.55, 0.66),
    )
    cloth = fabric(draw) if chance(draw, 0.5) else look.fabric
    inner = w - 2 * arm
    parts = [
        block((w, d, 0.2), (0, 0, 0.08), cloth),
        block((w, 0.2, back - 0.1), (0, -d / 2 + 0.1, 0.1), cloth),
    ]
    rolled = chance(draw, 0.5)
    for s in (-1, 1):
        x = s * (w / 2 - arm / 2)
        parts.append(block((arm * (0.8 if rolled else 1.0), d, side - 0.1), (x, 0, 0.1), cloth))
        if rolled:
            parts.append(lying_rod(arm / 2, d, (x, 0, side), cloth, "y"))
    for i in range(seats):
        x = (i - (seats - 1) / 2) * inner / seats
        parts.append(block((inner / seats - 0.02, d - 0.28, 0.16), (x, 0.06, seat - 0.14), cloth))
        parts.append(lying_rod(0.08, inner / seats - 0.02, (x, d / 2 - 0.1, seat - 0.06), cloth))
        parts.append(block((inner / seats - 0.03, 0.14, back - seat), (x, -d / 2 + 0.28, seat), cloth, turned("x", 10)))
    if chance(draw, 0.6):
        pillow = fabric(draw)
        for s in (-1, 1)[: draw.randint(1, 2)]:
            parts.append(ball((0.2, 0.09, 0.19), (s * (inner / 2 - 0.18), -d / 2 + 0.42, seat + 0.2), pillow))
    parts += four_legs(w, d, 0.09, 0.06, look.wood, False)
    return Piece("sofa", (w, d, max(back, side + arm / 2) + 0.06), tuple(parts))


def table(draw: Random, look: Palette, low: bool = False) -> Piece:
    """A dining or coffee table: rectangular on four legs, or round on a pillar."""
    h = draw.uniform(0.36, 0.48) if low else draw.uniform(0.71, 0.78)
    thick = draw.uniform(0.03, 0.06)
    surface = look.wood if chance(draw, 0.7) else look.front
    if chance(draw, 0.3):
        r = draw.uniform(0.35, 0.5) if low else draw.uniform(0.48, 0.68)
        parts = [
            rod(r, thick, (0, 0, h - thick), surface),
            rod(draw.uniform(0.04, 0.08), h - thick, (0, 0, 0), look.metal if chance(draw, 0.4) else look.wood),
            rod(r * 0.55, 0.04, (0, 0, 0), look.wood, taper=-0.2),
        ]
        return Piece("table", (2 * r, 2 * r, h), tuple(parts), top=h)
    w = draw.uniform(0.8, 1.2) if low else draw.uniform(1.2, 1.9)
    d = draw.uniform(0.5, 0.7) if low else draw.uniform(0.75, 0.95)
    parts = [block((w, d, thick), (0, 0, h - thick), surface)]
    parts += four_legs(w, d, h - thick, draw.uniform(0.05, 0.09), look.wood, chance(draw, 0.4))
    if chance(draw, 0.5):
        parts.append(block((w - 0.14, d - 0.14, 0.08), (0, 0, h - thick - 0.08), look.wood))
    if low and chance(draw, 0.5):
        parts.append(block((w - 0.1, d - 0.1, 0.025), (0, 0, 0.14), look.wood))
    return Piece("table", (w, d, h), tuple(parts), top=h)


def desk(draw: Random, look: Palette) -> Piece:
    """A desk with a block of drawers at one side and a modesty panel at its back."""
    w, d, h, thick = draw.uniform(1.1, 1.6), draw.uniform(0.58, 0.75), draw.uniform(0.71, 0.76), 0.035
    side = draw.choice((-1, 1))
    drawers, body = 0.4, look.front
    x = side * (w / 2 - drawers / 2 - 0.02)
    parts = [
        block((w, d, thick), (0, 0, h - thick), look.wood),
        block((drawers, d - 0.08, h - thick - 0.06), (x, 0, 0.06), body),
        block((w - 0.1, 0.02, 0.4), (0, -d / 2 + 0.05, h - 0.45), body),
    ]
    leg = block((0.05, d - 0.06, h - thick), (-side * (w / 2 - 0.05), 0, 0), look.metal if chance(draw, 0.5) else body)
    parts.append(leg)
    handle = plain(shade(look.metal.first, 0.7), 0.6)
    for i in range(3):
        z = 0.08 + i * (h - 0.14) / 3
        parts.append(block((drawers - 0.03, 0.02, (h - 0.16) / 3 - 0.02), (x, d / 2 - 0.035, z), look.wood))
        parts.append(block((0.14, 0.02, 0.02), (x, d / 2 - 0.015, z + 0.1), handle))
    return Piece("desk", (w, d, h), tuple(parts), top=h)
