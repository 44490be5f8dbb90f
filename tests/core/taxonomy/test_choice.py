from __future__ import annotations

from dataclasses import replace

from taskonomy_core.taxonomy.choice import affordable, best_choice, choice_of, pays
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.problem import Problem

EDGES = (
    Edge("t", (), 0.2),
    Edge("t", ("a",), 0.3),
    Edge("t", ("a", "b"), 0.4),
    Edge("t", ("b", "c"), 0.4),
    Edge("u", ("a",), 0.1),
)
PROBLEM = Problem(EDGES, {"t": 1.0, "u": 2.0}, {"a": 1, "b": 2, "c": 3, "t": 4}, 6, 2, "affinity")


def test_every_target_takes_its_best_edge_and_unused_labels_are_dropped():
    choice = best_choice(PROBLEM, EDGES, {"a", "c", "t"})
    assert choice.edges == (EDGES[1], EDGES[4])
    assert choice.sources == ("a",)
    assert choice.cost == 1
    assert choice.worth == 0.3 + 2 * 0.1


def test_equal_edges_go_by_fewer_sources_then_by_name():
    assert best_choice(PROBLEM, EDGES, {"a", "b", "c"}).edges[0].sources == ("a", "b")
    level = (*EDGES, Edge("t", ("c",), 0.4))
    assert best_choice(PROBLEM, level, {"a", "b", "c"}).edges[0].sources == ("c",)


def test_what_is_forced_stays_though_no_edge_stands_on_it():
    problem = replace(PROBLEM, forced=("c", "a"))
    choice = best_choice(problem, EDGES, set())
    assert (choice.sources, choice.cost, choice.edges) == (("a", "c"), 4, (EDGES[1], EDGES[4]))


def test_what_is_transferred_at_a_price_is_told():
    # t's own labels .2, or a transfer .3 for 0.5; u's transfers cost nothing, so that it is free to take the best.
    problem = replace(PROBLEM, transfer_costs={"t": 0.5, "a": 7})
    assert pays(problem, "t")
    assert not pays(problem, "u")
    labelled = {"a", "t"}
    assert best_choice(problem, EDGES, labelled, ()).edges == (EDGES[0], EDGES[4])
    choice = best_choice(problem, EDGES, labelled, ("t",))
    assert (choice.edges, choice.sources, choice.cost) == ((EDGES[1], EDGES[4]), ("a",), 1.5)
    assert best_choice(problem, EDGES, labelled).edges == choice.edges
    assert best_choice(problem, EDGES, {"a"}, ()) is None


def test_a_target_without_an_edge_leaves_no_choice():
    assert best_choice(PROBLEM, EDGES, {"b", "c"}) is None


def test_a_choice_of_given_edges():
    choice = choice_of(PROBLEM, [EDGES[4], EDGES[3]])
    assert (choice.sources, choice.cost, choice.worth) == (("a", "b", "c"), 6, 0.6000000000000001)


def test_affordable_forgives_a_solvers_tolerance_alone():
    assert affordable(PROBLEM, 6 + 1e-6)
    assert not affordable(PROBLEM, 6.001)
