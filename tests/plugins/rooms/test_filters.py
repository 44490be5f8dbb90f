import numpy as np
import pytest
import torch
from scipy import ndimage

from taskonomy_plugins.rooms.filters import gaussian_kernel, smoothed, smoothed_where, sobel


@pytest.fixture
def maps():
    return torch.rand(2, 3, 20, 17, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


def each(maps, function):
    """SciPy works on one plane at a time."""
    return torch.from_numpy(np.stack([[function(plane) for plane in picture.numpy()] for picture in maps]))


@pytest.mark.parametrize("sigma", [0.375, 1.0, 3.0])
@pytest.mark.parametrize("orders", [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_smoothing_and_slopes_are_those_of_scipy(maps, sigma, orders):
    expected = each(maps, lambda plane: ndimage.gaussian_filter(plane, sigma, order=orders, mode="nearest"))
    torch.testing.assert_close(smoothed(maps, sigma, orders), expected, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("orders", [(2, 0), (0, 2)])
def test_second_derivatives_are_those_of_scipy(maps, orders):
    expected = each(maps, lambda plane: ndimage.gaussian_filter(plane, 2.0, order=orders, mode="nearest"))
    # SciPy leaves the remainder that its sampled kernel has on a constant; it is below a thousandth here.
    torch.testing.assert_close(smoothed(maps, 2.0, orders), expected, rtol=0, atol=1e-3)


@pytest.mark.parametrize("sigma", [0.5, 0.8, 2.0])
def test_kernels_have_the_moments_of_their_order(sigma):
    smooth, slope, second = (gaussian_kernel(sigma, order) for order in (0, 1, 2))
    x = torch.arange(len(smooth), dtype=torch.float64) - len(smooth) // 2
    assert smooth.sum().item() == pytest.approx(1.0)
    assert slope.sum().item() == pytest.approx(0.0, abs=1e-12)
    assert second.sum().item() == pytest.approx(0.0, abs=1e-12)
    assert (slope * x).sum().item() == pytest.approx(1.0, rel=0.2 if sigma < 0.8 else 0.02)


def test_sobel_is_scipys_in_units_per_pixel(maps):
    down, along = sobel(maps)
    torch.testing.assert_close(down, each(maps, lambda plane: ndimage.sobel(plane, 0, mode="nearest") / 8))
    torch.testing.assert_close(along, each(maps, lambda plane: ndimage.sobel(plane, 1, mode="nearest") / 8))


def test_sobel_of_a_ramp_is_its_slope():
    rows = torch.arange(6.0)[:, None] * 3.0
    columns = torch.arange(7.0)[None] * -2.0
    down, along = sobel((rows + columns)[None, None])
    assert torch.allclose(down[..., 1:-1, 1:-1], torch.tensor(3.0))
    assert torch.allclose(along[..., 1:-1, 1:-1], torch.tensor(-2.0))


def test_smoothing_where_all_is_known_is_smoothing(maps):
    known = torch.ones(2, 1, 20, 17, dtype=torch.bool)
    torch.testing.assert_close(smoothed_where(maps, known, 1.5), smoothed(maps, 1.5))


def test_what_is_not_known_has_no_say(maps):
    known = torch.rand(2, 1, 20, 17, generator=torch.Generator().manual_seed(2)) > 0.4
    wild = torch.where(known, maps, torch.full_like(maps, torch.inf))
    assert smoothed_where(wild, known, 1.5).equal(smoothed_where(maps, known, 1.5))
    torch.testing.assert_close(
        smoothed_where(torch.full_like(maps, 7.0), known, 1.5), torch.full_like(maps, 7.0), rtol=1e-9, atol=0
    )


def test_far_from_anything_known_stands_the_mean_of_the_picture():
    maps = torch.zeros(1, 1, 1, 40)
    maps[..., 1] = 4.0
    known = torch.zeros(1, 1, 1, 40, dtype=torch.bool)
    known[..., :2] = True
    assert smoothed_where(maps, known, 1.0)[0, 0, 0, -1] == 2.0
    assert smoothed_where(maps, torch.zeros_like(known), 1.0).abs().max() == 0.0
