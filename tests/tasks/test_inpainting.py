"""In-painting: where the hole is, and what counts as its error."""

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio

from taskonomy_core.contract import Draws, Views
from taskonomy_tasks.inpainting import HOLE_ERROR, TASK, hole


def figures(prediction, target, mask):
    found = {}
    for make in TASK.metrics:
        metric = make()
        metric.update(prediction, target, mask)
        found[metric.name] = metric.compute()
    return found


@pytest.mark.parametrize(("side", "first", "last"), [(8, 2, 5), (64, 16, 47), (256, 64, 191)])
def test_the_middle_half_of_both_sides_is_missing(side, first, last):
    views = Views({"rgb": torch.full((2, 1, 3, side, side), 0.75)})
    example = TASK.example(views, Draws.of(0, [0, 1]))
    rows, columns = np.nonzero(example.inputs[1, 0, 2].numpy() == 0.0)
    assert (rows.min(), rows.max(), columns.min(), columns.max()) == (first, last, first, last)
    assert len(rows) == (side // 2) ** 2
    assert example.inputs.unique().tolist() == [0.0, 0.5]  # mid grey, and 0.75 on the signed scale
    assert example.target.unique().tolist() == [0.5]
    assert views["rgb"].unique().tolist() == [0.75]  # the data are left as they are


def test_a_hole_is_not_always_a_square():
    assert hole(torch.zeros(1, 3, 8, 16)).shape == (1, 3, 4, 8)


def test_the_whole_picture_is_scored_and_the_hole_once_more():
    target = torch.zeros(1, 3, 8, 8)
    prediction = target.clone()
    hole(prediction).fill_(0.4)
    everything = torch.tensor([True])
    assert TASK.loss(prediction, target, everything).item() == pytest.approx(0.1)  # a quarter of the pixels
    found = figures(prediction, target, everything)
    assert found["L1"] == pytest.approx(0.05)  # on the [0, 1] scale
    assert found["L1 in the hole"] == pytest.approx(0.2)
    assert found["PSNR"] == pytest.approx(peak_signal_noise_ratio(target.numpy(), prediction.numpy(), data_range=2.0))


def test_what_surrounds_the_hole_is_no_error_of_it():
    target = torch.zeros(2, 3, 8, 8)
    prediction = torch.ones(2, 3, 8, 8)
    hole(prediction)[0] = 0.0
    metric = HOLE_ERROR()
    metric.update(prediction, target, torch.tensor([True, False]))  # the second image is not scored
    assert metric.compute() == 0.0
    metric.update(prediction, target, torch.tensor([False, True]))
    assert metric.compute() == pytest.approx(0.25)  # 0 and 0.5, averaged


def test_it_is_a_source_alone():
    assert (TASK.source, TASK.target, TASK.alters_inputs) == (True, False, True)
