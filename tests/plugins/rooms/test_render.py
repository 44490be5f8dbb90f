"""What render_scenes promises: exact labels that agree with each other, sane pictures, the same bytes every time."""

from __future__ import annotations

import math

import pytest
import torch

from taskonomy_plugins.rooms.cameras import NEAREST
from taskonomy_plugins.rooms.config import CAMERAS, FURNITURE, ROOM_TYPES, RoomsConfig
from taskonomy_plugins.rooms.frames import euler_angles
from taskonomy_plugins.rooms.render import LEAST_SEGMENT, furnished, render_scenes
from taskonomy_plugins.rooms.scene import SURFACES

SIZE, SCENES = 32, range(20)
CONFIG = RoomsConfig(image=SIZE, seed=5)
TANGENT = math.tan(math.radians(CONFIG.field_of_view) / 2)


@pytest.fixture(scope="module")
def rooms():
    return render_scenes(CONFIG, SCENES)


def rays(size=SIZE):
    """Directions through the pixels in the camera frame, with z = -1: [3, H, W]."""
    centres = ((torch.arange(size) + 0.5) / size * 2 - 1) * TANGENT
    x, y = centres.expand(size, size), -centres[:, None].expand(size, size)
    return torch.stack([x, y, -torch.ones(size, size)])


def in_camera(points, pose):
    """World points [..., 3] in the frames of cameras [..., 4, 4]."""
    return (pose[..., :3, :3].mT @ (points - pose[..., :3, 3])[..., None])[..., 0]


def test_everything_has_its_shape_and_type(rooms):
    n = len(SCENES) * CAMERAS
    floats = {
        "rgb": (3, SIZE, SIZE),
        "depth_euclidean": (1, SIZE, SIZE),
        "depth_zbuffer": (1, SIZE, SIZE),
        "normal": (3, SIZE, SIZE),
        "principal_curvature": (2, SIZE, SIZE),
        "reshading": (1, SIZE, SIZE),
        "class_object": (len(FURNITURE),),
        "class_scene": (len(ROOM_TYPES),),
        "vanishing_points": (9,),
        "room_layout": (9,),
        "camera_pose": (4, 4),
        "center_point": (3,),
    }
    whole = {"segment_semantic": (1, SIZE, SIZE), "instance": (1, SIZE, SIZE), "scene": ()}
    assert set(rooms) == {*floats, *whole, "mask_valid"}
    for name, shape in floats.items():
        assert rooms[name].shape == (n, *shape)
        assert rooms[name].dtype == torch.float32
        assert rooms[name].isfinite().all()
    for name, shape in whole.items():
        assert rooms[name].shape == (n, *shape)
        assert rooms[name].dtype == torch.int64
    assert rooms["mask_valid"].dtype == torch.bool
    assert rooms["scene"].tolist() == [scene for scene in SCENES for _ in range(CAMERAS)]


def test_a_scene_is_the_same_alone_and_in_any_batch(rooms):
    for some in ([7], [3, 7]):
        again = render_scenes(CONFIG, some)
        for name, value in again.items():
            assert torch.equal(value[-CAMERAS:], rooms[name][7 * CAMERAS : 8 * CAMERAS]), name


def test_another_seed_gives_other_rooms(rooms):
    other = render_scenes(RoomsConfig(image=SIZE, seed=6), [0])
    assert not torch.equal(other["camera_pose"], rooms["camera_pose"][:CAMERAS])


def test_resolution_and_antialiasing_change_neither_room_nor_cameras(rooms):
    other = render_scenes(RoomsConfig(image=19, seed=5, antialias=1), [0])
    for name in ("camera_pose", "center_point", "room_layout", "class_scene"):
        assert torch.equal(other[name], rooms[name][:CAMERAS])
    assert other["rgb"].shape == (CAMERAS, 3, 19, 19)


def test_no_picture_is_black_flat_or_washed_out(rooms):
    rgb = rooms["rgb"]
    assert rgb.min() >= 0
    assert rgb.max() <= 1
    brightness = rgb.mean((1, 2, 3))
    assert brightness.min() > 0.25
    assert brightness.max() < 0.75
    assert rgb.flatten(1).std(1).min() > 0.04


def test_nothing_stands_right_before_a_camera_and_no_surface_fills_the_picture(rooms):
    distance = rooms["depth_euclidean"]
    assert distance.amin() > NEAREST * 0.8
    assert (distance < 0.8).float().mean((1, 2, 3)).max() < 0.35
    assert distance.flatten(1).median(1).values.min() > 0.9
    largest = torch.stack([each.flatten().bincount().max() / SIZE**2 for each in rooms["instance"]])
    assert largest.max() < 0.85


def test_cameras_are_held_as_people_hold_them(rooms):
    pose = rooms["camera_pose"]
    torch.testing.assert_close(
        pose[:, :3, :3] @ pose[:, :3, :3].mT, torch.eye(3).expand(len(pose), 3, 3), atol=1e-5, rtol=0
    )
    assert torch.linalg.det(pose[:, :3, :3]).sub(1).abs().max() < 1e-5
    assert pose[:, 2, 3].min() >= 1.2
    assert pose[:, 2, 3].max() <= 1.75
    pitch = torch.rad2deg(torch.asin(-pose[:, 2, 2]))
    roll = torch.rad2deg(torch.asin(pose[:, 2, 0]))
    assert pitch.min() > -33
    assert pitch.max() < 17
    assert roll.abs().max() < 4


def test_no_camera_is_inside_anything_or_outside_the_room():
    for number in SCENES:
        scene, cameras = furnished(CONFIG, number)
        size = torch.tensor(scene.size)
        assert ((cameras.eye > 0.25) & (cameras.eye < size - 0.25)).all()
        everything = torch.arange(scene.primitives.centre.shape[1])
        for eye in cameras.eye:
            unit = torch.stack(scene.primitives.unit(eye[:, None, None].unbind(0), everything))
            assert ((unit.abs() - 1) * scene.primitives.half[:, :, None]).amax(0).min() > 0.2


def test_distances_are_z_depths_along_slanted_rays(rooms):
    slant = rays().norm(dim=0)
    torch.testing.assert_close(rooms["depth_euclidean"][:, 0], rooms["depth_zbuffer"][:, 0] * slant, rtol=1e-5, atol=0)


def test_the_first_three_cameras_fixate_one_point_that_each_of_them_sees(rooms):
    points = rooms["center_point"].view(-1, CAMERAS, 3)
    pose = rooms["camera_pose"].view(-1, CAMERAS, 4, 4)
    assert (points[:, :3] - points[:, :1]).norm(dim=-1).max() < 2e-3
    # Camera 0's point projects to the middle of every picture, at the distance at which that picture has a surface.
    seen = in_camera(points[:, :1].expand(-1, 3, -1), pose[:, :3])
    assert (seen[..., :2].abs() / -seen[..., 2:]).max() < 2e-3
    depth = rooms["depth_zbuffer"].view(-1, CAMERAS, SIZE, SIZE)[:, :3, SIZE // 2 - 1 : SIZE // 2 + 1, SIZE // 2 - 1 :]
    middle = depth[..., :2].flatten(2)
    # What is seen around the middle straddles that distance, unless a thin thing falls between the pixels.
    depth_there = -seen[..., 2]
    meets = (middle.amin(-1) < depth_there + 0.05) & (middle.amax(-1) > depth_there - 0.05)
    assert meets.float().mean() > 0.9
    apart = torch.cdist(pose[:, :3, :3, 3], pose[:, :3, :3, 3])[:, [0, 0, 1], [1, 2, 2]]
    assert apart.min() > 0.1


def test_the_fourth_camera_looks_elsewhere_and_shares_a_part_of_the_first_view(rooms):
    points = rooms["center_point"].view(-1, CAMERAS, 3)
    assert (points[:, 3] - points[:, 0]).norm(dim=-1).min() > 0.4
    pose = rooms["camera_pose"].view(-1, CAMERAS, 4, 4)
    depth = rooms["depth_zbuffer"].view(-1, CAMERAS, SIZE, SIZE)
    local = (rays() * depth[:, 3, None]).flatten(2)  # [S, 3, pixels]
    world = pose[:, 3, :3, :3] @ local + pose[:, 3, :3, 3:]
    x, y, z = (pose[:, 0, :3, :3].mT @ (world - pose[:, 0, :3, 3:])).unbind(1)
    inside = (z < 0) & (x.abs() < -z * TANGENT) & (y.abs() < -z * TANGENT)
    column = ((x / -z / TANGENT + 1) / 2 * SIZE).long().clamp(0, SIZE - 1)
    row = ((1 - y / -z / TANGENT) / 2 * SIZE).long().clamp(0, SIZE - 1)
    first = depth[:, 0].flatten(1).gather(1, row * SIZE + column)
    shared = (inside & ((first + z).abs() < 0.15)).float().mean(1)
    assert shared.min() > 0.08
    assert shared.mean() > 0.25


def test_normals_are_unit_face_the_camera_and_agree_with_the_depth(rooms):
    normal, depth = rooms["normal"], rooms["depth_zbuffer"]
    torch.testing.assert_close(normal.norm(dim=1), torch.ones(len(normal), SIZE, SIZE), atol=1e-4, rtol=0)
    points = rays() * depth
    assert ((normal * points).sum(1) <= 1e-4).all()
    across = points[:, :, 1:-1, 2:] - points[:, :, 1:-1, :-2]
    up = points[:, :, :-2, 1:-1] - points[:, :, 2:, 1:-1]
    found = torch.nn.functional.normalize(torch.linalg.cross(across, up, dim=1), dim=1)
    here = normal[:, :, 1:-1, 1:-1]
    neighbours = [normal[:, :, 1:-1, 2:], normal[:, :, 1:-1, :-2], normal[:, :, :-2, 1:-1], normal[:, :, 2:, 1:-1]]
    instance = rooms["instance"]
    same = (instance[:, 0, 1:-1, 2:] == instance[:, 0, 1:-1, :-2]) & (
        instance[:, 0, :-2, 1:-1] == instance[:, 0, 2:, 1:-1]
    )
    # On the room's own surfaces, where the neighbours lie on the same plane, the two must coincide.
    smooth = same & (instance[:, 0, 1:-1, 1:-1] < SURFACES)
    smooth &= torch.stack([(here * each).sum(1) > 0.9999 for each in neighbours]).all(0)
    smooth &= torch.stack([each < SURFACES for each in (instance[:, 0, 1:-1, 2:], instance[:, 0, :-2, 1:-1])]).all(0)
    assert smooth.float().mean() > 0.2
    assert ((found * here).sum(1)[smooth] > 0.999).all()


def test_curvature_is_ordered_convex_and_zero_on_the_rooms_surfaces(rooms):
    k1, k2 = rooms["principal_curvature"].unbind(1)
    assert (k1.abs() >= k2.abs()).all()
    assert (k2 >= 0).all()
    assert (k1[rooms["instance"][:, 0] < SURFACES] == 0).all()
    assert (k1 > 0).float().mean() > 0.01


def test_reshading_follows_its_formula(rooms):
    toward = torch.nn.functional.normalize(-rays(), dim=0)
    cosine = (rooms["normal"] * toward).sum(1, keepdim=True)
    falloff = 6.25 / (6.25 + rooms["depth_euclidean"] ** 2)
    torch.testing.assert_close(rooms["reshading"], cosine.clamp(0, 1) * falloff, atol=1e-4, rtol=0)


def test_semantics_follow_the_instances(rooms):
    for instance, semantic in zip(rooms["instance"], rooms["segment_semantic"], strict=True):
        for piece in instance.unique().tolist():
            classes = semantic[instance == piece].unique().tolist()
            assert len(classes) == 1
            if piece < SURFACES:
                assert classes == [1]
            if (instance == piece).float().mean() < LEAST_SEGMENT:
                assert classes[0] in (0, 1)
    assert rooms["segment_semantic"].max() < len(FURNITURE) + 2


def test_an_instance_is_one_class_in_all_views_of_its_scene(rooms):
    instance, semantic = (rooms[name].view(len(SCENES), -1) for name in ("instance", "segment_semantic"))
    for pieces, classes in zip(instance, semantic, strict=True):
        for piece in pieces.unique().tolist():
            assert len(set(classes[pieces == piece].tolist()) - {0}) <= 1


def test_object_classes_are_softened_shares_of_the_picture(rooms):
    for probability, semantic in zip(rooms["class_object"], rooms["segment_semantic"], strict=True):
        shares = torch.tensor([(semantic == index + 2).float().mean() for index in range(len(FURNITURE))])
        if probability.sum() == 0:
            assert shares.max() <= 0.011
            continue
        assert probability.sum().item() == pytest.approx(1, abs=1e-5)
        clear = (shares > 0.02).nonzero()[:, 0]
        expected = (shares[clear] / shares[clear[0]]).sqrt()
        torch.testing.assert_close(probability[clear] / probability[clear[0]], expected, atol=0.08, rtol=0.08)


def test_window_panes_are_invalid_but_have_a_distance(rooms):
    invalid = ~rooms["mask_valid"]
    assert 0 < invalid.float().mean() < 0.1
    assert (rooms["segment_semantic"][invalid] == 1).all()
    assert rooms["depth_zbuffer"][invalid].min() > 0.3


def test_vanishing_points_layout_and_pose_tell_of_one_rotation(rooms):
    rotation = rooms["camera_pose"][:, :3, :3]
    axes = rooms["vanishing_points"].view(-1, 3, 3)
    torch.testing.assert_close(axes @ axes.mT, torch.eye(3).expand_as(axes), atol=1e-5, rtol=0)
    in_world = (rotation @ axes.mT).abs()  # each column is a world axis
    torch.testing.assert_close(in_world.amax(1), torch.ones(len(axes), 3), atol=1e-5, rtol=0)
    torch.testing.assert_close(rotation[:, 2], axes[:, 1], atol=1e-5, rtol=0)  # the second axis is up
    layout = rooms["room_layout"]
    torch.testing.assert_close(euler_angles(axes.mT), layout[:, 3:6], atol=1e-5, rtol=0)
    # The point at the picture's centre lies in the box.
    seen = in_camera(rooms["center_point"], rooms["camera_pose"])
    inside = (axes @ (seen - layout[:, :3])[..., None])[..., 0].abs()
    assert (inside <= layout[:, 6:] / 2 + 1e-3).all()


def test_room_types_take_turns_and_every_class_occurs():
    few = render_scenes(RoomsConfig(image=16, antialias=1, seed=1), range(24))
    types = few["class_scene"].view(-1, CAMERAS, len(ROOM_TYPES))
    assert (types == types[:, :1]).all()
    assert (types[:, 0].view(-1, len(ROOM_TYPES), len(ROOM_TYPES)).sum(1) == 1).all()
    assert (few["class_object"].amax(0) > 0.1).all()


def test_no_scenes_are_refused():
    with pytest.raises(ValueError, match="at least one scene"):
        render_scenes(CONFIG, [])
