from __future__ import annotations

import importlib
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType

import click
import pytest
from click.testing import Result

from taskonomy_cli.app import COMMANDS
from taskonomy_core import __version__
from taskonomy_core.errors import RosterError

Run = Callable[..., Result]

HELP = """\
Usage: tk [OPTIONS] COMMAND [ARGS]...

  Which visual tasks to label, and which to transfer from.

Options:
  --registry FILE  The registry.toml to work on [default: nearest upwards].
  --disable NAME   Run without a plugin, as if it were not installed: a task,
                   KIND.NAME or package[entry]; repeatable.
  --version        Show the version and exit.
  -h, --help       Show this message and exit.

Commands:
  init          Write registry.toml for a new project.
  tasks         List the tasks that are installed and registered.
  register      Add a task: an installed one by name, or a single file.
  unregister    Take a task out; its results are kept.
  new           Write the beginning of a task of your own.
  check         Hold a task against every rule of the contract.
  plan          Show what would be trained, and how long it would take.
  why           Explain one result: what made it, and what it needs.
  transfer      Train what is new or stale.
  affinity      Draw the affinity matrix.
  export        Write the measurements to a file, as CSV or JSON.
  sanity        Hold networks against the best constant and a random encoder.
  taxonomy      Solve for the tasks that are worth labelling.
  recommend     Rank what one unlabelled task should be transferred from.
  significance  Hold the taxonomy against random ones.
  similarity    Group tasks by how they transfer out.
  serve         Open the page: choose, see, change your mind.
  report        Write one self-contained HTML file of a run.
  predict       Apply a trained network or transfer to pictures of your own.
  plugins       List what is installed, and why something is not used.
  status        Show what is done and what is left.
  gc            Remove stored results that nothing needs any more.
  doctor        Look for what is missing or broken on this machine.
  demo          Run everything once, small, in a folder of its own.
"""


@pytest.fixture
def status_does(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], None]], None]:
    """Put a command of the test's own in the place of `tk status`."""

    def put(body: Callable[[], None]) -> None:
        module = ModuleType("taskonomy_cli.commands.status")
        module.command = click.Command("status", callback=body)  # type: ignore[attr-defined]
        monkeypatch.setitem(sys.modules, module.__name__, module)

    return put


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_lists_every_command(run: Run, flag: str) -> None:
    result = run(flag)
    assert (result.exit_code, result.stdout, result.stderr) == (0, HELP, "")


def test_version(run: Run) -> None:
    assert run("--version").stdout == f"tk {__version__}\n"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_of_the_table_is_there(name: str) -> None:
    command = importlib.import_module(f"taskonomy_cli.commands.{name}").command
    assert isinstance(command, click.Command)
    assert command.help


def test_an_unknown_command_gets_the_nearest(run: Run) -> None:
    result = run("registr")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "There is no command 'registr'. Did you mean register?\nType: tk --help\n"


def test_an_unknown_option_is_a_usage_error(run: Run) -> None:
    result = run("--registri", "x", "tasks")
    assert result.exit_code == 2
    assert result.stderr.startswith("Usage: tk [OPTIONS] COMMAND [ARGS]...\n")
    assert "--registri" in result.stderr


def test_an_expected_error_is_a_sentence_and_what_to_type(run: Run, status_does: Callable[..., None]) -> None:
    def fail() -> None:
        raise RosterError("The [bold]file\x1b[31m is bad.", "Type: tk init")

    status_does(fail)
    result = run("status")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "The [bold]file\\x1b[31m is bad.\nType: tk init\n"


def test_an_error_without_a_hint_is_one_line(run: Run, status_does: Callable[..., None]) -> None:
    def fail() -> None:
        raise RosterError("Bad.")

    status_does(fail)
    assert run("status").stderr == "Bad.\n"


def test_an_interrupt_says_how_to_go_on(run: Run, status_does: Callable[..., None]) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    status_does(stop)
    result = run("status")
    assert (result.exit_code, result.stdout) == (130, "")
    assert result.stderr == "\nStopped. Type the same command to go on where it stopped.\n"


def test_a_bug_keeps_its_traceback(run: Run, status_does: Callable[..., None]) -> None:
    def bug() -> None:
        raise ZeroDivisionError

    status_does(bug)
    with pytest.raises(ZeroDivisionError):
        run("status")


def test_a_reader_that_goes_away_ends_it_quietly(here: Path) -> None:
    code = "from taskonomy_cli.app import main; main()"
    process = subprocess.Popen(
        [sys.executable, "-c", code, "tasks"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=here
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr as stderr:
        said = stderr.read().decode()
    assert process.wait() == 1
    # It may have told that there is no registry.toml before it met the closed pipe; nothing else.
    assert said.replace("There is no registry.toml here. Type: tk init\n", "") == ""
