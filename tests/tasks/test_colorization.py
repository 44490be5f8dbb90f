"""Lab agrees with scikit-image, the bins cover what a screen can show, colours survive the way there and back."""

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from skimage.color import lab2rgb, rgb2lab

from taskonomy_core.contract import Draws, Views
from taskonomy_tasks._colour import BINS, NEIGHBOURS, gamut_bins, lab_to_rgb, rgb_to_lab, soft_bins
from taskonomy_tasks.colorization import TASK, colorized, colour_loss, decoded, lightness, rebalancing

YES = torch.tensor([True])


def random_rgb(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(0))


def logits_of(ab: torch.Tensor) -> torch.Tensor:
    """The best logits for ab values [B, 2, h, w]: logarithms of their soft bins."""
    places, shares = soft_bins(ab)
    return torch.full((len(ab), BINS, *ab.shape[2:]), -30.0).scatter(1, places, shares.log())


def test_lab_agrees_with_scikit_image_both_ways():
    rgb = random_rgb(2, 3, 20, 20)
    rgb[0, :, 0, 0] = 0.0
    rgb[0, :, 0, 1] = 1.0
    rgb[0, :, 0, 2] = 0.02
    theirs = rgb2lab(rgb.numpy(), channel_axis=1)
    np.testing.assert_allclose(rgb_to_lab(rgb), theirs, atol=1e-3)
    np.testing.assert_allclose(lab_to_rgb(torch.from_numpy(theirs).float()), lab2rgb(theirs, channel_axis=1), atol=1e-4)


def test_the_encoder_sees_lightness_from_black_to_white():
    black_to_white = torch.tensor([-1.0, 1.0]).reshape(2, 1, 1, 1).expand(2, 3, 4, 4)
    seen = lightness(black_to_white)
    assert seen.shape == (2, 1, 4, 4)
    torch.testing.assert_close(seen[:, 0, 0, 0], torch.tensor([-1.0, 1.0]), atol=1e-4, rtol=0)
    assert (TASK.channels, TASK.target, TASK.source) == (1, False, True)


def test_whoever_predicts_colours_is_shown_grey_pictures_of_the_same_lightness():
    rgb = random_rgb(4, 1, 3, 16, 16)
    rgb[0, 0, :, 0, :4] = torch.tensor([[1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0], [1.0, 1.0, 1.0]]).T
    rgb[0, 0, :, 1, 0] = 0.01
    inputs = TASK.example(Views({"rgb": rgb}), Draws.of(0, [0, 1, 2, 3])).inputs
    assert TASK.alters_inputs
    assert inputs.shape == rgb.shape
    assert torch.equal(inputs, inputs[:, :, :1].expand_as(inputs))
    theirs = rgb2lab(rgb[:, 0].numpy(), channel_axis=1)[:, 0]
    np.testing.assert_allclose(rgb2lab((inputs[:, 0].numpy() + 1) / 2, channel_axis=1)[:, 0], theirs, atol=2e-3)
    torch.testing.assert_close(TASK.sees(inputs[:, 0]), lightness(rgb[:, 0] * 2 - 1), atol=2e-5, rtol=0)


def test_the_bins_are_about_as_many_as_the_papers_and_lie_around_every_colour():
    bins = gamut_bins()
    assert bins.shape == (BINS, 2)
    assert abs(BINS - 313) <= 10
    assert torch.equal(bins % 10, torch.zeros_like(bins))
    ab = rgb_to_lab(random_rgb(3, 5000, 1))[1:, :, 0].T
    assert torch.cdist(ab, bins).min(1).values.max() <= math.hypot(5, 5) + 1e-3


def test_soft_bins_are_the_ten_nearest_with_gaussian_shares():
    ab = torch.tensor([12.0, -3.0]).reshape(1, 2, 1, 1)
    places, shares = soft_bins(ab)
    assert places.shape == shares.shape == (1, NEIGHBOURS, 1, 1)
    assert gamut_bins()[places[0, 0, 0, 0]].tolist() == [10.0, 0.0]
    squares = (gamut_bins().numpy() - np.array([12.0, -3.0])) ** 2
    nearest = np.sort(squares.sum(1))[:NEIGHBOURS]
    gauss = np.exp(-nearest / (2 * 5.0**2))
    np.testing.assert_allclose(shares.flatten(), gauss / gauss.sum(), rtol=1e-4)


def test_a_colour_comes_back_from_its_soft_bins():
    ab = rgb_to_lab(random_rgb(1, 3, 40, 40))[:, 1:]
    back = decoded(logits_of(ab))
    error = torch.linalg.vector_norm(back - ab, dim=1)
    assert error.median() < 3.0  # a bin is 10 wide
    assert torch.equal(decoded(ab), ab)


def test_the_loss_by_hand_on_equal_logits():
    """Uniform predictions cost ln BINS, times the weight of the true bin."""
    grey = torch.zeros(1, 2, 2, 2)
    (middle,) = (gamut_bins() == 0).all(1).nonzero()
    expected = rebalancing()[middle].item() * math.log(BINS)
    assert colour_loss(torch.zeros(1, BINS, 2, 2), grey, YES).item() == pytest.approx(expected, rel=1e-5)


def test_the_loss_is_best_for_the_true_shares():
    ab = F.avg_pool2d(rgb_to_lab(random_rgb(1, 3, 16, 16))[:, 1:], 4)
    best = logits_of(ab)
    value = colour_loss(best, ab, YES)
    generator = torch.Generator().manual_seed(1)
    for _ in range(5):
        assert colour_loss(best + 0.3 * torch.randn(best.shape, generator=generator), ab, YES) > value


def test_rare_colours_weigh_more_and_the_mean_weight_is_one_under_the_prior():
    weights = rebalancing()
    assert weights.shape == (BINS,)
    chroma = torch.linalg.vector_norm(gamut_bins(), dim=1)
    order = chroma.argsort()
    assert (weights[order].diff() >= -1e-6).all()
    assert weights[order[0]] < 1.0 < weights[order[-1]]


def test_the_true_colours_on_the_lightness_give_the_picture_back():
    rgb = torch.tensor([0.8, 0.4, 0.3]).reshape(1, 1, 3, 1, 1).expand(1, 1, 3, 16, 16)
    example = TASK.example(Views({"rgb": rgb}), Draws.of(0, [0]))
    assert example.target.shape == (1, 2, 4, 4)
    torch.testing.assert_close(colorized(example.target, example.inputs), rgb[:, 0], atol=1e-3, rtol=0)
    torch.testing.assert_close(colorized(logits_of(example.target), example.inputs), rgb[:, 0], atol=0.03, rtol=0)
