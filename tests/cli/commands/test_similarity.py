"""`tk similarity` on a project whose losses are known; its wording is behaviour."""

from __future__ import annotations

import io
import json
import shutil
import sys
from pathlib import Path

import pytest

from taskonomy_cli.app import tk

PUBLISHED = Path(__file__).parents[4] / "shared" / "published"
TOLD = "The number is the task's group; the further to the right two branches meet, the less they are alike."


@pytest.fixture
def project(here, measured):
    shutil.copytree(measured, here, dirs_exist_ok=True)
    return here


def test_groups_and_a_tree(run, project):
    done = run("similarity", "--groups", "2")
    assert done.exit_code == 0
    assert done.stdout.splitlines() == [
        "group  tasks that transfer out alike",
        "    1  depth_zbuffer, normals",
        "    2  autoencoding",
        "",
        f"autoencoding   2 {'─' * 60}┐",
        f"depth_zbuffer  1 {'─' * 35}┬{'─' * 24}┘",
        f"normals        1 {'─' * 35}┘",
    ]
    assert done.stderr.splitlines() == [TOLD, f"Drawn: {project / 'similarity.png'}"]
    assert (project / "similarity.png").read_bytes().startswith(b"\x89PNG")


def test_json_is_the_whole_answer(run, project):
    done = run("similarity", "--groups", "2", "--json")
    assert (done.exit_code, done.stderr) == (0, "")
    # By hand: a target tells two of three tasks apart from the third (its own takes the best), so that scaled to unit
    # spread it is (1, 1, -2) / sqrt(2), or the like.
    assert json.loads(done.stdout) == {
        "tasks": ["autoencoding", "depth_zbuffer", "normals"],
        "groups": [["depth_zbuffer", "normals"], ["autoencoding"]],
        "links": [[1, 2, pytest.approx(4.5**0.5), 2], [0, 3, pytest.approx(13.5**0.5), 3]],
        "left_out": [],
        "passed_over": [],
    }
    assert not (project / "similarity.png").exists()


def test_a_picture_goes_where_it_is_asked_for(run, project):
    done = run("similarity", "--json", "--plot", "tree.svg")
    assert done.stderr == "Drawn: tree.svg\n"
    assert b"<svg" in (project / "tree.svg").read_bytes()


def test_unused_tasks_take_no_part(run, project):
    answer = json.loads(run("similarity", "--unused", "autoencoder", "--json").stdout)
    assert answer["tasks"] == ["depth_zbuffer", "normals"]


def write(folder, *skip):
    """A file in which a, b, and c, d, e serve alike, without some transfers."""
    like = {"a": 1, "b": 1, "c": 2, "d": 2, "e": 2}
    edges = []
    for target in like:
        serve = {s: 0.1 if like[s] == like[target] else 0.001 for s in like if s != target and (s, target) not in skip}
        edges += [_edge(target, [s], p) for s, p in serve.items()]
        edges.append(_edge(target, [], 1 - sum(serve.values())))
    said = {"format": "taskonomy-measurements", "version": 1, "edges": edges}
    (folder / "small.json").write_text(json.dumps(said))
    return "small.json"


def _edge(target, sources, affinity):
    scores = {"affinity": affinity, "gain": None, "quality": None}
    return {"target": target, "sources": sources, "order": len(sources), **scores}


def test_what_was_not_measured_is_told(run, here):
    done = run("similarity", "--from", write(here, ("b", "c")), "--groups", "2")
    assert done.exit_code == 0
    assert done.stdout.splitlines()[1:3] == ["    1  c, d, e", "    2  a, b"]
    assert done.stderr.splitlines() == ["Not every transfer to c was measured: passed over as a target.", TOLD]
    done = run("similarity", "--from", write(here, ("b", "c"), ("b", "d")), "--groups", "2", "--json")
    assert json.loads(done.stdout)["left_out"] == ["b"]
    assert done.stderr == "Not every transfer from b was measured: left out of the tree.\n"


def test_too_little_is_an_error(run, here):
    done = run("similarity", "--from", write(here, ("b", "c"), ("a", "d"), ("c", "e")))
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "Too little is measured for a tree: 3 first-order transfers are missing, b -> c for one.\n"
        "Train them; type: tk transfer. Or leave tasks out; type: tk similarity --unused TASK,TASK\n"
    )


@pytest.mark.parametrize(
    ("unused", "said"),
    [
        ("a,b,c,d", "A similarity tree needs at least two tasks.\nRegister more tasks; type: tk tasks\n"),
        ("f", "Choose one of these: a, b, c, d, e.\n"),
    ],
)
def test_bad_input_is_a_sentence_with_the_next_command(run, here, unused, said):
    done = run("similarity", "--from", write(here), "--unused", unused)
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.endswith(said)


def test_a_poor_encoding_gets_plain_lines(project, monkeypatch):
    stream = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(sys, "stdout", stream)
    tk(["similarity", "--groups", "2"], standalone_mode=False)
    assert stream.buffer.getvalue().decode("ascii").splitlines()[4:] == [
        f"autoencoding   2 {'-' * 60}+",
        f"depth_zbuffer  1 {'-' * 35}+{'-' * 24}+",
        f"normals        1 {'-' * 35}+",
    ]


def test_the_published_families(run, here):
    if not PUBLISHED.exists():
        pytest.skip("the authors' measurements are not here")
    answer = json.loads(run("similarity", "--from", str(PUBLISHED), "--json").stdout)
    # Facts 6.11.
    solid = {"curvature", "depth_euclidean", "depth_zbuffer", "edges_occlusion", "keypoints_3d", "normals"}
    solid |= {"reshading", "segmentation_25d"}
    assert sorted(solid) in answer["groups"]
    assert ["object_class", "scene_class", "segmentation_semantic"] in answer["groups"]
    assert len(answer["groups"]) == 4
    assert len(answer["tasks"]) == 26
