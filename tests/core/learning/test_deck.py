from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from taskonomy_core.errors import JobError
from taskonomy_core.learning.deck import Deck, group_ids

if TYPE_CHECKING:
    from tests.core.learning.conftest import Bench


def deck(bench: Bench, task: str, split: str = "train", count: int = 24) -> Deck:
    trainer = bench.trainer()
    return Deck(trainer._tasks[task], trainer._data, split, count, 0, torch.device("cpu"))


def test_an_epoch_shows_every_example_once_and_the_next_in_another_order(bench: Bench) -> None:
    seen = [batch.positions.tolist() for batch in deck(bench, "depth").shuffled(2, 8, fresh=True)]
    first, second = [*seen[0], *seen[1], *seen[2]], [*seen[3], *seen[4], *seen[5]]
    assert sorted(first) == sorted(second) == list(range(24))
    assert first != second
    assert deck(bench, "depth").steps(2, 8) == len(seen)


def test_noise_is_fixed_for_features_and_fresh_for_networks(bench: Bench) -> None:
    noisy = deck(bench, "noisy")
    at = torch.tensor([3, 5])
    fixed, again, fresh = noisy.take(at), noisy.take(at), noisy.take(at, epoch=4)
    assert torch.equal(fixed.example.inputs, again.example.inputs)
    assert not torch.equal(fixed.example.inputs, fresh.example.inputs)
    assert torch.equal(fixed.example.inputs[:1], noisy.take(at[:1]).example.inputs)


def test_the_deck_reads_groups_of_views(bench: Bench) -> None:
    pairs = deck(bench, "pair", count=5)
    assert pairs.take(torch.arange(5)).example.inputs.shape == (5, 2, 3, 16, 16)
    assert len(set(pairs.ids.tolist())) == 5


def test_group_ids_depend_on_order_and_not_on_the_company() -> None:
    ids = np.array([[1, 2], [2, 1], [1, 2]])
    hashed = group_ids(ids)
    assert hashed[0] == hashed[2] != hashed[1]
    assert hashed[1] == group_ids(ids[1:2])[0]
    assert group_ids(np.array([[7], [9]])).tolist() == [7, 9]
    assert (hashed > 0).all()


def test_too_few_examples_are_refused_in_a_sentence(bench: Bench) -> None:
    with pytest.raises(JobError, match=r"'train' has 1 examples for task 'depth', too few") as caught:
        deck(bench, "depth", count=1)
    assert caught.value.hint == "Raise recipe.train_images in registry.toml."
