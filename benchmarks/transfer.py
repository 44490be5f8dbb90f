"""How much faster are our transfers than the plain loop, and which lever gives how much?

Plain: for one (source, target) at a time, images and labels are read and every image passes through the frozen encoder
at every step; float32, torch's own thread count, contiguous tensors, Adam as torch gives it, one process. Then the
levers one after another, each on top of those before: cached features, all candidates over the same batches with one
fused Adam, channels-last, bfloat16, memory that the process keeps, one-thread processes. Every rung trains the same
readouts, half of one source and half of two, from the same weights over the same batches; the last lines compare what
they have learnt.

    python benchmarks/transfer.py [--preset nano] [--seconds 8] [--targets normals,edges_texture,object_class,egomotion]

Each round gives every target the same number of steps. Prints images per second (images seen by each readout, summed
over readouts and targets) and ratios within this one run.
"""

from __future__ import annotations

import argparse
import importlib
import itertools
import multiprocessing
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from taskonomy_core.contract import DataRequest, Task, seed_of
from taskonomy_core.learning.computing import Computing
from taskonomy_core.learning.deck import Batch
from taskonomy_core.learning.fitting import Learner, fit, learning_rate, mean_loss
from taskonomy_core.learning.network import build_network, stored
from taskonomy_core.learning.readout import Transfer
from taskonomy_core.learning.recipe import Recipe, recipe_for
from taskonomy_core.learning.trainer import LocalTrainer
from taskonomy_plugins.executors._memory import keep_memory

SOURCES = ("autoencoding", "denoising", "edges_texture", "depth_zbuffer", "segmentation_semantic", "object_class")
CORES = len(os.sched_getaffinity(0))
STEPS = 20


@dataclass(frozen=True)
class Rung:
    """One way to train transfers."""

    name: str
    cached: bool = False
    batched: bool = False
    channels_last: bool = False
    bfloat16: bool = False
    kept_memory: bool = False
    processes: int = 1


def ladder() -> list[Rung]:
    rung = Rung("plain loop")
    rungs = [rung]
    for name, change in (
        ("+ cached features", {"cached": True}),
        ("+ batched candidates", {"batched": True}),
        ("+ channels-last", {"channels_last": True}),
        ("+ bfloat16", {"bfloat16": True}),
        ("+ kept memory", {"kept_memory": True}),
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

    def __init__(self, preset: str, targets: list[str], rung: Rung, folder: Path) -> None:
        names = sorted({*targets, *SOURCES})
        self.rung, self.targets = rung, targets
        self.recipe: Recipe = recipe_for(preset, {"train_images": 8, "transfer_images": 320, "test_images": 100})
        self.tasks: dict[str, Task] = {name: importlib.import_module(f"taskonomy_tasks.{name}").TASK for name in names}
        (kind,) = importlib.import_module("taskonomy_plugins.rooms").taskonomy_data_sources()
        data = kind.open(DataRequest(self.recipe.size.image, self.recipe.counts, 0, {}))
        data.prepare(processes=CORES)
        (encoder,) = importlib.import_module("taskonomy_plugins.encoders.resnet_compact").taskonomy_encoders()
        states: dict[str, Any] = {}
        self.computing = Computing.of("cpu", "bfloat16" if rung.bfloat16 else "float32")
        self.trainer = LocalTrainer(
            self.tasks, self.recipe, data, encoder, 0, self.computing, folder, states.__getitem__, str
        )
        for name in names:
            inputs = self.trainer.deck(name, "test").take(torch.arange(2)).example.inputs
            states[name] = stored(build_network(self.tasks[name], encoder, self.recipe.size, 0, inputs))

    def learners(self, target: str) -> list[Learner]:
        """Readouts of both orders, half and half as `make demo` trains them, as the rung wants them."""
        card = self.tasks[target]
        decks = (self.trainer.deck(target, "transfer"), self.trainer.deck(target, "test"))
        found = []
        others = [name for name in SOURCES if name != target][:5]
        for sources in (*zip(others, strict=True), *itertools.pairwise((*others, others[0]))):
            learner = self.trainer._readout(card, *decks, sources)
            if not self.rung.channels_last:
                learner.module = Plain(learner.module).to(memory_format=torch.contiguous_format)
            if not self.rung.cached:
                learner.feed = self.through_encoders(sources)
            found.append(learner)
        return found

    def through_encoders(self, sources: tuple[str, ...]) -> Any:
        """A feed that passes the pictures through the frozen encoders every time."""
        encoders = [(self.tasks[name].sees, self.trainer._frozen(name)().eval().encoder) for name in sources]

        @torch.no_grad()
        def feed(batch: Batch) -> Tensor:
            inputs = batch.example.inputs
            pictures = inputs.flatten(0, 1)
            codes = torch.cat([encoder(sees(pictures).contiguous()) for sees, encoder in encoders], dim=1)
            return codes.reshape(*inputs.shape[:2], *codes.shape[1:])

        return feed

    def train(self, target: str, learners: list[Learner], steps: int) -> int:
        """Train over the first batches; returns the number of images seen, summed over learners."""
        card, schedule = self.tasks[target], self.recipe.transfer
        deck = self.trainer.deck(target, "transfer")

        def some() -> Iterator[Batch]:
            return itertools.islice(deck.shuffled(schedule.epochs, schedule.batch, fresh=False), steps)

        if self.rung.batched:
            fit(learners, some(), steps, target, card.loss, schedule, self.computing)
        else:
            for learner in learners:
                self.train_plainly(card, learner, some(), steps)
        return steps * schedule.batch * len(learners)

    def train_plainly(self, card: Task, learner: Learner, batches: Iterator[Batch], steps: int) -> None:
        """The loop that everyone writes first."""
        schedule = self.recipe.transfer
        optimiser = torch.optim.Adam(learner.module.parameters(), lr=schedule.lr, weight_decay=schedule.weight_decay)
        learner.module.train()
        for step, batch in enumerate(batches):
            optimiser.param_groups[0]["lr"] = learning_rate(schedule, step, steps)
            torch.manual_seed(seed_of(learner.seed, step))
            losses = card.loss(
                learner.predict(batch, card.name, self.computing), batch.example.target, batch.example.scored
            )
            optimiser.zero_grad()
            mean_loss(losses, batch.example.labelled).backward()
            nn.utils.clip_grad_norm_(learner.module.parameters(), schedule.clip)
            optimiser.step()

    def losses(self, target: str, learners: list[Learner]) -> list[float]:
        """The mean loss of every learner on the first fifty test examples."""
        batch = self.trainer.deck(target, "test").take(torch.arange(50))
        found = []
        for learner in learners:
            learner.module.eval()
            with torch.no_grad():
                prediction = learner.predict(batch, target, self.computing)
            values = self.tasks[target].loss(prediction, batch.example.target, batch.example.scored)
            found.append(float(values.nanmean()))
        return found


def work(preset: str, rung: Rung, targets: list[str], seconds: float, folder: str, start: Any, answers: Any) -> None:
    """Train under one rung for about so many seconds; answers (images, seconds, losses after the first round)."""
    if rung.processes > 1:
        torch.set_num_threads(1)
    if rung.kept_memory:
        keep_memory()
    world = World(preset, targets, rung, Path(folder))
    for target in targets:  # warm up: caches, allocator, kernels
        world.train(target, world.learners(target), 1)
    readouts = {target: world.learners(target) for target in targets}
    losses: dict[str, list[float]] = {}
    images, spent = 0, 0.0
    start.wait()
    while spent < seconds:
        began = time.perf_counter()
        images += sum(world.train(target, learners, STEPS) for target, learners in readouts.items())
        spent += time.perf_counter() - began
        losses = losses or {target: world.losses(target, learners) for target, learners in readouts.items()}
    answers.put((images, spent, losses))


def climb(
    preset: str, rung: Rung, targets: list[str], seconds: float, folder: str
) -> tuple[float, dict[str, list[float]]]:
    """Images per second of a rung, summed over its processes, and the losses after the first round."""
    context = multiprocessing.get_context("spawn")
    start, answers = context.Barrier(rung.processes), context.Queue()
    workers = [
        context.Process(target=work, args=(preset, rung, targets, seconds, folder, start, answers))
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
    parser.add_argument("--seconds", type=float, default=8.0)
    parser.add_argument("--preset", default="nano", choices=("nano", "small"))
    parser.add_argument("--targets", default="normals,edges_texture,object_class,egomotion")
    asked = parser.parse_args()
    targets = asked.targets.split(",")
    # The plain loop has torch's own number of threads, whatever the environment asks of our workers.
    os.environ.pop("OMP_NUM_THREADS", None)
    rates, losses = [], []
    print(f"{CORES} cores; preset {asked.preset}; targets {', '.join(targets)}", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        for rung in ladder():
            rate, learnt = climb(asked.preset, rung, targets, asked.seconds, folder)
            rates.append(rate)
            losses.append(learnt)
            share = f"x {rate / rates[-2]:.2f}" if len(rates) > 1 else ""
            print(f"{rung.name:28s} {rate:7.0f} images/s {share:7s} in all x {rate / rates[0]:.2f}", flush=True)
    print(f"\nMean loss of the readouts after {STEPS} steps: plain loop, batched in float32, all levers")
    for target in targets:
        means = [statistics.mean(losses[place][target]) for place in (0, 3, -1)]
        print(f"  {target:24s} " + "  ".join(f"{mean:.4f}" for mean in means))


if __name__ == "__main__":
    main()
