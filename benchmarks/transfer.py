"""How much faster are our transfers than the plain loop, and which lever gives how much?

Plain: for one (source, target) at a time, every image passes through the frozen encoder at every step; float32, torch's
own thread count, contiguous tensors, one process. Then the levers one after another, each on top of those before:
cached features, all candidates over the same batches, channels-last, bfloat16, one-thread processes. Every rung trains
the same readouts from the same weights over the same batches; the last lines compare what they have learnt.

    python benchmarks/transfer.py [--seconds 6] [--target normals]

Prints images per second (images seen by each readout, summed over readouts) and ratios within this one run.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from taskonomy_core.contract import DataRequest, Task
from taskonomy_core.learning.computing import Computing
from taskonomy_core.learning.deck import Batch, Deck
from taskonomy_core.learning.fitting import Learner, fit
from taskonomy_core.learning.network import build_network, stored
from taskonomy_core.learning.readout import Transfer
from taskonomy_core.learning.recipe import Recipe, recipe_for
from taskonomy_core.learning.trainer import LocalTrainer

SOURCES = ("autoencoding", "denoising", "edges_texture", "depth_zbuffer", "segmentation_semantic", "object_class")
CORES = len(os.sched_getaffinity(0))


@dataclass(frozen=True)
class Rung:
    """One way to train transfers."""

    name: str
    cached: bool = False
    batched: bool = False
    channels_last: bool = False
    bfloat16: bool = False
    processes: int = 1


def ladder() -> list[Rung]:
    rung = Rung("plain loop")
    rungs = [rung]
    for name, change in (
        ("+ cached features", {"cached": True}),
        ("+ batched candidates", {"batched": True}),
        ("+ channels-last", {"channels_last": True}),
        ("+ bfloat16", {"bfloat16": True}),
        (f"+ {CORES} one-thread processes", {"processes": CORES}),
    ):
        rung = replace(rung, name=name, **change)
        rungs.append(rung)
    return rungs


class Plain(nn.Module):
    """Readout and decoder with tensors as they come, without an order of channels of our own."""

    def __init__(self, transfer: Transfer) -> None:
        super().__init__()
        self.readout, self.decoder = transfer.readout, transfer.decoder

    def forward(self, features: Tensor) -> Tensor:
        batch, views = features.shape[:2]
        read = self.readout(features.flatten(0, 1).contiguous())
        return self.decoder(read.reshape(batch, views * read.shape[1], *read.shape[2:]))


class World:
    """Data, tasks and untrained encoders: what the encoders know does not change how long they take."""

    def __init__(self, target: str, bfloat16: bool, folder: Path) -> None:
        names = sorted({target, *SOURCES})
        overrides = {"train_images": 8, "transfer_images": 320, "test_images": 100}
        self.recipe: Recipe = recipe_for("nano", overrides)
        self.tasks: dict[str, Task] = {name: importlib.import_module(f"taskonomy_tasks.{name}").TASK for name in names}
        (kind,) = importlib.import_module("taskonomy_plugins.rooms").taskonomy_data_sources()
        self.data = kind.open(DataRequest(self.recipe.size.image, self.recipe.counts, 0, {}))
        self.data.prepare(processes=CORES)
        (encoder,) = importlib.import_module("taskonomy_plugins.encoders.resnet_compact").taskonomy_encoders()
        states: dict[str, Any] = {}
        self.computing = Computing.of("cpu", "bfloat16" if bfloat16 else "float32")
        self.trainer = LocalTrainer(
            self.tasks, self.recipe, self.data, encoder, 0, self.computing, folder, states.__getitem__, str
        )
        inputs = torch.zeros(1, 1, 3, self.recipe.size.image, self.recipe.size.image)
        for name in names:
            states[name] = stored(build_network(self.tasks[name], encoder, self.recipe.size, 0, inputs))
        self.card = self.tasks[target]
        self.deck = self.trainer.deck(target, "transfer")

    def learners(self, rung: Rung) -> list[Learner]:
        """A readout from every source, as the rung wants it."""
        test = self.trainer.deck(self.card.name, "test")
        found = []
        for name in SOURCES:
            learner = self.trainer._readout(self.card, self.deck, test, (name,))
            if not rung.channels_last:
                learner.module = Plain(learner.module).to(memory_format=torch.contiguous_format)
            if not rung.cached:
                learner.feed = self.through_encoder(name)
            found.append(learner)
        return found

    def through_encoder(self, name: str) -> Any:
        """A feed that passes the pictures through the frozen encoder every time."""
        encoding = self.trainer._frozen(name)().eval()

        @torch.no_grad()
        def feed(batch: Batch) -> Tensor:
            inputs = batch.example.inputs
            codes = encoding(inputs.flatten(0, 1))
            return codes.reshape(*inputs.shape[:2], *codes.shape[1:])

        return feed

    def batches(self) -> Iterator[Batch]:
        schedule = self.recipe.transfer
        return self.deck.shuffled(schedule.epochs, schedule.batch, fresh=False)

    def train(self, learners: list[Learner], steps: int) -> int:
        """Train over the first batches; returns the number of images seen, summed over learners."""
        schedule = self.recipe.transfer
        seen = 0

        def some() -> Iterator[Batch]:
            nonlocal seen
            for count, batch in enumerate(self.batches()):
                if count == steps:
                    return
                seen += len(batch.positions) * len(learners)
                yield batch

        fit(learners, some(), steps, self.card.name, self.card.loss, schedule, self.computing)
        return seen


def work(rung: Rung, target: str, seconds: float, folder: str, start: Any, answers: Any) -> None:
    """Train under one rung for about so many seconds; answers (images, seconds, mean training-set loss per source)."""
    if rung.processes > 1:
        torch.set_num_threads(1)
    world = World(target, rung.bfloat16, Path(folder))
    groups = [[learner] for learner in world.learners(rung)]
    if rung.batched:
        groups = [[learner for group in groups for learner in group]]
    for group in groups:  # warm up: caches, allocator, kernels
        world.train(group, 1)
    groups = [[learner] for learner in world.learners(rung)]
    if rung.batched:
        groups = [[learner for group in groups for learner in group]]
    learners = [learner for group in groups for learner in group]
    steps = 20
    start.wait()
    began = time.perf_counter()
    images = sum(world.train(group, steps) for group in groups)
    losses = measure(world, learners)
    spent = time.perf_counter() - began
    rounds = 1
    while spent < seconds:
        images += sum(world.train(group, steps) for group in groups)
        spent = time.perf_counter() - began
        rounds += 1
    answers.put((images, spent, losses))


def measure(world: World, learners: list[Learner]) -> list[float]:
    """Mean loss of every learner on the first test batch (not part of what is compared in speed: once a run)."""
    deck: Deck = world.trainer.deck(world.card.name, "test")
    batch = deck.take(torch.arange(50))
    found = []
    for learner in learners:
        module, feed = learner.module, learner.feed
        module.eval()
        with torch.no_grad():
            prediction = learner.predict(batch, world.card.name, world.computing)
            found.append(float(world.card.loss(prediction, batch.example.target, batch.example.scored).nanmean()))
        module.train()
        learner.feed = feed
    return found


def climb(rung: Rung, target: str, seconds: float, folder: str) -> tuple[float, list[float]]:
    """Images per second of a rung, summed over its processes, and the losses after the first twenty steps."""
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(rung.processes), context.Queue()
    workers = [
        context.Process(target=work, args=(rung, target, seconds, folder, start, answers))
        for _ in range(rung.processes)
    ]
    for worker in workers:
        worker.start()
    told = [answers.get() for _ in workers]
    for worker in workers:
        worker.join()
    return sum(images / spent for images, spent, _ in told), told[0][2]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=6.0)
    parser.add_argument("--target", default="normals")
    asked = parser.parse_args()
    rates, losses = [], []
    with tempfile.TemporaryDirectory() as folder:
        for rung in ladder():
            rate, learnt = climb(rung, asked.target, asked.seconds, folder)
            rates.append(rate)
            losses.append(learnt)
            share = f"x {rate / rates[-2]:.2f}" if len(rates) > 1 else ""
            print(f"{rung.name:28s} {rate:7.0f} images/s {share:7s} in all x {rate / rates[0]:.2f}", flush=True)
    print(f"\nMean {asked.target} loss after 20 steps, plain loop and last rung:")
    for source, plain, fast in zip(SOURCES, losses[0], losses[-1], strict=True):
        print(f"  from {source:24s} {plain:.4f} {fast:.4f}")
    same = max(abs(one - other) for one, other in zip(losses[0], losses[3], strict=True))
    print(f"Largest difference between the plain loop and all levers in float32: {same:.2g}")


if __name__ == "__main__":
    main()
