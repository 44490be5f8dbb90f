"""Layout, vanishing points and poses against what the pictures show: faces, edges and corners of rooms, straight lines.

Rotations are SciPy's, lines scikit-image's; faces and corners are read from depths and normals.
"""

from __future__ import annotations

import numpy as np
import pytest
from scipy.spatial.transform import Rotation
from skimage import color, feature, filters, transform

from taskonomy_plugins.rooms.materials import plain
from taskonomy_plugins.rooms.parts import block


def directions(pictures):
    """The three vanishing directions, one a row, [N, 3, 3]."""
    return pictures["vanishing_points"].reshape(-1, 3, 3)


@pytest.fixture(scope="module")
def in_box(rooms):
    """What pixels see in the frame of the room's box, in metres from its middle, and half the box's sides."""
    layout = rooms["room_layout"]
    axes = Rotation.from_euler("xyz", layout[:, 3:6]).as_matrix()
    points = np.einsum("nji,njhw->nihw", axes, rooms.points - layout[:, :3, None, None])
    return points, layout[:, 6:, None, None] / 2


def test_vanishing_directions_are_the_boxs_axes_by_its_euler_angles(rooms):
    axes = Rotation.from_euler("xyz", rooms["room_layout"][:, 3:6]).as_matrix()
    np.testing.assert_allclose(directions(rooms), axes.transpose(0, 2, 1), atol=1e-6)
    # Right, up, towards the viewer, of a camera that turns by up to 45 degrees against the room.
    assert (np.einsum("nii->ni", axes) > 0.6).all()


def test_every_direction_is_an_axis_of_the_world_seen_from_the_camera(rooms):
    world = np.einsum("nij,nkj->nik", rooms["camera_pose"][:, :3, :3], directions(rooms))
    np.testing.assert_allclose(np.sort(abs(world), 1), np.broadcast_to([[0], [0], [1]], world.shape), atol=1e-6)
    np.testing.assert_allclose(world[:, :, 1], np.broadcast_to([0, 0, 1], (rooms.count, 3)), atol=1e-6)


def test_the_box_is_the_room_and_the_room_is_the_box(rooms, in_box):
    points, half = in_box
    assert (abs(points) < half + 1e-3).all()
    for image in range(rooms.count):
        width, depth, height = rooms.scenes[image][0].size
        a, b, c = 2 * half[image].ravel()
        assert b == pytest.approx(height, abs=1e-5)
        assert sorted((a, c)) == pytest.approx(sorted((width, depth)), abs=1e-5)
        middle = rooms["camera_pose"][image] @ [*rooms["room_layout"][image, :3], 1]
        assert middle[:3] == pytest.approx([width / 2, depth / 2, height / 2], abs=1e-5)


@pytest.fixture(scope="module")
def faces(in_box):
    """Which face of the box pixels lie on, [N, H, W]: 2 * axis, plus 1 on the positive side; -1: none."""
    points, half = in_box
    away = np.stack([abs(side * points[:, axis] - half[:, axis]) for axis in range(3) for side in (-1, 1)], 1)
    return np.where(away.min(1) < 1e-3, away.argmin(1), -1)


def test_what_lies_on_a_face_of_the_box_faces_inwards(rooms, faces):
    normal = np.einsum("nij,njhw->nihw", directions(rooms), rooms["normal"])
    for face in range(6):
        axis, side = face // 2, 2 * (face % 2) - 1
        inwards = normal[:, axis][faces == face] * -side > 0.999
        if face != 5:  # the wall behind the cameras
            assert len(inwards) > 1000
            assert inwards.mean() > 0.98  # a sheet on the floor has edges
    # More than half of what a camera sees is the bare room; the rest stands before it.
    assert (faces >= 0).mean() > 0.5


def corner(face, layout, axes):
    """A point on a face in the camera's frame; on an edge or a corner, given two or three faces."""
    unit = np.zeros(3)
    for each in face:
        unit[each // 2] = 2 * (each % 2) - 1
    return layout[:3] + axes @ (unit * layout[6:] / 2)


def test_faces_meet_in_the_picture_where_the_edges_of_the_box_are(rooms, faces):
    wrong = []
    for image, layout in enumerate(rooms["room_layout"]):
        axes = Rotation.from_euler("xyz", layout[3:6]).as_matrix()
        for face, rays in ((faces[image], rooms.rays), (faces[image].T, rooms.rays.transpose(0, 2, 1))):
            between = (rays[:, :, 1:] + rays[:, :, :-1]) / 2
            pairs = np.sort(np.stack([face[:, :-1], face[:, 1:]]), 0)
            meet = (pairs[0] >= 0) & (pairs[0] // 2 != pairs[1] // 2)
            for one, other in np.unique(pairs[:, meet], axis=1).T:
                here = (pairs[0] == one) & (pairs[1] == other)
                along = axes[:, 3 - one // 2 - other // 2]
                plane = np.cross(corner((one, other), layout, axes), along)  # through the camera and the edge
                away = abs(plane @ between[:, here]) / np.linalg.norm(plane[:2])
                wrong.append(away / (2 * rooms.half / rooms.side))
    wrong = np.concatenate(wrong)
    assert len(wrong) > 1000
    assert wrong.max() < 0.51  # pixels: the edge runs between the two


def test_three_faces_meet_in_the_picture_where_a_corner_of_the_box_is(rooms, faces):
    found = 0
    for image, layout in enumerate(rooms["room_layout"]):
        axes = Rotation.from_euler("xyz", layout[3:6]).as_matrix()
        face = faces[image]
        blocks = np.stack([face[:-1, :-1], face[1:, :-1], face[:-1, 1:], face[1:, 1:]], -1)
        for row, column in np.argwhere((blocks >= 0).all(-1)):
            three = np.unique(blocks[row, column])
            if len(three) == 3:
                found += 1
                place = rooms.places(corner(three, layout, axes)[:, None])[:, 0]
                assert abs(place - [row + 0.5, column + 0.5]).max() < 1
    assert found >= 5


def off(lines, ways):
    """By how much the plane of each line of sight pair misses each direction, degrees: [L, 2, 3], [3, 3] -> [L, 3].

    A line of the picture leads to a vanishing point exactly if that direction lies in the plane through the line.
    """
    planes = np.cross(lines[:, 0], lines[:, 1])
    return np.degrees(np.arcsin(abs(planes @ ways.T) / np.linalg.norm(planes, axis=1, keepdims=True)))


def test_straight_lines_of_the_picture_lead_to_the_vanishing_points(staged):
    dark = plain((0.02, 0.02, 0.03))
    boards = (
        ((5.0, 0.04, 0.3), (2.5, 5.98, 0.0)),
        ((0.04, 6.0, 0.3), (4.98, 3.0, 0.0)),
        ((0.04, 6.0, 0.3), (0.02, 3.0, 0.0)),
        ((1.2, 0.04, 2.0), (2.0, 5.98, 0.3)),
        ((0.04, 1.6, 1.0), (4.98, 3.4, 1.0)),
        ((0.04, 1.6, 1.4), (0.02, 3.4, 0.7)),
        ((2.0, 3.0, 0.02), (2.5, 3.5, 2.58)),
    )
    parts = [block(size, at, dark) for size, at in boards]
    pictures = staged(parts, [(1.2, 1.0, 1.5), (3.5, 0.8, 1.3)], [(4.0, 5.0, 1.2), (1.0, 4.0, 1.4)], (5.0, 6.0, 2.6))
    for rgb, ways in zip(pictures["rgb"], directions(pictures), strict=True):
        edges = feature.canny(color.rgb2gray(np.moveaxis(rgb, 0, -1)), 1.0, 0.1, 0.2)
        ends = np.array(transform.probabilistic_hough_line(edges, 10, line_length=20, line_gap=2, rng=0))
        lines = pictures.rays[:, ends[..., 1], ends[..., 0]].transpose(1, 2, 0)
        missed = off(lines, ways)
        assert (np.bincount(missed.argmin(1), minlength=3) >= 2).all()
        assert np.median(missed.min(1)) < 1
        assert (missed.min(1) < 4).all()
        turned = Rotation.from_euler("y", 12, degrees=True).as_matrix()
        assert np.median(off(lines, ways @ turned).min(1)) > 2


def test_strong_edges_of_furnished_rooms_run_along_the_vanishing_directions_more_than_along_turned_ones(rooms):
    turns = [np.zeros(3), *(side * turn for turn in np.diag((10, 15, 10)) for side in (-1, 1)), np.array([0, 45, 0])]
    shares = []
    for image, ways in enumerate(directions(rooms)):
        grey = filters.gaussian(color.rgb2gray(np.moveaxis(rooms["rgb"][image], 0, -1)), 0.7)
        right, up = filters.sobel_v(grey), -filters.sobel_h(grey)
        strength = np.hypot(right, up)
        strong = strength > np.percentile(strength, 85)
        strong[[0, 1, -2, -1]] = strong[:, [0, 1, -2, -1]] = False
        rays = rooms.rays[:, strong]
        # An edge runs across its gradient.
        along = np.stack([-up, right, np.zeros_like(up)])[:, strong] / strength[strong]
        lines = np.stack([rays, along], 0).transpose(2, 0, 1)
        ours = [ways @ Rotation.from_euler("xyz", turn, degrees=True).as_matrix() for turn in turns]
        shares.append([(off(lines, each).min(1) < 3).mean() for each in ours])
    true, *turned = np.mean(shares, 0)
    assert true > 0.35
    assert true > 1.2 * max(turned), (true, turned)
