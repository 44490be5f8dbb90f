"""Furniture that holds things or stands about: bookcase, cabinet, wardrobe, lamp, plant, tv."""

from __future__ import annotations

import math
from dataclasses import replace
from random import Random

from taskonomy_plugins.rooms.materials import Palette, leaf, linear, painted, painting, plain, shade, white
from taskonomy_plugins.rooms.parts import Part, Piece, ball, block, chance, rod, turned


def bookcase(draw: Random, look: Palette) -> Piece:
    """Open shelves, half filled with books in runs of differing heights."""
    w, d, h = draw.uniform(0.7, 1.2), draw.uniform(0.26, 0.34), draw.uniform(1.1, 2.1)
    shelves, thick = max(3, round(h / draw.uniform(0.32, 0.42))), 0.03
    parts = [
        block((thick, d, h), (-w / 2 + thick / 2, 0, 0), look.wood),
        block((thick, d, h), (w / 2 - thick / 2, 0, 0), look.wood),
        block((w - 2 * thick, 0.015, h), (0, -d / 2 + 0.01, 0), look.wood),
    ]
    step = (h - thick) / shelves
    parts += [block((w - 2 * thick, d - 0.01, thick), (0, 0, i * step), look.wood) for i in range(shelves + 1)]
    for i in range(shelves):
        x, end = -w / 2 + thick + 0.01, w / 2 - thick - 0.02
        while x < end - 0.05:
            run = min(draw.uniform(0.05, 0.2), end - x)
            if chance(draw, 0.8):
                cover = painted(draw, 0.9)
                high = (step - thick) * draw.uniform(0.55, 0.92)
                deep = d * draw.uniform(0.6, 0.85)
                parts.append(block((run, deep, high), (x + run / 2, -d / 2 + 0.02 + deep / 2, i * step + thick), cover))
            x += run + 0.006
    return Piece("bookcase", (w, d, h), tuple(parts), top=h if h < 1.4 else None)


def cabinet(
    draw: Random,
    look: Palette,
    size: tuple[float, float, float] | None = None,
    counter: bool = False,
    doors: int | None = None,
) -> Piece:
    """A body with doors or drawers and their handles: nightstand, sideboard, kitchen unit or wall unit."""
    w, d, h = size or (draw.uniform(0.8, 1.5), draw.uniform(0.38, 0.5), draw.uniform(0.55, 0.95))
    plinth = 0.08 if h > 0.3 else 0.02
    body = look.front if counter else (look.wood if chance(draw, 0.7) else look.front)
    face = look.front
    parts = [block((w, d - 0.04, h - plinth), (0, -0.02, plinth), body)]
    if h > 0.3:
        parts.append(block((w - 0.06, d - 0.1, plinth), (0, -0.03, 0), plain(shade(body.first, 0.4))))
    knob = plain(shade(look.metal.first, 0.8), 0.6)
    columns = doors or max(1, round(w / draw.uniform(0.4, 0.6)))
    rows = draw.choice((2, 3)) if w < 0.7 and doors is None and chance(draw, 0.6) else 1
    cw, rh = w / columns, (h - plinth) / rows
    for i in range(columns):
        for j in range(rows):
            x, z = (i + 0.5) * cw - w / 2, plinth + j * rh
            parts.append(block((cw - 0.015, 0.025, rh - 0.015), (x, d / 2 - 0.03, z + 0.0075), face))
            if rows == 1:
                s = 1 if i % 2 == 0 else -1
                parts.append(block((0.018, 0.025, 0.13), (x + s * (cw / 2 - 0.05), d / 2 - 0.012, z + rh * 0.6), knob))
            else:
                parts.append(block((0.13, 0.025, 0.018), (x, d / 2 - 0.012, z + rh * 0.6), knob))
    if counter:
        parts.append(block((w, d + 0.03, 0.035), (0, 0.01, h - 0.01), look.wood))
        h += 0.025
    return Piece("cabinet", (w, d, h), tuple(parts), top=h)


def wardrobe(draw: Random, look: Palette) -> Piece:
    """A tall closet with two or three doors, one of them at times with a mirror-like panel."""
    w, d, h = draw.uniform(0.9, 1.7), draw.uniform(0.52, 0.62), draw.uniform(1.85, 2.2)
    doors = max(2, round(w / 0.5))
    parts = [block((w, d - 0.04, h), (0, -0.02, 0), look.wood)]
    cw = w / doors
    for i in range(doors):
        x = (i + 0.5) * cw - w / 2
        parts.append(block((cw - 0.012, 0.03, h - 0.16), (x, d / 2 - 0.03, 0.1), look.front))
        if chance(draw, 0.25):
            glass = Part(
                "box", (x, d / 2 - 0.012, h / 2 + 0.05), (cw * 0.36, 0.006, h * 0.38), plain((0.42, 0.5, 0.55), 0.9)
            )
            parts.append(glass)
        else:
            parts.append(block((cw * 0.7, 0.02, h * 0.36), (x, d / 2 - 0.018, h * 0.52), look.front))
            parts.append(block((cw * 0.7, 0.02, h * 0.3), (x, d / 2 - 0.018, h * 0.14), look.front))
        s = 1 if i % 2 == 0 else -1
        parts.append(block((0.02, 0.03, 0.22), (x + s * (cw / 2 - 0.04), d / 2 - 0.005, h * 0.45), look.metal))
    return Piece("wardrobe", (w, d, h), tuple(parts))


def lamp(draw: Random, look: Palette, small: bool = False) -> Piece:
    """A standing lamp (or a small one for a table): foot, stem and a glowing shade, tapered or round."""
    h = draw.uniform(0.38, 0.6) if small else draw.uniform(1.4, 1.75)
    r = h * draw.uniform(0.26, 0.34) if small else draw.uniform(0.17, 0.26)
    tall = r * draw.uniform(1.1, 1.6)
    glow = draw.uniform(0.5, 1.1)
    cloth = plain(linear(draw.uniform(0.06, 0.16), draw.uniform(0.05, 0.35), 0.97), glow=glow)
    stem = look.metal if chance(draw, 0.7) else look.wood
    parts = [rod(r * 0.7, 0.03, (0, 0, 0), stem, taper=-0.1)]
    if small and chance(draw, 0.6):
        body = (h - tall) / 2
        parts.append(ball((min(body * 0.75, r), min(body * 0.75, r), body), (0, 0, body), look.accent))
    else:
        parts.append(rod(0.015 if small else 0.02, h - tall, (0, 0, 0), stem))
    if chance(draw, 0.25):
        parts.append(ball((r, r, tall / 2), (0, 0, h - tall / 2), cloth))
    else:
        parts.append(rod(r, tall, (0, 0, h - tall), cloth, taper=-draw.uniform(0.0, 0.3)))
    return Piece("lamp", (2 * r, 2 * r, h), tuple(parts))


def pendant(draw: Random, look: Palette, drop: float) -> Piece:
    """A lamp that hangs from the ceiling on a cord of a length; its box ends at the ceiling."""
    r, tall = draw.uniform(0.16, 0.28), draw.uniform(0.18, 0.28)
    colour = look.accent.first if chance(draw, 0.4) else linear(0.11, 0.15, 0.97)
    lit = plain(colour, glow=draw.uniform(0.5, 0.9))
    parts = [rod(0.008, drop, (0, 0, tall), plain((0.02, 0.02, 0.02)))]
    if chance(draw, 0.4):
        parts.append(ball((r * 0.8, r * 0.8, tall / 2), (0, 0, tall / 2), lit))
    else:
        parts.append(rod(r, tall, (0, 0, 0), lit, taper=-draw.uniform(0.1, 0.4)))
    return Piece("lamp", (2 * r, 2 * r, tall + drop), tuple(parts))


def plant(draw: Random, look: Palette, small: bool = False) -> Piece:
    """A pot with a bush of leaf clusters, or long leaves that lean outwards."""
    h = draw.uniform(0.3, 0.5) if small else draw.uniform(0.8, 1.5)
    r = h * draw.uniform(0.14, 0.22) if not small else h * 0.26
    pot = draw.choice((look.accent, plain(linear(0.04, 0.6, 0.65)), white(draw, 0.2)))
    high = 1.7 * r
    green = leaf(draw)
    parts = [
        rod(r, high, (0, 0, 0), pot, taper=draw.uniform(0.08, 0.22)),
        rod(r * 0.9, 0.01, (0, 0, high), plain((0.05, 0.03, 0.02))),
    ]
    spread = h * 0.3
    if chance(draw, 0.5):
        parts.append(rod(0.02, h * 0.6, (0, 0, high * 0.8), plain((0.15, 0.09, 0.05))))
        for i in range(9):
            size = h * draw.uniform(0.09, 0.17)
            a, out = i * 2.4 + draw.random(), (spread - size) * draw.uniform(0.2, 1.0)
            z = high + (h - high - size) * (0.35 + 0.65 * (i + draw.random()) / 10)
            half = (size, size * draw.uniform(0.7, 1.0), size * draw.uniform(0.6, 0.9))
            parts.append(ball(half, (out * math.cos(a), out * math.sin(a), z), green))
    else:
        for i in range(10):
            long = (h - high) * draw.uniform(0.75, 1.0) / 2
            widest = math.degrees(math.asin(min(0.9 * spread / (2 * long), 0.7)))
            a, lean = i * 137.5 + draw.uniform(-20, 20), draw.uniform(0.2, 1.0) * widest
            turn = turned("z", a) @ turned("y", lean)
            x, y, z = (turn @ [0.0, 0.0, long]).tolist()
            parts.append(ball((0.02, h * draw.uniform(0.035, 0.06), long), (x, y, high + z), green, turn))
    return Piece("plant", (2 * spread, 2 * spread, h), tuple(parts))


def tv(draw: Random, look: Palette, monitor: bool = False) -> Piece:
    """A flat screen on a foot: a television, or a monitor for a desk; dark, or showing a picture."""
    w = draw.uniform(0.45, 0.62) if monitor else draw.uniform(0.8, 1.25)
    h = w * 0.58
    black = plain((0.012, 0.012, 0.014), 0.5)
    screen = black
    if chance(draw, 0.6):
        screen = replace(painting(draw), glow=draw.uniform(0.35, 0.8))
    foot = 0.12 if monitor else 0.06
    parts = [
        block((w, 0.045, h), (0, 0, foot), black),
        block((w - 0.035, 0.01, h - 0.035), (0, 0.022, foot + 0.0175), screen),
        block((0.06, 0.04, foot), (0, -0.01, 0), black),
        block((w * 0.45, 0.2, 0.015), (0, 0, 0), black),
    ]
    return Piece("tv", (w, 0.2, h + foot), tuple(parts))
