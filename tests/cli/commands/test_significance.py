"""`tk significance` on a project whose losses are known; its wording is behaviour."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

PUBLISHED = Path(__file__).parents[4] / "shared" / "published"
RULE = (
    "Each of 40 random taxonomies labels tasks in a random order while the budget lasts; every target takes {} from "
    "these labels. p: the share of taxonomies no worse than the best one, itself among them."
)


@pytest.fixture
def project(here, measured):
    shutil.copytree(measured, here, dirs_exist_ok=True)
    return here


def test_a_row_per_measure(run, project):
    done = run("significance", "--budget", "1", "--draws", "40")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[:3] == [
        "Budget 1, order 2: normals (proved best), against chance.",
        "",
        "measure           taxonomy  random mean  spread  best random     p",
    ]
    assert lines[4:] == [
        "gain                 100 %        100 %     0 %        100 %     1",
        "quality               17 %         17 %     0 %         17 %     1",
    ]
    # One label serves all: normals 1.0463, depth 1.0221, autoencoding 0.9976 by the losses of the project.
    assert lines[3].startswith("objective (sqrt)    1.0463       1.0")
    assert done.stderr.splitlines() == [
        RULE.format("one of the edges, by chance,"),
        f"Drawn: {project / 'significance.png'}",
    ]
    assert (project / "significance.png").read_bytes().startswith(b"\x89PNG")


def test_json_is_the_whole_answer(run, project):
    done = run("significance", "--budget", "1", "--draws", "40", "--seed", "3", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    answer = json.loads(done.stdout)
    taxonomy = json.loads(run("taxonomy", "--budget", "1", "--json").stdout)
    del taxonomy["seconds"], answer["taxonomy"]["seconds"]
    objective, *others = answer.pop("measures")
    assert answer == {
        "budget": 1.0,
        "order": 2,
        "objective": "sqrt",
        "draws": 40,
        "seed": 3,
        "taxonomy": taxonomy,
    }
    assert objective.keys() == {"name", "value", "mean", "spread", "best", "p"}
    assert (objective["name"], objective["value"]) == ("objective", taxonomy["objective"]["value"])
    assert objective["best"] == pytest.approx(objective["value"])
    assert 0 < objective["p"] < 1
    zero = pytest.approx(0, abs=1e-12)
    assert others == [
        {"name": "gain", "value": 1.0, "mean": 1.0, "spread": zero, "best": 1.0, "p": 1.0},
        {
            "name": "quality",
            "value": pytest.approx(1 / 6),
            "mean": pytest.approx(1 / 6),
            "spread": zero,
            "best": pytest.approx(1 / 6),
            "p": 1.0,
        },
    ]
    assert not (project / "significance.png").exists()
    again = json.loads(run("significance", "--budget", "1", "--draws", "40", "--seed", "3", "--json").stdout)
    assert again["measures"][0] == objective


def test_a_row_per_budget(run, project):
    done = run("significance", "--all-budgets", "--draws", "40", "--transferred-only", "--best-edges")
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["budget", "objective", "random", "p", "gain", "random", "p", "quality", "random", "p"]
    assert [line.split()[0] for line in lines[1:4]] == ["1", "2", "3"]
    assert lines[1].endswith("  100 %  100 % ± 0 %  1      0 %  0 % ± 0 %  1")
    # With three labels nothing is transferred, so that only the objective is left.
    assert lines[3].split() == ["3", "2.9522", "2.9522", "±", "0.0000", "1", *"------"]
    assert lines[4:] == ["", "Objective: sqrt, order 2. Every taxonomy is proved best."]
    assert done.stderr.splitlines() == [
        "Budgets, % of the way: 100 of 100",
        RULE.format("the best edge"),
        f"Drawn: {project / 'significance_budgets.png'}",
    ]
    assert (project / "significance_budgets.png").read_bytes().startswith(b"\x89PNG")


def test_json_of_all_budgets_is_a_list_of_steps(run, project):
    steps = json.loads(run("significance", "--all-budgets", "--draws", "40", "--json").stdout)
    assert list(steps) == ["steps"]
    taxonomies = json.loads(run("taxonomy", "--all-budgets", "--json").stdout)["steps"]
    assert [step["taxonomy"]["sources"] for step in steps["steps"]] == [each["sources"] for each in taxonomies]
    for step in steps["steps"]:
        one = json.loads(run("significance", "--budget", f"{step['budget']}", "--draws", "40", "--json").stdout)
        assert step["measures"] == one["measures"]


def test_a_picture_goes_where_it_is_asked_for(run, project):
    done = run("significance", "--draws", "9", "--json", "--plot", "chance.svg")
    assert done.stderr == "Drawn: chance.svg\n"
    assert b"<svg" in (project / "chance.svg").read_bytes()


def test_what_was_not_proved_is_said(run, project, monkeypatch):
    from dataclasses import replace

    from taskonomy_core.taxonomy import significance

    def stopped(*args):
        found = staircase(*args)
        step = found.steps[0]
        first = replace(step, taxonomy=replace(step.taxonomy, status="feasible"))
        return replace(found, steps=(first, *found.steps[1:]))

    staircase = significance.staircase
    monkeypatch.setattr(significance, "staircase", stopped)
    done = run("significance", "--all-budgets", "--draws", "9")
    assert done.stdout.splitlines()[-1] == "Objective: sqrt, order 2. Not proved best: budget 1."


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("--budget", "0"),
            "Infeasible: nothing within the budget of 0 serves autoencoding: ",
        ),
        (
            ("--all-budgets", "--budget", "2"),
            "--all-budgets and --budget cannot be asked for at once.\nLeave one of the two out.\n",
        ),
        (("--objective", "cubic"), "There is no objective 'cubic'.\n"),
        (
            ("--all-budgets", "--unused", "depth_zbuffer,normals", "--target", "autoencoding"),
            "Infeasible at every budget: autoencoding has no transfer of order 2 or less",
        ),
    ],
    ids=["budget 0", "mixture", "objective", "nothing serves"],
)
def test_bad_input_is_a_sentence_with_the_next_command(run, project, options, said):
    done = run("significance", *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(said)
    assert len(done.stderr.splitlines()) == 2


@pytest.mark.parametrize("option", ["--draws", "--seed"])
def test_numbers_that_are_none_are_usage_errors(run, project, option):
    assert run("significance", option, "-1").exit_code == 2


def test_the_published_taxonomy_is_above_chance(run, here):
    if not PUBLISHED.exists():
        pytest.skip("the authors' measurements are not here")
    options = ("--budget", "4", "--order", "4", "--objective", "quality", "--transferred-only")
    answer = json.loads(run("significance", "--from", str(PUBLISHED), *options, "--json").stdout)
    quality = next(measure for measure in answer["measures"] if measure["name"] == "quality")
    assert quality["value"] > quality["best"]
    assert quality["p"] == 1 / 1001
