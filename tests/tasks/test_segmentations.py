"""The segmentations: samples, clusters and their index; classes, masks and weights."""

import math

import pytest
import torch
from torchmetrics.functional.clustering import adjusted_rand_score

from taskonomy_core.contract import Draws, Views
from taskonomy_plugins.rooms.config import FURNITURE as ROOMS_FURNITURE
from taskonomy_plugins.rooms.config import ROOM_TYPES
from taskonomy_plugins.rooms.labels import edge_occlusion
from taskonomy_plugins.rooms.segments import segment_unsup25d
from taskonomy_tasks import _segments
from taskonomy_tasks._classes import FURNITURE, SCENES
from taskonomy_tasks.segmentation_2d import TASK as UNSUPERVISED
from taskonomy_tasks.segmentation_25d import TASK as SURFACES
from taskonomy_tasks.segmentation_semantic import CLASSES, SHARES, WEIGHTS
from taskonomy_tasks.segmentation_semantic import TASK as SEMANTIC


@pytest.fixture
def quarters():
    """Two 64-pixel pictures of four segments each, and a perfect embedding of them at half that side."""
    ids = torch.tensor([[5, 6], [7, 8]]).repeat_interleave(32, 0).repeat_interleave(32, 1).expand(2, 1, 1, 64, 64)
    rgb = torch.rand(2, 1, 3, 64, 64, generator=torch.Generator().manual_seed(0))
    views = Views({"rgb": rgb, "segment_unsup2d": ids})
    embedding = torch.nn.functional.one_hot(ids[:, 0, 0, ::2, ::2] - 5, 64).movedim(-1, 1) * 9.0
    return UNSUPERVISED.example(views, Draws.of(0, [3, 4])), embedding, ids


def test_the_samples_are_blocks_of_the_picture_in_proportion_to_its_side(quarters):
    example, _, ids = quarters
    assert example.target.shape == (2, 75, 3)  # 300 at 256
    row, column, segment = example.target.unbind(2)
    assert row.min() >= 0
    assert row.max() == column.max() == 31
    assert torch.equal(segment, ids[0, 0, 0][2 * row, 2 * column])
    assert len(torch.unique(row * 32 + column)) > 100
    assert not torch.equal(example.target[0], example.target[1])


def test_a_perfect_embedding_is_found_and_costs_next_to_nothing(quarters):
    example, embedding, _ = quarters
    assert (UNSUPERVISED.loss(embedding, example.target, example.scored) < 1e-5).all()
    index = _segments.adjusted_rand(embedding, example.target, example.scored)
    torch.testing.assert_close(index, torch.ones(2))
    one_lump = torch.zeros_like(embedding)
    torch.testing.assert_close(_segments.adjusted_rand(one_lump, example.target, example.scored), torch.zeros(2))


def test_clusters_are_split_at_the_distance_of_even_odds():
    points = torch.tensor([0.0, 1.0, 1.1, 5.0, 5.2]).reshape(1, 5, 1)  # 1.0^2 < ln 3 < 1.1^2
    assert _segments.clusters(points).tolist() == [[0, 1, 1, 2, 2]]
    torch.manual_seed(0)
    scattered = torch.randn(2, 500, 3) * 10
    found = _segments.clusters(scattered)
    assert found.max() == _segments.MOST_SEGMENTS - 1


def test_clusters_of_a_picture_do_not_depend_on_its_batch():
    torch.manual_seed(0)
    points = torch.randn(3, 60, 2) * torch.tensor([0.1, 1.0, 3.0]).reshape(3, 1, 1)
    together = _segments.clusters(points)
    for place in range(3):
        assert torch.equal(_segments.clusters(points[place : place + 1])[0], together[place])


def test_the_mosaic_of_truth_and_of_a_perfect_embedding_are_alike(quarters):
    example, embedding, ids = quarters
    of_embedding = UNSUPERVISED.picture(embedding, example.inputs)
    first = (example.inputs[0, 0] + 1) / 2
    mean = first[:, :32, :32].mean((1, 2))
    torch.testing.assert_close(of_embedding[0, :, 3, 3], mean)
    difference = (UNSUPERVISED.picture(example.target, example.inputs) - of_embedding).abs().amax(1)
    assert (difference < 0.06).float().mean() > 0.9  # but for pixels whose nearest sample lies across a border
    assert (
        adjusted_rand_score(
            _segments.clusters(embedding.flatten(2).transpose(1, 2))[0], ids[0, ..., ::2, ::2].flatten()
        )
        == 1.0
    )


@pytest.fixture
def corner():
    """Two walls of one colour that meet in the middle column, the right one with a window that has no depth."""
    side = 64
    depth = 3.0 - torch.linspace(-1.0, 1.0, side).abs().expand(1, 1, side, side)
    known = torch.ones(1, 1, side, side, dtype=torch.bool)
    known[..., 16:40, 44:60] = False
    facing = torch.tensor([[0.7, 0.0, 0.7], [-0.7, 0.0, 0.7]]).repeat_interleave(side // 2, 0)
    normal = facing.T[None, :, None].expand(1, 3, side, side)
    ids = segment_unsup25d(depth, normal, edge_occlusion(depth, known), known)
    views = Views({"rgb": torch.full((1, 1, 3, side, side), 0.5), "segment_unsup25d": ids[:, None]})
    return SURFACES.example(views, Draws.of(0, [3])), known[0, 0, ::2, ::2]


def test_surfaces_are_told_apart_where_colours_are_not(corner):
    example, known = corner
    row, column, segment = example.target[0].unbind(1)
    # Not the outermost blocks of a surface, of which the labels make slivers.
    left, right = (column > 1) & (column < 14), (column > 17) & (column < 21)
    pane = (row > 8) & (row < 19) & (column > 22) & (column < 28)
    assert not known[row, column][pane].any()
    ids = [segment[part].unique().tolist() for part in (left, right, pane)]
    assert [len(each) for each in ids] == [1, 1, 1]
    assert len({each[0] for each in ids}) == 3


def test_a_surface_without_a_depth_is_scored_as_a_segment_of_its_own(corner):
    example, known = corner
    row, column, _ = example.target[0].unbind(1)
    assert 0 < (~known[row, column]).sum() < len(row) / 4
    assert example.scored.all()
    embedding = torch.zeros(1, 64, 32, 32)
    embedding[:, 0, :, 16:] = 9.0
    with_its_wall = SURFACES.loss(embedding, example.target, example.scored)
    embedding[:, 0, ~known] = 18.0
    assert SURFACES.loss(embedding, example.target, example.scored) < 0.5 * with_its_wall


def test_the_classes_are_those_of_the_rooms():
    assert FURNITURE == ROOMS_FURNITURE
    assert SCENES == ROOM_TYPES
    assert ("background", *FURNITURE) == CLASSES


def test_uncertain_and_unknown_ids_are_not_scored():
    ids = torch.tensor([[0, 1], [17, 18]]).reshape(1, 1, 1, 2, 2)
    example = SEMANTIC.example(Views({"rgb": torch.zeros(1, 1, 3, 2, 2), "segment_semantic": ids}), Draws.of(0, [0]))
    assert example.mask.flatten().tolist() == [False, True, True, False]
    assert example.target.flatten().tolist() == [-1, 0, 16, 17]
    assert SEMANTIC.loss(torch.randn(1, 17, 2, 2), example.target, example.scored).isfinite().all()
    assert SEMANTIC.picture(example.target, example.inputs)[0, :, 0, 0].tolist() == [0.0, 0.0, 0.0]


def test_rarer_classes_weigh_more_and_a_pixel_weighs_one_in_the_mean():
    assert len(WEIGHTS) == len(CLASSES) == len(SHARES)
    assert sum(SHARES) == pytest.approx(100.0, abs=0.5)  # rounded one by one
    assert sum(share * weight for share, weight in zip(SHARES, WEIGHTS, strict=True)) == pytest.approx(sum(SHARES))
    assert [WEIGHTS[place] for place in sorted(range(17), key=SHARES.__getitem__)] == sorted(WEIGHTS, reverse=True)
    # The tv, 0.9 % of the pixels, against the background: ln 1.691 / ln 1.029.
    assert WEIGHTS[CLASSES.index("tv")] / WEIGHTS[0] == pytest.approx(math.log(1.691) / math.log(1.029))
