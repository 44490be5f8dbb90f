"""What the executor `parsl` does where a call is carried out. Imports nothing of Parsl."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import socket
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

from taskonomy_core.errors import TaskonomyError
from taskonomy_plugins.executors._calls import carry_out, own_gpu
from taskonomy_plugins.executors._memory import keep_memory

# Of the clock by which a machine tells when a process began.
_SAME_MOMENT_S = 2.0
LOOK_S = 1.0


@dataclass(frozen=True)
class Opener:
    """The process that opened the executor: its machine, its id, and when it began (seconds since 1970)."""

    host: str
    pid: int
    began: float


@dataclass(frozen=True)
class Order:
    """One call on its way to a worker.

    Attributes:
        call: (function, arguments, keyword arguments), pickled.
        ticket: the file that says who has the call: see `take`.
        opener: who asks.
        variables: environment variables that the worker lacks.
        gpus: what the workers of this machine share, by their rank; empty where the worker's place is its own affair.
    """

    call: bytes
    ticket: Path
    opener: Opener
    variables: Mapping[str, str]
    gpus: tuple[str, ...]


def take(ticket: Path, who: str) -> bool:
    """Take a call, to carry it out or to call it off: True for the first who tries, on any machine."""
    try:
        with ticket.open("x") as file:
            file.write(who)
    except FileExistsError:
        return False
    return True


def holder(ticket: Path) -> tuple[str, int] | None:
    """The machine and the process that carry a call out; None before that is known."""
    try:
        host, pid = ticket.read_text().split()
    except (OSError, ValueError):
        return None
    return host, int(pid)


def serve(order: Order) -> bytes | None:
    """Carry a call out; the pickled (exception or None, answer, traceback). None if it was called off before."""
    try:
        if not take(order.ticket, f"{socket.gethostname()} {os.getpid()}"):
            return None
    except OSError as error:
        message = f"The worker on {socket.gethostname()} cannot write in {order.ticket.parent}: {error.strerror}."
        return pickle.dumps(
            (TaskonomyError(message, "The project's folder must be one that all machines share."), 0, "")
        )
    _prepare(order)
    return carry_out(order.call)


_prepared: set[Opener] = set()


def _prepare(order: Order) -> None:
    """Before the first call: what must be so before torch is imported, and an end with the opener's."""
    if order.opener in _prepared:
        return
    _prepared.add(order.opener)
    if order.opener.pid == os.getpid() and order.opener.host == socket.gethostname():
        return  # Parsl was told to use threads of that very process
    for name, value in order.variables.items():
        os.environ.setdefault(name, value)
    os.environ.update(own_gpu(order.gpus, int(os.environ.get("PARSL_WORKER_RANK", "0"))))
    keep_memory()
    threading.Thread(target=_follow, args=(order.opener,), daemon=True).start()


def _follow(opener: Opener) -> None:
    """End this process as soon as the one that started it is gone, or the opener: nobody would read what it does."""
    parent = multiprocessing.parent_process()
    near = lives(opener)  # else it is on another machine, or behind the wall of a container
    while not (near and not lives(opener)):
        if parent is None:
            time.sleep(LOOK_S)
        elif wait([parent.sentinel], LOOK_S):
            break
    os._exit(1)


def lives(opener: Opener) -> bool:
    """Whether a process is there, on this machine."""
    import psutil  # comes with Parsl

    if opener.host != socket.gethostname():
        return False
    try:
        process = psutil.Process(opener.pid)
        same = abs(process.create_time() - opener.began) < _SAME_MOMENT_S
        return same and bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False
