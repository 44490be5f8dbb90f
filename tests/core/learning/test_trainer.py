from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from torch import Tensor

from taskonomy_core.errors import JobError

if TYPE_CHECKING:
    from tests.core.learning.conftest import Bench


def tasks_of(bench: Bench) -> dict[str, Any]:
    return dict(bench.trainer()._tasks)


def test_a_network_gives_one_loss_per_test_image_and_is_the_same_again(bench: Bench) -> None:
    first, second = bench.trainer().network("depth"), bench.trainer().network("depth")
    assert first.image_ids.tolist() == list(range(2000, 2010))
    assert np.isfinite(first.losses).all()
    np.testing.assert_array_equal(first.losses, second.losses)
    assert all(torch.equal(first.state[name], second.state[name]) for name in first.state)


def test_another_seed_gives_another_network(bench: Bench) -> None:
    assert not np.array_equal(bench.trainer().network("depth").losses, bench.trainer(seed=1).network("depth").losses)


def test_images_without_a_label_get_nan(bench: Bench) -> None:
    outcome = bench.trainer().network("average")
    labelled = [image.mean() > 0.5 for image in bench.trainer()._data.read("test", torch.arange(10), ("rgb",))["rgb"]]
    assert np.isnan(outcome.losses).tolist() == [not each for each in labelled]
    assert 0 < sum(labelled) < 10


def test_an_untrained_source_keeps_its_first_weights_and_has_no_column(bench: Bench) -> None:
    outcome = bench.trainer().network("untrained")
    assert len(outcome.losses) == len(outcome.image_ids) == 0
    assert all(name.startswith("encoding.") for name in outcome.state)


def test_a_task_that_is_no_target_is_scored_with_its_opponents(bench: Bench) -> None:
    trainer = bench.with_networks("untrained")
    tasks = tasks_of(bench) | {"depth": replace(tasks_of(bench)["depth"], target=False)}
    own, constant = bench.trainer(tasks).network("depth"), bench.trainer(tasks).constant("depth")
    (readout,) = bench.trainer(tasks).transfers("depth", [("untrained",)])
    assert not isinstance(readout, JobError)
    for outcome in (own, constant, readout):
        assert outcome.image_ids.tolist() == list(range(2000, 2010))
        assert np.isfinite(outcome.losses).all()
    np.testing.assert_array_equal(own.losses, trainer.network("depth").losses)


def test_a_transfer_is_the_same_alone_and_in_company(bench: Bench) -> None:
    trainer = bench.with_networks("depth", "noisy", "untrained")
    candidates = [("noisy",), ("untrained",), ("noisy", "untrained")]
    together = trainer.transfers("depth", candidates)
    alone = [trainer.transfers("depth", [one])[0] for one in candidates]
    for one, other in zip(together, alone, strict=True):
        assert not isinstance(one, JobError)
        assert not isinstance(other, JobError)
        np.testing.assert_array_equal(one.losses, other.losses)
        assert all(torch.equal(one.state[name], other.state[name]) for name in one.state)


def test_two_sources_stand_channel_wise_in_one_readout(bench: Bench) -> None:
    trainer = bench.with_networks("noisy", "untrained")
    (outcome,) = trainer.transfers("depth", [("noisy", "untrained")])
    assert not isinstance(outcome, JobError)
    assert outcome.state["readout.first.weight"].shape == (32, 16, 3, 3)


@pytest.mark.parametrize("target", ["noisy", "average", "pair"])
def test_every_kind_of_target_can_be_transferred_to(bench: Bench, target: str) -> None:
    trainer = bench.with_networks("depth")
    (outcome,) = trainer.transfers(target, [("depth",)])
    assert not isinstance(outcome, JobError)
    assert len(outcome.losses) == 10


def test_the_constant_of_an_l1_loss_is_the_median_of_the_transfer_split(bench: Bench) -> None:
    bench.recipe = replace(bench.recipe, constant_steps=1500)
    outcome = bench.trainer().constant("pair")
    data = bench.trainer()._data
    means = data.read("transfer", data.groups("transfer", "matched_pairs"), ("rgb",))["rgb"].mean((2, 3, 4))
    expected = (means[:, 0] - means[:, 1]).median()
    assert outcome.state["output"].item() == pytest.approx(expected.item(), abs=0.03)


def test_scratch_is_trained_on_the_transfer_split(bench: Bench) -> None:
    assert not np.array_equal(bench.trainer().scratch("depth").losses, bench.trainer().network("depth").losses)


def explode(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    return (prediction - target).flatten(1).mean(1) / 0.0


def test_a_diverging_network_fails_with_its_reason(bench: Bench) -> None:
    tasks = tasks_of(bench)
    tasks["depth"] = replace(tasks["depth"], loss=explode)
    with pytest.raises(JobError, match="The task network of depth diverged: its training loss was not a finite number"):
        bench.trainer(tasks).network("depth")


def test_a_task_that_raises_is_named_with_its_part_and_line(bench: Bench) -> None:
    def broken(*_: object) -> Tensor:
        raise KeyError("no such thing")

    tasks = tasks_of(bench)
    for part in ("example", "loss", "decoder"):
        tasks["depth"] = replace(tasks_of(bench)["depth"], **{part: broken})
        with pytest.raises(JobError, match=rf"'depth' raised in its {part}: KeyError: .*\(test_trainer.py, line \d+\)"):
            bench.trainer(tasks).network("depth")


def test_a_missing_modality_is_named(bench: Bench) -> None:
    tasks = tasks_of(bench)
    tasks["depth"] = replace(tasks["depth"], needs=("depth", "sonar"))
    with pytest.raises(JobError, match="needs sonar, which the data source does not have"):
        bench.trainer(tasks).network("depth")
