"""The layout's box against SciPy's rotations and boxes worked out by hand."""

import math

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from taskonomy_tasks.room_layout import (
    COLOURS,
    SCALE,
    TASK,
    angle_error,
    boxes,
    centre_error,
    overlap,
    size_error,
)

FLOOR, CEILING, UPRIGHT = COLOURS[0], COLOURS[4], COLOURS[8]
YES = torch.tensor([True])
# A camera in the middle of a room 4 m wide, 2 m high and 4 m deep, level, square to the wall.
MIDDLE = (0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 4.0, 2.0, 4.0)


def box(*numbers: float) -> torch.Tensor:
    return SCALE.score(torch.tensor([numbers]))


def test_the_target_holds_the_stored_box(make_views, draws):
    views = make_views()
    example = TASK.example(views, draws)
    stored = views.only("room_layout")
    found = boxes(example.target)
    torch.testing.assert_close(torch.cat((found.centre, found.angles, found.size), 1), stored)
    assert example.labelled.all()


def test_corners_agree_with_scipy():
    generator = torch.Generator().manual_seed(0)
    numbers = torch.rand(20, 9, generator=generator) + torch.tensor([0.0] * 6 + [3.0, 2.0, 3.0])
    corners = torch.cartesian_prod(*[torch.tensor([-0.5, 0.5])] * 3)
    ours = boxes(SCALE.score(numbers))
    centre, angles, size = numbers.double().numpy().reshape(20, 3, 3).transpose(1, 0, 2)
    for i in range(20):
        turn = Rotation.from_euler("xyz", angles[i])
        np.testing.assert_allclose(
            ours.out(corners)[i], turn.apply(corners.numpy() * size[i]) + centre[i], rtol=1e-4, atol=1e-4
        )
    assert ours.holds(ours.out(0.99 * corners)).all()
    assert not ours.holds(ours.out(1.01 * corners)).any()


def test_errors_by_hand():
    truth = box(*MIDDLE)
    guess = box(0.0, 3.0, 4.0, 0.0, math.radians(30.0), 0.0, 5.0, 2.0, 3.0)
    assert centre_error(guess, truth, YES).item() == pytest.approx(5.0, abs=1e-4)
    assert angle_error(guess, truth, YES).item() == pytest.approx(30.0, abs=1e-3)
    torch.testing.assert_close(size_error(guess, truth, YES), torch.tensor([0.25, 0.0, 0.25]), atol=1e-5, rtol=0)


@pytest.mark.parametrize(
    ("guess", "expected"),
    [
        (MIDDLE, 1.0),
        ((2.0, *MIDDLE[1:]), 1 / 3),  # half a side apart
        ((4.5, *MIDDLE[1:]), 0.0),  # beside each other
        ((*MIDDLE[:6], 4.0, 1.0, 4.0), 0.5),  # half as high
        ((*MIDDLE[:4], math.pi / 4, *MIDDLE[5:]), 2**-0.5),  # two squares at 45 degrees share a regular octagon
        ((*MIDDLE[:6], -4.0, 2.0, 4.0), 0.0),  # no box at all
    ],
)
def test_overlap_by_hand(guess, expected):
    assert overlap(box(*guess), box(*MIDDLE), YES).item() == pytest.approx(expected, abs=0.03)


def test_the_drawing_shows_the_edges_where_a_camera_sees_them():
    """The far wall, 2 m ahead, reaches 1 m up and down: 1 / (2 tan 31 degrees) = 0.83 of half the picture."""
    drawn = TASK.picture(box(*MIDDLE), torch.zeros(1, 1, 3, 40, 40))[0]
    side = drawn.shape[-1]

    def colour(x: float, y: float) -> str:
        row, column = (round((1 + way) / 2 * side - 0.5) for way in (-y, x))
        return "#" + "".join(f"{round(255 * part):02x}" for part in drawn[:, row, column].tolist())

    edge = 1 / (2 * math.tan(math.radians(31.0)))
    for x in (-0.9, 0.0, 0.9):
        assert colour(x, -edge) == FLOOR
        assert colour(x, edge) == CEILING
        assert colour(x, 0.0) == "#808080"  # its uprights, 2 m aside, are out of sight
    # Turned by 45 degrees the camera looks into a corner, sqrt(8) m ahead.
    drawn = TASK.picture(box(*MIDDLE[:4], math.pi / 4, *MIDDLE[5:]), torch.zeros(1, 1, 3, 40, 40))[0]
    assert colour(0.0, 0.0) == UPRIGHT
    corner = 1 / (8**0.5 * math.tan(math.radians(31.0)))
    assert colour(0.0, corner + 0.1) == "#808080"
    assert colour(0.0, corner - 0.1) == UPRIGHT


def test_any_prediction_can_be_drawn():
    inputs = torch.zeros(4, 1, 3, 32, 32)
    wild = torch.stack([torch.full((9,), value) for value in (torch.nan, torch.inf, 1e6, -1e30)])
    assert TASK.picture(wild, inputs).shape == (4, 3, 160, 160)
