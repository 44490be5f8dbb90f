"""`tk taxonomy` on a project whose losses are known; its wording is behaviour."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

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
    assert answer["status"] == "optimal"


@pytest.mark.parametrize("solver", ["highs", "scipy", "cbc"])
def test_what_a_solver_writes_itself_is_not_in_the_answer(project, solver):
    # A process of its own: compiled code writes past sys.stdout, and HiGHS its banner once per process.
    code = "from taskonomy_cli.app import main; main()"
    command = [sys.executable, "-c", code, "taxonomy", "--budget", "2", "--solver", solver, "--json"]
    done = subprocess.run(command, cwd=project, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["solver"] == solver
    assert "HiGHS" not in done.stderr


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
        (("--budget", "-1"), "The budget is -1; it must be a number from 0.\n"),
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


def test_json_has_the_documented_shape(run, project):
    answer = json.loads(run("taxonomy", "--budget", "1", "--json").stdout)
    del answer["seconds"]
    edges = answer.pop("edges")
    objective = answer.pop("objective")
    assert objective.pop("name") == "sqrt"
    assert objective["value"] == objective["bound"] > 0 == objective["gap"]
    assert answer == {
        "budget": 1.0,
        "order": 2,
        "status": "optimal",
        "reason": "",
        "solver": "highs",
        "sources": ["normals"],
        "cost": 1.0,
        "mean": {"gain": 1.0, "quality": pytest.approx(1 / 6)},
    }
    assert [(edge["target"], edge["sources"], edge["gain"], edge["quality"]) for edge in edges] == [
        ("autoencoding", ["normals"], 1.0, 0.0),
        ("depth_zbuffer", ["normals"], 1.0, 0.0),
        ("normals", ["normals"], 1.0, 0.5),
    ]
    assert all(0 < edge["affinity"] < 1 for edge in edges)


@pytest.mark.parametrize(
    ("options", "sources"),
    [
        (("--budget", "1", "--cost", "normals=5"), ["depth_zbuffer"]),
        (("--budget", "1", "--cost", "rgb2sfnorm=5"), ["depth_zbuffer"]),
        (("--budget", "1", "--target", "normals"), ["depth_zbuffer"]),
        (("--budget", "1", "--forbid", "rgb2sfnorm"), ["depth_zbuffer"]),
        (("--budget", "1", "--unused", "normals"), ["autoencoding"]),
        (("--budget", "1", "--force", "autoencoding"), ["autoencoding"]),
        (("--budget", "0", "--have", "autoencoding,normals"), ["autoencoding", "normals"]),
        (
            ("--budget", "1", "--have", "autoencoding", "--have", "normals"),
            ["autoencoding", "depth_zbuffer", "normals"],
        ),
        (("--budget", "1", "--source", "normals", "--source", "depth_zbuffer"), ["autoencoding"]),
        (("--budget", "1", "--weight", "autoencoding=900"), ["autoencoding"]),
        (("--budget", "1.5", "--transfer-cost", "depth_zbuffer=0.6"), ["depth_zbuffer"]),
    ],
)
def test_roles_costs_weights_and_choices_by_options(run, project, options, sources):
    answer = json.loads(run("taxonomy", *options, "--json").stdout)
    assert answer["sources"] == sources
    assert answer["cost"] <= answer["budget"]


def test_every_budget_says_what_enters_and_where_it_ends(run, project):
    done = run("taxonomy", "--all-budgets")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["budget", "labels", "enters", "(+),", "leaves", "(-)", "gain", "quality", "objective"]
    # All pairs of labels are equally good, so that names decide at budget 2.
    assert [line.split()[:2] for line in lines[1:4]] == [["1", "1"], ["2", "2"], ["3", "3"]]
    assert ["+normals" in lines[1], "+autoencoding +depth_zbuffer -normals" in lines[2], "+normals" in lines[3]] == [
        True
    ] * 3
    assert lines[-1] == ("Below 1 some target cannot be served; above 3 more labels add nothing (sqrt, order 2).")
    steps = json.loads(run("taxonomy", "--all-budgets", "--json").stdout)
    assert [(step["budget"], step["until"]) for step in steps["steps"]] == [(1, 2), (2, 3), (3, None)]
    assert steps["spans"] == {
        "autoencoding": [[2, None]],
        "depth_zbuffer": [[2, None]],
        "normals": [[1, 2], [3, None]],
    }
    assert {step["status"] for step in steps["steps"]} == {"optimal"}


def test_the_next_best_labels_and_what_they_lose(run, project):
    done = run("taxonomy", "--budget", "1", "--alternatives", "5")
    lines = done.stdout.splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("next best: instead"))
    assert [line.split()[:2] for line in lines[start + 1 :]] == [
        ["+depth_zbuffer", "-normals"],
        ["+autoencoding", "-normals"],
    ]
    answer = json.loads(run("taxonomy", "--budget", "1", "--alternatives", "1", "--json").stdout)
    (other,) = answer["alternatives"]
    assert other["sources"] == ["depth_zbuffer"]
    assert other["loss"] == pytest.approx(answer["objective"]["value"] - other["objective"]["value"])
    assert other["loss"] > 0


def test_no_other_set_of_labels_is_said(run, project):
    done = run("taxonomy", "--budget", "1", "--force", "normals", "--alternatives", "1")
    assert done.stdout.splitlines()[-1] == "No other set of labels serves every target within the budget."


def test_the_bootstrap_is_sure_where_every_image_says_the_same(run, project):
    done = run("taxonomy", "--budget", "1", "--bootstrap", "20")
    assert "target         features from    gain  quality  chosen" in done.stdout
    assert (
        "Of 20 resamples of the test images, 100 % label exactly these; 95 % of them have mean gain 100 % to 100 %, "
        "mean quality 17 % to 17 %." in done.stdout
    )
    answer = json.loads(run("taxonomy", "--budget", "1", "--bootstrap", "20", "--json").stdout)["bootstrap"]
    assert answer["sources"] == {"normals": 1.0, "autoencoding": 0.0, "depth_zbuffer": 0.0}
    assert answer["edges"][0] == {"target": "autoencoding", "sources": ["normals"], "chosen": 1.0}


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("--target", "norms"),
            "{registry} has no task 'norms'. Did you mean normals?\n"
            "Choose one of these: autoencoding, depth_zbuffer, normals.\n",
        ),
        (
            ("--unused", "normals", "--force", "normals"),
            "normals cannot be labelled by force and unused.\n"
            "Leave one out, or type: tk taxonomy --source normals ...\n",
        ),
        (
            ("--target", "normals", "--have", "normals"),
            "normals cannot be labelled already and a target alone, which is never labelled.\n"
            "Leave one out, or type: tk taxonomy --both normals ...\n",
        ),
        (
            ("--unused", "normals", "--both", "normals"),
            "normals cannot be --both and --unused at once.\nLeave one of the two out.\n",
        ),
        (
            ("--forbid", "normals", "--force", "normals"),
            "normals cannot be --forbid and --force at once.\nLeave one of the two out.\n",
        ),
        (
            ("--forbid", "normals", "--have", "normals"),
            "normals cannot be --forbid and --have at once.\nLeave one of the two out.\n",
        ),
        (
            ("--cost", "normals=2", "--cost", "rgb2sfnorm=3"),
            "--cost gives normals both 2 and 3.\nLeave one of the two out.\n",
        ),
        (
            ("--all-budgets", "--budget", "3"),
            "--all-budgets and --budget cannot be asked for at once.\nLeave one of the two out.\n",
        ),
        (
            ("--all-budgets", "--alternatives", "3"),
            "--all-budgets and --alternatives cannot be asked for at once.\nLeave one of the two out.\n",
        ),
        (
            ("--everything",),
            "--everything is about the files of --from.\nLeave it out, or add: --from PATH\n",
        ),
        (
            ("--unused", "normals,depth_zbuffer,autoencoding"),
            "There is no target to serve.\nGive a task the role target; type: tk tasks\n",
        ),
    ],
)
def test_options_that_make_no_sense_together_are_refused(run, project, options, said):
    done = run("taxonomy", *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == said.format(registry=project / "registry.toml")


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (("--cost", "normals"), "'normals' is not of the form TASK=N, for example normals=2.5."),
        (("--cost", "normals=-1"), "'-1' is not a finite number from 0."),
        (("--cost", "normals=nan"), "'nan' is not a finite number from 0."),
        (("--target", "normals,,depth_zbuffer"), "'normals,,depth_zbuffer' names no task."),
        (("--alternatives", "0"), "'0' is not a whole number from 1."),
    ],
)
def test_options_of_a_wrong_form_are_usage_errors(run, project, options, said):
    done = run("taxonomy", *options)
    assert done.exit_code == 2
    assert said in done.stderr


def test_a_place_where_no_picture_fits_is_refused_before_any_work(run, project):
    done = run("taxonomy", "--plot", "answer.pdf")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("A picture cannot be written as 'answer.pdf'.\n")


FILE = """target,sources,order,affinity,gain,quality
denoising,,0,0.5,0.9,0.5
denoising,normals,1,0.25,0.6,0.2
denoising,colorization,1,0.25,0.5,0.1
normals,,0,0.75,0.9,0.5
normals,denoising,1,0.25,0.6,0.3
"""


@pytest.fixture
def measurements(here):
    (here / "measurements.csv").write_text(FILE)
    return "measurements.csv"


def test_a_file_answers_without_a_project(run, measurements):
    answer = json.loads(run("taxonomy", "--from", measurements, "--budget", "1", "--json").stdout)
    assert answer["sources"] == ["normals"]
    assert answer["edges"][0] == {
        "target": "denoising",
        "sources": ["normals"],
        "affinity": 0.25,
        "gain": 0.6,
        "quality": 0.2,
    }


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            (),
            "A file says nothing of a budget.\nGive one, for example: --budget 6, or look at all: --all-budgets\n",
        ),
        (
            ("--budget", "2", "--bootstrap", "9"),
            "measurements.csv has no losses of single images to resample.\n"
            "Only runs of your own keep them: leave out --from, or leave out --bootstrap.\n",
        ),
        (
            ("--budget", "2", "--both", "colorization"),
            "colorization cannot be a target and a source: measurements.csv has no transfer to it.\n"
            "It may be --source colorization, or --unused colorization.\n",
        ),
        (
            ("--budget", "2", "--target", "colorization"),
            "colorization cannot be a target: measurements.csv has no transfer to it.\n"
            "It may be --source colorization, or --unused colorization.\n",
        ),
        (
            ("--budget", "1", "--force", "colorization"),
            "Infeasible: nothing within the budget of 1 serves normals: denoising -> normals costs 2.\n"
            "Raise the budget; type: tk taxonomy --budget N\n",
        ),
        (
            ("--all-budgets", "--target", "normals", "--unused", "denoising,colorization"),
            "Infeasible at every budget: normals has no transfer of order 1 or less from the tasks that may be "
            "labelled, and cannot be labelled; own labels -> normals would serve it, if normals might be labelled.\n"
            "Type: tk taxonomy --help\n",
        ),
    ],
)
def test_what_a_file_cannot_answer_is_said(run, measurements, options, said):
    done = run("taxonomy", "--from", measurements, *options)
    assert (done.exit_code, done.stdout, done.stderr) == (2, "", said)


def test_without_a_project_it_says_how_to_begin(run, here):
    done = run("taxonomy", "--budget", "6")
    assert done.exit_code == 2
    assert done.stderr.endswith("Type: tk init\n")
