from __future__ import annotations

from itertools import product

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


def test_what_cannot_be_clustered_is_said():
    with pytest.raises(TaxonomyError) as refused:
        similarity_tree(scores(), ["a"])
    assert str(refused.value) == "A similarity tree needs at least two tasks.\nRegister more tasks; type: tk tasks"
    with pytest.raises(TaxonomyError) as refused:
        similarity_tree(scores(skip=[("b", "c")]))
    assert str(refused.value) == "b -> c was not measured.\nTrain it; type: tk transfer"
