"""Views of one scene agree: their centres, what one sees of another's surfaces, and what stands in between.

Pixels are carried from view to view by depth and pose alone, with a pinhole camera written anew (`Pictures`); what is
hidden is told from the furniture by asking which points lie inside it, without any ray casting.
"""

from __future__ import annotations

import numpy as np
import pytest

from taskonomy_plugins.rooms.config import CAMERAS
from taskonomy_plugins.rooms.primitives import BOX, ELLIPSOID
from taskonomy_plugins.rooms.scene import SEMANTIC

PAIRS = [(a, b) for a in range(CAMERAS) for b in range(CAMERAS) if a != b]


def test_what_the_middle_of_the_picture_sees_is_the_centre_point(rooms):
    low, high = rooms.side // 2 - 1, rooms.side // 2 + 1
    middle = rooms["depth_zbuffer"][:, 0, low:high, low:high].reshape(rooms.count, 4)
    flat = middle.max(1) < 1.03 * middle.min(1)  # no edge runs through the middle
    assert flat.mean() > 0.5
    ahead = 1 / (1 / middle).mean(1)  # 1 / depth is linear over a plane
    pose = rooms["camera_pose"]
    found = pose[:, :3, 3] - ahead[:, None] * pose[:, :3, 2]
    wrong = np.linalg.norm(found - rooms["center_point"], axis=1)[flat]
    assert np.median(wrong) < 1e-3
    assert wrong.max() < 0.05  # a curved surface


def test_fixating_cameras_see_one_point_from_different_sides_and_the_fourth_another(rooms):
    centre = rooms["center_point"].reshape(-1, CAMERAS, 3)
    assert abs(centre[:, :3] - centre[:, :1]).max() < 1e-3
    assert np.linalg.norm(centre[:, 3] - centre[:, 0], axis=1).min() > 0.4
    for image in range(rooms.count):
        first = image - image % CAMERAS
        place = rooms.places(rooms.into(image, centre[first // CAMERAS, :1].T))[:, 0]
        assert (abs(place - (rooms.side - 1) / 2).max() < 0.1) == (image % CAMERAS < 3)
    eyes = rooms["camera_pose"].reshape(-1, CAMERAS, 4, 4)[:, :3, :3, 3]
    towards = (centre[:, :3] - eyes) / np.linalg.norm(centre[:, :3] - eyes, axis=2, keepdims=True)
    apart = np.degrees(np.arccos(np.einsum("sic,sjc->sij", towards, towards).clip(-1, 1)))
    assert apart[:, *np.triu_indices(3, 1)].min() > 7.9
    assert apart.max() < 161


@pytest.fixture(scope="module")
def carried(rooms):
    """Pixels of every view carried into every other one of its scene: what both views say at the same place."""
    normal = np.einsum("nij,njhw->nihw", rooms["camera_pose"][:, :3, :3], rooms["normal"])
    maps = {"normal": normal, **{name: rooms[name] for name in ("rgb", "segment_semantic", "principal_curvature")}}
    smooth, rows = rooms.smooth, []
    for scene in range(rooms.count // CAMERAS):
        for a, b in PAIRS:
            one, other = CAMERAS * scene + a, CAMERAS * scene + b
            points = rooms.into(other, rooms.world[one].reshape(3, -1))
            place = np.round(rooms.places(np.where(points[2] < -0.1, points, np.nan)))
            inside = ((place >= 0) & (place < rooms.side)).all(0)
            row, column = place[:, inside].astype(int)
            over = points[:, inside] - rooms.points[other][:, row, column]
            found = {
                # How far before the other view's surface the point lies, along the line of sight and along the normal.
                "nearer": over[2],
                "above": (over * rooms["normal"][other][:, row, column]).sum(0),
                "smooth": smooth[one].ravel()[inside] & smooth[other, row, column],
            }
            for name, values in maps.items():
                found[name] = values[one].reshape(len(values[one]), -1)[:, inside], values[other][:, row, column]
            rows.append(found)
    return rows


def test_nothing_that_one_view_sees_hangs_in_the_air_before_another(carried):
    # A view shows the first surface along each ray: what another view shows lies on it or behind it. At an edge that
    # falls between pixel centres, the nearest pixel may see what lies beyond.
    before = [(each["nearer"] > 0.03) & (each["above"] > 0.02) for each in carried]
    assert np.concatenate(before).mean() < 0.02
    away_from_edges = [some[each["smooth"]] for some, each in zip(before, carried, strict=True)]
    assert np.concatenate(away_from_edges).mean() < 0.005
    behind = np.concatenate([each["above"] < -0.02 for each in carried])
    assert behind.mean() > 0.05  # so views do hide things from each other


def both(carried, name, where):
    """Two values, [C, K] each, of what both views show where a condition holds, pair of views by pair."""
    return [
        (each[name][0][:, some], each[name][1][:, some])
        for each, some in zip(carried, where, strict=True)
        if some.sum() > 100
    ]


def correlation(pairs):
    """The mean over pairs of views of how two maps correlate; exposure differs from view to view."""
    return np.mean([np.corrcoef(one.ravel(), other.ravel())[0, 1] for one, other in pairs])


def test_what_two_views_both_see_has_one_normal_one_class_one_curvature_and_one_colour(rooms, carried):
    shared = [abs(each["above"]) < 0.01 for each in carried]
    assert np.sum([same.sum() for same in shared]) > 0.25 * len(carried) * rooms.side**2
    inner = [same & each["smooth"] for same, each in zip(shared, carried, strict=True)]
    one, other = (np.concatenate(each, 1) for each in zip(*both(carried, "normal", inner), strict=True))
    assert ((one * other).sum(0) > 0.99).mean() > 0.99
    one, other = (np.concatenate(each, 1) for each in zip(*both(carried, "principal_curvature", inner), strict=True))
    assert (abs(one - other).max(0) < 0.1).mean() > 0.99
    one, other = (np.concatenate(each, 1) for each in zip(*both(carried, "segment_semantic", inner), strict=True))
    assert ((one == other) | (one * other == 0)).mean() > 0.99  # 0: too small a piece in one of them
    assert correlation(both(carried, "rgb", inner)) > 0.85
    assert correlation(both(carried, "rgb", [abs(each["above"]) > 0.1 for each in carried])) < 0.6


def outside(primitives, points):
    """How far points [3, K] are outside every primitive's surface, negative inside, metres: [P, K], first order."""
    centre, half, turn, taper, shape = (
        getattr(primitives, name).double().numpy() for name in ("centre", "half", "turn", "taper", "shape")
    )
    local = np.einsum("ijp,ipk->jpk", turn, points[:, None] - centre[..., None])
    unit, half = local / half[..., None], half[..., None]
    flat = (abs(local) - half).max(0)
    rim = np.linalg.norm(unit, axis=0)
    round_ = (rim - 1) * rim / np.linalg.norm(unit / half, axis=0)
    width = 1 - abs(taper)[:, None] + taper[:, None] * unit[2]
    conical = np.maximum((np.hypot(unit[0], unit[1]) - width) * half[0], (abs(unit[2]) - 1) * half[2])
    kind = shape[:, None]
    return np.where(kind == BOX, flat, np.where(kind == ELLIPSOID, round_, conical))


def test_every_pixel_sees_the_first_surface_on_its_way_and_has_its_class(rooms):
    draw = np.random.default_rng(0)
    least, share = 0.002, np.linspace(0.02, 0.98, 12)
    for image in range(rooms.count):
        scene, _ = rooms.scenes[image]
        some = draw.choice(rooms.side**2, 100, replace=False)
        seen = rooms.world[image].reshape(3, -1)[:, some]
        eye = rooms["camera_pose"][image, :3, 3:]
        away = outside(scene.primitives, seen)
        assert (away.min(0) > -least).all()
        assert (abs(away).min(0) < least).all()
        on_the_way = (eye[..., None] + share * (seen - eye)[..., None]).reshape(3, -1)
        assert outside(scene.primitives, on_the_way).min() > -least
        told = rooms["segment_semantic"][image, 0].reshape(-1)[some].astype(int)
        touched = (abs(away) < least) & (scene.semantic.numpy()[:, None] == told)
        assert (touched.any(0) | (told == SEMANTIC["uncertain"])).all()
        assert (told == SEMANTIC["uncertain"]).mean() < 0.15


def test_pairs_show_what_their_names_say(rooms):
    point, scene = rooms["center_point"], rooms["scene"]
    told = {}
    for name in ("fixated_pairs", "nonfixated_pairs", "matched_pairs"):
        first, second = rooms.groups[name].T
        near = np.linalg.norm(point[first] - point[second], axis=1) < 0.01
        told[name] = ((scene[first] == scene[second]).mean(), (near & (scene[first] == scene[second])).mean())
    assert told["fixated_pairs"] == (1, 1)
    assert told["nonfixated_pairs"] == (1, 0)
    # Half are matches; of the others half are of one scene.
    assert told["matched_pairs"] == (0.75, 0.5)
    views = rooms.groups["triplets"]
    assert (scene[views] == scene[views][:, :1]).all()
    assert abs(point[views] - point[views][:, :1]).max() < 1e-3
