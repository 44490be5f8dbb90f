"""Small synthetic views with plausible modalities, and every built-in task."""

from __future__ import annotations

import importlib
import pkgutil

import pytest
import torch
import torch.nn.functional as F
from scipy.spatial.transform import Rotation

import taskonomy_tasks
from taskonomy_core.contract import Draws, NetworkSize, Views

SIDE = 32


def camera_poses(generator: torch.Generator, count: int, views: int) -> torch.Tensor:
    """Camera-to-world poses that look about horizontally: float32 [count, views, 4, 4]."""
    angles = torch.randn(count, views, 3, generator=generator) * torch.tensor([0.1, 0.5, 0.1])
    turn = Rotation.from_euler("xyz", angles.reshape(-1, 3).numpy()).as_matrix()
    poses = torch.eye(4).repeat(count, views, 1, 1)
    poses[..., :3, :3] = torch.from_numpy(turn).float().reshape(count, views, 3, 3)
    poses[..., :3, 3] = torch.randn(count, views, 3, generator=generator)
    return poses


def synthetic(count: int = 3, views: int = 1, side: int = SIDE, seed: int = 0) -> Views:
    """All modalities that the tasks read; the last image has no label where a modality can say so."""
    generator = torch.Generator().manual_seed(seed)
    shape = (count, views)

    def noise(channels: int) -> torch.Tensor:
        coarse = torch.randn(count * views, channels, 8, 8, generator=generator)
        return F.interpolate(coarse, size=(side, side), mode="bilinear").reshape(*shape, channels, side, side)

    known = noise(1) > -0.8
    known[-1] = False
    shares = torch.rand(*shape, 16, generator=generator).square()
    shares[-1] = 0.0
    ids = (noise(1) * 4 + 8).long().clamp(0, 17)
    ids[-1] = 0
    return Views(
        {
            "rgb": noise(3).sigmoid(),
            "depth_zbuffer": noise(1).exp() * 2.0,
            "depth_euclidean": noise(1).exp() * 2.0,
            "mask_valid": known,
            "normal": F.normalize(noise(3), dim=2),
            "principal_curvature": noise(2) * 3.0,
            "reshading": noise(1).sigmoid(),
            "edge_texture": noise(1).abs() * 0.05,
            "edge_occlusion": noise(1).abs() * 0.1,
            "keypoints2d": noise(1).abs() * 0.002,
            "keypoints3d": noise(1).abs() * 0.1,
            "segment_semantic": ids,
            "segment_unsup2d": (noise(1) * 2).long() + 7,
            "segment_unsup25d": (noise(1) * 2).long() + 7,
            "class_object": shares / shares.sum(2, keepdim=True).clamp(min=1e-9),
            "class_scene": F.one_hot(torch.arange(count)[:, None].expand(shape) % 6, 6).float(),
            "camera_pose": (poses := camera_poses(generator, count, views)),
            "vanishing_points": poses[..., :3, :3].transpose(-1, -2).flatten(-2),
            "room_layout": torch.randn(*shape, 9, generator=generator) * 0.5
            + torch.tensor([0.0] * 6 + [4.0, 2.6, 5.0]),
            # The two views of every second pair look at one point.
            "center_point": torch.randn(count, 1, 3, generator=generator)
            + torch.arange(count).remainder(2)[:, None, None] * torch.arange(views)[:, None],
            "scene": torch.arange(count)[:, None].expand(shape).clone(),
        }
    )


@pytest.fixture
def make_views():
    return synthetic


@pytest.fixture
def draws():
    return Draws.of(0, [11, 12, 13])


@pytest.fixture
def size():
    return NetworkSize(
        image=SIDE,
        code_channels=4,
        code_side=4,
        encoder_width=8,
        decoder_convs=(8,),
        decoder_ups=((8, 8), (8, 8), (4, 4)),
        head_width=16,
        dropout=0.0,
    )


NAMES = sorted(module.name for module in pkgutil.iter_modules(taskonomy_tasks.__path__) if module.name[0] != "_")


@pytest.fixture(params=NAMES)
def task(request):
    return importlib.import_module(f"taskonomy_tasks.{request.param}").TASK
