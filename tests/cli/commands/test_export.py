"""`tk export` on a project whose losses are known, and on files; its wording is behaviour."""

from __future__ import annotations

import json
import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest

from taskonomy_core.taxonomy.exchange import read_measurements
from taskonomy_core.taxonomy.measurements import TaskFacts

pytestmark = pytest.mark.usefixtures("here")


@pytest.fixture
def project(here, measured):
    shutil.copytree(measured, here, dirs_exist_ok=True)
    return here


def test_a_project_is_written_with_what_is_known_of_its_tasks(run, project):
    registry = project / "registry.toml"
    head, normals = registry.read_text().split("[tasks.normals]")
    registry.write_text(
        f"{head}[tasks.normals]{normals.replace('= 1', '= 2.5').replace('version = 2.5', 'version = 1')}"
    )
    done = run("export", "ours.json")
    assert (done.exit_code, done.stdout) == (0, "")
    assert done.stderr == "Written: ours.json (9 transfers to 3 targets)\n"
    found = read_measurements(project / "ours.json")
    assert found.tasks["normals"] == TaskFacts("Normals", "3d", "both", cost=2.5, weight=2.5)
    assert found.affinity.images == {"autoencoding": 50, "depth_zbuffer": 50, "normals": 50}
    printed = json.loads(run("affinity", "--json").stdout)["edges"]
    assert [(edge["target"], edge["sources"], edge["affinity"], edge["gain"], edge["quality"]) for edge in printed] == [
        (edge.target, list(edge.sources), edge.affinity, edge.gain, edge.quality) for edge in found.affinity.edges
    ]


def test_csv_and_json_say_the_same_and_are_taken_by_from(run, project):
    run("export", "ours.csv")
    run("export", "ours.json")
    for name in ("ours.csv", "ours.json"):
        assert run("export", "again.csv", "--from", name).exit_code == 0
        assert (project / "again.csv").read_text() == (project / "ours.csv").read_text()
    lines = (project / "ours.csv").read_text().splitlines()
    assert len(lines) == 1 + 3 + 9
    assert lines[0] == "target,sources,order,affinity,gain,quality,over_constant,images"
    assert lines[4].startswith("autoencoding,depth_zbuffer+normals,2,")


def test_json_goes_to_stdout_without_a_file(run, project):
    before = sorted(project.iterdir())
    done = run("export", "--json")
    assert sorted(project.iterdir()) == before
    run("export", "ours.json")
    assert json.loads(done.stdout) == json.loads((project / "ours.json").read_text())


def test_the_authors_files_are_converted_whole(run, here):
    keys = {"self__denoise": 0.5, "random__denoise": 0.25, "denoise__denoise": 0.125, "class_selected__denoise": 0.125}
    content = pickle.dumps({key: np.float64(number) for key, number in keys.items()}, 3)
    Path("all_affinities_1k.pkl").write_bytes(content)
    done = run("export", "theirs.csv", "--from", ".")
    assert done.stderr.splitlines() == [
        "wins_vs_pixels_1k.pkl is not beside all_affinities_1k.pkl, so that no gain is known.",
        "wins_vs_task_1k.pkl is not beside all_affinities_1k.pkl, so that no quality is known.",
        "Written: theirs.csv (3 transfers to 1 target)",
    ]
    assert Path("theirs.csv").read_text().splitlines()[1:] == [
        "denoising,,0,0.5,,0.5,,",
        "denoising,denoising,1,0.125,,,,",
        "denoising,object_class_100,1,0.125,,,,",
        "denoising,random_projection,1,0.25,,,,",
    ]


def test_a_target_with_its_own_network_alone_is_left_out(run, project):
    registry = project / "registry.toml"
    head, normals = registry.read_text().split("[tasks.normals]")
    registry.write_text(head.replace('role = "both"', 'role = "target"') + "[tasks.normals]" + normals)
    done = run("export", "ours.json")
    assert done.stderr.splitlines()[-2:] == [
        "normals is left out: no transfer to it is trained yet. Type: tk transfer",
        "Written: ours.json (2 transfers to 2 targets)",
    ]
    found = read_measurements(project / "ours.json")
    assert (found.affinity.targets, found.affinity.sources) == (("autoencoding", "depth_zbuffer"), ("normals",))
    assert set(found.affinity.images) == {"autoencoding", "depth_zbuffer"}


@pytest.mark.parametrize("name", ["ours.txt", "ours", "ours.json.gz", "-"])
def test_another_ending_is_refused_before_anything_is_read(run, name):
    done = run("export", name, "--from", "none.csv")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == f"{name} ends neither in .csv nor in .json.\nType for example: tk export measurements.csv\n"


def test_a_file_or_json_must_be_asked_for(run):
    done = run("export")
    assert done.exit_code == 2
    assert "Error: Give FILE, ending in .csv or .json, or --json." in done.stderr


def test_faults_of_a_file_are_told(run, here):
    Path("x.csv").write_text("target,sources,order,affinity,gain,quality\nnormals,reshading,1,0.5,,\n")
    done = run("export", "y.csv", "--from", "x.csv")
    assert done.exit_code == 2
    assert done.stderr == (
        "x.csv: the affinities of normals sum to 0.5, not to 1.\n"
        "docs/measurements.md describes the format; to see a file of it, type: tk export example.csv\n"
    )
    assert not Path("y.csv").exists()


def test_without_a_project_there_is_nothing_to_write(run):
    done = run("export", "ours.csv")
    assert done.exit_code == 2
    assert done.stderr.endswith("Type: tk init\n")
