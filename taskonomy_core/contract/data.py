"""The contract of a data source: where images and their modalities come from.

A source knows three splits that share no scene: `train` (task networks), `transfer` (readouts) and `test`
(comparisons); see paper section 3 and supplement 2. Every image has an index inside its split and a stable integer id.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from torch import Tensor


SPLITS = ("train", "transfer", "test")


@dataclass(frozen=True)
class Modality:
    """One kind of label, as a data source offers it: `shape` without the batch, meaning and unit in words."""

    name: str
    shape: tuple[int, ...]
    meaning: str


@dataclass(frozen=True)
class DataRequest:
    """What the engine asks a data source for: square images of side `image`, how many per split, and a seed.

    `options` is the `[data]` table of registry.toml without `source`; the data source checks it and raises a
    DataError that names the key.
    """

    image: int
    counts: Mapping[str, int]
    seed: int
    options: Mapping[str, Any]


class Progress(Protocol):
    """Told how far a long job is: `progress(done, total, what)`; may raise KeyboardInterrupt to stop it."""

    def __call__(self, done: int, total: int, what: str, /) -> None:
        """Say that `done` of `total` pieces of `what` are ready."""
        ...


def no_progress(done: int, total: int, what: str) -> None:
    """A Progress that tells nobody."""


class DataSource(Protocol):
    """Images with their modalities. Reading is allowed from several processes at once.

    `fingerprint` is a short hash of all that determines the data: two sources with the same fingerprint give the same
    bytes. It is known before `prepare`.
    """

    @property
    def fingerprint(self) -> str:
        """A short hash of all that determines the data."""
        ...

    @property
    def modalities(self) -> Mapping[str, Modality]:
        """What can be read, by name."""
        ...

    def prepare(self, progress: Progress = no_progress, processes: int = 1) -> None:
        """Make everything readable (render, index, check); quick where it is already done, resumable where not."""
        ...

    def ids(self, split: str) -> Sequence[int]:
        """The stable ids of the images of a split, in the order of their indices."""
        ...

    def groups(self, split: str, arrangement: str) -> Tensor:
        """Which images belong together: int64 [N, V] of indices into the split; "single" gives [[0], [1], ...]."""
        ...

    def read(self, split: str, indices: Tensor, modalities: Sequence[str]) -> dict[str, Tensor]:
        """The modalities of images, on the CPU: int64 [...] -> {name: [..., *shape]}; rgb is float32 in [0, 1]."""
        ...


@dataclass(frozen=True)
class DataSourceKind:
    """What a plugin registers: a name for registry.toml, a title, and how to open it for a request."""

    name: str
    title: str
    open: Callable[[DataRequest], DataSource]
