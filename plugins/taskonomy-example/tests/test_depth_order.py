"""The task depth_order keeps the contract, and its target, loss and metric are what it says."""

import math

import pytest
import torch

from taskonomy_core.contract import CheckBench, Draws, Task, Views, parametrize_with_checks
from taskonomy_example.depth_order import PAIRS, TASK, nearer, ranking_loss

SIDE = 32
EVERYWHERE = torch.ones(1, 1, SIDE, SIDE, dtype=torch.bool)
# From the left edge, 1 m away, to the right edge, 4 m away.
SLOPE = torch.linspace(1.0, 4.0, SIDE).expand(1, 1, SIDE, SIDE)
LEFT, RIGHT = torch.tensor([[[3, 2]]]), torch.tensor([[[9, 29]]])


def smooth_noise(channels: int, count: int) -> torch.Tensor:
    """Maps in [0, 1] that differ in more than detail: [count, 1, channels, 32, 32]."""
    noise = torch.rand(count, channels, 4, 4, generator=torch.Generator().manual_seed(channels))
    return torch.nn.functional.interpolate(noise, size=SIDE, mode="bilinear")[:, None]


def made_up(task: Task, count: int) -> Views:
    """What a data source would give for `count` examples; the last has no depth anywhere."""
    depth = smooth_noise(1, count) * 8.0
    known = depth > 1.0
    known[-1] = False
    return Views({"rgb": smooth_noise(3, count), "depth_zbuffer": depth, "mask_valid": known})


@parametrize_with_checks([TASK], CheckBench(made_up))
def test_contract(task, check):
    check(task)


def test_who_is_nearer():
    assert nearer(SLOPE, EVERYWHERE, LEFT, RIGHT).tolist() == [[1]]
    assert nearer(SLOPE, EVERYWHERE, RIGHT, LEFT).tolist() == [[-1]]


@pytest.mark.parametrize(("ratio", "order"), [(1.04, 0), (1.06, 1), (1 / 1.06, -1)])
def test_depths_that_are_alike_have_no_order(ratio, order):
    depth = torch.full((1, 1, SIDE, SIDE), 2.0)
    depth[..., SIDE // 2 :] *= ratio
    assert nearer(depth, EVERYWHERE, LEFT, RIGHT).tolist() == [[order]]


def test_points_without_a_surface_have_no_order():
    known = EVERYWHERE.clone()
    known[..., 9, 29] = False
    assert nearer(SLOPE, known, LEFT, RIGHT).tolist() == [[0]]


def test_half_of_the_pairs_mirror_each_other():
    target = TASK.example(made_up(TASK, 3), Draws.of(0, [1, 2, 3])).target
    row, column, other_row, other_column, _ = target.unbind(2)
    mirrored = (row == other_row) & (column + other_column == SIDE - 1)
    assert mirrored[:, : PAIRS // 2].all()
    assert not mirrored[:, PAIRS // 2 :].all(1).any()
    assert (target[1, :, :4] != target[0, :, :4]).any()


def test_the_last_image_has_nothing_to_score():
    assert TASK.example(made_up(TASK, 3), Draws.of(0, [1, 2, 3])).mask.tolist() == [True, True, False]


def test_loss_and_metric_by_hand():
    prediction = torch.zeros(1, 1, SIDE, SIDE)
    prediction[..., 3, 2] = 1.5
    target = torch.tensor([[[3, 2, 9, 29, 1], [3, 2, 9, 29, -1], [3, 2, 9, 29, 0]]])
    mask = torch.tensor([True])
    expected = (math.log1p(math.exp(-1.5)) + math.log1p(math.exp(1.5))) / 2
    assert ranking_loss(prediction, target, mask).tolist() == pytest.approx([expected])
    assert ranking_loss(prediction * 0, target, mask).tolist() == pytest.approx([math.log(2)])
    metric = TASK.metrics[0]()
    metric.update(prediction, target, mask)
    assert metric.compute() == 50.0


def test_pictures():
    inputs = torch.zeros(1, 1, 3, SIDE, SIDE)
    ranks = TASK.picture(-SLOPE, inputs)
    assert ranks[0, :, 0, 0].sum() > ranks[0, :, 0, -1].sum()  # near is bright
    pair = torch.tensor([[3, 2, 9, 29, 1]]).repeat(PAIRS, 1)[None]
    arrows = TASK.picture(pair, inputs)
    assert not torch.equal(arrows, TASK.picture(pair * torch.tensor([1, 1, 1, 1, 0]), inputs))
    # The head, the widest part, is at the nearer point, to the left.
    red = (arrows[0, 0] > 0.9).float().sum(0)
    assert red[: len(red) // 2].sum() > red[len(red) // 2 :].sum()
