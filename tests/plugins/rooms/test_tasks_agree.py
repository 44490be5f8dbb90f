"""What the tasks make of the rooms' labels still agrees: poses move points, boxes hold them, depths are metres.

Targets are undone by the tasks' own scales, rotations are SciPy's, points come from depths (`Pictures`).
"""

from __future__ import annotations

from importlib import import_module

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from taskonomy_core.contract import Draws, Views
from taskonomy_plugins.rooms.config import CAMERAS
from taskonomy_tasks import egomotion, point_matching, room_layout, vanishing_points
from taskonomy_tasks._depth import metres_of

MAPS = ("depth_zbuffer", "depth_euclidean", "normals", "reshading")


@pytest.fixture
def example(rooms):
    """What a task makes of every group of its arrangement: the example and the images of the groups."""

    def make(task):
        groups = rooms.groups[task.arrangement]
        found = {}
        for name in task.modalities:
            values = torch.from_numpy(rooms[name][groups])
            found[name] = values > 0 if name == "mask_valid" else values.float()
        return task.example(Views(found), Draws.of(0, list(range(len(groups))))), groups

    return make


def transforms(six):
    """Six numbers, Euler angles about fixed axes and a place, as matrices by SciPy: [N, 6] -> [N, 4, 4]."""
    found = np.tile(np.eye(4), (len(six), 1, 1))
    found[:, :3, :3] = Rotation.from_euler("xyz", six[:, :3]).as_matrix()
    found[:, :3, 3] = six[:, 3:]
    return found


def moved(transform, points):
    return transform[:3, :3] @ points + transform[:3, 3:]


def middle(rooms, image):
    """The point in the middle of a picture, in the frame of its camera, [3, 1]."""
    return rooms.into(image, rooms["center_point"][image][:, None])


@pytest.mark.parametrize("name", ["pose_fixated", "pose_nonfixated"])
def test_the_pose_of_a_second_camera_carries_what_it_sees_onto_what_the_first_sees(rooms, example, name):
    module = import_module(f"taskonomy_tasks.{name}")
    made, groups = example(module.TASK)
    poses = transforms(module.STEP.poses(made.target)[:, 0].double().numpy())
    smooth, shared, before, centres = rooms.smooth, [], [], []
    for (one, other), pose in zip(groups, poses, strict=True):
        points = moved(pose, rooms.points[other].reshape(3, -1))
        place = np.round(rooms.places(np.where(points[2] < -0.1, points, np.nan)))
        inside = ((place >= 0) & (place < rooms.side)).all(0)
        row, column = place[:, inside].astype(int)
        over = points[:, inside] - rooms.points[one][:, row, column]
        above = (over * rooms["normal"][one][:, row, column]).sum(0)
        shared.append((abs(above) < 0.01).sum() / rooms.side**2)
        before.append((above > 0.05) & (over[2] > 0.05) & smooth[one, row, column])
        centres.append(abs(moved(pose, middle(rooms, other)) - middle(rooms, one)).max() < 1e-3)
    first = (groups % CAMERAS == 0).any(1)
    assert np.min(np.array(shared)[first]) > 0.02  # the other views surely overlap with the first alone
    assert np.mean(shared) > 0.25
    assert np.concatenate(before).mean() < 0.005
    assert np.mean(centres) == (1 if name == "pose_fixated" else 0)


def test_the_three_poses_of_a_triplet_close_and_keep_the_point_in_the_middle(rooms, example):
    made, groups = example(egomotion.TASK)
    parts = made.target.double().unflatten(1, (3, 6)).unbind(1)
    there, on, across = (transforms(egomotion.STEPS.scale.values(part).double().numpy()) for part in parts)
    np.testing.assert_allclose(there @ on, across, atol=1e-4)
    for (one, two, three), *steps in zip(groups, there, on, strict=True):
        back = [moved(steps[0], middle(rooms, two)), moved(steps[0] @ steps[1], middle(rooms, three))]
        assert abs(np.concatenate(back, 1) - middle(rooms, one)).max() < 1e-3


def test_pictures_match_where_the_middle_of_one_is_seen_in_the_middle_of_the_other(rooms, example):
    made, groups = example(point_matching.TASK)
    pose = rooms["camera_pose"]
    expected = []
    for one, other in groups:
        point = moved(np.linalg.inv(pose[one]) @ pose[other], middle(rooms, other))
        expected.append(rooms["scene"][one] == rooms["scene"][other] and abs(point - middle(rooms, one)).max() < 1e-3)
    assert made.target.tolist() == [int(each) for each in expected]
    assert np.mean(expected) == 0.5


def test_the_layouts_box_holds_all_that_is_seen_and_has_the_rooms_corners(rooms, example):
    made, _ = example(room_layout.TASK)
    box = room_layout.boxes(made.target)
    assert box.holds(torch.from_numpy(rooms.points * 0.999).float().flatten(2).mT).all()
    assert not box.holds(torch.from_numpy(rooms.points * 1.01).float().flatten(2).mT).all()
    unit = np.stack(np.meshgrid(*[[0.0, 1.0]] * 3, indexing="ij"), -1).reshape(-1, 3)
    found = box.out(torch.from_numpy(unit - 0.5).float()).numpy()
    for image, corners in enumerate(found):
        true = rooms.into(image, (unit * rooms.scenes[image][0].size).T).T
        apart = np.linalg.norm(corners[:, None] - true, axis=2)
        assert max(apart.min(0).max(), apart.min(1).max()) < 1e-4
    ways = vanishing_points.directions(example(vanishing_points.TASK)[0].target).numpy()
    turned = Rotation.from_euler("xyz", box.angles.numpy()).as_matrix()
    np.testing.assert_allclose(ways, turned.transpose(0, 2, 1), atol=1e-5)


def test_depths_normals_and_reshading_follow_from_each_other_after_all_scales_are_undone(rooms, example):
    targets = {name: example(import_module(f"taskonomy_tasks.{name}").TASK)[0] for name in MAPS}
    scored = [each.scored.numpy() for each in targets.values()]
    assert all((each == scored[0]).all() for each in scored)
    depth, distance = (metres_of(targets[name].target).double().numpy() for name in MAPS[:2])
    rays = np.linalg.norm(rooms.rays, axis=0)
    np.testing.assert_allclose(distance, depth * rays, rtol=2e-4)
    cosine = -(targets["normals"].target.numpy() * rooms.rays).sum(1, keepdims=True) / rays
    shade = cosine / (1 + (distance / 2.5) ** 2)
    np.testing.assert_allclose((targets["reshading"].target.numpy() + 1) / 2, shade, atol=1e-3)
