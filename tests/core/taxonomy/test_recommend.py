from __future__ import annotations

import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.aliases import EXTRA_SOURCE
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.problem import state_problem
from taskonomy_core.taxonomy.recommend import recommend

OWN = Edge("t", (), 0.5, 0.9, 0.5)
A, B, C = Edge("t", ("a",), 0.1, 0.6, 0.2), Edge("t", ("b",), 0.05, 0.7, 0.1), Edge("t", ("c",), 0.05, 0.2, 0.0)
AB, BC = Edge("t", ("a", "b"), 0.2, 0.8, 0.3), Edge("t", ("b", "c"), 0.1, 0.5, 0.2)
SCORES = Affinity((OWN, A, B, C, AB, BC, Edge("t", ("t",), 0.4), Edge("a", ("b",), 0.9), Edge("a", (), 0.9)), {})
ROLES = {"t": "target", "a": "both", "b": "source", "c": "source"}


def ask(budget=99, top=10, affinity=SCORES, roles=ROLES, **options):
    return recommend(affinity, state_problem(affinity, budget, roles=roles, **options), "t", top)


def test_the_best_of_each_order_and_of_all():
    found = ask()
    assert found.target == "t"
    assert found.by_order == (A, AB)
    # Ties go to the fewer sources, then by name; the task's own readout is never offered.
    assert found.ranked == (AB, A, BC, B, C)
    assert found.own == OWN
    assert ask(top=2).ranked == (AB, A)
    assert ask(max_order=1).by_order == (A,)


def test_what_labels_of_its_own_would_add_to_the_best():
    assert ask().own_adds == pytest.approx({"gain": 0.1, "quality": 0.2})
    assert ask(max_order=1).own_adds == pytest.approx({"gain": 0.3, "quality": 0.3})


@pytest.mark.parametrize(
    ("edges", "added"),
    [
        ((A,), {"gain": None, "quality": None}),
        ((OWN, Edge("t", ("a",), 0.1, None, 0.2)), {"gain": None, "quality": pytest.approx(0.3)}),
        ((Edge("t", (), 0.1, 0.9, None), A), {"gain": pytest.approx(0.3), "quality": None}),
    ],
    ids=["no own network", "no gain", "no quality"],
)
def test_what_was_not_measured_adds_nothing_that_anybody_knows(edges, added):
    found = ask(affinity=Affinity(edges, {}), roles={"t": "target", "a": "source"})
    assert found.own_adds == added


def test_transfers_without_an_affinity_come_last():
    edges = (Edge("t", ("a",), None, 0.9, 0.9), B)
    assert ask(affinity=Affinity(edges, {}), roles={"t": "target", "a": "source", "b": "source"}).ranked == (
        B,
        edges[0],
    )


def test_roles_labels_at_hand_and_costs_bound_what_is_offered():
    assert ask(roles=ROLES | {"a": "unused"}).ranked == (BC, B, C)
    assert ask(roles=ROLES | {"a": "target"}).ranked == (BC, B, C)
    assert ask(budget=0, have=["b", "c"]).ranked == (BC, B, C)
    assert ask(budget=1, have=["b"]).ranked == (AB, A, BC, B, C)
    assert ask(budget=1).ranked == (A, B, C)
    assert ask(budget=1, costs={"a": 1.5}).ranked == (B, C)
    assert ask(budget=2, transfer_costs={"t": 0.5}).ranked == (A, B, C)
    assert ask(budget=2.5, transfer_costs={"t": 0.5}).ranked == (AB, A, BC, B, C)


def test_plain_data():
    assert ask(max_order=1, top=1).plain() == {
        "target": "t",
        "by_order": [{"order": 1, "sources": ["a"], "affinity": 0.1, "gain": 0.6, "quality": 0.2}],
        "ranked": [{"order": 1, "sources": ["a"], "affinity": 0.1, "gain": 0.6, "quality": 0.2}],
        "own": {"order": 0, "sources": ["t"], "affinity": 0.5, "gain": 0.9, "quality": 0.5},
        "own_adds": {"gain": pytest.approx(0.3), "quality": pytest.approx(0.3)},
    }
    alone = ask(affinity=Affinity((A,), {}), roles={"t": "target", "a": "source"}).plain()
    assert (alone["own"], alone["own_adds"]) == (None, {"gain": None, "quality": None})


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"budget": 0}, "nothing within the budget of 0 serves t: a -> t costs 1"),
        (
            {"roles": {"t": "target", "a": "target", "b": "target", "c": "target"}},
            "t has no transfer of order 2 or less from the tasks that may be labelled, and cannot be labelled; "
            "a -> t would serve it, if a might be labelled",
        ),
    ],
    ids=["budget", "roles"],
)
def test_that_nothing_is_left_is_said(options, reason):
    with pytest.raises(TaxonomyError) as refused:
        ask(**options)
    assert str(refused.value) == (
        f"There is nothing to recommend: {reason}.\n"
        "Allow more sources, a higher order or a larger budget; type: tk recommend t --help"
    )


def test_the_published_best_sources(published):
    roles = dict.fromkeys(published.sources, "source") | {EXTRA_SOURCE: "unused"}

    # Facts 4.4: affinity, gain and quality of the best first-order sources, as far as they are printed.
    for target, best in {
        "normals": [("reshading", 0.0063, 0.94, 0.03), ("edges_occlusion", 0.0059, 0.94, 0.03)],
        "depth_zbuffer": [("depth_euclidean", 0.0151, 0.87, 0.39), ("reshading", 0.0127, 0.87, 0.36)],
        "egomotion": [("normals", 0.0182, 0.74, 0.50)],
    }.items():
        problem = state_problem(published, 1, roles=roles | {target: "target"})
        found = recommend(published, problem, target, top=len(best))
        assert found.by_order == found.ranked[:1]
        for edge, (source, affinity, gain, quality) in zip(found.ranked, best, strict=True):
            assert edge.sources == (source,)
            assert edge.affinity == pytest.approx(affinity, abs=5.1e-5)
            assert (edge.gain, edge.quality) == pytest.approx((gain, quality), abs=5.1e-3)
