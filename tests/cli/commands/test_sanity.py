"""`tk sanity` on losses worked by hand: what beats what on which of eight images."""

from __future__ import annotations

import json
import shutil

import numpy as np
import pytest
import torch

from taskonomy_core.learning.outcome import Outcome
from taskonomy_core.ledger.left_out import LeftOut, written
from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Card
from taskonomy_core.ledger.store import Store
from taskonomy_core.ledger.worker import stored
from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.roster import RosterTask

NAN = np.nan
TASKS = {"normals": "both", "jigsaw": "source", "colorization": "source", "random_projection": "source"}
# By (kind, target): a number for all eight images, or one each. Only what the table compares; all else loses 9.
LOSSES = {
    ("network", "normals"): 1.0,
    ("constant", "normals"): [2, 2, 2, 2, 2, 2, 2, NAN],  # 7 wins of the 7 that are labelled
    ("transfer", "normals"): [0, 0, 1, 1, 2, 2, 2, NAN],  # 3 wins, 2 ties, 2 losses
    ("network", "jigsaw"): 1.0,
    ("constant", "jigsaw"): [0, 0, 0, 1, 2, 2, 2, 2],  # 4 wins of 8: not more than half
    ("reference", "jigsaw"): 2.0,
    ("network", "colorization"): 1.0,
    ("constant", "colorization"): [0, 0, 2, 2, 2, 2, 2, 2],  # 6 of 8: more than half, not more than three quarters
    ("reference", "colorization"): [0, 0, 0, 0, 0, 0, 0, 2],
}
SAID = (
    "Share of test images on which a task's own network has the lower loss; a tie counts for neither, images "
    "without a label are left out.\n"
)


def outcome_of(job):
    losses = np.array(np.broadcast_to(LOSSES.get((job.kind, job.target), 9.0), 8), dtype=float)
    if (job.kind, job.target) == ("network", "random_projection"):
        losses = np.empty(0)
    return Outcome(np.arange(len(losses)), losses, {"weight": torch.ones(1)})


def make(folder, tasks, done=lambda job: True, outcome=outcome_of):
    """A project of these tasks with those first-order jobs done that are wanted."""
    entries = [RosterTask(name, f"taskonomy[{name}]", 1, role) for name, role in tasks.items()]
    create_roster(folder / "registry.toml", preset="nano", seed=0, tasks=entries)
    project = Project.read(folder / "registry.toml")
    with Store.open(project.folder) as store:
        store.record_facts({project.data_fact: "data", project.encoder_fact: "1"})
        store.record_cards(Card(name, 1, name.title(), "2d", (), name != "random_projection") for name in tasks)
        for planned in project.plan(store, 1).jobs:
            if done(planned.job):
                store.finish(planned.job, stored(store.objects, outcome(planned.job)), Owner.this(), "run")
    return project


@pytest.fixture
def project(here):
    return make(here, TASKS)


def rows(text):
    """A printed table: first cell -> the others; cells are two blanks apart."""
    lines = text.split("\n\n")[0].splitlines()
    cells = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]
    return {row[0]: row[1:] for row in cells}


def test_every_trained_task_is_held_against_both_with_the_papers_figures_beside(run, project):
    shown = run("sanity")
    assert shown.exit_code == 0
    assert rows(shown.stdout) == {
        "TASK": ["VS CONSTANT %", "PAPER %", "VS RANDOM %", "PAPER %", "IMAGES"],
        "normals": ["100.0", "99.4", "42.9", "99.5", "7"],
        "jigsaw": ["50.0", "99.9", "100.0", "-", "8"],
        "colorization": ["75.0", "-", "12.5", "-", "8"],
        "MEAN": ["75.0", "92.4", "51.8", "90.9"],
    }
    assert shown.stdout.endswith(
        "\n\n2 of 3 beat their constant on more than half of the images, 1 on more than three quarters.\n"
    )
    assert shown.stderr == SAID


def test_json_has_the_same(run, project):
    shown = json.loads(run("sanity", "--json").stdout)
    assert [row["task"] for row in shown["tasks"]] == ["normals", "jigsaw", "colorization"]
    assert shown["tasks"][0] == {
        "task": "normals",
        "over_constant": 1.0,
        "over_random": pytest.approx(3 / 7),
        "paper_over_constant": 0.994,
        "paper_over_random": 0.995,
        "images": 7,
        "reason": "",
    }
    assert shown["tasks"][2]["paper_over_constant"] is None
    assert shown["mean"] == {
        "over_constant": pytest.approx(0.75),
        "over_random": pytest.approx((3 / 7 + 1 + 1 / 8) / 3),
        "paper_over_constant": 0.924,
        "paper_over_random": 0.909,
    }
    assert (shown["compared_with_constant"], shown["over_half"], shown["over_three_quarters"]) == (3, 2, 1)
    assert shown["left_out"] == []


def test_rankings_do_not_know_the_references(run, project):
    edges = json.loads(run("affinity", "--json").stdout)["edges"]
    assert {edge["target"] for edge in edges} == {"normals"}
    assert {tuple(edge["sources"]) for edge in edges if edge["order"] == 1} == {
        ("jigsaw",),
        ("colorization",),
        ("random_projection",),
    }


def test_an_untouched_project_is_a_table_of_dashes(run, here):
    create_roster(here / "registry.toml", preset="nano", seed=0, tasks=[RosterTask("normals", "taskonomy[normals]", 1)])
    shown = run("sanity")
    assert shown.exit_code == 0
    assert rows(shown.stdout)["normals"] == ["-", "99.4", "-", "99.5", "-"]
    assert "0 of 0 beat their constant" in shown.stdout
    assert shown.stderr == SAID + (
        "To fill this table, 2 jobs must be trained. Type: tk transfer\n"
        "There is no untrained source to compare with. Type: tk register random_projection --role source\n"
    )
    assert not (here / ".taskonomy").exists()


def test_what_is_not_trained_or_failed_leaves_its_cells_empty(run, here):
    project = make(here, TASKS, lambda job: job.kind != "reference" and job.name != "constant of jigsaw")
    with Store.open(project.folder) as store:
        failed = project.planner(store).keys.constant("jigsaw")
        store.fail(failed, "It diverged.", Owner.this(), "run")
    shown = run("sanity")
    assert rows(shown.stdout)["jigsaw"] == ["-", "99.9", "-", "-", "-"]
    assert rows(shown.stdout)["colorization"] == ["75.0", "-", "-", "-", "8"]
    assert rows(shown.stdout)["MEAN"] == ["87.5", "92.4", "42.9", "90.9"]
    assert "2 of 2 beat their constant" in shown.stdout
    assert shown.stderr == SAID + (
        "To fill this table, 2 jobs must be trained. Type: tk transfer\n"
        "Of what this table needs, 1 job failed. Type: tk status\n"
    )


def test_a_source_only_network_of_an_earlier_version_counts_as_done_and_has_no_row(run, here):
    """The first version scored the networks of targets alone."""

    def unscored(job):
        only = job.kind == "network" and job.target != "normals"
        return Outcome(np.empty(0, np.int64), np.empty(0), {"weight": torch.ones(1)}) if only else outcome_of(job)

    project = make(here, TASKS, outcome=unscored)
    with Store.open(project.folder) as store:
        plan = project.plan(store, 1)
        assert plan.of("done") == plan.jobs
    shown = run("sanity")
    assert shown.exit_code == 0
    assert rows(shown.stdout)["normals"][0] == "100.0"
    assert rows(shown.stdout)["jigsaw"] == ["-", "99.9", "-", "-", "-"]
    why = "its network is of an earlier taskonomy, which did not score it on the test images"
    assert shown.stderr == SAID + (
        f"2 tasks cannot be compared:\n  colorization: {why}\n  jigsaw: {why}\n"
        "A network is scored when it is trained: raise its version, or type tk init in another folder.\n"
    )
    assert json.loads(run("sanity", "--json").stdout)["tasks"][1]["reason"] == why


def test_a_task_without_any_label_is_told_and_the_others_go_on(run, here):
    def blank(job):
        found = outcome_of(job)
        return Outcome(found.image_ids, found.losses * NAN, found.state) if job.target == "jigsaw" else found

    make(here, TASKS, outcome=blank)
    shown = run("sanity")
    assert shown.exit_code == 0
    assert rows(shown.stdout)["jigsaw"] == ["-", "99.9", "-", "-", "-"]
    assert rows(shown.stdout)["normals"][0] == "100.0"
    assert "1 task cannot be compared:\n  jigsaw: No test image of jigsaw has a loss from every contest" in shown.stderr


def test_what_is_left_out_is_named_and_not_counted_as_failed(run, here):
    project = make(here, TASKS, lambda job: "jigsaw" not in (job.target, *job.sources))
    with Store.open(project.folder) as store:
        found = {"jigsaw": LeftOut("jigsaw", "its plugin is gone.")}
        store.record_facts({project.left_out_fact: written(found, project.roster)})
    shown = run("sanity")
    assert shown.exit_code == 0
    assert rows(shown.stdout)["jigsaw"] == ["-", "99.9", "-", "-", "-"]
    assert rows(shown.stdout)["colorization"][0] == "75.0"
    assert shown.stderr == SAID + "jigsaw is left out: its plugin is gone.\nDo without: tk unregister jigsaw\n"
    assert [part["task"] for part in json.loads(run("sanity", "--json").stdout)["left_out"]] == ["jigsaw"]


def test_names_and_reasons_from_plugins_cannot_steer_the_terminal(run, here):
    project = make(here, TASKS)
    with Store.open(project.folder) as store:
        found = {"jigsaw": LeftOut("jigsaw", "[bold]\x1b[31mred")}
        store.record_facts({project.left_out_fact: written(found, project.roster)})
    assert "jigsaw is left out: [bold]\\x1b[31mred\n" in run("sanity").stderr


def test_tasks_of_a_stranger_have_no_published_figure(run, here):
    make(here, {"brightness": "both", "random_projection": "source"})
    assert rows(run("sanity").stdout)["brightness"] == ["0.0", "-", "0.0", "-", "8"]  # ties alone


def test_a_project_without_tasks_is_a_sentence(run, here):
    create_roster(here / "registry.toml", preset="nano", seed=0, tasks=[])
    refused = run("sanity")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.endswith("registers no task.\nType: tk tasks, then: tk register NAME\n")


def test_the_measured_project_has_no_random_encoder(run, here, measured):
    shutil.copytree(measured, here, dirs_exist_ok=True)
    shown = run("sanity")
    assert rows(shown.stdout)["normals"] == ["100.0", "99.4", "-", "99.5", "50"]
    assert "3 of 3 beat their constant on more than half of the images, 3 on more than" in shown.stdout
    assert "There is no untrained source to compare with." in shown.stderr


def test_an_unused_task_has_no_row_and_an_unused_random_encoder_is_no_opponent(run, here):
    make(here, TASKS)
    path = here / "registry.toml"
    text = path.read_text()
    head, tail = text.split("[tasks.jigsaw]")
    path.write_text(f"{head}[tasks.jigsaw]{tail.replace('source', 'unused', 1)}")
    shown = run("sanity")
    assert list(rows(shown.stdout)) == ["TASK", "normals", "colorization", "MEAN"]
    assert shown.stderr == SAID
    head, tail = text.split("[tasks.random_projection]")
    path.write_text(f"{head}[tasks.random_projection]{tail.replace('source', 'unused', 1)}")
    shown = run("sanity")
    assert rows(shown.stdout)["normals"] == ["100.0", "99.4", "-", "99.5", "7"]
    assert shown.stderr == SAID + (
        "There is no untrained source to compare with. Type: tk register random_projection --role source\n"
    )
    path.write_text(path.read_text().replace('"source"', '"unused"').replace('"both"', '"unused"'))
    refused = run("sanity")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"{path} registers unused tasks alone.\n")
