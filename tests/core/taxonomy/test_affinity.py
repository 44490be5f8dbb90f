from __future__ import annotations

import json

import numpy as np
import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.affinity import Affinity, affinity, edge_scores
from taskonomy_core.taxonomy.ahp import ahp
from taskonomy_core.taxonomy.columns import LossColumn
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.tournament import win_rates

IDS = [4, 5, 6, 7]


@pytest.fixture
def columns():
    return [
        LossColumn.of_reference("t", "self", IDS, [1, 1, 1, 3]),
        LossColumn.of_reference("t", "scratch", IDS, [3, 3, 1, 4.5]),
        LossColumn.of_reference("t", "constant", IDS, [9, 9, 9, 1]),
        LossColumn.transfer("t", ["a"], IDS, [2, 2, 2, 2]),
        LossColumn.transfer("t", ["t"], IDS, [2, 2, 1, 4]),
        LossColumn.transfer("t", ["b", "a"], IDS, [0, 2, 2, 5]),
    ]


def test_scores_of_one_target_by_hand(columns):
    scores = affinity(columns)
    # Rows: self, a, b + a, t's own encoder; scratch and constant are not in the tournament.
    wins = [[0, 0.75, 0.75, 0.75], [0.25, 0, 0.25, 0.25], [0.25, 0.25, 0, 0.25], [0, 0.25, 0.5, 0]]
    expected = ahp(wins)
    edges = [scores.edge("t"), scores.edge("t", "a"), scores.edge("t", "b", "a"), scores.edge("t", "t")]
    assert [edge.affinity for edge in edges] == pytest.approx(expected, abs=1e-14)
    assert sum(edge.affinity for edge in scores.edges) == pytest.approx(1, abs=1e-14)
    assert [edge.gain for edge in edges] == [0.75, 0.75, 0.5, 0.75]
    assert [edge.quality for edge in edges] == [0.5, 0.25, 0.25, 0]
    assert [edge.over_constant for edge in edges] == [0.75, 0.75, 0.75, 0.75]
    assert scores.images == {"t": 4}
    assert (scores.targets, scores.sources, scores.max_order) == (("t",), ("a", "b", "t"), 2)


def test_scratch_and_constant_do_not_change_affinities(columns):
    with_them = affinity(columns)
    without = affinity([c for c in columns if c.reference in ("", "self")])
    assert [e.affinity for e in without.edges] == [e.affinity for e in with_them.edges]
    assert {e.gain for e in without.edges} == {None} == {e.over_constant for e in without.edges}


def test_order_of_the_columns_does_not_matter(columns):
    assert affinity(reversed(columns)) == affinity(columns)


def test_a_target_without_its_own_network_has_no_quality(columns):
    scores = affinity([c for c in columns if c.reference != "self"])
    assert scores.edge("t") is None
    assert {edge.quality for edge in scores.edges} == {None}
    assert sum(edge.affinity for edge in scores.edges) == pytest.approx(1)


def test_into_is_ranked_and_the_matrix_has_self_on_its_diagonal(columns):
    scores = affinity(columns)
    assert scores.into("t")[0].supervised
    assert [e.affinity for e in scores.into("t")] == sorted((e.affinity for e in scores.edges), reverse=True)
    matrix = scores.first_order()
    assert matrix.shape == (1, 3)
    assert matrix[0, 0] == scores.edge("t", "a").affinity
    assert np.isnan(matrix[0, 1])
    assert matrix[0, 2] == scores.edge("t").affinity


def test_plain_data_goes_through_json_unchanged(columns):
    scores = affinity(columns)
    plain = json.loads(json.dumps(scores.plain(), allow_nan=False))
    assert plain["images"] == {"t": 4}
    assert plain["edges"][0] == {
        "target": "t",
        "sources": [],
        "order": 0,
        "affinity": scores.edge("t").affinity,
        "gain": 0.75,
        "quality": 0.5,
        "over_constant": 0.75,
        "supervised": True,
    }
    assert plain["edges"] == scores.rows()


def test_scores_of_many_tournaments_at_once_are_those_of_each(columns):
    played = win_rates(columns)
    both = edge_scores("t", played.contestants, np.stack([played.matrix, played.matrix.T]))
    assert both.sources == tuple(edge.sources for edge in affinity(columns).edges)
    assert both.values.shape == (4, 2, 4)
    for place, rates in enumerate((played.matrix, played.matrix.T)):
        assert both.values[:, place].tolist() == edge_scores("t", played.contestants, rates).values.tolist()


def test_unmeasured_affinities_rank_last():
    scores = Affinity((Edge("t", ("a",), None), Edge("t", ("b",), 0.1)), {})
    assert [edge.sources for edge in scores.into("t")] == [("b",), ("a",)]


def test_nothing_to_compare_is_said():
    with pytest.raises(TaxonomyError) as refused:
        affinity([])
    assert str(refused.value) == "There are no losses to compare.\nTrain transfers first; type: tk transfer"
    with pytest.raises(TaxonomyError) as refused:
        affinity([LossColumn.of_reference("t", "scratch", IDS, [0, 0, 0, 0])])
    assert str(refused.value) == (
        "t has no transfer and no network of its own to compare.\nTrain them; type: tk transfer"
    )
