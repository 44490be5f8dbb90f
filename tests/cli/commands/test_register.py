from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import Result

from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.roster import RosterTask, read_roster

Run = Callable[..., Result]
NORMALS = RosterTask("normals", "taskonomy[normals]", 1)
JIGSAW = RosterTask("jigsaw", "taskonomy[jigsaw]", 1, "source")


@pytest.fixture
def project(here: Path) -> Path:
    """A project with a source-and-target task and a source."""
    path = here / "registry.toml"
    create_roster(path, preset="nano", seed=0, tasks=[NORMALS, JIGSAW])
    return path


def test_a_file_is_checked_and_registered(run: Run, project: Path, brightness: str) -> None:
    result = run("register", brightness, "--cost", "0.5")
    assert result.stderr == "rooms: 24 of 24\n"
    assert result.stdout == (
        "Registered brightness (version 1) from brightness.py as source and target.\n"
        "To train: 1 network, 2 transfers to it, 1 transfer from it. Type: tk transfer --new-only\n"
    )
    assert result.exit_code == 0
    assert read_roster(project).tasks["brightness"] == RosterTask("brightness", "brightness.py", 1, "both", cost=0.5)


def test_a_file_that_fails_a_rule_changes_nothing(run: Run, project: Path, brightness: str, here: Path) -> None:
    before = project.read_bytes()
    file = here / brightness
    file.write_text(file.read_text().replace("loss=l1_loss", "loss=lambda p, t, m: l1_loss(p, t, m).mean()"))
    result = run("register", brightness)
    assert (result.exit_code, result.stdout) == (2, "")
    lines = result.stderr.removeprefix("rooms: 24 of 24\n").splitlines()
    assert lines[0] == "brightness.py fails 1 rule of the contract; nothing was registered:"
    assert lines[1].startswith("  brightness, loss_is_one_number_per_image: ")
    assert lines[2:] == ["Correct it, then type: tk check brightness.py"]
    assert project.read_bytes() == before


def test_an_installed_task_by_name_and_by_label(run: Run, project: Path) -> None:
    assert run("register", "denoising", "--no-check", "--role", "source").stdout == (
        "Registered denoising (version 1) from taskonomy[denoising] as source.\n"
        "To train: 1 network, 0 transfers to it, 1 transfer from it. Type: tk transfer --new-only\n"
    )
    assert run("register", "taskonomy[depth_zbuffer]", "--no-check", "--weight", "3").stdout == (
        "Registered depth_zbuffer (version 2) from taskonomy[depth_zbuffer] as source and target.\n"
        "To train: 1 network, 3 transfers to it, 1 transfer from it. Type: tk transfer --new-only\n"
    )
    tasks = read_roster(project).tasks
    assert (tasks["denoising"].role, tasks["depth_zbuffer"].weight) == ("source", 3.0)


def test_again_brings_the_version_up_to_date_and_keeps_the_rest(run: Run, here: Path, brightness: str) -> None:
    path = here / "registry.toml"
    old = RosterTask("brightness", "brightness.py", 7, "target", 4, 3, 5)
    create_roster(path, preset="nano", seed=0, tasks=[old, NORMALS])
    result = run("register", "brightness", "--no-check", "--weight", "2")
    assert result.stdout == (
        "Updated brightness (version 1) from brightness.py as target.\n"
        "To train: 1 network, 1 transfer to it, 0 transfers from it. Type: tk transfer --new-only\n"
    )
    assert read_roster(path).tasks["brightness"] == RosterTask(
        "brightness", "brightness.py", 1, "target", 4.0, 3.0, 2.0
    )


def test_a_transfer_cost_is_written_and_taken_back(run: Run, project: Path) -> None:
    before = project.read_text()
    run("register", "normals", "--no-check", "--transfer-cost", "0.5")
    assert read_roster(project).tasks["normals"].transfer_cost == 0.5
    assert project.read_text().replace("\ntransfer_cost = 0.5\n", "\n") == before
    run("register", "normals", "--no-check", "--role", "target")
    assert read_roster(project).tasks["normals"] == RosterTask("normals", NORMALS.plugin, 1, "target", 1.0, 0.5)
    run("register", "normals", "--no-check", "--transfer-cost", "0")
    assert read_roster(project).tasks["normals"].transfer_cost == 0


def test_a_task_may_be_unused_and_used_again(run: Run, project: Path) -> None:
    unused = run("register", "jigsaw", "--no-check", "--role", "unused")
    assert (unused.exit_code, unused.stdout) == (
        0,
        "Updated jigsaw (version 1) from taskonomy[jigsaw] as unused.\n"
        "jigsaw takes no part; what was trained of it is kept. To use it, type: tk register jigsaw --role source\n",
    )
    assert read_roster(project).tasks["jigsaw"].role == "unused"
    again = run("register", "jigsaw", "--no-check").stdout
    assert "To use it, type: tk register jigsaw --role source\n" in again
    assert run("register", "jigsaw", "--no-check", "--role", "source").stdout == (
        "Updated jigsaw (version 1) from taskonomy[jigsaw] as source.\n"
        "To train: 1 network, 0 transfers to it, 1 transfer from it. Type: tk transfer --new-only\n"
    )


def test_a_new_task_may_be_unused_at_once(run: Run, project: Path, brightness: str) -> None:
    assert run("register", brightness, "--no-check", "--role", "unused").stdout == (
        "Registered brightness (version 1) from brightness.py as unused.\n"
        "brightness takes no part; what was trained of it is kept. "
        "To use it, type: tk register brightness --role both\n"
    )
    assert "brightness" not in run("plan", "--full").stdout


def test_a_file_is_written_relative_to_the_registry(
    run: Run, project: Path, brightness: str, here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    deep = here / "mine" / "deep"
    deep.mkdir(parents=True)
    (here / brightness).rename(deep / brightness)
    monkeypatch.chdir(here / "mine")
    assert run("register", "deep/brightness.py", "--no-check").exit_code == 0
    assert read_roster(project).tasks["brightness"].plugin == "mine/deep/brightness.py"


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (
            ("register", "brightnes.py"),
            "There is no file brightnes.py.\nCheck the path; a task of a package is given by its name.\n",
        ),
        (
            ("register", "jigsaw", "--no-check", "--role", "both"),
            "jigsaw cannot be a target.\nType: tk register jigsaw --role source\n",
        ),
        (("register", "egomotion", "--cost", "nan"), "'nan' is not a finite number from 0."),
        (("register", "egomotion", "--cost", "-1"), "'-1' is not a finite number from 0."),
        (("register", "egomotion", "--transfer-cost", "inf"), "'inf' is not a finite number from 0."),
        (("register", "egomotion", "--role", "boss"), "'boss' is not one of 'source', 'target', 'both', 'unused'."),
    ],
)
def test_what_is_refused_changes_nothing(run: Run, project: Path, args: tuple[str, ...], said: str) -> None:
    before = project.read_bytes()
    result = run(*args)
    assert (result.exit_code, result.stdout) == (2, "")
    assert said in result.stderr
    assert project.read_bytes() == before


def test_an_unknown_name_gets_the_nearest_and_the_installed(run: Run, project: Path) -> None:
    result = run("register", "autoencodin")
    assert result.exit_code == 2
    assert result.stderr.startswith("There is no task 'autoencodin'. Did you mean autoencoding? Installed: ")
    assert "random_projection" in result.stderr
    assert result.stderr.endswith("\nType: tk tasks\n")


def test_a_name_that_is_taken_is_not_replaced(run: Run, project: Path, brightness: str, here: Path) -> None:
    file = here / brightness
    file.write_text(file.read_text().replace('name="brightness"', 'name="normals"'))
    result = run("register", brightness, "--no-check")
    assert result.stderr == (
        "normals is registered from taskonomy[normals] already, and not from brightness.py.\n"
        "Type: tk unregister normals\n"
    )
    assert result.exit_code == 2


def test_a_need_that_the_data_source_does_not_have(run: Run, project: Path, brightness: str, here: Path) -> None:
    file = here / brightness
    file.write_text(file.read_text().replace('needs=("rgb",)', 'needs=("normals",)'))
    result = run("register", brightness)
    assert result.exit_code == 2
    assert result.stderr.startswith(
        "brightness needs 'normals', which the data source rooms does not have. Did you mean normal?\nIt has: "
    )


def test_without_a_project(run: Run, here: Path) -> None:
    result = run("--registry", "missing.toml", "register", "normals")
    assert (result.exit_code, result.stderr) == (2, "There is no file missing.toml.\nType: tk init\n")


def test_a_plan_then_knows_what_is_not_trained(run: Run, project: Path) -> None:
    run("register", "random_projection", "--no-check")
    rows = {
        " ".join(words[:-7]): words[-7] for line in run("plan").stdout.splitlines() if len(words := line.split()) > 7
    }
    assert rows["constants"] == "2"  # of normals and jigsaw
    assert rows["reference readouts"] == "1"  # from random_projection to jigsaw
