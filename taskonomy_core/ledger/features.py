"""The files of the feature cache, seen from outside: learning.features writes and reads them. Imports no torch."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from taskonomy_core.ledger.objects import StoredObject, listed_files


def feature_files(folder: Path) -> Iterator[StoredObject]:
    """FOLDER/ab/KEY/*.npy, KEY being that of the network that made them, and what was begun and never named."""
    for path, size, modified in listed_files(folder, "??/*/*"):
        if path.name.startswith("."):
            yield StoredObject(path, size, modified, partial=True)
        elif path.suffix == ".npy":
            yield StoredObject(path, size, modified)


def is_damaged(path: Path) -> bool:
    """Whether a file cannot be what was written: it has no header, or is shorter than that says."""
    try:
        np.load(path, mmap_mode="r", allow_pickle=False)
    except FileNotFoundError:
        return False
    except (ValueError, EOFError, OSError):
        return True
    return False
