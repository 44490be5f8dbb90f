"""Trains what the ledger asks for, one kind of job a method; the one place where decks, networks and loops meet."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from taskonomy_core.contract import DataSource, EncoderKind, FeatureSpec, Task, seed_of
from taskonomy_core.errors import JobError
from taskonomy_core.learning.computing import Computing
from taskonomy_core.learning.constant import Constant, schedule_for
from taskonomy_core.learning.deck import Batch, Deck
from taskonomy_core.learning.evaluate import Score, evaluate
from taskonomy_core.learning.features import FeatureCache, gather
from taskonomy_core.learning.fitting import Learner, fit
from taskonomy_core.learning.network import Encoding, build_decoder, build_encoding, build_network, part, stored
from taskonomy_core.learning.outcome import Outcome
from taskonomy_core.learning.readout import Readout, Transfer
from taskonomy_core.learning.recipe import Recipe, Schedule


class LocalTrainer:
    """Implements `outcome.Trainer` on one device.

    Parameters: the tasks by name, the recipe, an opened and prepared data source, the encoder, the seed, the device
    and type to compute in, the folder of the feature cache, and two questions to the store: the state of a finished
    network, and its key.
    """

    def __init__(
        self,
        tasks: Mapping[str, Task],
        recipe: Recipe,
        data: DataSource,
        encoder: EncoderKind,
        seed: int,
        computing: Computing,
        cache: Path,
        network_state: Callable[[str], Mapping[str, Tensor]],
        network_key: Callable[[str], str],
    ) -> None:
        self._tasks, self._recipe, self._data, self._encoder = tasks, recipe, data, encoder
        self._seed, self.computing = seed, computing
        self._state, self._key = network_state, network_key
        self._features = FeatureCache(cache, data, recipe.feature_precision, computing)

    def task(self, name: str) -> Task:
        """A task of this project."""
        return self._tasks[name]

    def deck(self, task: str, split: str) -> Deck:
        """The examples of a task on a split."""
        count = self._recipe.counts[split]
        return Deck(self._tasks[task], self._data, split, count, self._seed, self.computing.device)

    def features(self, target: str, split: str, sources: Sequence[str]) -> list[NDArray[np.floating]]:
        """The frozen representations of a target's examples under some sources' encoders, computed where not cached."""
        return self._held(self._tasks[target], self.deck(target, split), sources)

    def finished_network(self, task: str, inputs: Tensor | None = None) -> Learner:
        """A task's own network as it was stored.

        `inputs` [B, V, 3, h, w] are some of what it will be fed, for their shape; without them the test split is read.
        """
        sample = _sample(self.deck(task, "test")) if inputs is None else inputs
        learner = self._from_pixels(self._tasks[task], sample, "network")
        learner.module.load_state_dict(dict(self._state(task)))
        return learner

    def finished_scratch(self, target: str, state: Mapping[str, Tensor], inputs: Tensor) -> Learner:
        """The from-scratch baseline of a target with its stored `state`; `inputs` as for `finished_network`."""
        learner = self._from_pixels(self._tasks[target], inputs, "scratch")
        learner.module.load_state_dict(dict(state))
        return learner

    def finished_transfer(
        self, target: str, sources: Sequence[str], state: Mapping[str, Tensor], inputs: Tensor
    ) -> Learner:
        """A transfer as it was stored, on features that are made as it is fed, not read from the cache.

        `sources` in the order of its training; `inputs` [B, V, 3, h, w] as for `finished_network`.
        """
        encoders = [self.computing.place(self._frozen(name)()).eval() for name in sources]

        def feed(batch: Batch) -> Tensor:
            parts = [self._features.live(encoder, batch.example.inputs) for encoder in encoders]
            return self.computing.move(torch.cat(parts, dim=2))

        features = self._features.live(encoders[0], inputs[:1])
        learner = self._transfer(self._tasks[target], sources, features.shape)
        learner.feed = feed
        learner.module.load_state_dict(dict(state))
        return learner

    def network(self, task: str) -> Outcome:
        """Train a task's own network on `train`; the test losses are the `self` column (paper section 3.1)."""
        card = self._tasks[task]
        started = time.process_time()
        deck = self.deck(card.name, "train")
        if not card.trainable:
            encoding = build_encoding(card, self._encoder, self._recipe.size, self._seed)
            return _outcome(nn.ModuleDict({"encoding": encoding}), None, None, time.process_time() - started)
        learner = self._from_pixels(card, _sample(deck), "network")
        return self._trained(learner, card, deck, self._recipe.network, started)

    def scratch(self, target: str) -> Outcome:
        """Train the target's network from pixels on `transfer`: the baseline of gain (paper section 4)."""
        card = self._tasks[target]
        started = time.process_time()
        deck = self.deck(card.name, "transfer")
        learner = self._from_pixels(card, _sample(deck), "scratch")
        return self._trained(learner, card, deck, self._recipe.scratch, started)

    def constant(self, task: str) -> Outcome:
        """Fit the best constant on `transfer` (paper, Table 1: "avg")."""
        card = self._tasks[task]
        started = time.process_time()
        deck = self.deck(card.name, "transfer")
        module = Constant(card.output.shape(self._recipe.size.image), seed_of(self._seed, task))
        learner = Learner(f"The constant of {task}", module.to(self.computing.device), _inputs, seed=0)
        schedule = schedule_for(self._recipe.constant_steps, self._recipe.transfer.batch, len(deck))
        return self._trained(learner, card, deck, schedule, started, fresh=False)

    def transfers(self, target: str, candidates: Sequence[tuple[str, ...]]) -> list[Outcome | JobError]:
        """Train one readout per set of sources, all over the same batches of the cache (paper section 3.2)."""
        card = self._tasks[target]
        started = time.process_time()
        deck, test = self.deck(card.name, "transfer"), self.deck(card.name, "test")
        learners = [self._readout(card, deck, test, sources) for sources in candidates]
        schedule = self._recipe.transfer
        batches = deck.shuffled(schedule.epochs, schedule.batch, fresh=False)
        steps = deck.steps(schedule.epochs, schedule.batch)
        fit(learners, batches, steps, target, card.loss, schedule, self.computing)
        scores = evaluate(learners, test, card, self.computing, quoted=False)
        share = (time.process_time() - started) / len(learners)
        return [
            score if isinstance(score, JobError) else _outcome(learner.module, score, test, share)
            for learner, score in zip(learners, scores, strict=True)
        ]

    def _from_pixels(self, task: Task, sample: Tensor, role: str) -> Learner:
        seed = seed_of(self._seed, role)
        module = build_network(task, self._encoder, self._recipe.size, seed, sample)
        name = f"The {'task network' if role == 'network' else 'from-scratch network'} of {task.name}"
        return Learner(name, self.computing.place(module), _inputs, seed_of(seed, task.name, "dropout"))

    def _readout(self, task: Task, deck: Deck, test: Deck, sources: tuple[str, ...]) -> Learner:
        """A readout from one or more frozen encoders, concatenated channel-wise."""
        held = {split.split: self._held(task, split, sources) for split in (deck, test)}

        features = gather(held["test"][0], test, task.alters_inputs, torch.arange(1))
        learner = self._transfer(task, sources, features.shape)

        def feed(batch: Batch) -> Tensor:
            # Training reads `transfer`, evaluation `test`; the module's mode says which.
            split = deck if learner.module.training else test
            parts = [gather(each, split, task.alters_inputs, batch.positions) for each in held[split.split]]
            return self.computing.move(torch.cat(parts, dim=2))

        learner.feed = feed
        return learner

    def _transfer(self, task: Task, sources: Sequence[str], shape: torch.Size) -> Learner:
        """A fresh transfer, not fed yet, from several sources whose features have this shape each, [B, V, C, y, x]."""
        views, channels, height, width = shape[1:]
        channels *= len(sources)
        seed = seed_of(self._seed, "transfer", *sources, "to", task.name)
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(seed)
            readout = Readout(channels)
        decoder = build_decoder(task, FeatureSpec(2 * channels, height, width, views), self._recipe.size, seed)
        module = self.computing.place(Transfer(readout, decoder))
        return Learner(f"The transfer from {' + '.join(sources)} to {task.name}", module, _inputs, seed)

    def _held(self, task: Task, deck: Deck, sources: Sequence[str]) -> list[NDArray[np.floating]]:
        return [self._features.open(self._key(name), self._frozen(name), task, deck) for name in sources]

    def _frozen(self, name: str) -> Callable[[], Encoding]:
        """A maker of the trained encoder of a finished task network."""

        def make() -> Encoding:
            encoding = build_encoding(self._tasks[name], self._encoder, self._recipe.size, self._seed)
            encoding.load_state_dict(part(self._state(name), "encoding."))
            return encoding

        return make

    def _trained(
        self, learner: Learner, task: Task, deck: Deck, schedule: Schedule, started: float, *, fresh: bool = True
    ) -> Outcome:
        """Fit one learner and score it on `test`; a task that is no target is scored for `tk sanity` alone."""
        batches = deck.shuffled(schedule.epochs, schedule.batch, fresh=fresh)
        steps = deck.steps(schedule.epochs, schedule.batch)
        fit([learner], batches, steps, task.name, task.loss, schedule, self.computing)
        if learner.fault is not None:
            raise learner.fault
        test = self.deck(task.name, "test")
        (score,) = evaluate([learner], test, task, self.computing, quoted=True)
        if isinstance(score, JobError):
            raise score
        return _outcome(learner.module, score, test, time.process_time() - started)


def _sample(deck: Deck) -> Tensor:
    """Some inputs of a deck, for their shape."""
    return deck.take(torch.arange(2)).example.inputs


def _inputs(batch: Batch) -> Tensor:
    """What a network from pixels is fed."""
    return batch.example.inputs


def _outcome(module: nn.Module, score: Score | None, test: Deck | None, seconds: float) -> Outcome:
    if score is None or test is None:
        return Outcome(np.empty(0, np.int64), np.empty(0), stored(module), {}, seconds)
    return Outcome(test.ids, score.losses, stored(module), score.metrics, seconds)
