"""Frozen representations, computed once per encoder, kind of input and split, and read memory-mapped ever after.

A file is a .npy with the BLAKE2b digest of all its bytes behind it, where numpy does not look. Each process holds a
file against its digest when it first opens it; one that was cut short or altered is computed again, it alone.
"""

from __future__ import annotations

import hashlib
import io
import logging
from collections.abc import Callable
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from taskonomy_core.contract import DataSource, Task
from taskonomy_core.errors import LedgerError
from taskonomy_core.learning.computing import Computing
from taskonomy_core.learning.deck import Deck
from taskonomy_core.learning.network import Encoding
from taskonomy_core.registry.files import write_atomically

CHUNK = 100
_DIGEST_BYTES = 32
_READ = 2**20
STORED: dict[str, type[np.floating]] = {"float32": np.float32, "float16": np.float16}

_log = logging.getLogger(__name__)


class FeatureCache:
    """The files under `folder`, one per (encoder, kind of input, split, size).

    Tasks whose inputs are the plain views share one file per encoder, [images, C, y, x]; a task that alters its inputs
    (noise, tiles) has its own, [examples, V, C, y, x]. Files appear whole (written aside, then renamed); two processes
    that need the same one at once write the same bytes.
    """

    def __init__(self, folder: Path, data: DataSource, precision: str, computing: Computing) -> None:
        self._folder, self._data = folder, data
        self._precision, self._computing = precision, computing
        self._checked: dict[Path, tuple[int, int, int]] = {}

    def open(self, key: str, encoding: Callable[[], Encoding], task: Task, deck: Deck) -> NDArray[np.floating]:
        """The features of `deck`, a deck of the target `task`, under the encoder with this `key`.

        Returns a memory-mapped array: [images of the split, C, y, x] for plain inputs, else [examples, V, C, y, x].
        `encoding` is called only where they are not there yet.
        """
        count = len(self._data.ids(deck.split))
        variant = f"{task.name}.{task.version}.{len(deck)}" if task.alters_inputs else "plain"
        precision = str(self._computing.dtype).removeprefix("torch.")
        path = self._folder / key[:2] / key / f"{variant}-{deck.split}-{count}-{precision}-{self._precision}.npy"
        if not self._is_whole(path):
            if path.exists():
                _log.warning("%s is damaged, or of an older taskonomy; it is computed again.", path)
            encoder = self._computing.place(encoding()).eval()
            batches = self._altered(deck) if task.alters_inputs else self._plain(deck.split, count)
            self._write(path, self._encode(encoder, batches))
        mapped: NDArray[np.floating] = np.load(path, mmap_mode="r", allow_pickle=False)
        return mapped

    def live(self, encoder: Encoding, pictures: Tensor) -> Tensor:
        """What `open` and `gather` would give of pictures that are in no split: [B, V, 3, h, w] -> [B, V, C, y, x].

        `encoder` is in place and in evaluation. Rounded as stored features are; on the CPU.
        """
        return torch.from_numpy(self._encode(encoder, [lambda: pictures]).astype(np.float32))

    def _plain(self, split: str, count: int) -> list[Callable[[], Tensor]]:
        """The plain pictures of a split in chunks, each [n, 3, h, w]."""
        chunks = torch.split(torch.arange(count), CHUNK)
        return [lambda at=at: self._data.read(split, at, ("rgb",))["rgb"] * 2 - 1 for at in chunks]  # type: ignore[misc]

    def _altered(self, deck: Deck) -> list[Callable[[], Tensor]]:
        """The altered inputs of a deck in chunks, each [n, V, 3, h, w]."""
        return [lambda at=at: deck.take(at).example.inputs for at in torch.split(torch.arange(len(deck)), CHUNK)]  # type: ignore[misc]

    @torch.no_grad()
    def _encode(self, encoder: Encoding, chunks: list[Callable[[], Tensor]]) -> NDArray[np.floating]:
        parts = []
        for make in chunks:
            pictures = self._computing.move(make())
            with self._computing.autocast():
                codes = encoder(pictures.reshape(-1, *pictures.shape[-3:])).float()
            parts.append(codes.reshape(*pictures.shape[:-3], *codes.shape[1:]).cpu().numpy())
        stored: NDArray[np.floating] = np.concatenate(parts).astype(STORED[self._precision])
        return stored

    def _is_whole(self, path: Path) -> bool:
        """Whether a file is there and was found, or is now, to be what was written."""
        try:
            status = path.stat()
            version = status.st_ino, status.st_size, status.st_mtime_ns
            if self._checked.get(path) != version:
                if not _fits_digest(path):
                    return False
                self._checked[path] = version
        except OSError:  # it is not there, or the disk does not give it
            return False
        return True

    def _write(self, path: Path, features: NDArray[np.floating]) -> None:
        content = io.BytesIO()
        try:
            np.save(content, features, allow_pickle=False)
            content.write(hashlib.blake2b(content.getbuffer(), digest_size=_DIGEST_BYTES).digest())
            path.parent.mkdir(parents=True, exist_ok=True)
            write_atomically(path, content.getvalue())
        except OSError as error:
            raise LedgerError(
                f"Features cannot be written to {path.parent}: {error.strerror}.",
                "Free some space or choose another folder, then type the same command again; finished jobs are kept.",
            ) from error


def _fits_digest(path: Path) -> bool:
    """Whether the last bytes of a file are the digest of those before."""
    hashing = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    left = path.stat().st_size - _DIGEST_BYTES
    with path.open("rb") as file:
        while left > 0 and (part := file.read(min(left, _READ))):
            hashing.update(part)
            left -= len(part)
        return left == 0 and file.read() == hashing.digest()


def gather(features: NDArray[np.floating], deck: Deck, altered: bool, positions: Tensor) -> Tensor:
    """The features of some examples of a deck, float32 [B, V, C, y, x]."""
    at = positions.numpy()
    rows = features[at] if altered else features[deck.groups.numpy()[at]]
    return torch.from_numpy(np.ascontiguousarray(rows, dtype=np.float32))
