"""The room's axes in the camera frame, by hand and by reconstruction."""

from __future__ import annotations

import math

import pytest
import torch

from taskonomy_plugins.rooms.cameras import look_at
from taskonomy_plugins.rooms.frames import euler_angles, room_axes, room_layout, vanishing_points


def camera(yaw, pitch=0.0, roll=0.0):
    """A camera at the origin that looks towards azimuth `yaw` (0: along world x), degrees."""
    a, p = math.radians(yaw), math.radians(pitch)
    target = [math.cos(a) * math.cos(p), math.sin(a) * math.cos(p), math.sin(p)]
    return look_at(torch.zeros(1, 3), torch.tensor([target]), torch.tensor([math.radians(roll)]))


@pytest.mark.parametrize("yaw", [0, 90, 180, 270])
def test_a_camera_square_to_the_room_sees_the_identity(yaw):
    axes, _ = room_axes(camera(yaw).rotation)
    torch.testing.assert_close(axes[0], torch.eye(3), atol=1e-6, rtol=0)


def test_twenty_degrees_of_yaw_turn_the_axes_by_twenty_degrees():
    vanishing = vanishing_points(camera(90 + 20).rotation).view(3, 3)
    s, c = math.sin(math.radians(20)), math.cos(math.radians(20))
    # The camera turned to its left, so what was to its right is now partly towards the viewer.
    torch.testing.assert_close(vanishing, torch.tensor([[c, 0, s], [0, 1, 0], [-s, 0, c]]), atol=1e-6, rtol=0)


def test_vanishing_points_are_orthonormal_and_continuous_but_for_one_jump_in_ninety_degrees():
    yaws = torch.arange(0.0, 90.0, 1.0)
    all_points = torch.cat([vanishing_points(camera(float(yaw), -10, 1).rotation) for yaw in yaws])
    matrices = all_points.view(-1, 3, 3)
    torch.testing.assert_close(matrices @ matrices.mT, torch.eye(3).expand_as(matrices), atol=1e-5, rtol=0)
    torch.testing.assert_close(torch.linalg.det(matrices), torch.ones(len(yaws)), atol=1e-5, rtol=0)
    jumps = (all_points.diff(dim=0).abs().amax(1) > 0.05).nonzero()
    assert len(jumps) == 1
    assert abs(float(yaws[jumps[0, 0]]) - 45) <= 1


def test_euler_angles_rebuild_their_matrix_about_static_axes():
    axes, _ = room_axes(camera(70, -15, 2).rotation)
    a, b, c = euler_angles(axes)[0].tolist()
    x = torch.tensor([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
    y = torch.tensor([[math.cos(b), 0, math.sin(b)], [0, 1, 0], [-math.sin(b), 0, math.cos(b)]])
    z = torch.tensor([[math.cos(c), -math.sin(c), 0], [math.sin(c), math.cos(c), 0], [0, 0, 1]])
    torch.testing.assert_close(z @ y @ x, axes[0], atol=1e-6, rtol=0)


@pytest.mark.parametrize("yaw", [5, 80, 130, 200, 290, 333])
def test_the_layout_box_has_the_rooms_corners(yaw):
    size, eye = torch.tensor([4.0, 6.0, 2.5]), torch.tensor([[1.0, 2.0, 1.5]])
    view = camera(yaw, -12, 1)
    layout = room_layout(view.rotation, eye, size)[0]
    assert layout[3:6].abs().max() <= math.radians(50)
    axes, _ = room_axes(view.rotation)
    signs = torch.cartesian_prod(*[torch.tensor([-0.5, 0.5])] * 3)
    box = layout[:3] + (signs * layout[6:]) @ axes[0].T
    corners = torch.cartesian_prod(*[torch.tensor([0.0, side]) for side in size.tolist()])
    seen = (corners - eye) @ view.rotation[0]
    distances = torch.cdist(box, seen)
    assert distances.amin(1).max() < 1e-5
    assert distances.amin(0).max() < 1e-5
