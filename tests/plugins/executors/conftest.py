"""Executors that are open, and what the tests of all of them wait for."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Executor
from pathlib import Path

import pytest

from taskonomy_core.contract.executor import ExecutorKind, Workplace
from taskonomy_plugins.executors.inline import INLINE
from taskonomy_plugins.executors.parsl import PARSL
from taskonomy_plugins.executors.processes import PROCESSES

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # for `calls`; spawned processes of ours get this path too

needs_parsl = pytest.mark.skipif(importlib.util.find_spec("parsl") is None, reason="the extra parsl is not installed")
KINDS = [pytest.param(INLINE, id="inline"), pytest.param(PROCESSES, id="processes")]
KINDS += [pytest.param(PARSL, id="parsl", marks=needs_parsl)]
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


@pytest.fixture(scope="session", autouse=True)
def _found() -> Iterator[None]:
    """Workers find the module `calls`, as they would find an installed package."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", os.pathsep.join([str(HERE), *filter(None, [os.environ.get("PYTHONPATH")])]))
        yield


@pytest.fixture(scope="module", params=KINDS)
def kind(request: pytest.FixtureRequest) -> ExecutorKind:
    return request.param


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Workplace:
    return Workplace(2, tmp_path_factory.mktemp("store"), ("5", "7"))


@pytest.fixture(scope="module")
def executor(kind: ExecutorKind, place: Workplace) -> Iterator[Executor]:
    """Two workers, of which a test may kill what it likes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("OMP_NUM_THREADS", "3")
        patch.delenv("MKL_NUM_THREADS", raising=False)
        patch.setenv("TASKONOMY_DISABLE", "normals")
        with kind.open(place) as opened:
            opened.submit(os.getpid).result()
            yield opened
