"""Colour: textures under point lights with hard shadows and ambient light, exposed as a camera would choose."""

from __future__ import annotations

import torch
from torch import Tensor

from taskonomy_plugins.rooms import textures
from taskonomy_plugins.rooms.primitives import length, select, surface_at
from taskonomy_plugins.rooms.raycast import Tiles, first_hits, lit
from taskonomy_plugins.rooms.scene import Scene

# The reshading lamp's distance of half brightness, metres.
RESHADING_REACH = 2.5


def colours(scene: Scene, tiles: Tiles) -> Tensor:
    """Linear RGB of every ray of some tiles, [3, T, TILE^2].

    Diffuse and Blinn-Phong shading: albedo * (ambient + sum over lights of n.l / (1 + d^2) * visible) plus highlights
    and the surface's own glow; ambient light fades towards the room's edges.
    """
    t, of = first_hits(scene.primitives, tiles)
    shape = t.shape
    points = tiles.origin[:, :, None] + tiles.direction * t
    flat = points.reshape(3, -1)
    of = of.flatten()
    surface = surface_at(scene.primitives, of, flat)
    looks = scene.looks
    scale, shift, texture = select(looks.scale, of), select(looks.shift, of), select(looks.texture, of)
    pattern, brightness = textures.evaluate(texture, surface.u / scale + shift[0], surface.v / scale + shift[1])
    albedo = torch.lerp(select(looks.first, of), select(looks.second, of), pattern) * brightness
    view = tiles.direction.reshape(3, -1)
    view = -view / length(view)
    gloss = select(looks.gloss, of)
    ambient = torch.tensor(scene.ambient, device=flat.device)[:, None] * _openness(scene, flat, surface.normal)
    total = albedo * ambient
    for light in scene.lights:
        position = torch.tensor(light.position, device=flat.device)
        visible = lit(scene.primitives, position, points, scene.casts).flatten()
        way = position[:, None] - flat
        square = (way * way).sum(0)
        way = way * square.clamp_min(1e-6).rsqrt()
        cosine = (way * surface.normal).sum(0).clamp_min(0)
        half = way + view
        shine = (half * surface.normal).sum(0).clamp_min(0) * length(half).clamp_min(1e-6).reciprocal()
        shine = shine * shine
        for _ in range(4):
            shine = shine * shine
        strength = visible / (1 + square)
        colour = torch.tensor(light.colour, device=flat.device)[:, None]
        total = total + colour * strength * (albedo * cosine + 0.6 * gloss * shine * (cosine > 0))
    total = total + albedo * select(looks.glow, of)
    outside = (texture == textures.TEXTURES.index("outside")).nonzero()[:, 0]
    if len(outside):
        total[:, outside] = _outside(-view[:, outside], looks.first[:, of[outside]], looks.second[:, of[outside]])
    return total.reshape(3, *shape)


def _openness(scene: Scene, points: Tensor, normal: Tensor) -> Tensor:
    """Ambient light: less near the room's edges and below, a little more from above."""
    size = torch.tensor(scene.size, device=points.device)[:, None]
    near = torch.minimum(points, size - points).clamp_min(0) + 2 * normal.abs()
    shadow = torch.exp(-near * 3.5).sum(0)
    return (1 - 0.45 * shadow) * (0.85 + 0.15 * normal[2])


def _outside(direction: Tensor, sky: Tensor, ground: Tensor) -> Tensor:
    """A bright sky with clouds above a hazy ground, by the direction of sight."""
    up = direction[2]
    azimuth = torch.atan2(direction[1], direction[0])
    cloud = textures.noise(azimuth * 4 + 7, up * 9 + 3)
    above = sky + (1 - sky) * (0.7 * cloud + 0.2)
    below = ground * (0.6 + 0.6 * textures.noise(azimuth * 14, up * 20 + 50))
    horizon = up + 0.12 * textures.noise(azimuth * 6, torch.full_like(up, 90.5)) - 0.06
    return torch.where(horizon > 0, above * 1.3, below)


def expose(linear: Tensor, target: Tensor) -> Tensor:
    """Linear RGB pictures [C, 3, h, w] as displayed ones in [0, 1].

    Each picture is scaled until its mean displayed brightness is about the target [C], then compressed softly
    (1 - exp(-x)) and given display gamma 2.2.
    """
    luminance = (0.2126 * linear[:, 0] + 0.7152 * linear[:, 1] + 0.0722 * linear[:, 2]).flatten(1)
    gain = torch.ones_like(target)
    for _ in range(4):
        shown = (1 - torch.exp(-luminance * gain[:, None])) ** (1 / 2.2)
        gain = gain * (target / shown.mean(1).clamp_min(1e-3)) ** 2.2
    gain = gain.clamp(0.05, 50)
    return (1 - torch.exp(-linear * gain[:, None, None, None])) ** (1 / 2.2)


def reshading(cosine: Tensor, distance: Tensor) -> Tensor:
    """A lamp at the camera shining on constant albedo: n.v D^2 / (D^2 + r^2), in 0..1 (facts/taskonomy.md 1.6)."""
    return cosine.clamp(0, 1) * RESHADING_REACH**2 / (RESHADING_REACH**2 + distance**2)
