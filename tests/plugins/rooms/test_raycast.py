"""Culling never loses a hit or a shadow; tiles become pictures again."""

from __future__ import annotations

import math
from dataclasses import replace

import pytest
import torch

from taskonomy_plugins.rooms import raycast
from taskonomy_plugins.rooms.cameras import look_at
from taskonomy_plugins.rooms.config import RoomsConfig
from taskonomy_plugins.rooms.materials import plain
from taskonomy_plugins.rooms.parts import block
from taskonomy_plugins.rooms.primitives import pack
from taskonomy_plugins.rooms.raycast import TILE, Tiles, as_pictures, camera_tiles, first_hits, lit
from taskonomy_plugins.rooms.render import furnished

GREY = plain((0.5, 0.5, 0.5))


@pytest.fixture(scope="module")
def room():
    return furnished(RoomsConfig(), 3)


def tangent(degrees=62):
    return math.tan(math.radians(degrees) / 2)


def test_culled_tiles_see_what_brute_force_sees(room):
    scene, cameras = room
    tiles = camera_tiles(scene.primitives, cameras.rotation, cameras.eye, tangent(), 32)
    assert tiles.candidates.float().mean() < 0.5
    found = first_hits(scene.primitives, tiles)
    brute = first_hits(scene.primitives, replace(tiles, candidates=torch.ones_like(tiles.candidates)))
    assert all(map(torch.equal, found, brute))
    assert found[0].isfinite().all()


def test_culled_shadows_are_brute_force_shadows(room):
    scene, cameras = room
    tiles = camera_tiles(scene.primitives, cameras.rotation, cameras.eye, tangent(), 32)
    distance, _ = first_hits(scene.primitives, tiles)
    points = tiles.origin[:, :, None] + tiles.direction * distance
    lamp = torch.tensor(scene.lights[0].position)
    found = lit(scene.primitives, lamp, points, scene.casts)
    alone = points.reshape(3, -1, 1)  # tiles of one point have no hull to cull by
    every = Tiles(
        lamp[:, None].expand(3, alone.shape[1]),
        alone - lamp[:, None, None],
        scene.casts.expand(alone.shape[1], -1).clone(),
    )
    brute = first_hits(scene.primitives, every)[0] >= 0.998
    assert torch.equal(found.flatten(), brute.flatten())
    assert 0.02 < (~found).float().mean() < 0.9


def test_the_nearer_of_two_boxes_is_seen_at_its_distance():
    primitives = pack([block((1, 1, 1), (0, y, -0.5), GREY) for y in (6.0, 3.0)])
    camera = look_at(torch.zeros(1, 3), torch.tensor([[0.0, 1.0, 0.0]]), torch.zeros(1))
    tiles = camera_tiles(primitives, camera.rotation, camera.eye, 0.1, 9)
    depth, which = (as_pictures(value, 1, 9)[0] for value in first_hits(primitives, tiles))
    assert which[4, 4] == 1
    assert depth[4, 4].item() == pytest.approx(2.5)
    assert depth[0, 0].item() == pytest.approx(2.5)  # z-depth: a frontal face has one depth all over


def test_a_ray_that_meets_nothing_has_infinite_distance():
    primitives = pack([block((1, 1, 1), (0, 3.0, -0.5), GREY)])
    tiles = Tiles(torch.zeros(3, 1), torch.tensor([[[0.0]], [[-1.0]], [[0.0]]]), torch.ones(1, 1, dtype=torch.bool))
    distance, which = first_hits(primitives, tiles)
    assert distance.item() == math.inf
    assert which.item() == 0


def test_the_same_distance_goes_to_the_first_primitive():
    part = block((1, 1, 1), (0, 3.0, -0.5), GREY)
    tiles = Tiles(torch.zeros(3, 1), torch.tensor([[[0.0]], [[1.0]], [[0.0]]]), torch.ones(1, 3, dtype=torch.bool))
    assert first_hits(pack([part, part, part]), tiles)[1].item() == 0


def test_pixels_lie_where_their_rays_go():
    camera = look_at(torch.zeros(1, 3), torch.tensor([[0.0, 1.0, 0.0]]), torch.zeros(1))
    primitives = pack([block((1, 1, 1), (0, 3.0, -0.5), GREY)])
    size = 20  # not a multiple of TILE
    tiles = camera_tiles(primitives, camera.rotation, camera.eye, 1.0, size)
    x, y, z = as_pictures(tiles.direction, 1, size)[0]
    centres = (torch.arange(size) + 0.5) / size * 2 - 1
    torch.testing.assert_close(x, centres.expand(size, size))  # the camera looks along world y: right is x, up is z
    torch.testing.assert_close(y, torch.ones(size, size))
    torch.testing.assert_close(z, -centres[:, None].expand(size, size))


def test_portions_do_not_change_the_picture(room, monkeypatch):
    scene, cameras = room
    tiles = camera_tiles(scene.primitives, cameras.rotation, cameras.eye, tangent(), 16)
    whole = first_hits(scene.primitives, tiles)
    monkeypatch.setattr(raycast, "CPU_RAYS", 3 * TILE**2)
    parts = [first_hits(scene.primitives, some) for _, some in tiles.chunks()]
    assert len(parts) == math.ceil(16 / 3)
    assert all(torch.equal(torch.cat(each), of) for each, of in zip(zip(*parts, strict=True), whole, strict=True))
