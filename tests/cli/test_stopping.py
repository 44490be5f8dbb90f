"""Ctrl-C once and twice."""

import signal
import threading

import pytest

from taskonomy_cli.stopping import stopped_by_interrupt
from taskonomy_cli.terminal import Terminal


def test_once_asks_and_twice_interrupts(capsys):
    before = signal.getsignal(signal.SIGINT)
    with stopped_by_interrupt(Terminal()) as asked:
        assert not asked()
        signal.raise_signal(signal.SIGINT)
        assert asked()
        assert capsys.readouterr().err == (
            "Stopping: what is in training is finished first. Press Ctrl-C again to drop it.\n"
        )
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
    assert signal.getsignal(signal.SIGINT) is before


def test_in_another_thread_nothing_is_heard():
    answers = []

    def elsewhere():
        with stopped_by_interrupt(Terminal()) as asked:
            answers.append(asked())

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert answers == [False]
