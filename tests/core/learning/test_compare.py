"""What is shown of a network is what it was scored on."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch
from torch import Tensor

from taskonomy_core.errors import JobError
from taskonomy_core.learning.compare import compare
from taskonomy_core.learning.outcome import Outcome

if TYPE_CHECKING:
    from tests.core.learning.conftest import Bench

SOURCES = ("average", "untrained")


def drawn(shown: Tensor, inputs: Tensor) -> Tensor:
    """A picture that holds the numbers themselves: the bytes of float32."""
    numbers = shown.detach().flatten(1).contiguous().numpy().view(np.uint8).reshape(len(shown), 1, 1, -1)
    return torch.from_numpy(numbers.copy()).float().expand(-1, 3, -1, -1) / 255


def numbers(pictures: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.ascontiguousarray(pictures[:, 0, :, 0]).view(np.float32)
    return found


@pytest.mark.parametrize("task", ["depth", "noisy", "average", "pair"])
def test_every_network_is_the_one_whose_losses_are_stored(bench: Bench, task: str) -> None:
    plain = bench.with_networks(*{task, *SOURCES})
    own, scratch = plain.network(task), plain.scratch(task)
    (transfer,) = plain.transfers(task, [SOURCES])
    assert isinstance(transfer, Outcome)
    trainer = bench.trainer({name: replace(card, picture=drawn) for name, card in plain._tasks.items()})
    ids = own.image_ids[[7, 0, 3]]
    makers = [
        partial(trainer.finished_network, task),
        partial(trainer.finished_transfer, task, SOURCES, transfer.state),
        partial(trainer.finished_scratch, task, scratch.state),
    ]
    found = compare(trainer, task, ids, makers)
    target = numbers(found.target)
    for said, outcome in zip(found.said, (own, transfer, scratch), strict=True):
        stored = dict(zip(outcome.image_ids.tolist(), outcome.losses.tolist(), strict=True))
        losses = np.abs(numbers(said) - target).mean(1)
        expected = np.array([stored[each] for each in ids.tolist()])
        # Batches of another size change the last bits; features are rounded to 16 bits after that.
        known = ~np.isnan(expected)
        np.testing.assert_allclose(losses[known], expected[known], rtol=2e-3)
    assert len({numbers(said).tobytes() for said in found.said}) == 3
    assert found.title == task


def test_the_inputs_are_what_the_encoder_sees(bench: Bench) -> None:
    trainer = bench.trainer()
    ids = trainer.deck("pair", "test").ids[:2]
    found = compare(trainer, "pair", ids, [])
    views = trainer.deck("pair", "test").take(torch.arange(2)).example.inputs
    expected = ((views[:, 0] / 2 + 0.5) * 255).round().permute(0, 2, 3, 1).numpy()
    np.testing.assert_array_equal(found.inputs[:, :, :16], expected)
    assert found.inputs.shape == (2, 16, 33, 3)
    assert found.said == ()


def test_code_that_raises_is_named(bench: Bench) -> None:
    plain = bench.trainer()
    broken = replace(plain.task("depth"), picture=lambda shown, inputs: 1 / 0)
    trainer = bench.trainer({"depth": broken})
    with pytest.raises(JobError, match="Task 'depth' raised in its picture: ZeroDivisionError"):
        compare(trainer, "depth", trainer.deck("depth", "test").ids[:1], [])
