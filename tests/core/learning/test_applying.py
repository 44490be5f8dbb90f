"""Finished networks and transfers on pictures of no data source say what they say on those of the test split."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views
from taskonomy_core.errors import JobError, TaskonomyError
from taskonomy_core.learning.applying import apply_network, apply_transfer
from taskonomy_core.learning.photo import read_photos
from taskonomy_core.learning.show import show_network
from taskonomy_core.learning.trainer import LocalTrainer

if TYPE_CHECKING:
    from tests.core.learning.conftest import Bench

FIVE = torch.arange(5)


def plain_pictures(trainer: LocalTrainer, task: str) -> Tensor:
    """The plain pictures of five examples of the test split, [5 * V, 3, side, side] in [0, 1]."""
    groups = trainer.deck(task, "test").groups[FIVE]
    return trainer._data.read("test", groups, ("rgb",))["rgb"].flatten(0, 1)


def drawn(shown: Tensor, inputs: Tensor) -> Tensor:
    """A picture that tells any two predictions apart: the bytes of the prediction's own float32 numbers."""
    numbers = shown.detach().flatten(1).contiguous().numpy().view(np.uint8).reshape(len(shown), 1, 1, -1)
    return torch.from_numpy(numbers.copy()).float().expand(-1, 3, -1, -1) / 255


def with_pictures(bench: Bench, *names: str) -> LocalTrainer:
    """A trainer with finished networks, whose tasks draw all of their predictions."""
    trainer = bench.with_networks(*names)
    return bench.trainer({name: replace(task, picture=drawn) for name, task in trainer._tasks.items()})


@pytest.mark.parametrize("task", ["depth", "average", "pair"])
def test_a_network_says_what_it_says_of_the_test_split(bench: Bench, task: str) -> None:
    trainer = with_pictures(bench, task)
    applied = apply_network(trainer, task, plain_pictures(trainer, task))
    shown = show_network(trainer, task, FIVE.tolist())
    np.testing.assert_array_equal(applied.pictures, shown.prediction)
    np.testing.assert_array_equal(applied.inputs, shown.inputs)
    assert applied.predictions.shape == (5, *trainer.task(task).output.shape(16))
    assert applied.predictions.dtype == np.float32
    # The bytes that were drawn are those of the numbers.
    assert applied.pictures[:, 0, :, 0].tobytes() == applied.predictions.tobytes()
    assert len(np.unique(applied.predictions)) > 4


def test_also_through_files(bench: Bench, tmp_path: Path) -> None:
    trainer = with_pictures(bench, "depth")
    # Files hold 8 bits a colour, as those of a data source do.
    eight = (plain_pictures(trainer, "depth") * 255).round().to(torch.uint8)
    paths = [tmp_path / f"{number}.png" for number in range(len(eight))]
    for path, picture in zip(paths, eight, strict=True):
        Image.fromarray(picture.permute(1, 2, 0).numpy()).save(path)
    pixels = torch.from_numpy(np.stack([photo.pixels for photo in read_photos(paths, 16)]))
    expected = apply_network(trainer, "depth", eight / 255)
    np.testing.assert_array_equal(apply_network(trainer, "depth", pixels).predictions, expected.predictions)


def stored_prediction(trainer: LocalTrainer, task: str, sources: tuple[str, ...], state: Any) -> np.ndarray:
    """What a transfer says of the test split on the features of the cache, as it is trained and scored on them."""
    deck = trainer.deck(task, "test")
    learner = trainer._readout(trainer.task(task), trainer.deck(task, "transfer"), deck, sources)
    learner.module.load_state_dict(state)
    learner.module.eval()
    with torch.no_grad():
        prediction = learner.predict(deck.take(FIVE), task, trainer.computing)
    numbers: np.ndarray = prediction.numpy()
    return numbers


@pytest.mark.parametrize("task", ["depth", "average", "pair"])
def test_a_transfer_says_what_it_says_on_cached_features(bench: Bench, task: str) -> None:
    bench.recipe = replace(bench.recipe, feature_precision="float32")
    trainer = bench.with_networks("noisy", "untrained")
    sources = ("noisy", "untrained")
    (outcome,) = trainer.transfers(task, [sources])
    assert not isinstance(outcome, JobError)
    applied = apply_transfer(trainer, task, sources, outcome.state, plain_pictures(trainer, task))
    # The cache was made in larger batches, which changes the last bits of a convolution.
    expected = stored_prediction(trainer, task, sources, outcome.state)
    swapped = apply_transfer(trainer, task, sources[::-1], outcome.state, plain_pictures(trainer, task))
    right, wrong = (np.abs(each.predictions - expected).max() for each in (applied, swapped))
    assert right < 1e-5
    assert wrong > 20 * right


def test_live_features_are_rounded_as_stored_ones(bench: Bench) -> None:
    trainer = bench.with_networks("depth")
    assert bench.recipe.feature_precision == "float16"
    encoder = trainer._frozen("depth")().eval()
    inputs = plain_pictures(trainer, "depth")[:, None] * 2 - 1
    live = trainer._features.live(encoder, inputs)
    assert torch.equal(live, live.half().float())
    with torch.no_grad():
        assert torch.allclose(live[:, 0], encoder(inputs[:, 0]), atol=2e-3)


def test_altered_inputs_are_made_from_the_picture_alone(bench: Bench) -> None:
    trainer = bench.with_networks("noisy")
    pictures = plain_pictures(trainer, "noisy")
    together = apply_network(trainer, "noisy", pictures)
    plain = (pictures.permute(0, 2, 3, 1).numpy() * 255).round()
    noise = together.inputs / 255 * 2 - plain / 255 * 2  # on the [-1, 1] scale, cut off at its ends
    inside = noise[(plain > 100) & (plain < 155)]
    assert inside.std() == pytest.approx(0.1, rel=0.1)
    # In another place, among others, the same picture has the same noise; another picture has another.
    again = apply_network(trainer, "noisy", pictures.flip(0))
    np.testing.assert_array_equal(again.inputs[::-1], together.inputs)
    assert not np.array_equal(noise[0], noise[1])


def test_nothing_is_read_from_the_data_source(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = bench.with_networks("pair", "depth")
    pictures = plain_pictures(trainer, "pair")
    (outcome,) = trainer.transfers("pair", [("depth",)])
    assert not isinstance(outcome, JobError)
    monkeypatch.setattr(type(trainer._data), "read", None)
    monkeypatch.setattr(type(trainer._data), "groups", None)
    before = sorted(bench.folder.rglob("*"))
    assert len(apply_network(trainer, "pair", pictures).predictions) == 5
    assert len(apply_transfer(trainer, "pair", ("depth",), outcome.state, pictures).predictions) == 5
    assert sorted(bench.folder.rglob("*")) == before  # no features of strangers in the cache


def test_more_pictures_than_a_batch_keep_their_order(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    trainer = bench.with_networks("pair")
    pictures = plain_pictures(trainer, "pair")
    whole = apply_network(trainer, "pair", pictures)
    assert whole.views == 2
    monkeypatch.setattr("taskonomy_core.learning.applying.BATCH", 2)
    parted = apply_network(trainer, "pair", pictures)
    np.testing.assert_allclose(parted.predictions, whole.predictions, atol=1e-5)
    np.testing.assert_array_equal(parted.inputs, whole.inputs)


def test_the_number_of_pictures_must_fit(bench: Bench) -> None:
    trainer = bench.with_networks("pair")
    with pytest.raises(TaskonomyError, match="pair takes 2 pictures at a time; 3 cannot be shared out so") as refused:
        apply_network(trainer, "pair", torch.rand(3, 3, 16, 16))
    assert "or a multiple" in refused.value.hint


def test_an_untrained_encoder_predicts_nothing(bench: Bench) -> None:
    trainer = bench.with_networks("untrained")
    with pytest.raises(TaskonomyError, match="untrained predicts nothing: it is an encoder that stays as it was"):
        apply_network(trainer, "untrained", torch.rand(1, 3, 16, 16))


def labelled_example(views: Views, draws: Draws) -> Example:
    return Example(views.images() * (views["depth"] > 0.5), views.only("depth"))


def test_inputs_that_are_made_from_labels_are_refused(bench: Bench) -> None:
    trainer = bench.with_networks("depth")
    masked = replace(trainer.task("depth"), example=labelled_example, alters_inputs=True)
    with pytest.raises(TaskonomyError, match="depth makes what its network sees from depth, which a picture of your"):
        apply_network(bench.trainer({"depth": masked}), "depth", torch.rand(1, 3, 16, 16))


def test_a_task_that_raises_is_named_with_its_part(bench: Bench) -> None:
    def broken(*_: object) -> Tensor:
        raise KeyError("no such thing")

    trainer = bench.with_networks("noisy")
    for part in ("example", "picture"):
        task = replace(trainer.task("noisy"), **{part: broken})
        with pytest.raises(JobError, match=f"'noisy' raised in its {part}: KeyError"):
            apply_network(bench.trainer({"noisy": task}), "noisy", torch.rand(1, 3, 16, 16))


def test_a_source_alone_predicts_too(bench: Bench) -> None:
    # Colorization and its like are no targets, but have a network with a decoder.
    trainer = bench.with_networks("depth")
    assert isinstance(trainer.task("depth"), Task)
    alone = bench.trainer({"depth": replace(trainer.task("depth"), target=False, output=OutputSpec.dense(1))})
    pictures = plain_pictures(trainer, "depth")
    np.testing.assert_array_equal(
        apply_network(alone, "depth", pictures).predictions, apply_network(trainer, "depth", pictures).predictions
    )
