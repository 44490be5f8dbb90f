"""What is shown of a run: plain lines into a pipe, one live view at a terminal."""

import io
import sys

import pytest
from rich.console import Console

from taskonomy_cli import run_view as module
from taskonomy_cli.run_view import run_view, running_in_words
from taskonomy_cli.terminal import Terminal
from taskonomy_core.ledger.run import RunProgress

RUNNING = ("transfer a -> normals", "transfer b -> normals", "network of edges", "scratch of depth")


def progress(networks=1, transfers=0, failed=0, left=None, running=RUNNING):
    return RunProgress({("network", 0): (networks, 2), ("transfer", 1): (transfers, 6)}, failed, running, left)


def test_a_pipe_is_told_once_of_each_part_that_is_finished(capsys):
    with run_view(Terminal()) as show:
        show(progress())
        show(progress(networks=2))
        show(progress(networks=2, transfers=6))
    assert capsys.readouterr().err == "task networks: 2 of 2\ntransfers from 1 source: 6 of 6\n"


def test_a_pipe_is_told_twice_a_minute_how_far_it_is(capsys):
    now = [0.0]
    with run_view(Terminal(), clock=lambda: now[0]) as show:
        for now[0] in (10, 29.9, 30, 59, 60):
            show(progress(transfers=int(now[0] / 20), failed=int(now[0] == 60), left=200.0 if now[0] == 60 else None))
    assert capsys.readouterr().err == "2 of 8 jobs\n4 of 8 jobs, 1 job failed, about 3 min left\n"


def drawn(seen):
    told = io.StringIO()
    Console(file=told, width=80).print(module._drawn(seen))
    return told.getvalue()


def test_the_view_shows_what_is_done_what_runs_what_failed_and_the_time_left():
    shown = drawn(progress(transfers=3, failed=2, left=90.0))
    assert "task networks" in shown
    assert "1/2" in shown
    assert "3/6" in shown
    assert "In training: network of edges, 2 transfers to normals, scratch of depth" in shown
    assert "2 jobs failed\n" in shown.replace(" " * 10, "").replace("  ", "")
    assert "about 2 min left" in shown


def test_what_is_not_known_is_not_shown():
    shown = drawn(progress(running=()))
    assert "failed" not in shown
    assert "left" not in shown
    assert "Nothing is in training." in shown


def test_names_cannot_steer_the_terminal():
    assert "\x1b[31mred" not in drawn(progress(running=("network of \x1b[31mred",)))
    assert r"\x1b[31mred" in drawn(progress(running=("network of \x1b[31mred",)))


def test_a_terminal_gets_a_view_that_is_gone_afterwards(monkeypatch):
    class Screen(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setattr(sys, "stderr", screen := Screen())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("NO_COLOR", "1")
    with run_view(Terminal()) as show:
        show(progress(transfers=3))
    assert "transfers from 1 source" in screen.getvalue()
    assert screen.getvalue().rstrip().endswith(("\x1b[2K", "\x1b[?25h"))


@pytest.mark.parametrize(
    ("names", "told"),
    [
        ((), "Nothing is in training."),
        (("constant of a",), "In training: constant of a"),
        (("transfer a + b -> c", "transfer d -> c"), "In training: 2 transfers to c"),
        (
            tuple(f"network of {name}" for name in "abcdef"),
            "In training: network of a, network of b, network of c, network of d, 2 more",
        ),
    ],
)
def test_readouts_of_one_target_are_told_together(names, told):
    assert running_in_words(names) == told
