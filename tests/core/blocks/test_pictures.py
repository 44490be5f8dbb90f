"""Pictures: right colours, one scale for all, readable words, arrows that point where they should."""

import math

import numpy as np
import pytest
import torch
from matplotlib import colormaps

from taskonomy_core.blocks.pictures import (
    ColourMap,
    LabelPicture,
    enlarged,
    grey_picture,
    normals_picture,
    plan_picture,
    rgb_picture,
    segments_picture,
    shares,
)

INPUTS = torch.zeros(1, 1, 3, 2, 2)


def test_rgb_and_grey_go_from_the_signed_scale_to_colours():
    shown = torch.tensor([-1.0, 0.0, 1.0, 3.0]).reshape(1, 1, 2, 2)
    assert rgb_picture(shown, INPUTS).flatten().tolist() == [0.0, 0.5, 1.0, 1.0]
    grey = grey_picture(shown, INPUTS)
    assert grey.shape == (1, 3, 2, 2)
    assert torch.equal(grey[:, 0], grey[:, 2])


def test_normals_are_drawn_by_their_direction_alone():
    towards_viewer = torch.tensor([0.0, 0.0, 1.0]).reshape(1, 3, 1, 1)
    assert normals_picture(towards_viewer, INPUTS).flatten().tolist() == [0.5, 0.5, 1.0]
    assert torch.equal(normals_picture(0.1 * towards_viewer, INPUTS), normals_picture(towards_viewer, INPUTS))


def test_a_colour_map_is_matplotlibs_and_does_not_stretch():
    draw = ColourMap(0.0, 2.0, "viridis")
    drawn = draw(torch.tensor([-5.0, 0.0, 2.0, torch.nan]).reshape(1, 1, 2, 2), INPUTS)
    ends = [colormaps["viridis"](0.0)[:3], colormaps["viridis"](1.0)[:3]]
    np.testing.assert_allclose(drawn[0, :, 0, 0], ends[0], atol=1e-6)
    np.testing.assert_allclose(drawn[0, :, 0, 1], ends[0], atol=1e-6)
    np.testing.assert_allclose(drawn[0, :, 1, 0], ends[1], atol=1e-6)
    np.testing.assert_allclose(drawn[0, :, 1, 1], ends[0], atol=1e-6)


def test_segments_of_logits_and_of_class_numbers_look_alike():
    classes = torch.tensor([[[[0, 1], [2, 19]]]])
    logits = torch.nn.functional.one_hot(classes[:, 0], 20).movedim(-1, 1).float()
    drawn = segments_picture(classes, INPUTS)
    assert torch.equal(drawn, segments_picture(logits, INPUTS))
    assert len(torch.unique(drawn.flatten(2), dim=2).flatten(0, 1).T) == 4
    assert segments_picture(torch.tensor([[[[-1]]]]), INPUTS).flatten().tolist() == [0.0, 0.0, 0.0]


def test_shares_of_numbers_distributions_and_logits():
    assert shares(torch.tensor([1]), 3).tolist() == [[0.0, 1.0, 0.0]]
    assert shares(torch.tensor([[0.25, 0.75]]), 2).tolist() == [[0.25, 0.75]]
    torch.testing.assert_close(shares(torch.tensor([[0.0, math.log(3.0)]]), 2), torch.tensor([[0.25, 0.75]]))
    assert shares(torch.zeros(1, 2), 2).tolist() == [[0.0, 0.0]]  # no label, and not logits that cannot decide


def test_nothing_is_written_where_there_is_no_label():
    drawn = LabelPicture(("cat", "dog"))(torch.tensor([[0.0, 0.0], [1.0, 0.0]]), torch.zeros(2, 1, 3, 40, 40))
    strips = drawn[:, :, 160:]
    assert strips[0].min() == 1.0
    assert strips[1].min() < 0.5


def test_letters_grow_with_the_picture():
    def strip(side):
        (drawn,) = LabelPicture(("cat", "dog"))(torch.tensor([[1.0, 0.0]]), torch.zeros(1, 1, 3, side, side))
        return drawn[:, side:]

    def letters(strip):  # how high they stand
        dark = (strip.amin((0, 2)) < 0.5).nonzero()
        return int(dark.max() - dark.min()) + 1

    small, large = strip(160), strip(640)
    assert letters(large) == pytest.approx(4 * letters(small), abs=4)


def test_labels_are_written_under_the_picture():
    draw = LabelPicture(("bed", "sofa", "lamp"), top=2)
    inputs = torch.rand(2, 1, 3, 32, 32) * 2 - 1
    certain = draw(torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]), inputs)
    assert certain.shape == (2, 3, 160 + 2 * 18 + 4, 160)
    torch.testing.assert_close(certain[:, :, :160], enlarged((inputs[:, 0] + 1) / 2))
    captions = certain[:, :, 160:]
    assert (captions < 0.5).any(-1).any(-1).all()  # dark letters on white
    assert not torch.equal(captions[0], captions[1])
    assert torch.equal(certain, draw(torch.tensor([0, 1]), inputs))  # class numbers
    nothing = draw(torch.zeros(2, 3) - 0.0, inputs)
    assert nothing.shape == certain.shape


def test_small_pictures_grow_by_whole_factors():
    assert enlarged(torch.rand(1, 3, 48, 48)).shape == (1, 3, 192, 192)
    assert enlarged(torch.rand(1, 3, 256, 256)).shape == (1, 3, 256, 256)


def test_a_plan_shows_each_camera_where_it_is():
    places = torch.tensor([[[0.0, 0.0], [1.5, 0.0]], [[0.0, 0.0], [0.0, 99.0]]])
    ahead = torch.tensor([0.0, 1.0]).expand(2, 2, 2)
    pages = plan_picture(places, ahead, metres=3.0, side=160)
    assert pages.shape == (2, 3, 160, 160)
    assert pages[0, :, 80, 80].tolist() == [0.0, 0.0, 0.0]  # the first camera, in the middle
    assert pages[0, :, 80, 120].tolist() != [1.0, 1.0, 1.0]  # 1.5 of 3 metres to the right
    assert pages[0, :, 66, 80].tolist() == [0.0, 0.0, 0.0]  # its arrow, up the page
    assert pages[0, :, 94, 80].tolist() == [1.0, 1.0, 1.0]  # and not down
    assert pages[1, :, 1, 80].tolist() != [1.0, 1.0, 1.0]  # far ahead: drawn at the edge
