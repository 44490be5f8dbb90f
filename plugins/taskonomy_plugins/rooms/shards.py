"""One file of the cache: all modalities of a run of scenes, written at once and whole, read by mapping it into memory.

A shard is a safetensors file whose metadata hold a BLAKE2b digest of its contents. It appears under its name only when
it is complete (temporary name, fsync, rename), so a kill never leaves half a shard, and two writers of the same shard
replace it by the same bytes.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import struct
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import save

from taskonomy_core.errors import DataError

Arrays = Mapping[str, NDArray[Any]]

_TYPES = {"F64": "f8", "F32": "f4", "F16": "f2", "I64": "i8", "U16": "u2", "U8": "u1", "BOOL": "?"}


def digest(arrays: Arrays) -> str:
    """BLAKE2b over names, types, shapes and bytes of the arrays, in the order of their names; 32 hexadecimal digits."""
    hashing = hashlib.blake2b(digest_size=16)
    for name in sorted(arrays):
        array = arrays[name]
        hashing.update(f"{name} {array.dtype.str} {array.shape};".encode())
        hashing.update(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data)
    return hashing.hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all; DataError where disk or permissions do not allow it."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(path.parent, error) from error
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    except OSError as error:
        temporary.unlink(missing_ok=True)
        raise cannot_write(path.parent, error) from error


def cannot_write(folder: Path, error: OSError) -> DataError:
    """The sentence for a cache that cannot be written."""
    elsewhere = "TASKONOMY_CACHE=/another/folder names another place for the cache."
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return DataError(
            f"The disk of the rooms cache is full: {folder}.",
            f"Free some space and type the same command again, it goes on where it stopped; {elsewhere}",
        )
    return DataError(f"The rooms cache cannot be written: {folder} ({error.strerror}).", elsewhere)


def write_shard(path: Path, arrays: Arrays) -> None:
    """Store the arrays of some scenes as one shard."""
    write_whole(path, save(dict(arrays), metadata={"blake2b": digest(arrays)}))


class DamagedShardError(Exception):
    """A shard that is cut short, changed, or no shard at all."""


class Shard:
    """A shard on disk, mapped into memory: `arrays` by name. Opening checks header and size, `check` every byte."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            size = path.stat().st_size
            with path.open("rb") as file:
                (length,) = struct.unpack("<Q", file.read(8))
                if length > size:
                    raise DamagedShardError(path)
                header = json.loads(file.read(length))
            self._digest: str = header.pop("__metadata__")["blake2b"]
            start = 8 + length
            if size != start + max(entry["data_offsets"][1] for entry in header.values()):
                raise DamagedShardError(path)
            content = np.memmap(path, dtype=np.uint8, mode="r")
            self.arrays = {name: _view(content[start:], entry) for name, entry in header.items()}
        except (struct.error, ValueError, KeyError, TypeError, AttributeError) as error:
            raise DamagedShardError(path) from error

    def check(self) -> None:
        """Compare every byte with the digest; DamagedShardError where they differ."""
        if digest(self.arrays) != self._digest:
            raise DamagedShardError(self.path)


def _view(content: NDArray[np.uint8], entry: Mapping[str, Any]) -> NDArray[Any]:
    first, last = entry["data_offsets"]
    # np.asarray drops the memmap subclass, whose indexing costs several times as much; the mapping stays open.
    return np.asarray(content[first:last]).view(_TYPES[entry["dtype"]]).reshape(entry["shape"])
