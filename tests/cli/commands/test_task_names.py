"""The paper's names of tasks, in every command that takes the name of one."""

from __future__ import annotations

import json
import shutil
import sys

import pytest

from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.roster import RosterTask, read_roster

NORMALS = RosterTask("normals", "taskonomy[normals]", 1)


@pytest.fixture
def project(here):
    """A registry.toml that registers normals."""
    return create_roster(here / "registry.toml", preset="nano", seed=0, tasks=[NORMALS]).path


@pytest.fixture
def denoise(brightness, tmp_path, here, monkeypatch):
    """The installed package `zoo` with a task that carries a name of the paper's: denoise."""
    site = tmp_path / "site"
    (site / "zoo-1.0.dist-info").mkdir(parents=True)
    (site / "zoo-1.0.dist-info" / "entry_points.txt").write_text("[taskonomy]\ndenoise = zoo_denoise\n")
    text = (here / brightness).read_text().replace('name="brightness"', 'name="denoise"')
    (site / "zoo_denoise.py").write_text(text)
    monkeypatch.syspath_prepend(str(site))
    yield "zoo[denoise]"
    sys.modules.pop("zoo_denoise", None)


@pytest.mark.parametrize(
    ("name", "ours"), [("rgb2sfnorm", "normals"), ("impainting_whole", "inpainting"), ("segment2d", "segmentation_2d")]
)
def test_register(run, project, name, ours):
    done = run("register", name, "--no-check")
    verb = "Updated" if ours == "normals" else "Registered"
    assert done.stdout.startswith(f"{verb} {ours} (version 1) from taskonomy[{ours}] as ")
    assert list(read_roster(project).tasks) == list(dict.fromkeys(["normals", ours]))


def test_unregister(run, project):
    done = run("unregister", "rgb2sfnorm")
    assert done.stdout == f"Unregistered normals; 0 tasks are left in {project}.\n"
    assert done.stderr.endswith("type: tk register normals\n")
    assert read_roster(project).tasks == {}
    again = run("unregister", "rgb2sfnorm")
    assert again.stderr == f"{project} does not register a task 'normals'.\nType: tk tasks\n"


def test_check_without_a_project(run):
    done = run("check", "rgb2sfnorm", "--json")
    assert done.exit_code == 0
    assert {row["task"] for row in json.loads(done.stdout)} == {"normals"}


def test_predict(run, here, measured):
    shutil.copytree(measured, here, dirs_exist_ok=True)
    no_file = "There is no file no-such.png."

    def first_word(*words):
        return run("predict", *words, "no-such.png").stderr.splitlines()[0]

    assert first_word("--task", "rgb2sfnorm") == no_file
    assert first_word("--task", "rgb2sfnorm", "--from", "rgb2depth, autoencoder") == no_file
    assert first_word("--task", "normals", "--from", "rgb2sfnorm") == "normals is not transferred to itself."
    assert first_word("--task", "autoencoder", "--from", "taxonomy").endswith("serves autoencoding by its own network.")


@pytest.mark.parametrize("command", ["check", "register"])
def test_what_is_none_of_ours_keeps_its_name_and_the_nearest(run, project, command):
    # The 27th source of the released results is no task here.
    assert run(command, "class_selected").stderr.startswith("There is no task 'class_selected'. Installed: ")
    assert run(command, "denoisin").stderr.startswith(
        "There is no task 'denoisin'. Did you mean denoising? Installed: "
    )
    assert run(command, "rgb2sfnorm.py").stderr.startswith("There is no file rgb2sfnorm.py")


def test_a_task_installed_under_such_a_name_comes_first(run, project, denoise):
    assert run("register", "denoise", "--no-check").stdout.startswith(
        "Registered denoise (version 1) from zoo[denoise] as "
    )
    assert {row["task"] for row in json.loads(run("check", "denoise", "--json").stdout)} == {"denoise"}
    assert run("unregister", "denoise").stdout.startswith("Unregistered denoise; ")


def test_one_name_means_one_task_in_every_command(run, project, denoise):
    # Installed, though not registered: never the other one, which is.
    run("register", "denoising", "--no-check")
    assert run("unregister", "denoise").stderr.startswith(
        f"{project} does not register a task 'denoise'. Did you mean denoising?"
    )
    refused = run("predict", "--task", "denoise", "no-such.png")
    assert refused.stderr.startswith(f"{project} registers no task 'denoise'. Did you mean denoising?")


def test_a_file_registered_under_such_a_name_comes_first(run, project, brightness, here):
    text = (here / brightness).read_text().replace('name="brightness"', 'name="rgb2sfnorm"')
    (here / "mine.py").write_text(text)
    run("register", "mine.py", "--no-check")
    assert run("register", "rgb2sfnorm", "--no-check", "--cost", "2").stdout.startswith(
        "Updated rgb2sfnorm (version 1) from mine.py as "
    )
    assert run("unregister", "rgb2sfnorm").stdout == f"Unregistered rgb2sfnorm; 1 task is left in {project}.\n"
    assert list(read_roster(project).tasks) == ["normals"]
    # Now that nothing is called so, it is the paper's name again.
    assert run("unregister", "rgb2sfnorm").stdout.startswith("Unregistered normals; ")
