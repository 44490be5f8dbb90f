"""Content-addressed files: FOLDER/objects/ab/<blake2b>.safetensors. Written whole or not at all, verified when read.

Nothing is pickled: safetensors alone, numpy's for what must be read without torch.
"""

from __future__ import annotations

import errno
import hashlib
import os
import secrets
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from taskonomy_core.errors import LedgerError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

# Named here for modules that must not name torch.
Tensors: TypeAlias = "dict[str, Tensor]"

# The folder of a store's objects.
OBJECTS = "objects"

_FULL = (errno.ENOSPC, errno.EDQUOT)
_FORBIDDEN = (errno.EACCES, errno.EPERM, errno.EROFS)


class DamagedObjectError(LedgerError):
    """A stored file is missing or does not hold what its name promises."""


def disk_error(error: OSError, path: Path) -> LedgerError:
    """The sentence for what an operating system says of a file of the ledger; other errors are raised as they are."""
    if error.errno in _FULL:
        return LedgerError(
            f"The disk of {path} is full; what was finished before is kept.",
            "Free some space (tk status shows what the store uses), then type the same command again.",
        )
    if error.errno in _FORBIDDEN:
        return LedgerError(
            f"{path} cannot be written ({os.strerror(error.errno)}).",
            "Make the folder writable, or copy the project to one that is; then type the same command again.",
        )
    if error.errno == errno.EIO:
        return LedgerError(
            f"The disk of {path} refuses to read or write.",
            "Look whether it is failing (type: df), then type the same command again; what was finished is kept.",
        )
    raise error


@dataclass(frozen=True)
class StoredObject:
    """A file as it lies there: bytes, when it was written (seconds of the wall clock), and what its name says.

    `digest` is "" for what is no whole object; `partial` tells a file that was begun and never got its name.
    """

    path: Path
    size: int
    modified: float
    digest: str = ""
    partial: bool = False


class Objects:
    """The files of one store. Any number of processes may write at once: a name says what is inside."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, digest: str) -> Path:
        """Where the object of this digest lies."""
        return self.folder / digest[:2] / f"{digest}.safetensors"

    def put(self, content: bytes) -> str:
        """Store bytes, give their digest. LedgerError where the disk is full or read-only; no half file stays."""
        digest = hashlib.blake2b(content, digest_size=32).hexdigest()
        path = self.path(digest)
        temporary = path.with_name(f".{digest[:8]}.{os.getpid()}.{secrets.token_hex(4)}.part")
        try:
            if path.exists() and path.read_bytes() == content:  # a damaged file is written again
                return digest
            path.parent.mkdir(parents=True, exist_ok=True)
            try:
                _write_through(temporary, content)
                if temporary.read_bytes() != content:
                    raise DamagedObjectError(f"The disk of {self.folder} does not give back what was written to it.")
                temporary.replace(path)
            finally:
                temporary.unlink(missing_ok=True)
        except OSError as error:
            raise disk_error(error, self.folder) from error
        return digest

    def get(self, digest: str) -> bytes:
        """The bytes of a digest. Errors: DamagedObjectError where the file is missing or its content is another."""
        path = self.path(digest)
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            raise _missing(path) from None
        except OSError as error:
            if error.errno == errno.EIO:
                raise DamagedObjectError(f"The stored file {path} cannot be read ({error.strerror}).") from error
            raise disk_error(error, path) from error
        if hashlib.blake2b(content, digest_size=32).hexdigest() != digest:
            raise DamagedObjectError(f"The stored file {path} is damaged: its content is not what its name says.")
        return content

    def put_arrays(self, arrays: Mapping[str, NDArray[Any]]) -> str:
        """Store numpy arrays."""
        import numpy as np
        from safetensors.numpy import save

        return self.put(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))

    def get_arrays(self, digest: str) -> dict[str, NDArray[np.generic]]:
        """Read what `put_arrays` stored."""
        from safetensors.numpy import load

        return load(self.get(digest))

    def put_tensors(self, tensors: Mapping[str, Tensor]) -> str:
        """Store torch tensors, wherever they live; read back on the CPU, contiguous."""
        from safetensors.torch import save

        # safetensors refuses strided and shared memory; a clone is neither.
        return self.put(save({name: tensor.detach().cpu().clone().contiguous() for name, tensor in tensors.items()}))

    def get_tensors(self, digest: str) -> Tensors:
        """Read what `put_tensors` stored."""
        from safetensors.torch import load

        return load(self.get(digest))

    def files(self) -> Iterator[StoredObject]:
        """All objects, and the half-written ones that a kill left behind; a stranger's files are not ours."""
        for path, size, modified in listed_files(self.folder, "??/*"):
            if path == self.path(path.stem):
                yield StoredObject(path, size, modified, digest=path.stem)
            elif path.suffix == ".part":
                yield StoredObject(path, size, modified, partial=True)

    def require(self, digest: str) -> None:
        """Errors: DamagedObjectError where there is no file of this digest; it is not read."""
        if not self.path(digest).exists():
            raise _missing(self.path(digest))

    def bytes_used(self) -> int:
        """How much disk the objects take."""
        return sum(file.stat().st_size for file in self.folder.glob("??/*") if file.is_file())


def _missing(path: Path) -> DamagedObjectError:
    return DamagedObjectError(f"The stored file {path} is missing.")


def listed_files(folder: Path, pattern: str) -> Iterator[tuple[Path, int, float]]:
    """Path, size and time of change of the files that fit, in order; what vanishes meanwhile is left out."""
    for path in sorted(folder.glob(pattern)):
        try:
            status = path.stat()
        except FileNotFoundError:
            continue
        if stat.S_ISREG(status.st_mode):
            yield path, status.st_size, status.st_mtime


def remove_file(path: Path) -> None:
    """Delete a file, which may be gone already. Errors: LedgerError."""
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise disk_error(error, path) from error


def _write_through(path: Path, content: bytes) -> None:
    """Write and wait until the disk has it, so that the name is given to a whole file even if the power fails."""
    with path.open("xb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
