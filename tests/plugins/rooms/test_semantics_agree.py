"""What pictures are said to show can be seen: classes in the colours, shares in the map, room types by furniture."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from skimage import segmentation

from taskonomy_plugins.rooms.config import CAMERAS, FURNITURE, ROOM_TYPES, RoomsConfig
from taskonomy_plugins.rooms.render import render_scenes

TYPICAL = {
    "bedroom": {"bed", "wardrobe"},
    "living_room": {"sofa", "tv"},
    "kitchen": {"fridge", "stove", "sink"},
    "bathroom": {"toilet", "bathtub", "sink"},
    "office": {"desk", "bookcase"},
    "dining_room": {"table", "chair"},
}


@pytest.fixture(scope="module")
def many():
    """36 small rooms, six of each type: softened shares of the classes, and the type, of every picture."""
    rendered = render_scenes(RoomsConfig(image=24, antialias=1, seed=11), range(36))
    return rendered["class_object"].double().numpy(), rendered["class_scene"].argmax(1).numpy()


def test_object_classes_are_the_softened_shares_of_the_semantic_map(rooms):
    for told, classes in zip(rooms["class_object"], rooms["segment_semantic"].astype(int), strict=True):
        share = np.bincount(classes.ravel(), minlength=len(FURNITURE) + 2)[2:] / classes.size
        roots = np.sqrt(share * (share > 0.001))
        expected = roots / roots.sum() if share.max() > 0.01 else 0 * roots
        # Pieces too small for the map, below a thousandth of the picture, may still count with others of their class.
        np.testing.assert_allclose(told, expected, atol=0.02)


def test_classes_end_where_colours_change_to_the_pixel(rooms):
    steps = [np.sqrt(sum(ndimage.gaussian_gradient_magnitude(part, 0.7) ** 2 for part in rgb)) for rgb in rooms["rgb"]]
    ends = [segmentation.find_boundaries(classes, mode="thick") for classes in rooms["segment_semantic"][:, 0]]

    def contrast(ends):
        inner = np.s_[4:-4, 4:-4]
        pairs = [(step[inner], end[inner]) for step, end in zip(steps, ends, strict=True)]
        return np.mean([step[end].mean() / step[~end].mean() for step, end in pairs])

    here = contrast(ends)
    moved = [contrast([np.roll(each, way, (0, 1)) for each in ends]) for way in ((1, 0), (-1, 0), (0, 1), (0, -1))]
    assert here > 2.5
    assert here > 1.05 * max(moved)
    assert here > 2 * contrast([each[:, ::-1] for each in ends])


def test_room_types_are_one_for_a_scene_and_their_furniture_is_in_the_picture(rooms, many):
    types = rooms["class_scene"].reshape(-1, CAMERAS, len(ROOM_TYPES))
    assert (types == types[:, :1]).all()
    shares, kind = many
    for index, name in enumerate(ROOM_TYPES):
        places = [FURNITURE.index(each) for each in TYPICAL[name]]
        seen = (shares[:, places] > 0).any(1)
        assert seen[kind == index].mean() > 0.75, name
    for only, name in (("toilet", "bathroom"), ("bathtub", "bathroom"), ("stove", "kitchen"), ("fridge", "kitchen")):
        elsewhere = shares[kind != ROOM_TYPES.index(name), FURNITURE.index(only)]
        assert (elsewhere == 0).all()


def test_room_types_can_be_told_from_the_visible_furniture_of_other_rooms(many):
    shares, kind = many
    known = np.arange(len(kind)) < 24 * CAMERAS
    means = np.stack([shares[known & (kind == each)].mean(0) for each in range(len(ROOM_TYPES))])
    guess = ((shares[~known, None] - means) ** 2).sum(2).argmin(1)
    assert (guess == kind[~known]).mean() > 0.75  # 1/6 by chance


def test_what_lies_on_a_bare_wall_is_background_and_furniture_stands_before_it(rooms):
    classes = rooms["segment_semantic"][:, 0]
    half = rooms["room_layout"][:, 6:, None, None] / 2
    axes = rooms["vanishing_points"].reshape(-1, 3, 3)
    inside = np.einsum("nij,njhw->nihw", axes, rooms.points - rooms["room_layout"][:, :3, None, None])
    bare = (half - abs(inside)).min(1) < 1e-3
    assert (classes[bare] == 1).mean() > 0.999
    assert (bare | (classes != 1)).mean() > 0.7
