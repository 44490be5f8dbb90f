"""Vanishing points worked out by hand."""

import math

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from taskonomy_tasks._directions import angle_between
from taskonomy_tasks._scores import ZScores
from taskonomy_tasks.vanishing_points import COLOURS, SCALE, TASK, angle, directions

INPUTS = torch.zeros(1, 1, 3, 40, 40)


def shown(*vectors: tuple[float, float, float]) -> torch.Tensor:
    return SCALE.score(torch.tensor(vectors).reshape(1, 9))


LEVEL = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


def test_scores_are_distances_from_the_mean_in_deviations():
    scale = ZScores(mean=(1.0, 10.0), std=(2.0, 5.0))
    assert scale.score(torch.tensor([[5.0, 10.0]])).tolist() == [[2.0, 0.0]]
    assert scale.values(torch.tensor([[2.0, -1.0]])).tolist() == [[5.0, 5.0]]


def test_the_target_holds_the_stored_directions(make_views, draws):
    views = make_views()
    example = TASK.example(views, draws)
    torch.testing.assert_close(directions(example.target).flatten(1), views.only("vanishing_points"))
    assert example.labelled.all()


def test_angles_agree_with_scipy_whatever_the_length():
    generator = torch.Generator().manual_seed(0)
    first = torch.randn(50, 3, generator=generator)
    turns = Rotation.random(50, random_state=0)
    second = torch.from_numpy(turns.apply(first.numpy())).float()
    cosine = (first.double() * second).sum(1) / (first.double().norm(dim=1) * second.double().norm(dim=1))
    expected = np.degrees(np.arccos(cosine.numpy()))
    np.testing.assert_allclose(angle_between(3.0 * first, 0.1 * second), expected, rtol=1e-3)
    assert angle_between(torch.zeros(3), torch.ones(3)).item() == 90.0


def test_a_camera_turned_aside_errs_by_its_turn_in_two_directions():
    c, s = math.cos(math.radians(20.0)), math.sin(math.radians(20.0))
    guess = shown((c, 0.0, -s), (0.0, 2.0, 0.0), (s, 0.0, c))
    mask = torch.tensor([True])
    torch.testing.assert_close(angle(guess, shown(*LEVEL), mask), torch.tensor([20.0, 0.0, 20.0]), atol=1e-3, rtol=0)
    figures = {}
    for make in TASK.metrics:
        metric = make()
        metric.update(guess, shown(*LEVEL), mask)
        figures[metric.name] = metric.compute()
    assert figures["mean angle"] == pytest.approx(40 / 3, abs=1e-3)
    assert figures["within 10 degrees"] == pytest.approx(100 / 3, abs=1e-3)


def test_arrows_go_to_the_right_up_and_towards_the_viewer():
    """Seen from 30 degrees above, what comes towards the viewer goes down the page by half its length."""
    c, s = math.cos(math.radians(30.0)), 0.5
    drawn = TASK.picture(shown(LEVEL[0], (0.0, c, s), (0.0, -s, c)), INPUTS)[0]
    side = drawn.shape[-1]

    def colour(x: float, y: float) -> str:
        row, column = (round((1 + way) / 2 * side - 0.5) for way in (-y, x))
        return "#" + "".join(f"{round(255 * part):02x}" for part in drawn[:, row, column].tolist())

    right, up, towards = COLOURS
    assert colour(0.5, 0.0) == right
    assert colour(0.0, 0.5) == up
    assert colour(0.0, -0.3) == towards
    for place in ((-0.3, 0.0), (0.0, 0.8), (0.0, -0.5), (0.9, 0.0)):
        assert colour(*place) == "#808080"


def test_any_prediction_can_be_drawn():
    wild = torch.stack([torch.full((9,), value) for value in (torch.nan, torch.inf, -1e30)])
    assert TASK.picture(wild, INPUTS.expand(3, -1, -1, -1, -1)).shape == (3, 3, 160, 160)
