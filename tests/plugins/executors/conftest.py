"""Executors that are open."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from concurrent.futures import Executor
from pathlib import Path

import pytest

from taskonomy_core.contract.executor import ExecutorKind, Workplace
from taskonomy_plugins.executors.inline import INLINE
from taskonomy_plugins.executors.parsl import PARSL
from taskonomy_plugins.executors.processes import PROCESSES

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))  # for `calls`; spawned processes of ours get this path too

from waiting import needs_parsl  # noqa: E402

KINDS = [pytest.param(INLINE, id="inline"), pytest.param(PROCESSES, id="processes")]
KINDS += [pytest.param(PARSL, id="parsl", marks=needs_parsl)]


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
