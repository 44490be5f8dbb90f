"""Ctrl-C during a long run: once lets what is in training end, twice stops now."""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType

from taskonomy_cli.terminal import Terminal

_SAID = "Stopping: what is in training is finished first. Press Ctrl-C again to drop it."


@contextmanager
def stopped_by_interrupt(terminal: Terminal) -> Iterator[Callable[[], bool]]:
    """A callable that says whether Ctrl-C was pressed; pressed again it is a KeyboardInterrupt, as everywhere.

    Only the main thread hears signals; in another the callable always says no.
    """
    pressed = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield pressed.is_set
        return

    def heard(number: int, frame: FrameType | None) -> None:
        if pressed.is_set():
            raise KeyboardInterrupt
        pressed.set()
        terminal.say(_SAID)

    before = signal.signal(signal.SIGINT, heard)
    try:
        yield pressed.is_set
    finally:
        signal.signal(signal.SIGINT, before)
