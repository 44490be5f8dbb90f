"""The executor `processes`: workers of this machine, each a fresh Python process with one thread."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import BrokenExecutor, Executor, Future, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from queue import SimpleQueue
from typing import Any

from taskonomy_core.contract.executor import ExecutorKind, Workplace
from taskonomy_core.contract.hookspecs import hookimpl
from taskonomy_plugins.executors._calls import ONE_THREAD, answer_of, carry_out, own_gpu
from taskonomy_plugins.executors._memory import keep_memory

_PATIENCE_S = 5.0
# Environment variables belong to the whole process, and two threads may start a worker at once.
_STARTING = threading.Lock()


class _Worker:
    """One process, started when it is first needed and again after it died. Used by one thread at a time."""

    def __init__(self, name: str, environment: Mapping[str, str]) -> None:
        self._name = name
        self._environment = environment
        self._process: BaseProcess | None = None
        self._line: Connection | None = None
        self._closed = False

    def call(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        """What `fn(*args, **kwargs)` answers or raises in the process. Errors: BrokenExecutor where that died."""
        process, line = self._living()
        try:
            line.send_bytes(pickle.dumps((fn, args, kwargs)))
            wait([line, process.sentinel])
            reply = line.recv_bytes() if line.poll() else None  # it may have answered and died since
        except (EOFError, BrokenPipeError, ConnectionResetError):
            reply = None
        if reply is not None:
            return answer_of(reply, self._name)
        process.join(_PATIENCE_S)
        self._forget()
        raise BrokenExecutor(f"{self._name} {_how_it_ended(process.exitcode)}")

    def close(self) -> None:
        """End the process at once; who waits in `call` gets a BrokenExecutor. None is started any more."""
        with _STARTING:
            self._closed = True
            process = self._process
        if process is None:
            return
        process.terminate()
        process.join(_PATIENCE_S)
        if process.is_alive():
            process.kill()
            process.join()

    def _living(self) -> tuple[BaseProcess, Connection]:
        with _STARTING:
            if self._closed:
                raise BrokenExecutor(f"{self._name} was stopped")
            if self._process is not None and self._line is not None and self._process.is_alive():
                return self._process, self._line
            self._forget()
            context = multiprocessing.get_context("spawn")
            ours, theirs = context.Pipe()
            process = context.Process(target=_serve, args=(theirs,), name=self._name, daemon=True)
            with _set(self._environment):
                process.start()
            theirs.close()
            self._process, self._line = process, ours
            return process, ours

    def _forget(self) -> None:
        if self._line is not None:
            self._line.close()
        self._process = self._line = None


class _Processes(Executor):
    """As many threads as workers; a call takes a free worker and waits for it."""

    def __init__(self, workplace: Workplace) -> None:
        self._workers = [
            _Worker(f"worker {number}", ONE_THREAD | own_gpu(workplace.gpus, number - 1))
            for number in range(1, workplace.jobs + 1)
        ]
        self._free: SimpleQueue[_Worker] = SimpleQueue()
        for worker in self._workers:
            self._free.put(worker)
        self._threads = ThreadPoolExecutor(workplace.jobs, thread_name_prefix="worker")

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See contract.ExecutorKind."""
        return self._threads.submit(self._call, fn, args, kwargs)

    def close(self) -> None:
        """End all workers at once."""
        self._threads.shutdown(wait=False, cancel_futures=True)
        for worker in self._workers:
            worker.close()
        self._threads.shutdown(wait=True)

    def _call(self, fn: Callable[..., Any], args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> Any:
        worker = self._free.get()
        try:
            return worker.call(fn, args, kwargs)
        finally:
            self._free.put(worker)


@contextmanager
def open_processes(workplace: Workplace) -> Iterator[Executor]:
    """`workplace.jobs` processes of this machine; see contract.ExecutorKind."""
    pool = _Processes(workplace)
    try:
        yield pool
    finally:
        pool.close()


@contextmanager
def _set(settings: Mapping[str, str]) -> Iterator[None]:
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


def _serve(line: Connection) -> None:
    """The main function of a worker: answer calls until the line is closed."""
    # Ctrl-C reaches the whole process group; the parent alone decides, and ends its children by SIGTERM.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_follow_parent, daemon=True).start()
    keep_memory()
    while True:
        try:
            call = line.recv_bytes()
        except EOFError:
            return
        line.send_bytes(carry_out(call))


def _follow_parent() -> None:
    """End this process as soon as its parent is gone, even by kill -9: nobody would read what it does."""
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)


def _how_it_ended(exitcode: int | None) -> str:
    if exitcode is not None and exitcode < 0:
        try:
            return f"was killed by {signal.Signals(-exitcode).name}"
        except ValueError:
            return f"was killed by signal {-exitcode}"
    return f"ended with exit code {exitcode}"


PROCESSES = ExecutorKind("processes", "One worker a core, each in a process of its own", open_processes)


@hookimpl
def taskonomy_executors() -> list[ExecutorKind]:
    """The executor `processes`."""
    return [PROCESSES]
