"""`tk recommend` on a project whose losses are known; its wording is behaviour."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

PUBLISHED = Path(__file__).parents[4] / "shared" / "published"


@pytest.fixture
def project(here, measured):
    shutil.copytree(measured, here, dirs_exist_ok=True)
    return here


def affinities(count):
    """AHP scores where everybody always beats all who come after: the eigenvector, by numpy, best first."""
    wins = np.where(np.triu(np.ones((count, count)), 1) > 0, 0.999, 0.001)
    np.fill_diagonal(wins, 0.5)
    values, vectors = np.linalg.eig(wins / wins.T)
    vector = np.abs(vectors[:, values.real.argmax()].real)
    return (vector / vector.sum()).tolist()


def test_the_best_of_each_order_the_best_of_all_and_what_labels_add(run, project):
    done = run("recommend", "normals")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "What normals, never labelled itself, should be transferred from",
        "",
        "order  affinity   gain  quality  the best of each order",
        "    1    0.0010  100 %      0 %  depth_zbuffer",
        "    2    0.0306  100 %      0 %  autoencoding + depth_zbuffer",
        "",
        "order  affinity   gain  quality  the best of all",
        "    2    0.0306  100 %      0 %  autoencoding + depth_zbuffer",
        "    1    0.0010  100 %      0 %  depth_zbuffer",
        "    1     3e-05  100 %      0 %  autoencoding",
        "",
        "Labels of its own would add +0 points of gain (100 % instead of 100 %) and +50 points of quality "
        "(50 % instead of 0 %) to the best of all.",
    ]
    assert done.stderr == (
        "Affinity: its share of the AHP mass of all that was measured for this task. Gain: share of test images on "
        "which it beats training from scratch on the same labels; quality: beats the fully supervised network "
        "(50 %: as good).\n"
    )


def test_json_is_the_whole_answer(run, project):
    own, pair, single, _ = affinities(4)
    both = {"order": 2, "sources": ["autoencoding", "depth_zbuffer"], "affinity": pytest.approx(pair, abs=1e-9)}
    one = {"order": 1, "sources": ["depth_zbuffer"], "affinity": pytest.approx(single, abs=1e-9)}
    worth = {"gain": 1.0, "quality": 0.0}
    done = run("recommend", "rgb2sfnorm", "--json", "--top", "1")
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.loads(done.stdout) == {
        "target": "normals",
        "by_order": [one | worth, both | worth],
        "ranked": [both | worth],
        "own": {
            "order": 0,
            "sources": ["normals"],
            "affinity": pytest.approx(own, abs=1e-9),
            "gain": 1.0,
            "quality": 0.5,
        },
        "own_adds": {"gain": 0.0, "quality": 0.5},
    }


@pytest.mark.parametrize(
    ("options", "ranked"),
    [
        (("--order", "1"), ["depth_zbuffer", "autoencoding"]),
        (("--unused", "depth_zbuffer"), ["autoencoding"]),
        (("--budget", "1"), ["depth_zbuffer", "autoencoding"]),
        (("--budget", "0", "--have", "autoencoder"), ["autoencoding"]),
        (
            ("--budget", "0", "--have", "autoencoding,rgb2depth"),
            ["autoencoding + depth_zbuffer", "depth_zbuffer", "autoencoding"],
        ),
        (("--budget", "2", "--cost", "depth_zbuffer=3"), ["autoencoding"]),
        (("--budget", "1.5", "--transfer-cost", "normals=0.5"), ["depth_zbuffer", "autoencoding"]),
        (("--budget", "1", "--transfer-cost", "normals=0.5", "--have", "autoencoding"), ["autoencoding"]),
    ],
    ids=lambda value: " ".join(value),
)
def test_roles_costs_and_budget_bound_what_is_offered(run, project, options, ranked):
    answer = json.loads(run("recommend", "normals", *options, "--json").stdout)
    assert [" + ".join(edge["sources"]) for edge in answer["ranked"]] == ranked


def test_it_is_drawn_where_it_is_asked_for_alone(run, project):
    run("recommend", "normals")
    assert not list(project.glob("*.png"))
    done = run("recommend", "normals", "--plot", "normals.png")
    assert done.stderr.splitlines()[-1] == "Drawn: normals.png"
    assert (project / "normals.png").read_bytes().startswith(b"\x89PNG")


def write(folder, *edges, **tasks):
    said = {"format": "taskonomy-measurements", "version": 1, "edges": list(edges), "tasks": tasks}
    (folder / "small.json").write_text(json.dumps(said))
    return "small.json"


def edge(target, sources, affinity, gain=None, quality=None):
    scores = {"affinity": affinity, "gain": gain, "quality": quality}
    return {"target": target, "sources": sources, "order": len(sources), **scores}


def test_roles_of_the_file_count_and_an_option_overrides_them(run, here):
    edges = edge("t", ["a"], 0.75), edge("t", ["b"], 0.25), edge("a", ["b"], 1.0)
    file = write(here, *edges, a={"role": "target"}, t={"role": "unused"})

    def ranked(*options):
        return [
            each["sources"] for each in json.loads(run("recommend", "t", "--from", file, *options).stdout)["ranked"]
        ]

    assert ranked("--json") == [["b"]]
    assert ranked("--json", "--source", "a") == [["a"], ["b"]]


def test_what_was_not_measured_is_a_dash(run, here):
    done = run("recommend", "t", "--from", write(here, edge("t", ["a"], 1.0)))
    assert done.exit_code == 0
    lines = done.stdout.splitlines()
    assert lines[3] == "    1    1.0000     -        -  a"
    assert lines[-1] == "Its own supervised network was not measured, so nobody can say what labels would add."
    done = run("recommend", "t", "--from", write(here, edge("t", ["a"], 0.25), edge("t", [], 0.75)))
    assert done.stdout.splitlines()[-1] == (
        "Neither gain nor quality was measured, so nobody can say what labels of its own would add."
    )


def test_labels_of_its_own_may_lose(run, here):
    file = write(here, edge("t", ["a"], 0.75, 0.9, 0.6), edge("t", [], 0.25, 0.7, 0.5))
    assert run("recommend", "t", "--from", file).stdout.splitlines()[-1] == (
        "Labels of its own would add -20 points of gain (70 % instead of 90 %) and -10 points of quality "
        "(50 % instead of 60 %) to the best of all."
    )


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (
            ("normls",),
            "{project}/registry.toml has no task 'normls'. Did you mean normals?\n"
            "Choose one of these: autoencoding, depth_zbuffer, normals.\n",
        ),
        (
            ("normals", "--have", "rgb2sfnorm"),
            "normals is taken as never labelled here, so it cannot be --have.\nLeave --have normals out.\n",
        ),
        (
            ("normals", "--source", "normals"),
            "normals is taken as never labelled here, so it cannot be --source.\nLeave --source normals out.\n",
        ),
        (
            ("normals", "--unused", "normals"),
            "normals is taken as never labelled here, so it cannot be --unused.\nLeave --unused normals out.\n",
        ),
        (
            ("normals", "--budget", "0"),
            "There is nothing to recommend: nothing within the budget of 0 serves normals: autoencoding -> normals "
            "costs 1.\nAllow more sources, a higher order or a larger budget; type: tk recommend normals --help\n",
        ),
        (("normals", "--budget", ""), "The budget '' is not a number.\n"),
    ],
    ids=["unknown", "have", "source", "unused", "budget 0", "no number"],
)
def test_bad_input_is_a_sentence_with_the_next_command(run, project, options, said):
    done = run("recommend", *options)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith(said.format(project=project))


def test_a_task_without_transfers_to_it_is_told_with_those_that_have_some(run, here):
    done = run("recommend", "a", "--from", write(here, edge("t", ["a"], 1.0), edge("u", ["a"], 1.0)))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.endswith("small.json has no transfer to a.\nChoose one of these: t, u.\n")


def test_the_published_normals(run, here):
    if not PUBLISHED.exists():
        pytest.skip("the authors' measurements are not here")
    done = run("recommend", "rgb2sfnorm", "--from", str(PUBLISHED), "--json")
    answer = json.loads(done.stdout)
    assert answer["target"] == "normals"
    first = answer["by_order"][0]
    # Facts 4.4: reshade .0063 g.94 q.03.
    assert (first["order"], first["sources"]) == (1, ["reshading"])
    assert [round(first["affinity"], 4), round(first["gain"], 2), round(first["quality"], 2)] == [0.0063, 0.94, 0.03]
    assert [each["order"] for each in answer["by_order"]] == list(range(1, 25))
    assert not any("object_class_100" in each["sources"] for each in answer["ranked"])
