"""Depth, normals, 2D edges, object classes: targets and metrics by hand."""

import math

import pytest
import torch

from taskonomy_core.contract import Draws, Views
from taskonomy_tasks import depth_zbuffer, edges_texture, normals, object_class
from taskonomy_tasks._depth import log_depth, metres_of, ratio, relative_error
from taskonomy_tasks._maps import to_signed

ALL = torch.tensor([True])
RGB = torch.full((1, 1, 3, 2, 2), 0.25)


def metrics_of(task, prediction, target, mask=ALL):
    figures = {}
    for make in task.metrics:
        metric = make()
        metric.update(prediction, target, mask)
        figures[metric.name] = metric.compute()
    return figures


def test_maps_are_clipped_and_brought_to_the_signed_scale():
    assert to_signed(torch.tensor([0.0, 0.05, 0.1, 7.0]), 0.1).tolist() == [-1.0, 0.0, 1.0, 1.0]


def test_depth_in_the_papers_units():
    depth = torch.tensor([0.0, 1.0, 127.998046875])
    assert log_depth(depth).tolist() == pytest.approx([0.0, math.log(513) / math.log(65536), 1.0])
    torch.testing.assert_close(metres_of(log_depth(torch.tensor([0.3, 2.0, 9.0]))), torch.tensor([0.3, 2.0, 9.0]))


def test_depth_is_scored_where_there_is_a_surface():
    mask = torch.tensor([[True, False], [True, True]]).reshape(1, 1, 1, 2, 2)
    views = Views({"rgb": RGB, "depth_zbuffer": torch.full((1, 1, 1, 2, 2), 2.0), "mask_valid": mask})
    example = depth_zbuffer.TASK.example(views, Draws.of(0, [0]))
    assert torch.equal(example.scored, mask[:, 0])
    assert example.target.unique().item() == pytest.approx(math.log(1025) / math.log(65536))


def test_depth_errors_by_hand():
    prediction = log_depth(torch.tensor([[1.0, 2.0, 3.0]]))
    target = log_depth(torch.tensor([[1.0, 4.0, 2.0]]))
    torch.testing.assert_close(
        relative_error(prediction, target, ALL), torch.tensor([0.0, 0.5, 0.5]), atol=1e-4, rtol=0
    )
    torch.testing.assert_close(ratio(prediction, target, ALL), torch.tensor([1.0, 2.0, 1.5]), atol=1e-4, rtol=0)
    figures = metrics_of(depth_zbuffer.TASK, prediction, target)
    assert figures["absRel"] == pytest.approx(1 / 3, abs=1e-4)
    assert figures["RMSE"] == pytest.approx(math.sqrt((0 + 4 + 1) / 3), abs=1e-3)
    assert figures["delta < 1.25"] == pytest.approx(100 / 3)


def test_angles_by_hand():
    target = torch.tensor([0.0, 0.0, 1.0]).reshape(1, 3, 1, 1).expand(1, 3, 1, 4)
    tilt = [math.radians(angle) for angle in (0.0, 20.0, 90.0)]
    prediction = torch.tensor([[math.sin(a), 0.0, math.cos(a)] for a in tilt] + [[0.0, 0.0, 0.0]]).T.reshape(1, 3, 1, 4)
    found = normals.angle(prediction, target, ALL)
    torch.testing.assert_close(found, torch.tensor([0.0, 20.0, 90.0, 90.0]), atol=1e-4, rtol=0)
    torch.testing.assert_close(normals.angle(0.3 * prediction, target, ALL), found)  # the length does not matter
    figures = metrics_of(normals.TASK, prediction, target)
    assert figures["mean angle"] == pytest.approx(50.0, abs=1e-3)
    assert figures["median angle"] == pytest.approx(20.0, abs=0.01)
    assert figures["within 11.25 degrees"] == 25.0
    assert figures["within 22.5 degrees"] == 50.0
    assert figures["within 30 degrees"] == 50.0


def test_edges_of_small_pictures_may_be_steeper():
    at_256 = edges_texture.edge_scale(torch.full((1, 1, 256, 256), 0.04))
    at_32 = edges_texture.edge_scale(torch.full((1, 1, 32, 32), 0.04))
    torch.testing.assert_close(at_256.unique(), torch.tensor([0.0]), atol=1e-6, rtol=0)
    torch.testing.assert_close(at_32.unique(), torch.tensor([0.25 - 1.0]), atol=1e-6, rtol=0)  # 8^(2/3) = 4


def test_edges_are_counted_from_a_quarter_of_the_top():
    top = 0.08 * (256 / 2) ** (2 / 3)  # of a picture of side 2
    edges = torch.tensor([[0.0, 0.2], [0.3, 2.0]]).reshape(1, 1, 1, 2, 2) * top
    example = edges_texture.TASK.example(Views({"rgb": RGB, "edge_texture": edges}), Draws.of(0, [0]))
    torch.testing.assert_close(example.target.flatten(), torch.tensor([-1.0, -0.6, -0.4, 1.0]))
    name = f"F-score at {edges_texture.EDGE:g}"
    assert metrics_of(edges_texture.TASK, example.target, example.target)[name] == 100.0
    assert metrics_of(edges_texture.TASK, torch.ones(1, 1, 2, 2), example.target)[name] == pytest.approx(100 * 2 / 3)


def test_a_picture_without_furniture_has_no_object_class():
    shares = torch.zeros(2, 1, 16)
    shares[0, 0, 3] = 1.0
    views = Views({"rgb": RGB.expand(2, -1, -1, -1, -1), "class_object": shares})
    example = object_class.TASK.example(views, Draws.of(0, [0, 1]))
    assert example.scored.tolist() == [True, False]
    logits = torch.zeros(2, 16)
    logits[0, 3] = 5.0
    figures = metrics_of(object_class.TASK, logits, example.target, example.scored)
    assert figures == {"top-1": 100.0, "top-5": 100.0}
    assert object_class.TASK.loss(torch.zeros(2, 16), example.target, example.scored)[0].item() == pytest.approx(
        math.log(16)
    )
