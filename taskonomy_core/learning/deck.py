"""The examples of one task on one split: read in batches, shuffled or in order, always the same for the same seed."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from taskonomy_core.contract import DataSource, Draws, Example, Task, Views, seed_of
from taskonomy_core.errors import JobError
from taskonomy_core.learning.guard import plugin_code


@dataclass(frozen=True)
class Batch:
    """Some examples of a deck: their positions in it [B] (on the CPU) and the examples themselves (on the device)."""

    positions: Tensor
    example: Example


class Deck:
    """The first `count` examples of `task` on `split`.

    Attributes: `groups`, int64 [N, V], the images of each example as indices into the split; `ids`, int64 [N], stable
    across runs and sizes: the image's id, or a hash of the ids of a group.
    """

    def __init__(self, task: Task, data: DataSource, split: str, count: int, seed: int, device: torch.device) -> None:
        self.task, self.split, self.seed = task, split, seed
        self._data, self._device = data, device
        missing = [need for need in task.modalities if need not in data.modalities]
        if missing:
            raise JobError(
                f"Task {task.name!r} needs {', '.join(missing)}, which the data source does not have.",
                f"Unregister it or choose another data source: tk unregister {task.name}",
            )
        self.groups = data.groups(split, task.arrangement)[:count]
        if len(self.groups) < 2:
            raise JobError(
                f"Split {split!r} has {len(self.groups)} examples for task {task.name!r}, too few to train on.",
                f"Raise recipe.{split}_images in registry.toml.",
            )
        ids = np.asarray(data.ids(split), dtype=np.int64)
        self.ids: NDArray[np.int64] = group_ids(ids[self.groups.numpy()])

    def __len__(self) -> int:
        return len(self.groups)

    def take(self, positions: Tensor, epoch: int = 0) -> Batch:
        """The examples at these positions [B]. `epoch` changes the draws (noise, crops); 0 is the fixed set."""
        read = self._data.read(self.split, self.groups[positions], self.task.modalities)
        views = Views({name: tensor.to(self._device) for name, tensor in read.items()})
        seed = seed_of(self.seed, self.task.name, epoch)
        draws = Draws.of(seed, torch.from_numpy(self.ids[positions.numpy()]), self._device)
        with plugin_code(self.task.name, "example"):
            return Batch(positions, self.task.example(views, draws))

    def in_order(self, size: int) -> Iterator[Batch]:
        """All examples once, in order, with the fixed draws."""
        for positions in torch.split(torch.arange(len(self)), size):
            yield self.take(positions)

    def steps(self, epochs: int, size: int) -> int:
        """How many batches `shuffled` gives."""
        return epochs * max(1, len(self) // size)

    def shuffled(self, epochs: int, size: int, *, fresh: bool) -> Iterator[Batch]:
        """Batches for training, a new order each epoch; what does not fill a batch waits for the next epoch.

        `fresh` draws noise and crops anew each epoch; without it they are the fixed ones that features were cached
        with. The order depends on the seed, the task and the epoch alone, so that all learners see the same batches.
        """
        size = min(size, len(self))
        for epoch in range(1, epochs + 1):
            order = torch.Generator().manual_seed(seed_of(self.seed, "order", self.task.name, epoch))
            positions = torch.randperm(len(self), generator=order)
            for start in range(0, len(self) - size + 1, size):
                yield self.take(positions[start : start + size], epoch if fresh else 0)


def group_ids(ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """One stable id per row of image ids [N, V]: the id itself where V is 1, else a 63-bit hash of the row."""
    if ids.shape[1] == 1:
        return ids[:, 0].copy()
    hashed = [hashlib.blake2b(row.tobytes(), digest_size=8).digest() for row in np.ascontiguousarray(ids, dtype="<i8")]
    return np.array([int.from_bytes(digest, "little") >> 1 for digest in hashed], dtype=np.int64)
