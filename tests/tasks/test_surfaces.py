"""Curvature, distance, occlusion edges, reshading: targets, metrics and pictures by hand, with numpy and with scipy."""

import math

import numpy as np
import pytest
import torch
from matplotlib import colormaps
from scipy import ndimage

from taskonomy_core.contract import Draws, Views
from taskonomy_tasks import curvature, depth_euclidean, depth_zbuffer, edges_occlusion, reshading

SIDE = 16
KNOWN = torch.rand(3, 1, 1, SIDE, SIDE, generator=torch.Generator().manual_seed(0)) > 0.2


def example_of(task, known=KNOWN, **modalities):
    shape = (*known.shape[:2], 3, *known.shape[-2:])
    views = Views({"rgb": torch.full(shape, 0.5), "mask_valid": known, **modalities})
    return task.example(views, Draws.of(0, list(range(len(known)))))


def noise(channels, seed):
    return torch.randn(3, 1, channels, SIDE, SIDE, generator=torch.Generator().manual_seed(seed))


def metrics_of(task, prediction, example):
    found = {}
    for make in task.metrics:
        metric = make()
        metric.update(prediction, example.target, example.scored)
        found[metric.name] = metric.compute()
    return found


def scored(values, example):
    """What is scored, as one row of float64."""
    return values[example.scored.expand_as(values)].double().numpy()


def root_mean_square(gaps):
    return math.sqrt(np.mean(gaps**2))


@pytest.mark.parametrize("module", [curvature, depth_euclidean, edges_occlusion, reshading])
def test_what_has_no_depth_is_not_scored(module):
    name, channels = module.EXAMPLE.modality, module.TASK.output.channels
    example = example_of(module.TASK, **{name: noise(channels, 1).abs()})
    assert torch.equal(example.scored, KNOWN[:, 0])
    wild = example.target.where(example.scored, 1e6)
    assert module.TASK.loss(wild, example.target, example.scored).tolist() == [0.0, 0.0, 0.0]


def test_curvatures_by_hand():
    radii = torch.tensor([[math.inf, math.inf], [1 / 3, math.inf], [1 / 3, 1 / 3], [-1.0, 0.03], [-1e-9, 1e-9]])
    found = curvature.bounded(1.0 / radii)  # plane, cylinder, sphere, saddle, needle
    expected = [[0.0, 0.0], [0.5, 0.0], [0.5, 0.5], [-0.25, 100 / 109], [-1.0, 1.0]]
    torch.testing.assert_close(found, torch.tensor(expected))


def test_the_scale_of_curvature_tells_all_radii_apart():
    bends = torch.linspace(-400.0, 400.0, 4001)
    shown = curvature.bounded(bends)
    assert (shown.diff() > 0).all()
    assert shown.abs().max() < 1.0
    undone = shown.double() * 3.0 / (1.0 - shown.double().abs())
    torch.testing.assert_close(undone, bends.double(), rtol=1e-3, atol=1e-4)


def test_the_loss_of_curvature_is_the_mean_square_of_both_channels():
    example = example_of(curvature.TASK, principal_curvature=noise(2, 1) * 5.0)
    prediction = 0.3 * noise(2, 2)[:, 0]
    values = curvature.TASK.loss(prediction, example.target, example.scored)
    for image, value in enumerate(values.tolist()):
        gap = (prediction - example.target)[image][:, KNOWN[image, 0, 0]].double().numpy()
        assert value == pytest.approx((gap**2).mean(), rel=1e-5)


def test_flat_begins_at_a_radius_of_a_metre():
    stronger = torch.tensor([-3.0, -1.01, -0.99, 0.0, 0.99, 1.01, 40.0])
    pair = torch.stack((stronger, torch.full_like(stronger, 9.0)))[None, :, None]  # the weaker has no say
    shown = curvature.bounded(pair)
    for found in curvature.forms(shown, shown, torch.tensor([True])):
        assert found.tolist() == [0, 0, 1, 1, 1, 2, 2]


def test_the_metrics_of_curvature():
    example = example_of(curvature.TASK, principal_curvature=noise(2, 1) * 2.0)
    prediction = (example.target + 0.3 * noise(2, 2)[:, 0]).clamp(-1.0, 1.0)
    truth, guess = (
        np.digitize(scored(values[:, :1], example), [-0.25, 0.25]) for values in (example.target, prediction)
    )
    overlaps = [
        ((truth == form) & (guess == form)).sum() / ((truth == form) | (guess == form)).sum() for form in range(3)
    ]
    found = metrics_of(curvature.TASK, prediction, example)
    assert found["mIoU of concave, flat, convex"] == pytest.approx(100 * np.mean(overlaps))
    assert found["RMSE"] == pytest.approx(root_mean_square(scored(prediction - example.target, example)), rel=1e-5)


def test_a_bent_surface_is_drawn_red_or_blue():
    inputs = torch.zeros(1, 1, 3, 1, 4)
    shown = torch.tensor([[0.0, 0.5, -0.5, 1.0], [0.0, 0.5, -0.5, -1.0]]).reshape(1, 2, 1, 4)
    flat, convex, concave, saddle = curvature.TASK.picture(shown, inputs)[0, :, 0].T.tolist()
    table = colormaps["RdBu_r"]
    assert flat == pytest.approx(table(128)[:3])
    assert (convex, concave) == (pytest.approx(table(255)[:3]), pytest.approx(table(0)[:3]))
    assert saddle == flat  # what bends both ways alike has no mean curvature
    assert min(flat) > 0.95
    assert convex[0] > 2 * convex[2]
    assert concave[2] > 2 * concave[0]


def test_distance_is_along_the_ray():
    # A wall 2 m from the camera's plane, seen straight on and 45 degrees aside.
    known = torch.ones(1, 1, 1, 1, 2, dtype=torch.bool)
    depth, distance = torch.full((1, 1, 1, 1, 2), 2.0), 2.0 * torch.tensor([1.0, math.sqrt(2.0)]).reshape(1, 1, 1, 1, 2)
    to_plane = example_of(depth_zbuffer.TASK, known, depth_zbuffer=depth).target.flatten()
    to_eye = example_of(depth_euclidean.TASK, known, depth_euclidean=distance).target.flatten()
    assert to_eye.tolist() == pytest.approx([math.log(1 + 512 * metres, 65536) for metres in (2.0, 8**0.5)])
    assert to_plane.tolist() == pytest.approx([to_eye[0].item()] * 2)


def test_the_metrics_of_distance():
    metres = 3.0 * noise(1, 1).mul(0.4).exp()
    example = example_of(depth_euclidean.TASK, depth_euclidean=metres)
    guess = (metres * noise(1, 2).mul(0.3).exp())[:, 0]
    found = metrics_of(depth_euclidean.TASK, torch.log1p(512.0 * guess) / math.log(65536.0), example)
    truth, guess = scored(metres[:, 0], example), scored(guess, example)
    assert found["absRel"] == pytest.approx(np.mean(np.abs(guess - truth) / truth), rel=1e-3)
    assert found["RMSE"] == pytest.approx(root_mean_square(guess - truth), rel=1e-3)
    assert found["delta < 1.25"] == pytest.approx(100 * np.mean(np.maximum(truth / guess, guess / truth) < 1.25))


def strongest(near, far, side, sigma):
    """The steepest slope of sqrt(depth), smoothed, across a step of depth; by scipy."""
    depth = np.full((side, side), near)
    depth[:, side // 2 :] = far
    roots = ndimage.gaussian_filter(np.sqrt(depth), sigma)
    return torch.tensor(ndimage.sobel(roots, axis=1).max() / 8.0).float()  # scipy's kernel sums to 8


@pytest.mark.parametrize(
    ("near", "far", "side", "sigma", "edge", "clipped"),
    [
        (2.0, 2.05, 256, 1.5, False, False),
        (2.0, 2.1, 256, 1.5, True, False),
        (2.0, 2.5, 256, 1.5, True, False),
        (2.0, 2.7, 256, 1.5, True, True),
        (2.0, 2.1, 64, 0.5, False, False),
        (2.0, 2.2, 64, 0.5, True, False),
        (2.0, 4.0, 64, 0.5, True, True),
    ],
)
def test_steps_of_depth_on_the_scale_of_occlusion_edges(near, far, side, sigma, edge, clipped):
    slope = strongest(near, far, side, sigma)
    shown = edges_occlusion.occlusion_scale(slope.expand(1, 1, side, side)).unique().item()
    assert (shown > edges_occlusion.EDGE) == edge
    assert (shown == 1.0) == clipped


def test_occlusion_edges_are_as_much_steeper_as_the_picture_is_smaller():
    for side, top in ((256, 0.05), (128, 0.1), (64, 0.2)):
        ramp = torch.tensor([0.0, 0.25, 0.5, 1.0, 3.0]).repeat_interleave(side)[:, None].expand(-1, side)
        shown = edges_occlusion.occlusion_scale(ramp[None, None] * top)[0, 0, ::side, 0]
        torch.testing.assert_close(shown, torch.tensor([-1.0, -0.5, 0.0, 1.0, 1.0]))


def test_the_metrics_of_occlusion_edges():
    example = example_of(edges_occlusion.TASK, edge_occlusion=noise(1, 1).abs() * 0.3)
    prediction = (example.target + 0.4 * noise(1, 2)[:, 0]).clamp(-1.0, 1.0)
    truth, guess = scored(example.target, example), scored(prediction, example)
    hits = ((truth > -0.7) & (guess > -0.7)).sum()
    found = metrics_of(edges_occlusion.TASK, prediction, example)
    assert found["F-score at -0.7"] == pytest.approx(100 * 2 * hits / ((truth > -0.7).sum() + (guess > -0.7).sum()))
    assert found["L1"] == pytest.approx(np.abs(truth - guess).mean(), rel=1e-5)


def test_brightness_fills_the_signed_scale():
    light = torch.tensor([0.0, 0.25, 0.5, 1.0]).reshape(1, 1, 1, 1, 4)
    example = example_of(reshading.TASK, torch.ones(1, 1, 1, 1, 4, dtype=torch.bool), reshading=light)
    assert example.target.flatten().tolist() == [-1.0, -0.5, 0.0, 1.0]
    grey = reshading.TASK.picture(example.target, example.inputs)
    assert grey[0, :, 0].tolist() == [[0.0, 0.25, 0.5, 1.0]] * 3


def test_the_errors_of_reshading_are_of_brightness():
    light = noise(1, 1).sigmoid()
    example = example_of(reshading.TASK, reshading=light)
    guess = (light + 0.1 * noise(1, 2))[:, 0]
    truth, said = scored(light[:, 0], example), scored(guess, example)
    found = metrics_of(reshading.TASK, guess * 2.0 - 1.0, example)
    assert found["L1"] == pytest.approx(np.abs(truth - said).mean(), rel=1e-4)
    assert found["RMSE"] == pytest.approx(root_mean_square(said - truth), rel=1e-4)
