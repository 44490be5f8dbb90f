"""A renderer that costs nothing, for what does not depend on what rooms look like; and rooms to measure labels on."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from taskonomy_core.contract import ARRANGEMENTS, DataRequest
from taskonomy_plugins.rooms import render as renderer
from taskonomy_plugins.rooms import taskonomy_data_sources
from taskonomy_plugins.rooms.cameras import look_at
from taskonomy_plugins.rooms.config import CAMERAS, FURNITURE, ROOM_TYPES, RoomsConfig
from taskonomy_plugins.rooms.labels import computed_labels
from taskonomy_plugins.rooms.materials import plain
from taskonomy_plugins.rooms.parts import block
from taskonomy_plugins.rooms.primitives import pack
from taskonomy_plugins.rooms.render import furnished
from taskonomy_plugins.rooms.scene import SURFACES, Light, Looks, Scene


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


class Pictures:
    """Labels of N pictures as float64 arrays, and a pinhole camera written from what the modalities mean alone.

    Cameras: x right, y up, looking along -z, 62 degrees wide. Pixel (0, 0) is at the upper left, its centre half a
    pixel inside.
    """

    def __init__(self, labels):
        self.labels = {name: np.asarray(values, dtype=np.float64) for name, values in labels.items()}
        self.count, _, self.side, _ = self.labels["rgb"].shape
        self.half = math.tan(math.radians(31.0))
        steps = ((np.arange(self.side) + 0.5) * 2 / self.side - 1) * self.half
        # A vector through every pixel that is 1 long along the line of sight, [3, H, W].
        self.rays = np.stack([*np.meshgrid(steps, -steps), -np.ones((self.side, self.side))])

    def __getitem__(self, name):
        return self.labels[name]

    @property
    def known(self):
        """Where a surface is seen, bool [N, H, W]."""
        return self["mask_valid"][:, 0] > 0

    @property
    def points(self):
        """What every pixel sees, in the frame of its camera, [N, 3, H, W]."""
        return self.rays * self["depth_zbuffer"]

    @property
    def world(self):
        """What every pixel sees, in world coordinates, [N, 3, H, W]."""
        pose = self["camera_pose"]
        return np.einsum("nij,njhw->nihw", pose[:, :3, :3], self.points) + pose[:, :3, 3, None, None]

    @property
    def smooth(self):
        """Pixels that lie with their four neighbours on one surface, bool [N, H, W]; never at the border.

        Normals turn by less than 15 degrees, and 1 / depth, which is linear over a plane, bends by less than 0.3 %.
        """
        normal, inverse = self["normal"], 1 / self["depth_zbuffer"]
        kept = self.known & (np.pad(np.ones((self.side - 2,) * 2), 1) > 0)
        for axis in (2, 3):
            before, after = (np.roll(normal, way, axis) for way in (-1, 1))
            kept &= np.minimum((normal * before).sum(1), (normal * after).sum(1)) > math.cos(math.radians(15))
            bend = np.roll(inverse, 1, axis) + np.roll(inverse, -1, axis) - 2 * inverse
            kept &= (abs(bend) < 0.003 * inverse)[:, 0]
        return kept

    def into(self, image, points):
        """World points [3, K] in the frame of one picture's camera, [3, K]."""
        pose = self["camera_pose"][image]
        return np.linalg.inv(pose)[:3] @ np.concatenate([points, np.ones_like(points[:1])])

    def places(self, points):
        """Rows and columns, as real numbers, at which a camera sees points [3, K] of its frame, [2, K]."""
        x, y = points[:2] / -points[2]
        return np.stack([1 - y / self.half, 1 + x / self.half]) * self.side / 2 - 0.5


@pytest.fixture(scope="session")
def rooms(tmp_path_factory):
    """Six rooms, pictures 96 pixels wide, as the data source hands them out."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TASKONOMY_CACHE", str(tmp_path_factory.mktemp("rooms")))
        source = taskonomy_data_sources()[0].open(DataRequest(96, {"test": 24}, 2, {}))
        source.prepare()
        pictures = Pictures(source.read("test", torch.arange(24), list(source.modalities)))
        pictures.groups = {name: source.groups("test", name).numpy() for name in ARRANGEMENTS}
        pictures.scenes = [furnished(RoomsConfig(image=96, seed=2), each // CAMERAS) for each in source.ids("test")]
    return pictures


@pytest.fixture
def staged(monkeypatch):
    """Renders parts in an empty room of a size from cameras at eyes that look at targets, with all labels."""

    def stage(parts, eyes, targets, size=(6.0, 6.0, 3.0), side=96):
        w, d, h = size
        wall = plain((0.6, 0.6, 0.6))
        slabs = (
            ((w + 2, d + 2, 1), (w / 2, d / 2, -1)),
            ((w + 2, d + 2, 1), (w / 2, d / 2, h)),
            ((w + 2, 1, h + 2), (w / 2, -0.5, -1)),
            ((1, d + 2, h + 2), (w + 0.5, d / 2, -1)),
            ((w + 2, 1, h + 2), (w / 2, d + 0.5, -1)),
            ((1, d + 2, h + 2), (-0.5, d / 2, -1)),
        )
        everything = [*(block(extent, at, wall) for extent, at in slabs), *parts]
        colours = torch.tensor([part.material.first for part in everything]).T.contiguous()
        n = len(everything)
        scene = Scene(
            number=0,
            kind=0,
            size=size,
            primitives=pack(everything),
            looks=Looks(
                *(torch.zeros(n).long(), colours, colours, torch.ones(n)),
                torch.zeros(n),
                torch.zeros(n),
                torch.zeros(2, n),
            ),
            instance=torch.arange(n),
            semantic=torch.ones(n, dtype=torch.int64),
            pane=torch.zeros(n, dtype=torch.bool),
            casts=torch.arange(n) >= SURFACES,
            lights=(Light((w / 2, d / 2, h - 0.3), (3.0, 3.0, 3.0)),),
            ambient=(0.4, 0.4, 0.4),
        )
        cameras = look_at(torch.tensor(eyes), torch.tensor(targets), torch.zeros(len(eyes)))
        monkeypatch.setattr(renderer, "furnished", lambda config, number: (scene, cameras))
        labels = renderer.render_scenes(RoomsConfig(image=side), [0])
        return Pictures(labels | computed_labels(labels))

    return stage
