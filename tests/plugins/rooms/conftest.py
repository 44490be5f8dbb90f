"""A renderer that costs nothing: what the cache and the source do does not depend on what rooms look like."""

from __future__ import annotations

import pytest
import torch

from taskonomy_plugins.rooms.config import CAMERAS, FURNITURE, ROOM_TYPES


class FakeRenderer:
    """Random maps that are a function of (seed, scene) alone, as the real renderer's are; notes what it rendered."""

    def __init__(self) -> None:
        self.rendered: list[int] = []

    def __call__(self, config, scenes, device="cpu"):
        self.rendered += scenes
        per_scene = [self._scene(config, scene) for scene in scenes]
        return {name: torch.cat([maps[name] for maps in per_scene]) for name in per_scene[0]}

    def _scene(self, config, scene):
        draw = torch.Generator().manual_seed(config.seed * 1000 + scene)
        n, side = CAMERAS, config.image

        def uniform(*shape):
            return torch.rand(n, *shape, generator=draw)

        points = uniform(3)
        points[1:3] = points[0]
        return {
            "rgb": uniform(3, side, side),
            "depth_euclidean": uniform(1, side, side) + 2.0,
            "depth_zbuffer": uniform(1, side, side) + 1.0,
            "mask_valid": uniform(1, side, side) > 0.1,
            "normal": torch.nn.functional.normalize(uniform(3, side, side) - 0.5, dim=1),
            "principal_curvature": uniform(2, side, side) * 30 - 15,
            "reshading": uniform(1, side, side),
            "segment_semantic": torch.randint(0, len(FURNITURE) + 2, (n, 1, side, side), generator=draw),
            "instance": torch.randint(0, 9, (n, 1, side, side), generator=draw),
            "class_object": uniform(len(FURNITURE)),
            "class_scene": torch.eye(len(ROOM_TYPES))[[scene % len(ROOM_TYPES)] * n],
            "vanishing_points": uniform(9),
            "room_layout": uniform(9),
            "camera_pose": uniform(4, 4),
            "center_point": points,
            "scene": torch.full((n,), scene),
        }


@pytest.fixture
def render():
    return FakeRenderer()


@pytest.fixture(autouse=True)
def cache_root(tmp_path, monkeypatch):
    """No test touches the user's own cache."""
    monkeypatch.setenv("TASKONOMY_CACHE", str(tmp_path))
    return tmp_path / "rooms"
