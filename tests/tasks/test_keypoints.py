"""Both keypoint tasks: scales, mask, metrics and picture by hand; what the scales keep of rendered rooms."""

import matplotlib
import pytest
import torch
from scipy.stats import spearmanr

from taskonomy_core.blocks import spread
from taskonomy_core.contract import Draws, Views
from taskonomy_plugins.rooms.config import RoomsConfig
from taskonomy_plugins.rooms.labels import computed_labels
from taskonomy_plugins.rooms.render import render_scenes
from taskonomy_tasks.keypoints_2d import TASK as KEYPOINTS_2D
from taskonomy_tasks.keypoints_3d import TASK as KEYPOINTS_3D


def example_of(task, values, known=True):
    response = torch.tensor(values).reshape(1, 1, 1, 2, -1)
    views = {"rgb": torch.rand(1, 1, 3, *response.shape[-2:]), task.needs[0]: response}
    mask = torch.as_tensor(known).expand(response.numel()).reshape(response.shape)
    return task.example(Views({**views, "mask_valid": mask}), Draws.of(0, [0]))


def test_the_2d_response_is_linear_up_to_the_papers_top_and_scored_everywhere():
    example = example_of(KEYPOINTS_2D, [0.0, 0.00125, 0.0025, 0.00375, 0.005, 0.03], known=False)
    torch.testing.assert_close(example.target.flatten(), torch.tensor([-1.0, -0.5, 0.0, 0.5, 1.0, 1.0]))
    assert example.scored.all()


def test_the_3d_response_enters_by_its_root_and_is_scored_where_there_is_a_surface():
    known = [True, True, True, False, True, True]
    example = example_of(KEYPOINTS_3D, [0.0, 0.18 / 16, 0.18 / 4, 0.18 / 4, 0.18, 1.0], known)
    torch.testing.assert_close(example.target.flatten(), torch.tensor([-1.0, -0.5, 0.0, 0.0, 1.0, 1.0]))
    assert example.scored.flatten().tolist() == known
    # Errors 1, 0.5, 0, -, 0, 1 against the map that says 0 but where it is right.
    guess = torch.tensor([0.0, 0.0, 0.0, 9.0, 1.0, 0.0]).reshape(1, 1, 2, 3)
    assert KEYPOINTS_3D.loss(guess, example.target, example.scored).item() == pytest.approx(2.5 / 5)


def test_strong_responses_are_counted_from_a_quarter_of_the_top():
    example = example_of(KEYPOINTS_2D, [0.0, 0.001, 0.0015, 0.004, 0.004, 0.004])
    guess = torch.tensor([-0.9, 0.2, -0.9, -0.4, 0.0, 1.0]).reshape(1, 1, 2, 3)  # 3 hits, 1 false alarm, 1 miss
    error, score = (make() for make in KEYPOINTS_2D.metrics)
    for metric in (error, score):
        metric.update(guess, example.target, example.scored)
    assert error.compute() == pytest.approx((0.1 + 0.8 + 0.5 + 1.0 + 0.6 + 0.4) / 6)
    assert score.compute() == pytest.approx(100 * 2 * 3 / (2 * 3 + 1 + 1))
    assert score.higher_is_better


@pytest.mark.parametrize("task", [KEYPOINTS_2D, KEYPOINTS_3D], ids=["2d", "3d"])
def test_the_picture_runs_from_black_to_the_brightest_of_the_colour_map(task):
    shown = torch.tensor([-7.0, -1.0, 0.0, 1.0]).reshape(1, 1, 2, 2)
    drawn = task.picture(shown, torch.zeros(1, 1, 3, 2, 2))[0].flatten(1).T
    expected = matplotlib.colormaps["inferno"]([0, 0, 128, 255])[:, :3]
    torch.testing.assert_close(drawn, torch.as_tensor(expected, dtype=torch.float32))


@pytest.fixture(scope="module")
def rooms():
    rendered = render_scenes(RoomsConfig(image=64, seed=3), range(8))
    return {**rendered, **computed_labels(rendered)}


@pytest.mark.parametrize("task", [KEYPOINTS_2D, KEYPOINTS_3D], ids=["2d", "3d"])
def test_the_scale_fits_the_rooms_and_keeps_their_order(task, rooms):
    views = Views({name: rooms[name][:, None] for name in ("rgb", *task.needs)})
    example = task.example(views, Draws.of(0, range(32)))
    scored = spread(example.scored, 4).expand_as(example.target)
    target, response = example.target[scored], rooms[task.needs[0]][scored]
    assert 0.003 < (target == 1.0).float().mean() < 0.03  # about the top one in a hundred is clipped
    assert 0.05 < (target > -0.5).float().mean() < 0.35  # strong ones are neither all nor none
    assert spearmanr(target.numpy(), response.numpy()).statistic > 0.999
