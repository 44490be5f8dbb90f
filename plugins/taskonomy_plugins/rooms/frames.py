"""The room's axes as a camera sees them: vanishing points and the layout box, made unambiguous the same way.

A cuboid's horizontal axes can be named in four ways. The one taken has its third axis within 45 degrees of the
direction from the scene to the camera (in plan), its second axis up and its first to the camera's right, so that both
labels change continuously while a camera turns, but for a jump where 45 degrees are passed (facts/taskonomy.md 1.3).
"""

from __future__ import annotations

import torch
from torch import Tensor


def room_axes(rotation: Tensor) -> tuple[Tensor, Tensor]:
    """The room's axes as columns in the camera frame, [C, 3, 3], and the world axis (0 or 1) that the first is along.

    `rotation` is camera-to-world, [C, 3, 3]. The columns form a rotation matrix.
    """
    back = rotation[:, :2, 2]
    along_x = back[:, 0].abs() >= back[:, 1].abs()
    third = torch.zeros(len(rotation), 3, dtype=rotation.dtype, device=rotation.device)
    third[:, 0] = torch.where(along_x, torch.where(back[:, 0] >= 0, 1.0, -1.0), 0.0)
    third[:, 1] = torch.where(along_x, 0.0, torch.where(back[:, 1] >= 0, 1.0, -1.0))
    second = torch.zeros_like(third)
    second[:, 2] = 1.0
    first = torch.linalg.cross(second, third)
    world = torch.stack([first, second, third], -1)
    return rotation.transpose(1, 2) @ world, along_x.to(torch.int64)


def vanishing_points(rotation: Tensor) -> Tensor:
    """The three Manhattan directions (right, up, towards the viewer) as unit vectors in the camera frame, [C, 9]."""
    return room_axes(rotation)[0].transpose(1, 2).reshape(len(rotation), 9)


def room_layout(rotation: Tensor, eye: Tensor, size: Tensor) -> Tensor:
    """The room's box in the camera frame, [C, 9]: centre (metres), Euler angles (radians), side lengths (metres).

    The angles (a, b, c) are about the camera's static x, y and z axes in this order ("sxyz"): the box's axes are the
    columns of Rz(c) Ry(b) Rx(a). `size` [3] is the room's extent along the world's axes, its corner at the origin.
    """
    axes, first = room_axes(rotation)
    centre = (rotation.transpose(1, 2) @ (size / 2 - eye)[:, :, None])[:, :, 0]
    angles = euler_angles(axes)
    lengths = torch.stack([size[first], size[2].expand(len(first)), size[1 - first]], -1)
    return torch.cat([centre, angles, lengths], -1)


def euler_angles(matrix: Tensor) -> Tensor:
    """The angles (a, b, c) with matrix = Rz(c) Ry(b) Rx(a), radians, [C, 3]; b within 90 degrees."""
    a = torch.atan2(matrix[:, 2, 1], matrix[:, 2, 2])
    b = torch.asin((-matrix[:, 2, 0]).clamp(-1, 1))
    c = torch.atan2(matrix[:, 1, 0], matrix[:, 0, 0])
    return torch.stack([a, b, c], -1)
