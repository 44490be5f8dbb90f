"""Scene classification: soft targets, pictures without a label and the metrics, by hand."""

import math

import pytest
import torch

from taskonomy_core.contract import Draws, Views
from taskonomy_tasks.scene_class import TASK


def example_of(*rows):
    shares = torch.tensor(rows)[:, None]
    return TASK.example(
        Views({"rgb": torch.full((len(rows), 1, 3, 4, 4), 0.5), "class_scene": shares}), Draws.of(0, range(len(rows)))
    )


KITCHEN = (0.0, 0.0, 1.0, 0.0, 0.0, 0.0)
UNKNOWN = (0.0,) * 6


def test_a_picture_without_shares_has_no_label():
    example = example_of(KITCHEN, UNKNOWN)
    assert example.scored.tolist() == [True, False]
    values = TASK.loss(torch.zeros(2, 6), example.target, example.scored)
    assert values[0].item() == pytest.approx(math.log(6))
    assert values[1].isnan()


def test_the_target_may_be_soft():
    example = example_of((0.5, 0.25, 0.25, 0.0, 0.0, 0.0))
    logits = torch.tensor([[math.log(2.0), 0.0, 0.0, 0.0, 0.0, 0.0]])  # shares 2/7 and five times 1/7
    found = TASK.loss(logits, example.target, example.scored).item()
    assert found == pytest.approx(0.5 * math.log(7 / 2) + 0.5 * math.log(7))


def test_top_1_and_top_2_by_hand():
    example = example_of(KITCHEN, KITCHEN, KITCHEN, KITCHEN, UNKNOWN)
    logits = torch.tensor([[0.0, 0.1, 0.2, 0.3, 0.4, 0.5]]).repeat(5, 1)
    logits[0, 2] = 1.0  # first
    logits[1, 2] = 0.45  # second
    logits[2, 2] = 0.35  # third
    figures = {}
    for make in TASK.metrics:
        metric = make()
        metric.update(logits, example.target, example.scored)
        figures[metric.name] = metric.compute()
    assert figures == {"top-1": 25.0, "top-2": 50.0}


def test_the_kinds_of_rooms_are_written_as_people_write_them():
    assert TASK.picture.names == ("bedroom", "living room", "kitchen", "bathroom", "office", "dining room")
    example = example_of(KITCHEN)
    drawn = TASK.picture(example.target, example.inputs)
    assert drawn[:, :, drawn.shape[3] :].min() < 0.2  # a name in black under the picture
