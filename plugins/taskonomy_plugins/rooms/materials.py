"""Random materials, and the palette that holds the furniture of one room together."""

from __future__ import annotations

import colorsys
from dataclasses import dataclass
from random import Random

from taskonomy_plugins.rooms.parts import Material, Vector, chance


def linear(hue: float, saturation: float, value: float) -> Vector:
    """A colour given by hue, saturation and value (each 0..1, as displayed) as linear RGB (display gamma 2.2)."""
    r, g, b = colorsys.hsv_to_rgb(hue % 1.0, min(max(saturation, 0.0), 1.0), min(max(value, 0.0), 1.0))
    return (r**2.2, g**2.2, b**2.2)


def shade(colour: Vector, factor: float) -> Vector:
    """A colour made darker or lighter, at most white."""
    r, g, b = (min(part * factor, 1.0) for part in colour)
    return (r, g, b)


def plain(colour: Vector, gloss: float = 0.0, glow: float = 0.0) -> Material:
    """One colour without a pattern."""
    return Material("plain", colour, colour, gloss=gloss, glow=glow)


def wood(draw: Random) -> Material:
    """Grained wood from pale birch to dark walnut, or painted."""
    value = draw.uniform(0.3, 0.85)
    base = linear(draw.uniform(0.045, 0.105), draw.uniform(0.3, 0.7), value)
    return Material("wood", base, shade(base, draw.uniform(0.4, 0.7)), draw.uniform(0.05, 0.14), draw.uniform(0, 0.25))


def painted(draw: Random, saturation: float = 0.6) -> Material:
    """A smooth painted or plastic surface of any hue."""
    return plain(
        linear(draw.random(), draw.uniform(0, saturation), draw.uniform(0.35, 0.95)), gloss=draw.uniform(0, 0.4)
    )


def white(draw: Random, gloss: float = 0.4) -> Material:
    """Ceramic, enamel or white lacquer."""
    return plain(linear(draw.random(), draw.uniform(0, 0.05), draw.uniform(0.88, 0.97)), gloss=gloss)


def metal(draw: Random) -> Material:
    """Brushed metal, pale or nearly black."""
    value = draw.choice((0.15, 0.3, 0.6, 0.75))
    colour = linear(draw.uniform(0.08, 0.65), 0.06, value)
    return Material("wood", colour, shade(colour, 0.8), 0.02, 0.7)


def fabric(draw: Random) -> Material:
    """Upholstery and bedding: woven, striped, checked or dotted."""
    hue, value = draw.random(), draw.uniform(0.25, 0.9)
    first = linear(hue, draw.uniform(0.1, 0.75), value)
    second = linear(hue + draw.uniform(-0.1, 0.1), draw.uniform(0.05, 0.6), min(1.0, value + draw.uniform(-0.25, 0.3)))
    texture = draw.choice(("fabric", "fabric", "fabric", "stripes", "checker", "dots"))
    scale = draw.uniform(0.02, 0.05) if texture == "fabric" else draw.uniform(0.1, 0.3)
    return Material(texture, first, second, scale)


def flooring(draw: Random, wet: bool) -> Material:
    """Planks, parquet, carpet or tiles; tiles, marble or checks in wet rooms."""
    texture = (
        draw.choice(("tiles", "checker", "marble", "tiles")) if wet else draw.choice(("planks",) * 4 + ("fabric",))
    )
    if texture == "planks":
        base = linear(draw.uniform(0.05, 0.1), draw.uniform(0.25, 0.65), draw.uniform(0.35, 0.8))
        return Material("planks", base, shade(base, draw.uniform(0.45, 0.75)), draw.uniform(0.09, 0.2), 0.2)
    if texture == "fabric":
        base = linear(draw.random(), draw.uniform(0.05, 0.4), draw.uniform(0.3, 0.7))
        return Material("fabric", base, shade(base, 0.7), draw.uniform(0.04, 0.09))
    base = linear(draw.random(), draw.uniform(0, 0.25), draw.uniform(0.6, 0.95))
    other = linear(draw.random(), draw.uniform(0, 0.4), draw.uniform(0.15, 0.6))
    second = other if texture == "checker" else shade(base, draw.uniform(0.35, 0.7))
    return Material(texture, base, second, draw.uniform(0.25, 0.5), 0.35)


def wall_covering(draw: Random, wet: bool) -> Material:
    """Plaster, wallpaper or brick; mostly tiles in wet rooms."""
    hue = draw.random()
    base = linear(hue, 0.02 + 0.4 * draw.random() ** 1.7, draw.uniform(0.6, 0.97))
    if wet and chance(draw, 0.7):
        return Material(draw.choice(("tiles", "brick")), base, shade(base, 0.55), draw.uniform(0.12, 0.3), 0.35)
    texture = draw.choice(("plaster",) * 5 + ("stripes", "stripes", "dots", "brick", "damask", "damask"))
    if texture == "brick":
        base = linear(draw.uniform(0.0, 0.08), draw.uniform(0.1, 0.6), draw.uniform(0.5, 0.85))
        return Material("brick", base, shade(base, draw.uniform(0.4, 1.3)), draw.uniform(0.2, 0.28))
    second = linear(hue + draw.uniform(-0.08, 0.08), 0.02 + 0.35 * draw.random() ** 1.7, draw.uniform(0.6, 0.97))
    scale = draw.uniform(0.25, 0.8) if texture == "plaster" else draw.uniform(0.1, 0.3)
    return Material(texture, base, shade(base, 0.9) if texture == "plaster" else second, scale)


def leaf(draw: Random) -> Material:
    """Foliage."""
    base = linear(draw.uniform(0.22, 0.38), draw.uniform(0.5, 0.85), draw.uniform(0.3, 0.7))
    return Material("fabric", base, shade(base, 0.5), 0.06, 0.1)


def painting(draw: Random) -> Material:
    """An abstract picture in two colours."""
    first = linear(draw.random(), draw.uniform(0.2, 0.9), draw.uniform(0.3, 0.95))
    second = linear(draw.random(), draw.uniform(0.1, 0.9), draw.uniform(0.1, 0.95))
    return Material(draw.choice(("painting", "painting", "damask", "checker")), first, second, draw.uniform(0.2, 0.5))


@dataclass(frozen=True)
class Palette:
    """The materials that the pieces of one room share."""

    wood: Material
    accent: Material
    fabric: Material
    metal: Material
    front: Material


def palette(draw: Random) -> Palette:
    """Draw the materials of one room."""
    base = wood(draw)
    front = draw.choice((base, white(draw, 0.2), painted(draw, 0.5)))
    return Palette(base, painted(draw), fabric(draw), metal(draw), front)
