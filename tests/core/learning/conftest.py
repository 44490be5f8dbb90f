"""A tiny world to train in: 16-pixel pictures of two-coloured discs, tasks of every shape, a two-layer encoder."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from taskonomy_core.blocks.decoders import DenseDecoder, VectorDecoder
from taskonomy_core.contract import Draws, EncoderKind, Example, Modality, NetworkSize, OutputSpec, Task, Views
from taskonomy_core.contract.data import Progress, no_progress
from taskonomy_core.learning.computing import Computing
from taskonomy_core.learning.recipe import Recipe, recipe_for
from taskonomy_core.learning.trainer import LocalTrainer

SIDE = 16
SIZE: dict[str, Any] = {
    "image": SIDE, "code_side": 4, "encoder_width": 8, "decoder_convs": [8], "decoder_ups": [[8, 8], [8, 8]],
    "head_width": 16,
}  # fmt: skip
SHORT = {"epochs": 2, "batch": 8}
OVERRIDES: dict[str, Any] = {
    "train_images": 24, "transfer_images": 24, "test_images": 10, "size": SIZE, "network": SHORT, "transfer": SHORT,
    "scratch": SHORT, "constant_steps": 60, "precision": "float32",
}  # fmt: skip


class Discs:
    """A data source: a disc of one colour on another, its depth being its colour's red."""

    fingerprint = "discs"
    modalities: Mapping[str, Modality] = {
        "rgb": Modality("rgb", (3, SIDE, SIDE), "picture"),
        "depth": Modality("depth", (1, SIDE, SIDE), "made-up depth"),
    }

    def prepare(self, progress: Progress = no_progress, processes: int = 1) -> None:
        """Nothing to prepare."""

    def ids(self, split: str) -> Sequence[int]:
        first = {"train": 0, "transfer": 1000, "test": 2000}[split]
        return range(first, first + 24)

    def groups(self, split: str, arrangement: str) -> Tensor:
        single = torch.arange(24)[:, None]
        return single if arrangement == "single" else torch.cat([single, single.roll(1, 0)], dim=1)

    def read(self, split: str, indices: Tensor, modalities: Sequence[str]) -> dict[str, Tensor]:
        flat = indices.flatten()
        draws = Draws.of(0, torch.tensor(self.ids(split))[flat])
        colours = draws.uniform(2, 3, 1, 1, stream="colours")
        centre = draws.uniform(2, stream="centre") * SIDE
        y, x = torch.meshgrid(torch.arange(SIDE), torch.arange(SIDE), indexing="ij")
        inside = ((y - centre[:, 0, None, None]) ** 2 + (x - centre[:, 1, None, None]) ** 2 < 20)[:, None]
        rgb = torch.where(inside, colours[:, 0], colours[:, 1])
        every = {"rgb": rgb, "depth": rgb[:, :1]}
        return {name: every[name].reshape(*indices.shape, *every[name].shape[1:]) for name in modalities}


def l1(prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    mean = (prediction - target).abs().flatten(1).mean(1)
    return torch.where(mask.flatten(1).any(1) if mask.ndim > 1 else mask, mean, torch.nan)


def show(shown: Tensor, inputs: Tensor) -> Tensor:
    return (inputs[:, 0] + 1) / 2


def depth_example(views: Views, draws: Draws) -> Example:
    return Example(views.images(), views.only("depth"))


def noisy_example(views: Views, draws: Draws) -> Example:
    clean = views.images()
    return Example(clean + 0.1 * draws.normal(*clean.shape[1:]), clean[:, 0])


def mean_example(views: Views, draws: Draws) -> Example:
    return Example(views.images(), views.only("rgb").mean((2, 3)), mask=views.only("rgb").mean((1, 2, 3)) > 0.5)


def pair_example(views: Views, draws: Draws) -> Example:
    means = views["rgb"].mean((2, 3, 4))
    return Example(views.images(), means[:, :1] - means[:, 1:])


def make_task(name: str, **changes: Any) -> Task:
    card: dict[str, Any] = {
        "name": name, "version": 1, "title": name, "group": "other", "output": OutputSpec.dense(1),
        "example": depth_example, "decoder": DenseDecoder(), "loss": l1, "picture": show, "needs": ("depth",),
    }  # fmt: skip
    return Task(**(card | changes))


VECTOR: dict[str, Any] = {"decoder": VectorDecoder(), "needs": ()}
TASKS = {
    task.name: task
    for task in (
        make_task("depth"),
        make_task("noisy", example=noisy_example, output=OutputSpec.dense(3), alters_inputs=True, needs=()),
        make_task("average", example=mean_example, output=OutputSpec.vector(3), **VECTOR),
        make_task("pair", example=pair_example, output=OutputSpec.vector(1), arrangement="matched_pairs", **VECTOR),
        make_task("untrained", target=False, trainable=False),
    )
}


def build_encoder(channels: int, size: NetworkSize) -> nn.Module:
    width = size.encoder_width
    return nn.Sequential(
        nn.Conv2d(channels, width, 3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(width, size.code_channels, 3, stride=2, padding=1),
    )


class Bench:
    """Trainers over one folder, with a store in memory."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.states: dict[str, Mapping[str, Tensor]] = {}
        self.recipe: Recipe = recipe_for("nano", OVERRIDES)

    def trainer(self, tasks: Mapping[str, Task] = TASKS, seed: int = 0) -> LocalTrainer:
        kind = EncoderKind("tiny", 1, "Tiny", build_encoder)
        computing = Computing.of("cpu", self.recipe.precision)
        return LocalTrainer(
            tasks, self.recipe, Discs(), kind, seed, computing, self.folder, self.states.__getitem__, str
        )

    def with_networks(self, *names: str) -> LocalTrainer:
        trainer = self.trainer()
        for name in names:
            self.states[name] = trainer.network(name).state
        return trainer


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)
