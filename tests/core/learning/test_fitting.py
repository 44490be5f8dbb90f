from __future__ import annotations

import pytest
import torch
from torch import nn

from taskonomy_core.learning.fitting import learning_rate, mean_loss
from taskonomy_core.learning.recipe import Schedule

COSINE = Schedule(epochs=1, batch=1, lr=1.0, schedule="cosine", weight_decay=0.0)


def test_the_papers_schedule_drops_once() -> None:
    paper = Schedule(epochs=1, batch=1, lr=1e-4, schedule="step", drop_after=80_000, weight_decay=0.0)
    assert learning_rate(paper, 79_999, 100_000) == 1e-4
    assert learning_rate(paper, 80_000, 100_000) == pytest.approx(1e-5)


def test_the_cosine_warms_up_and_falls_to_zero() -> None:
    rates = [learning_rate(COSINE, step, 100) for step in range(100)]
    assert rates[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0])
    assert rates[5] == 1.0
    assert rates[52] == pytest.approx(0.5, abs=0.01)
    assert rates[-1] < 0.001
    assert rates[5:] == sorted(rates[5:], reverse=True)


def test_the_mean_leaves_out_images_without_a_label() -> None:
    losses = torch.tensor([1.0, torch.nan, 3.0], requires_grad=True)
    mean = mean_loss(losses, torch.tensor([True, False, True]))
    mean.backward()
    assert mean.item() == 2.0
    assert losses.grad is not None
    assert losses.grad.tolist() == [0.5, 0.0, 0.5]


def test_a_batch_without_any_label_teaches_nothing() -> None:
    layer = nn.Linear(1, 1)
    losses = layer(torch.ones(2, 1))[:, 0] * torch.tensor([torch.nan, torch.nan])
    mean = mean_loss(losses, torch.tensor([False, False]))
    assert mean.item() == 0.0
