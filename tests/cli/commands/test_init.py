from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from taskonomy_cli.commands import init
from taskonomy_core.registry.discover import FoundPlugin, discover
from taskonomy_core.registry.resolve import resolve
from taskonomy_core.registry.roster import read_roster

Run = Callable[..., Result]
ROOT = Path(__file__).parents[3]


@pytest.fixture
def ours_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if no other package brought tasks on this machine."""
    ours = tuple(plugin for plugin in discover() if plugin.package == "taskonomy")
    monkeypatch.setattr(init, "discover", lambda: ours)


def test_the_projects_own_registry_is_what_init_writes(run: Run, here: Path, ours_alone: None) -> None:
    result = run("init")
    assert result.exit_code == 0
    assert result.stdout == f"Wrote {here / 'registry.toml'}: 26 tasks, preset nano, seed 0.\n"
    assert result.stderr == "Type: tk plan\n"
    assert (here / "registry.toml").read_text() == (ROOT / "registry.toml").read_text()


def test_the_first_plan_knows_what_is_not_trained(run: Run, ours_alone: None) -> None:
    run("init")
    lines = [line.split() for line in run("plan").stdout.splitlines()]
    new = {" ".join(words[:-7]): words[-7] for words in lines if words and words[-1] == "unknown"}
    # 26 tasks, one of them random: 25 constants, and readouts from it to the other three that are no targets.
    assert new["constants"] == "25"
    assert new["reference readouts"] == "3"
    assert new["transfers from 1 source"] == str(22 * 25)


def test_an_empty_project_has_no_ledger_yet(run: Run, here: Path) -> None:
    run("init", "--empty")
    assert [file.name for file in here.iterdir()] == ["registry.toml"]


def test_the_projects_own_registry_resolves() -> None:
    roster = read_roster(ROOT / "registry.toml")
    resolved = resolve(roster)
    assert len(resolved.tasks) == 26
    assert resolved.stale == {}
    assert {task.name for task in roster.tasks.values() if not task.is_target} == {
        name for name, task in resolved.tasks.items() if not task.target
    }


def test_options(run: Run, here: Path) -> None:
    result = run("--registry", "mine.toml", "init", "--preset", "small", "--seed", "7", "--empty")
    assert result.stdout == "Wrote mine.toml: 0 tasks, preset small, seed 7.\n"
    assert result.stderr == "Type: tk register NAME\n"
    roster = read_roster(here / "mine.toml")
    assert (roster.preset, roster.seed, roster.tasks, roster.budget) == ("small", 7, {}, 6.0)


def test_it_never_overwrites(run: Run, here: Path) -> None:
    (here / "registry.toml").write_text("precious")
    result = run("init")
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == f"{here / 'registry.toml'} exists already; it is left as it is.\nType: tk tasks\n"
    assert (here / "registry.toml").read_text() == "precious"


@pytest.mark.parametrize("wrong", [("--preset", "nanno"), ("--seed", "-1"), ("--seed", "one"), ("--seed", str(2**63))])
def test_wrong_options_write_nothing(run: Run, here: Path, wrong: tuple[str, str]) -> None:
    result = run("init", *wrong)
    assert result.exit_code == 2
    assert f"Invalid value for '{wrong[0]}'" in result.stderr
    assert list(here.iterdir()) == []


def test_a_broken_plugin_is_left_out_and_told(
    run: Run, here: Path, monkeypatch: pytest.MonkeyPatch, ours_alone: None
) -> None:
    broken = FoundPlugin("zoo", "zebra", "nowhere_to_be_found")
    ours = init.discover()
    monkeypatch.setattr(init, "discover", lambda: (*ours, broken))
    result = run("init")
    assert result.exit_code == 0
    assert result.stderr == (
        "Left out: zoo[zebra] cannot be imported from 'nowhere_to_be_found': "
        "ModuleNotFoundError: No module named 'nowhere_to_be_found'\n"
        "Tell its author, or type: pip install --upgrade zoo\nType: tk plan\n"
    )
    assert len(read_roster(here / "registry.toml").tasks) == 26


def test_a_folder_that_cannot_be_written(run: Run, here: Path) -> None:
    result = run("--registry", "missing/registry.toml", "init", "--empty")
    assert result.exit_code == 2
    assert result.stderr == (
        "missing/registry.toml cannot be written: No such file or directory; nothing was changed.\n"
        "Make room, or give yourself the right to write there, then type the same command again.\n"
    )
