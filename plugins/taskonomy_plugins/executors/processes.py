"""The executor `processes`: one worker a core, each a fresh Python process with one thread."""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, NamedTuple

from taskonomy_core.contract.executor import ExecutorKind, RunWorker
from taskonomy_core.contract.hookspecs import hookimpl
from taskonomy_core.errors import JobError, TaskonomyError
from taskonomy_plugins.executors._memory import keep_memory

_POLL_S = 0.2
_PATIENCE_S = 5.0
# Two OpenMP threads beside any other load slow torch 3 to 50 times (facts, labels_and_rooms).
_ENVIRONMENT = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


class _Child(NamedTuple):
    process: BaseProcess
    told: Connection


def run(worker: RunWorker, order: Mapping[str, Any], workers: int) -> Iterator[None]:
    """Start `workers` processes that each call `worker(order)`; yield every 0.2 s until all have ended.

    Closing the generator (or an interrupt in it) terminates the processes that it started and waits for them. A worker
    that dies does not stop the others. At the end the first TaskonomyError that a worker raised is raised here; a
    worker that ended in any other way than well is a JobError that names its exit code or signal.
    """
    context = multiprocessing.get_context("spawn")
    children: list[_Child] = []
    try:
        for number in range(1, workers + 1):
            told, tells = context.Pipe(duplex=False)
            process = context.Process(target=_work, args=(worker, dict(order), tells), name=f"worker {number}")
            with _environment(_ENVIRONMENT):
                process.start()
            tells.close()
            children.append(_Child(process, told))
        while living := [child.process.sentinel for child in children if child.process.exitcode is None]:
            wait(living, _POLL_S)
            yield
        _raise_failures(children)
    finally:
        _stop(children)


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    """The environment variables that a process started inside inherits; the old ones afterwards."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def _work(worker: RunWorker, order: Mapping[str, Any], tells: Connection) -> None:
    """The main function of a child."""
    # Ctrl-C reaches the whole process group; the parent alone decides, and ends its children by SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()
    keep_memory()
    try:
        worker(order)
    except TaskonomyError as error:
        tells.send(error)
        raise SystemExit(2) from None


def _follow_parent() -> None:
    """End this process as soon as its parent is gone, even by kill -9: nobody would read what it does."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _raise_failures(children: list[_Child]) -> None:
    """The first expected error that a child told; else a JobError on all children that did not end well."""
    failed = [child for child in children if child.process.exitcode != 0]
    for child in failed:
        try:
            if child.told.poll():
                raise child.told.recv()
        except EOFError:
            continue  # it died without a word
    if failed:
        ends = "; ".join(f"{child.process.name} {_how_it_ended(child.process.exitcode)}" for child in failed)
        raise JobError(
            f"{len(failed)} of {len(children)} workers did not end well: {ends}.",
            "What the others finished is stored; type the same command to go on.",
        )


def _how_it_ended(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        try:
            return f"was killed by {signal.Signals(-exitcode).name}"
        except ValueError:
            return f"was killed by signal {-exitcode}"
    return f"ended with exit code {exitcode}"


def _stop(children: list[_Child]) -> None:
    """Terminate whatever still lives of the children, and wait until all are gone."""
    for child in children:
        if child.process.exitcode is None:
            child.process.terminate()
    for child in children:
        child.process.join(_PATIENCE_S)
        if child.process.exitcode is None:
            child.process.kill()
            child.process.join()
        child.told.close()


PROCESSES = ExecutorKind("processes", "One worker a core, each in a process of its own", run)


@hookimpl
def taskonomy_executors() -> list[ExecutorKind]:
    """The executor `processes`."""
    return [PROCESSES]
