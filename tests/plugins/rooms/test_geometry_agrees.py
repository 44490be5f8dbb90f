"""Depth, normals, curvature and reshading agree with each other, with closed forms and with the furniture.

Measured on what the data source hands out, by a pinhole camera and differences written anew (`Pictures`).
"""

from __future__ import annotations

import numpy as np

from taskonomy_plugins.rooms.materials import plain
from taskonomy_plugins.rooms.parts import ball, rod

INNER = np.s_[..., 1:-1, 1:-1]
GREY = plain((0.5, 0.5, 0.5))


def slopes(maps):
    """Central differences to the right and upwards, per pixel: [N, C, H, W] -> two of [N, C, H - 2, W - 2]."""
    return (maps[..., 1:-1, 2:] - maps[..., 1:-1, :-2]) / 2, (maps[..., :-2, 1:-1] - maps[..., 2:, 1:-1]) / 2


def dot(one, other):
    return (one * other).sum(1)


def degrees(one, other):
    """The angle between vectors along axis 1."""
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(one, other, axis=1), axis=1), dot(one, other)))


def test_normals_are_those_of_the_surface_that_the_depths_span(rooms):
    found = np.cross(*slopes(rooms.points), axis=1)
    wrong, on = degrees(found, rooms["normal"][INNER]), rooms.smooth[INNER]
    curved = on & (rooms["principal_curvature"][:, 0][INNER] > 0)
    assert on.mean() > 0.7
    assert curved.sum() > 300
    assert np.median(wrong[on]) < 0.05
    assert (wrong[on] < 1).mean() > 0.98  # but where flat things lie on flat things
    assert (wrong[curved] < 2).mean() > 0.98


def test_distance_is_the_length_of_the_back_projected_point(rooms):
    np.testing.assert_allclose(rooms["depth_euclidean"][:, 0], np.linalg.norm(rooms.points, axis=1), rtol=1e-6)


def test_reshading_is_the_cosine_to_the_camera_times_the_falloff_of_a_lamp_there(rooms):
    away = np.linalg.norm(rooms.points, axis=1)
    cosine = -dot(rooms["normal"], rooms.points) / away
    # Half as bright at 2.5 m; normals and reshading are stored with three digits.
    np.testing.assert_allclose(rooms["reshading"][:, 0], cosine / (1 + (away / 2.5) ** 2), atol=1e-3)


def test_curvatures_are_the_eigenvalues_of_how_normals_turn_along_the_surface(rooms):
    on = rooms.smooth[INNER]
    along, turning = slopes(rooms.points), slopes(rooms["normal"])
    first, second = (
        np.stack([dot(one, other)[on] for one in along for other in others], -1).reshape(-1, 2, 2)
        for others in (along, turning)
    )
    operator = np.linalg.solve(first, second)
    mean, gaussian = np.trace(operator, axis1=1, axis2=2) / 2, np.linalg.det(operator)
    spread = np.sqrt(np.maximum(mean**2 - gaussian, 0))
    found = np.stack([mean + spread, mean - spread], 1)
    found = np.take_along_axis(found, np.argsort(-abs(found), axis=1), 1)
    label = np.moveaxis(rooms["principal_curvature"][INNER], 1, -1)[on]
    flat = label[:, 0] == 0
    assert (abs(found[flat]) < 1e-3).mean() > 0.999  # all but creases of less than 15 degrees
    curved, told = found[~flat], label[~flat]
    wrong = abs(curved - told) / told[:, :1]
    assert len(told) > 300
    assert (told[:, 1] > 0.1).sum() > 100  # in both directions, as on a pillow
    assert np.percentile(told[:, 0], 95) > 2 * np.percentile(told[:, 0], 5)
    assert (np.median(wrong, 0) < 0.02).all()
    assert (np.percentile(wrong, 90, 0) < 0.1).all()


def met(origin, rays, centre, radius):
    """Where rays from a point meet a sphere, or given two coordinates an upright column: multiples, inf if missed."""
    start, along = (origin - centre)[:, None], rays[: len(centre)]
    a, b, c = (along**2).sum(0), (start * along).sum(0), (start**2).sum() - radius**2
    with np.errstate(invalid="ignore"):
        t = (-b - np.sqrt(b * b - a * c)) / a
    return np.where(t > 0, t, np.inf)


def test_a_sphere_and_a_column_in_an_empty_room_by_hand(staged):
    size, ball_at, rod_at = np.array([6.0, 5.0, 2.6]), np.array([2.4, 3.4, 0.5]), np.array([4.2, 3.6])
    eye, target = (3.0, 0.6, 1.5), (3.3, 3.5, 0.9)
    parts = [ball((0.5,) * 3, (2.4, 3.4, 0.5), GREY), rod(0.25, 2.6, (4.2, 3.6, 0.0), GREY)]
    pictures = staged(parts, [eye], [target], tuple(size.tolist()))
    pose, origin = pictures["camera_pose"][0], np.array(eye)
    rays = pose[:3, :3] @ pictures.rays.reshape(3, -1)
    ahead = np.array(target) - origin
    np.testing.assert_allclose(-pose[:3, 2], ahead / np.linalg.norm(ahead), atol=1e-6)
    assert pose[2, 1] > 0.9  # upright
    walls = np.where(rays > 0, (size - origin)[:, None], -origin[:, None]) / rays
    depths = np.stack([walls.min(0), met(origin, rays, ball_at, 0.5), met(origin[:2], rays, rod_at, 0.25)])
    seen, depth = depths.argmin(0), depths.min(0)
    point = origin[:, None] + depth * rays
    inward = -np.sign(rays) * (np.arange(3)[:, None] == walls.argmin(0))
    level = np.pad(point[:2] - rod_at[:, None], ((0, 1), (0, 0)))
    normal = np.choose(seen, [inward, (point - ball_at[:, None]) / 0.5, level / 0.25])
    curvature = np.array([[0.0, 0.0], [2.0, 2.0], [4.0, 0.0]])[seen].T
    labels = {
        name: pictures[name][0].reshape(-1, pictures.side**2)
        for name in ("depth_zbuffer", "normal", "principal_curvature")
    }
    assert np.bincount(seen).min() > 300
    agree = abs(labels["depth_zbuffer"][0] - depth) < 1e-4
    assert (~agree).mean() < 0.002  # rays along an outline, which rounding decides
    local = pose[:3, :3].T @ normal
    np.testing.assert_allclose(labels["normal"][:, agree], local[:, agree], atol=1e-3)
    np.testing.assert_allclose(labels["principal_curvature"][:, agree], curvature[:, agree], atol=1e-2)
