from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.aliases import EXTRA_SOURCE
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.similarity import similarity_tree

LIKE = {"a": 1, "b": 1, "c": 2, "d": 2, "e": 2}


def scores(skip=()):
    pairs = product(LIKE, repeat=2)
    return Affinity(
        tuple(Edge(t, (s,), 0.1 if LIKE[s] == LIKE[t] else 0.001) for s, t in pairs if s != t and (s, t) not in skip),
        {},
    )


def test_tasks_that_serve_the_same_targets_stand_together():
    tree = similarity_tree(scores())
    assert tree.tasks == ("a", "b", "c", "d", "e")
    assert tree.links.shape == (4, 4)
    assert tree.groups(2) == [("c", "d", "e"), ("a", "b")]
    assert tree.groups(1) == [("a", "b", "c", "d", "e")]


def test_a_target_on_another_scale_changes_nothing():
    scaled = Affinity(
        tuple(Edge(e.target, e.sources, e.affinity * (1e-3 if e.target == "a" else 1)) for e in scores().edges), {}
    )
    assert similarity_tree(scaled).links == pytest.approx(similarity_tree(scores()).links)


def test_published_tasks_fall_into_the_papers_families(published):
    tree = similarity_tree(published, [source for source in published.sources if source != EXTRA_SOURCE])
    groups = [set(group) for group in tree.groups(4)]
    assert {
        "normals",
        "segmentation_25d",
        "curvature",
        "keypoints_3d",
        "depth_zbuffer",
        "depth_euclidean",
        "edges_occlusion",
        "reshading",
    } in groups
    assert {"segmentation_semantic", "object_class", "scene_class"} in groups
    flat = {"edges_texture", "autoencoding", "keypoints_2d", "segmentation_2d", "colorization", "inpainting"}
    assert any(flat <= group for group in groups)
    pose = {
        "room_layout",
        "vanishing_points",
        "point_matching",
        "egomotion",
        "pose_fixated",
        "pose_nonfixated",
        "jigsaw",
    }
    assert pose in groups


def test_links_are_those_of_another_way_to_the_same_tree():
    """Heights of Ward's method by its definition: what a merger adds to the sum of squares within clusters."""
    tree = similarity_tree(scores())
    logs = np.log([[0.1 if LIKE[s] == LIKE[t] else 0.001 for s in LIKE] for t in LIKE])
    points = ((logs - logs.mean(axis=1, keepdims=True)) / logs.std(axis=1, keepdims=True)).T

    def within(cluster):
        chosen = points[sorted(cluster)]
        return ((chosen - chosen.mean(axis=0)) ** 2).sum()

    clusters = [{leaf} for leaf in range(5)]
    for one, other, height, size in tree.links:
        parts = clusters[int(one)], clusters[int(other)]
        clusters.append(parts[0] | parts[1])
        assert size == len(clusters[-1])
        assert height**2 / 2 == pytest.approx(within(clusters[-1]) - sum(map(within, parts)), abs=1e-9)


def test_plain_data():
    plain = similarity_tree(scores()).plain(2)
    assert plain["tasks"] == ["a", "b", "c", "d", "e"]
    assert plain["groups"] == [["c", "d", "e"], ["a", "b"]]
    assert [(sorted(link[:2]), link[3]) for link in plain["links"]][-1] == ([5, 7], 5)
    assert all(isinstance(link[0], int) and isinstance(link[3], int) for link in plain["links"])
    assert (plain["left_out"], plain["passed_over"]) == ([], [])


def test_unused_tasks_are_neither_placed_nor_looked_at():
    tree = similarity_tree(scores(), unused=["e"])
    fewer = Affinity(tuple(e for e in scores().edges if "e" not in (e.target, *e.sources)), {})
    assert tree.tasks == ("a", "b", "c", "d")
    assert tree.links == pytest.approx(similarity_tree(fewer).links)


def test_a_target_that_was_not_measured_from_all_is_passed_over():
    tree = similarity_tree(scores(skip=[("b", "c")]))
    assert (tree.tasks, tree.left_out, tree.passed_over) == (("a", "b", "c", "d", "e"), (), ("c",))
    without = Affinity(tuple(e for e in scores().edges if e.target != "c"), {})
    assert tree.links == pytest.approx(similarity_tree(without).links)


def test_a_task_that_was_not_measured_to_most_is_left_out():
    tree = similarity_tree(scores(skip=[("b", "c"), ("b", "d")]))
    assert (tree.tasks, tree.left_out, tree.passed_over) == (("a", "c", "d", "e"), ("b",), ())
    assert tree.groups(2) == [("c", "d", "e"), ("a",)]


def test_an_affinity_of_zero_is_the_least():
    edges = tuple(Edge(e.target, e.sources, 0.0 if e.affinity == 0.001 else 0.1) for e in scores().edges)
    assert similarity_tree(Affinity(edges, {})).groups(2) == [("c", "d", "e"), ("a", "b")]


def refused(*args, **options):
    with pytest.raises(TaxonomyError) as error:
        similarity_tree(*args, **options)
    return str(error.value)


def test_what_cannot_be_clustered_is_said():
    assert refused(scores(), ["a"]) == (
        "A similarity tree needs at least two tasks.\nRegister more tasks; type: tk tasks"
    )
    only = Affinity((Edge("a", ("b",), 0.1), Edge("a", ("c",), 0.1)), {})
    said = "There is no target to compare tasks by.\nLeave fewer tasks unused; type: tk similarity"
    assert refused(only, unused=["a"]) == said
    assert refused(scores(skip=[("b", "c"), ("a", "d"), ("c", "e")])) == (
        "Too little is measured for a tree: 3 first-order transfers are missing, b -> c for one.\n"
        "Train them; type: tk transfer. Or leave tasks out; type: tk similarity --unused TASK,TASK"
    )
