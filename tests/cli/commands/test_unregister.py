from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.roster import RosterTask, read_roster

Run = Callable[..., Result]


def test_takes_it_out_and_says_what_is_kept(run: Run, here: Path) -> None:
    path = here / "registry.toml"
    create_roster(path, preset="nano", seed=0, tasks=[RosterTask("a", "zoo[a]", 1), RosterTask("b", "b.py", 1)])
    result = run("unregister", "b")
    assert result.exit_code == 0
    assert result.stdout == f"Unregistered b; 1 task is left in {path}.\n"
    assert result.stderr == "Its results are kept in the ledger. To count them in again, type: tk register b.py\n"
    assert list(read_roster(path).tasks) == ["a"]
    assert run("unregister", "a").stderr.endswith("type: tk register a\n")


def test_unknown(run: Run, here: Path) -> None:
    path = here / "registry.toml"
    create_roster(path, preset="nano", seed=0, tasks=[RosterTask("normals", "zoo[normals]", 1)])
    result = run("unregister", "normal")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{path} does not register a task 'normal'. Did you mean normals?\nType: tk tasks\n"
