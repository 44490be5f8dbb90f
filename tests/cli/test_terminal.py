from __future__ import annotations

import io
import json
import math
import sys

import pytest

from taskonomy_cli.terminal import Styled, Table, Terminal, printable


class Screen(io.StringIO):
    """A stream that says that a person looks at it."""

    def isatty(self) -> bool:
        return True


def look(monkeypatch: pytest.MonkeyPatch) -> Screen:
    """A terminal of 80 columns with colours, in the place of stdout and stderr.

    Not a fixture: pytest puts its own streams in place again between a test's fixtures and its body.
    """
    for name in ("NO_COLOR", "FORCE_COLOR", "COLORTERM"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm-256color")
    monkeypatch.setenv("COLUMNS", "80")
    stream = Screen()
    monkeypatch.setattr(sys, "stdout", stream)
    monkeypatch.setattr(sys, "stderr", stream)
    return stream


TABLE = Table(["NAME", "COST"], [["a", "1"], [Styled("normals", "green"), "10"]], right=["COST"])


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain", "plain"),
        ("two\nlines", "two\nlines"),
        ("\x1b[2J", "\\x1b[2J"),
        ("\x9b31m", "\\x9b31m"),
        ("a\rb\tc", "a\\rb\\tc"),
        ("\u202egnp", "\\u202egnp"),
        ("Räume ✓", "Räume ✓"),
    ],
)
def test_nothing_steers_the_terminal(text: str, shown: str) -> None:
    assert printable(text) == shown


def test_answers_go_to_stdout_and_talk_to_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    terminal = Terminal()
    terminal.answer("the answer")
    terminal.answer_json([1])
    terminal.say("by the way")
    terminal.warn("careful")
    terminal.fail("wrong", "Type: this")
    shown = capsys.readouterr()
    assert shown.out == "the answer\n[\n  1\n]\n"
    assert shown.err == "by the way\ncareful\nwrong\nType: this\n"


def test_a_table_in_a_pipe_is_plain_and_uncut(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().answer(TABLE)
    Terminal().answer(Table(["WHY"], [["long " * 60 + "end"]]))
    assert capsys.readouterr().out == f"NAME     COST\na           1\nnormals    10\nWHY\n{'long ' * 60}end\n"


def test_markup_and_controls_in_cells_and_texts_are_shown_as_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    nasty = "[red]x[/red] :smile: \x1b[31m\n"
    Terminal().answer(Table([nasty], [[nasty], [Styled(nasty, "bold")]]))
    Terminal().answer("[/nonsense]")
    Terminal().say("[/nonsense]", "bold")
    shown = capsys.readouterr()
    assert shown.out == "[red]x[/red] :smile: \\x1b[31m\\n\n" * 3 + "[/nonsense]\n"
    assert shown.err == "[/nonsense]\n"


def test_colour_on_a_screen(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = look(monkeypatch)
    Terminal().answer(TABLE)
    Terminal().fail("wrong")
    assert "\x1b[32mnormals" in screen.getvalue()
    assert "\x1b[1;31mwrong" in screen.getvalue()


def test_no_color_means_no_escape_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = look(monkeypatch)
    monkeypatch.setenv("NO_COLOR", "1")
    Terminal().answer(TABLE)
    Terminal().fail("wrong")
    assert screen.getvalue() == "NAME     COST\na           1\nnormals    10\nwrong\n"


def test_json_knows_no_nan_and_stays_ascii(capsys: pytest.CaptureFixture[str]) -> None:
    Terminal().answer_json({"a": math.nan, "b": [math.inf, 0.5], "c": "\x1b[31m\x9bé", 4: (1, None, True)})
    text = capsys.readouterr().out
    assert text.isascii()
    assert "\x1b" not in text
    assert json.loads(text) == {"a": None, "b": [None, 0.5], "c": "\x1b[31m\x9bé", "4": [1, None, True]}


def test_letters_that_the_stream_lacks_become_escapes(monkeypatch: pytest.MonkeyPatch) -> None:
    raw = io.BytesIO()
    monkeypatch.setattr(sys, "stdout", io.TextIOWrapper(raw, encoding="ascii"))
    Terminal().answer("Räume")
    Terminal().answer(Table(["é"], []))
    assert raw.getvalue() == b"R\\xe4ume\n\\xe9\n"


def test_progress_in_a_pipe_is_one_line_at_the_end(capsys: pytest.CaptureFixture[str]) -> None:
    with Terminal().progress() as progress:
        for done in range(4):
            progress(done, 3, "rooms\x1b")
    shown = capsys.readouterr()
    assert (shown.out, shown.err) == ("", "rooms\\x1b: 3 of 3\n")


def test_progress_on_a_screen_is_a_bar_that_goes_away(monkeypatch: pytest.MonkeyPatch) -> None:
    screen = look(monkeypatch)
    with Terminal().progress() as progress:
        progress(1, 3, "[rooms]")
        progress(3, 3, "[rooms]")
        progress(1, 1, "shelves")
    text = screen.getvalue()
    assert "[rooms]" in text
    assert "3/3" in text
    assert "shelves" in text
    assert text.endswith("\x1b[2K")  # the last line of the bars is erased
