from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from taskonomy_core.taxonomy.edges import Edge, undominated, usable


def edge(target, *sources, score=0.1):
    return Edge(target, sources, score)


def test_usable_keeps_allowed_sources_and_orders_and_never_the_target_itself():
    edges = [edge("t"), edge("t", "a"), edge("t", "a", "b"), edge("t", "c"), edge("t", "t"), edge("t", "a", "b", "d")]
    kept = usable(edges, {"a", "b", "d", "t"}, 2)
    assert kept == [edge("t", "a"), edge("t", "a", "b")]


def test_a_superset_that_is_no_better_is_dropped():
    edges = [
        edge("t", "a", score=0.3),
        edge("t", "a", "b", score=0.3),
        edge("t", "a", "c", score=0.31),
        edge("t", "b", "c", score=0.2),
        edge("t", "a", "b", "c", score=0.305),
        edge("u", "a", "b", score=0.1),
    ]
    kept = undominated(edges, lambda e: e.affinity)
    assert kept == [edges[0], edges[2], edges[3], edges[5]]


def test_names_and_needs():
    assert edge("t").name == "own labels -> t"
    assert edge("t").needs == ("t",)
    assert edge("t", "a", "b").name == "a + b -> t"
    assert edge("t", "a", "b").needs == ("a", "b")


@given(st.integers(0, 10**6), st.integers(2, 40))
def test_what_is_kept_equals_a_comparison_of_all_pairs(seed, count):
    draws = np.random.default_rng(seed)
    sets = {tuple(sorted(draws.permutation(list("abcdef"))[: draws.integers(1, 7)].tolist())) for _ in range(count)}
    edges = [edge("t", *sources, score=float(draws.integers(1, 6))) for sources in sorted(sets)]
    kept = [e for e in edges if not any(set(f.sources) < set(e.sources) and f.affinity >= e.affinity for f in edges)]
    assert undominated(edges, lambda e: e.affinity) == kept
