"""`tk taxonomy` on a project whose losses are known; its wording is behaviour."""

from __future__ import annotations

import json
import shutil

import pytest


@pytest.fixture
def project(here, measured):
    shutil.copytree(measured, here, dirs_exist_ok=True)
    return here


def set_cost(project, task, cost):
    path = project / "registry.toml"
    before, after = path.read_text().split(f"[tasks.{task}]")
    path.write_text(f"{before}[tasks.{task}]{after.replace('cost = 1', f'cost = {cost}', 1)}")


def test_one_label_serves_all_from_normals(run, project):
    done = run("taxonomy", "--budget", "1")
    assert done.exit_code == 0
    lines = [line.rstrip() for line in done.stdout.splitlines()]
    assert lines[0] == "Label 1 of the tasks (cost 1 of 1): normals"
    assert lines[2:6] == [
        "target         features from    gain  quality",
        "normals        its own labels  100 %     50 %",
        "autoencoding   normals         100 %      0 %",
        "depth_zbuffer  normals         100 %      0 %",
    ]
    assert lines[-1].startswith("Mean gain 100 %, mean quality 17 %. Objective ")
    assert lines[-1].endswith(" (sqrt), proved best.")
    assert done.stderr.splitlines()[-1] == f"Drawn: {project / 'taxonomy.png'}"
    assert (project / "taxonomy.png").read_bytes().startswith(b"\x89PNG")


def test_the_budget_of_the_roster_is_used_where_none_is_given(run, project):
    answer = json.loads(run("taxonomy", "--json").stdout)
    assert (answer["budget"], answer["sources"]) == (6, ["autoencoding", "depth_zbuffer", "normals"])
    assert not (project / "taxonomy.png").exists()


@pytest.mark.parametrize("solver", ["auto", "highs", "scipy", "cbc"])
def test_every_solver_gives_the_same_answer(run, project, solver):
    answer = json.loads(run("taxonomy", "--budget", "2", "--solver", solver, "--json").stdout)
    del answer["seconds"], answer["solver"]
    expected = json.loads(run("taxonomy", "--budget", "2", "--json").stdout)
    del expected["seconds"], expected["solver"]
    assert answer == expected
    assert answer["status"] == "proved best"


def test_costs_and_roles_of_the_roster_count(run, project):
    set_cost(project, "normals", 5)
    assert json.loads(run("taxonomy", "--budget", "1", "--json").stdout)["sources"] == ["depth_zbuffer"]


def test_an_infeasible_budget_says_why(run, project):
    for name in ("autoencoding", "depth_zbuffer", "normals"):
        set_cost(project, name, 3)
    done = run("taxonomy", "--budget", "2")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("Infeasible: ")
    assert done.stderr.endswith("Raise the budget; type: tk taxonomy --budget N\n")
    assert json.loads(run("taxonomy", "--budget", "2", "--json").stdout)["status"] == "infeasible"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--budget", "-1"), "The budget is -1; it must be above 0.\n"),
        (("--budget", "0"), "The budget is 0; it must be above 0.\n"),
        (("--budget", "nan"), "The budget 'nan' is not a finite number.\n"),
        (("--budget", "six"), "The budget 'six' is not a number.\n"),
        (("--solver", "gurobi"), "There is no solver 'gurobi'"),
        (("--objective", "cubic"), "There is no objective 'cubic'.\n"),
    ],
)
def test_bad_input_is_a_sentence_with_the_next_command(run, project, options, said):
    done = run("taxonomy", *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 2


def test_without_a_project_it_says_how_to_begin(run, here):
    done = run("taxonomy", "--budget", "6")
    assert done.exit_code == 2
    assert done.stderr.endswith("Type: tk init\n")
