import pytest
import torch

from taskonomy_core.contract import Example, Views


def test_views_scale_the_pictures_for_a_network():
    rgb = torch.tensor([0.0, 0.5, 1.0]).reshape(1, 1, 3, 1, 1)
    views = Views({"rgb": rgb, "scene": torch.tensor([[4]])})
    assert views.images().flatten().tolist() == [-1.0, 0.0, 1.0]
    assert len(views) == 1
    assert torch.equal(views.only("rgb"), rgb[:, 0])
    assert views["scene"].tolist() == [[4]]


def test_only_refuses_several_views():
    views = Views({"rgb": torch.zeros(2, 3, 3, 4, 4)})
    with pytest.raises(ValueError, match="rgb has 3 views, not one"):
        views.only("rgb")


def test_without_a_mask_everything_is_scored():
    example = Example(torch.zeros(3, 1, 3, 4, 4), torch.zeros(3))
    assert len(example) == 3
    assert example.scored.tolist() == [True, True, True]
    assert example.labelled.tolist() == [True, True, True]


def test_an_image_is_labelled_where_any_of_its_pixels_is_scored():
    mask = torch.zeros(3, 1, 4, 4, dtype=torch.bool)
    mask[1, 0, 2, 3] = True
    assert Example(torch.zeros(3, 1, 3, 4, 4), torch.zeros(3), mask).labelled.tolist() == [False, True, False]
    images = torch.tensor([True, False, True])
    assert Example(torch.zeros(3, 1, 3, 4, 4), torch.zeros(3), images).labelled.tolist() == [True, False, True]
