"""What the tests of executors wait for and look at."""

from __future__ import annotations

import importlib.util
import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

needs_parsl = pytest.mark.skipif(importlib.util.find_spec("parsl") is None, reason="the extra parsl is not installed")
PATIENCE_S = 60


def until(what: Callable[[], bool]) -> None:
    """Wait until something is so."""
    end = time.monotonic() + PATIENCE_S
    while not what():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def begun(folder: Path) -> dict[str, int]:
    """The calls of `calls.begin` that have begun, and their processes."""
    return {path.stem: json.loads(path.read_text())[0] for path in folder.glob("*.begun")}


def alive(pid: int) -> bool:
    """Whether a process does anything yet; one that ended may still be listed."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except FileNotFoundError:
        return False
