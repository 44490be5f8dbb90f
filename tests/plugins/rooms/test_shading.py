"""Light by hand: falloff, shadow, exposure; textures stay in range and differ from one another."""

from __future__ import annotations

import pytest
import torch

from taskonomy_plugins.rooms.cameras import look_at
from taskonomy_plugins.rooms.materials import plain
from taskonomy_plugins.rooms.parts import block
from taskonomy_plugins.rooms.primitives import pack
from taskonomy_plugins.rooms.raycast import Tiles
from taskonomy_plugins.rooms.scene import Light, Looks, Scene
from taskonomy_plugins.rooms.shading import colours, expose, reshading
from taskonomy_plugins.rooms.textures import TEXTURES, evaluate, noise


def stage(with_roof):
    """A grey floor, 8 m x 8 m, under a lamp 2 m above its middle; perhaps a small roof half-way up."""
    parts = [block((8, 8, 0.2), (4, 4, -0.2), plain((0.5, 0.5, 0.5)))]
    if with_roof:
        parts.append(block((0.5, 0.5, 0.1), (4, 4, 1.0), plain((0.5, 0.5, 0.5))))
    n = len(parts)
    flat = torch.zeros(n)
    return Scene(
        number=0,
        kind=0,
        size=(8.0, 8.0, 3.0),
        primitives=pack(parts),
        looks=Looks(
            flat.long(), torch.full((3, n), 0.5), torch.full((3, n), 0.5), flat + 1, flat, flat, flat.expand(2, n)
        ),
        instance=torch.arange(n),
        semantic=torch.ones(n, dtype=torch.int64),
        pane=flat.bool(),
        casts=torch.arange(n) > 0,
        lights=(Light((4.0, 4.0, 2.0), (10.0, 10.0, 10.0)),),
        ambient=(0.0, 0.0, 0.0),
    )


def seen(scene, points):
    """What rays from beside the roof see of floor points."""
    eye = torch.tensor([4.0, 0.0, 0.9])
    direction = (torch.tensor(points) - eye).T[:, None]
    candidates = torch.ones(1, scene.primitives.centre.shape[1], dtype=torch.bool)
    return colours(scene, Tiles(eye[:, None], direction, candidates))[0, 0].tolist()


def test_diffuse_light_falls_with_the_cosine_and_the_distance():
    middle, side = seen(stage(False), [[4.0, 4.0, 0.0], [4.0, 2.0, 0.0]])
    assert middle == pytest.approx(0.5 * 10 / (1 + 4), rel=1e-4)
    assert side == pytest.approx(0.5 * 10 * 0.5**0.5 / (1 + 8), rel=1e-4)


def test_a_roof_casts_a_hard_shadow_of_the_right_size():
    # Half-way up, the roof's shadow is twice as wide as itself (and a little more, by its thickness): 0.5 m each way.
    lit_, dark = seen(stage(True), [[4.6, 4.0, 0.0], [4.45, 4.0, 0.0]])
    assert dark == 0
    assert lit_ > 0.5


def test_exposure_brings_every_picture_to_its_brightness():
    draw = torch.Generator().manual_seed(0)
    linear = torch.rand(2, 3, 16, 16, generator=draw) * torch.tensor([0.01, 5.0]).view(2, 1, 1, 1)
    shown = expose(linear, torch.tensor([0.4, 0.6]))
    assert (shown.min() >= 0) & (shown.max() <= 1)
    luminance = (shown * torch.tensor([0.2126, 0.7152, 0.0722]).view(1, 3, 1, 1)).sum(1).mean((1, 2))
    torch.testing.assert_close(luminance, torch.tensor([0.4, 0.6]), atol=0.03, rtol=0)


def test_exposure_of_one_picture_does_not_depend_on_another():
    linear = torch.rand(2, 3, 8, 8, generator=torch.Generator().manual_seed(0))
    both = expose(linear, torch.tensor([0.5, 0.5]))
    assert torch.equal(both[1:], expose(linear[1:], torch.tensor([0.5])))


def test_reshading_by_hand():
    found = reshading(torch.tensor([1.0, 0.5, -0.2]), torch.tensor([2.5, 0.0, 1.0]))
    assert found.tolist() == pytest.approx([0.5, 0.5, 0.0])


def test_textures_are_patterns_and_differ():
    u, v = torch.meshgrid(torch.linspace(-3, 9, 60), torch.linspace(0, 11, 60), indexing="ij")
    u, v = u.flatten(), v.flatten()
    made = {}
    for index, name in enumerate(TEXTURES):
        pattern, brightness = evaluate(torch.full((3600,), index), u, v)
        assert -1e-6 <= pattern.min() <= pattern.max() <= 1 + 1e-6, name
        assert 0.2 <= brightness.min() <= brightness.max() <= 1.4, name
        made[name] = pattern + brightness
        if name not in ("plain", "outside"):
            assert made[name].std() > 0.02, name
    names = [name for name in made if name not in ("plain", "outside")]
    assert all(not torch.equal(made[a], made[b]) for a in names for b in names if a != b)


def test_a_texture_does_not_depend_on_what_stands_beside_it():
    draw = torch.Generator().manual_seed(0)
    u, v = torch.rand(2, 500, generator=draw) * 30
    texture = torch.randint(0, len(TEXTURES), (500,), generator=draw)
    pattern, _ = evaluate(texture, u, v)
    for index in range(len(TEXTURES)):
        own = texture == index
        torch.testing.assert_close(evaluate(texture[own], u[own], v[own])[0], pattern[own])


def test_noise_is_smooth_periodic_and_spread_over_its_range():
    at = torch.linspace(-5, 40, 4000)
    values = noise(at, at * 0.37)
    assert values.min() >= 0
    assert values.max() <= 1
    assert values.std() > 0.15
    assert values.diff().abs().max() < 0.05
    torch.testing.assert_close(noise(at, at), noise(at + 128, at - 256), atol=1e-3, rtol=0)


def test_cameras_look_at_their_target_and_hold_their_roll():
    eye, target = torch.tensor([[1.0, 2.0, 1.5]]), torch.tensor([[3.0, 4.0, 1.0]])
    camera = look_at(eye, target, torch.tensor([0.1]))
    local = camera.rotation[0].T @ (target - eye)[0]
    assert local.tolist() == pytest.approx([0, 0, -(8.25**0.5)], abs=1e-5)
    assert camera.rotation[0, 2, 0].item() == pytest.approx(torch.sin(torch.tensor(0.1)).item() * (8 / 8.25) ** 0.5)
    assert torch.linalg.det(camera.rotation)[0].item() == pytest.approx(1)
    torch.testing.assert_close(camera.pose()[0, :3, 3], eye[0])
