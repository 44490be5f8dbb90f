"""`tk affinity` on a project whose losses are known; its wording is behaviour."""

from __future__ import annotations

import json
import shutil

import pytest

from taskonomy_core.taxonomy.columns import LossColumn

CSV = """\
target,sources,order,affinity,gain,quality
normals,,0,0.7,0.9,0.5
normals,layout,1,0.2,0.8,0.3
normals,jigsaw,1,0.1,0.6,0.2
"""


@pytest.fixture
def project(here, measured):
    shutil.copytree(measured, here, dirs_exist_ok=True)
    return here


def test_ranks_and_best_sources_are_printed_and_drawn(run, project):
    done = run("affinity")
    assert done.exit_code == 0
    assert [line.rstrip() for line in done.stdout.splitlines()] == [
        "target        a b c",
        "autoencoding  · 2 1",
        "depth_zbuffer 2 · 1",
        "normals       2 1 ·",
        "a autoencoding   b depth_zbuffer  c normals",
        "",
        "target         best sources                   gain  quality",
        "autoencoding   normals                       100 %      0 %",
        "               depth_zbuffer + normals       100 %      0 %",
        "depth_zbuffer  normals                       100 %      0 %",
        "               autoencoding + normals        100 %      0 %",
        "normals        depth_zbuffer                 100 %      0 %",
        "               autoencoding + depth_zbuffer  100 %      0 %",
    ]
    assert done.stderr.splitlines()[-1] == f"Drawn: {project / 'affinity.png'}"
    assert (project / "affinity.png").read_bytes().startswith(b"\x89PNG")


def test_the_order_leaves_higher_transfers_out_and_no_score_changes(run, project):
    edges = json.loads(run("affinity", "--order", "1", "--json").stdout)["edges"]
    assert {edge["order"] for edge in edges} == {0, 1}
    every = json.loads(run("affinity", "--json").stdout)["edges"]
    assert {edge["order"] for edge in every} == {0, 1, 2}
    assert edges == [edge for edge in every if edge["order"] < 2]


def test_json_draws_only_where_it_is_told(run, project):
    answer = json.loads(run("affinity", "--json", "--plot", "ours.svg").stdout)
    assert answer["images"] == {"autoencoding": 50, "depth_zbuffer": 50, "normals": 50}
    own = [edge for edge in answer["edges"] if edge["target"] == "normals" and edge["supervised"]]
    assert own[0]["quality"] == 0.5
    assert "<svg" in (project / "ours.svg").read_text()
    assert not (project / "affinity.png").exists()


def test_losses_and_what_ahp_makes_of_them_are_drawn(run, project):
    assert run("affinity", "--plot", "ours.svg").exit_code == 0
    assert not (project / "affinity.png").exists()
    drawn = (project / "ours.svg").read_text()
    assert "mean test loss, one logarithmic scale for all rows" in drawn
    # The own network loses 1.0, the worst source 3.9: LOSSES and SOURCES.
    assert ">1</text>" in drawn
    assert ">3.9</text>" in drawn
    assert drawn.count(">Normals</text>") == 3


def test_measurements_of_a_file_have_no_losses_to_draw(run, here):
    (here / "ours.csv").write_text(CSV)
    done = run("affinity", "--from", "ours.csv", "--plot", "file.svg")
    assert done.exit_code == 0
    assert "gain: share of images won against training from scratch" in (here / "file.svg").read_text()
    assert done.stderr.splitlines()[-1] == "Drawn: file.svg"
    assert run("affinity", "--from", "ours.csv").stderr.count("Drawn") == 0


def test_a_picture_of_another_format_is_refused_at_once(run, project):
    done = run("affinity", "--plot", "ours.jpg")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "A picture cannot be written as 'ours.jpg'.\nGive a name that ends in .png or .svg.\n"


def test_means_are_over_labelled_images(here):
    from taskonomy_cli.commands.affinity import mean_losses

    def column(target, sources, *losses):
        return LossColumn.transfer(target, sources, range(len(losses)), losses)

    means = mean_losses(
        [
            column("normals", ["layout"], 1.0, float("nan"), 4.0),
            column("normals", ["jigsaw"], float("nan")),
            column("normals", ["jigsaw", "layout"], 9.0),
            column("normals", ["normals"], 9.0),
            LossColumn.of_reference("normals", "self", [0, 1], [0.25, 0.75]),
            LossColumn.of_reference("normals", "scratch", [0], [9.0]),
        ]
    )
    assert means == {("normals", "layout"): 2.5, ("normals", "normals"): 0.5}


def test_what_is_missing_is_told(run, project):
    (project / "registry.toml").write_text((project / "registry.toml").read_text().replace("seed = 0", "seed = 1"))
    done = run("affinity")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == ("No transfer has been trained under the settings of registry.toml.\nType: tk transfer\n")


def test_an_untrained_task_is_left_out_with_a_word(run, project):
    with (project / "registry.toml").open("a") as file:
        file.write('\n[tasks.jigsaw]\nplugin = "taskonomy[jigsaw]"\nversion = 1\nrole = "source"\n')
    done = run("affinity", "--json")
    assert done.exit_code == 0
    assert done.stderr.startswith(
        "4 jobs and up to 6 of higher order are not trained yet and left out. Type: tk transf"
    )


def test_letters_go_on_after_z():
    from taskonomy_cli.commands.affinity import _letter

    assert [_letter(place) for place in (0, 25, 26, 27, 52)] == ["a", "z", "aa", "ab", "ba"]


@pytest.mark.parametrize("order", ["0", "-1", "two"])
def test_an_order_that_is_none_is_refused(run, project, order):
    done = run("affinity", "--order", order)
    assert done.exit_code == 2
    assert "Invalid value for '--order'" in done.stderr
