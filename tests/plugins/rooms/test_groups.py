from itertools import permutations

import pytest
import torch

from taskonomy_core.errors import DataError
from taskonomy_plugins.rooms.groups import groups


def rows(images, arrangement):
    return [tuple(row) for row in groups(images, arrangement).tolist()]


def scenes_and_cameras(images, arrangement):
    return [[(index // 4, index % 4) for index in row] for row in rows(images, arrangement)]


def test_single_is_every_image_even_of_an_incomplete_scene():
    assert groups(6, "single").tolist() == [[0], [1], [2], [3], [4], [5]]


def test_fixated_pairs_are_all_ordered_pairs_of_the_first_three_cameras():
    expected = {(4 * scene + a, 4 * scene + b) for scene in range(5) for a, b in permutations(range(3), 2)}
    assert set(rows(20, "fixated_pairs")) == expected
    assert len(rows(20, "fixated_pairs")) == len(expected)


def test_nonfixated_pairs_join_the_last_camera_with_each_other_one_both_ways():
    expected = {
        (4 * scene + a, 4 * scene + b) for scene in range(5) for a, b in permutations(range(4), 2) if 3 in (a, b)
    }
    assert set(rows(20, "nonfixated_pairs")) == expected
    assert len(rows(20, "nonfixated_pairs")) == len(expected)


def test_triplets_are_the_six_orders_of_the_fixating_cameras():
    expected = {tuple(4 * scene + camera for camera in order) for scene in range(5) for order in permutations(range(3))}
    assert set(rows(20, "triplets")) == expected
    assert len(rows(20, "triplets")) == len(expected)


@pytest.mark.parametrize("arrangement", ["fixated_pairs", "nonfixated_pairs", "triplets"])
def test_every_round_shows_each_scene_once(arrangement):
    found = [row[0][0] for row in scenes_and_cameras(20, arrangement)]
    assert found == list(range(5)) * 6


@pytest.mark.parametrize("arrangement", ["fixated_pairs", "nonfixated_pairs", "triplets", "matched_pairs"])
def test_an_incomplete_last_scene_joins_no_group(arrangement):
    assert groups(11, arrangement).equal(groups(8, arrangement))
    assert groups(8, arrangement).max() < 8
    assert groups(3, arrangement).shape == (0, 3 if arrangement == "triplets" else 2)


def test_matched_pairs_alternate_one_point_and_two_points():
    found = scenes_and_cameras(40, "matched_pairs")
    assert len(found) == 2 * 6 * 10
    kinds = []
    for (scene_a, camera_a), (scene_b, camera_b) in found:
        fixated = scene_a == scene_b and camera_a < 3 and camera_b < 3 and camera_a != camera_b
        if not fixated:
            assert scene_a != scene_b or (camera_a == 3) != (camera_b == 3)
        kinds.append("match" if fixated else "other scene" if scene_a != scene_b else "same scene")
    assert kinds == ["match", "other scene", "match", "same scene"] * 30
    assert {tuple(row) for row in rows(40, "matched_pairs")[::2]} == set(rows(40, "fixated_pairs"))


def test_matches_of_one_scene_alone_take_their_others_from_it():
    found = scenes_and_cameras(4, "matched_pairs")
    assert len(found) == 12
    assert all((3 in (a[1], b[1])) == (row % 2 == 1) for row, (a, b) in enumerate(found))


def test_center_points_tell_matches_from_the_rest(render):
    from taskonomy_plugins.rooms.config import RoomsConfig

    points = render(RoomsConfig(image=8), range(6))["center_point"]
    first, second = points[groups(24, "matched_pairs")].unbind(1)
    same = torch.isclose(first, second).all(1)
    assert same.tolist() == [True, False] * 36


def test_an_unknown_arrangement_is_named():
    with pytest.raises(DataError) as caught:
        groups(8, "quartets")
    assert caught.value.message == "Rooms knows no arrangement 'quartets' of images."
    assert caught.value.hint == "It knows: fixated_pairs, matched_pairs, nonfixated_pairs, single, triplets."
