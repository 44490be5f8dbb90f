from __future__ import annotations

import numpy as np
import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.aliases import EXTRA_SOURCE
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.policies import performance, random_taxonomies
from taskonomy_core.taxonomy.problem import Problem, state_problem
from taskonomy_core.taxonomy.significance import Measure, significance, significance_by_budget
from taskonomy_core.taxonomy.solver import solve
from taskonomy_core.taxonomy.staircase import staircase


def test_a_measure_by_hand():
    measure = Measure("gain", 3.0, np.array([1.0, 2.0, 3.0, 6.0]))
    assert measure.plain() == {
        "name": "gain",
        "value": 3.0,
        "mean": 3.0,
        "spread": pytest.approx(3.5**0.5),
        "best": 6.0,
        "p": 3 / 5,
    }


def test_a_draw_of_the_best_itself_counts_in_spite_of_rounding():
    assert Measure("objective", 0.1 + 0.2, np.array([0.3, 0.2])).p == 2 / 3
    assert Measure("objective", 0.31, np.array([0.3, 0.2])).p == 1 / 3


def test_it_is_the_best_against_the_random_ones(random_affinity):
    problem = state_problem(random_affinity(4, density=1), 2, objective="quality")
    found = significance(problem, draws=200, seed=5, transferred_only=True)
    best = solve(problem)
    assert found.taxonomy == best
    assert found.seed == 5
    drawn = [performance(choice, transferred_only=True) for choice in random_taxonomies(problem, 200, seed=5).choices()]
    objective, gain, quality = found.measures
    assert (objective.name, gain.name, quality.name) == ("objective", "gain", "quality")
    assert objective.value == best.objective
    assert gain.value == performance(best, transferred_only=True).gain
    assert gain.drawn == pytest.approx([mean.gain for mean in drawn])
    assert quality.drawn == pytest.approx([mean.quality for mean in drawn])
    assert (objective.drawn <= best.objective + 1e-12).all()


def test_best_edges_are_harder_to_beat(random_affinity):
    problem = state_problem(random_affinity(4, density=1), 2)
    by_chance, best = (significance(problem, 200, best_edges=best).measures[0] for best in (False, True))
    assert by_chance.mean < best.mean <= best.value == by_chance.value


def test_what_nobody_measured_is_left_out():
    edges = (Edge("t", (), 0.5, 0.9, 0.5), Edge("u", ("t",), 0.5, 0.4, None))
    found = significance(Problem(edges, {"t": 1, "u": 1}, {"t": 1}, 1, 1), draws=3)
    assert [measure.name for measure in found.measures] == ["objective", "gain"]
    own = significance(Problem(edges[:1], {"t": 1}, {"t": 1}, 1, 1), draws=3, transferred_only=True)
    assert [measure.name for measure in own.measures] == ["objective"]
    assert own.measures[0].p == 1.0


def test_every_step_of_the_staircase_is_tested(random_affinity):
    problem = state_problem(random_affinity(4, density=1), 1, costs={"t0": 0.5})
    told = []
    found = significance_by_budget(problem, 50, seed=2, progress=lambda done, total: told.append((done, total)))
    steps = staircase(problem).steps
    assert [each.taxonomy for each in found] == [step.taxonomy for step in steps]
    assert len(found) > 2
    assert told[-1] == (100, 100)
    for each, step in zip(found, steps, strict=True):
        alone = significance(state_problem(random_affinity(4, density=1), step.budget, costs={"t0": 0.5}), 50, seed=2)
        assert each.measures[0].drawn.tolist() == alone.measures[0].drawn.tolist()


def test_what_cannot_be_solved_is_said():
    nothing = Problem((Edge("u", ("t",), 0.1),), {"u": 1}, {"t": 2}, 1, 1)
    with pytest.raises(TaxonomyError) as refused:
        significance(nothing)
    assert str(refused.value) == (
        "Infeasible: nothing within the budget of 1 serves u: t -> u costs 2.\n"
        "Raise the budget; type: tk taxonomy --budget N"
    )
    with pytest.raises(TaxonomyError) as refused:
        significance_by_budget(Problem((), {"u": 1}, {"t": 2}, 1, 1))
    assert refused.value.message.startswith("Infeasible at every budget: u has no transfer of order 1 or less")
    assert refused.value.hint == "Type: tk taxonomy --help"


@pytest.mark.parametrize("objective", ["gain", "quality"])
def test_the_papers_conclusion_above_chance_at_every_budget(published, objective):
    roles = dict.fromkeys(published.sources, "source") | dict.fromkeys(published.targets, "both")
    del roles[EXTRA_SOURCE]
    problem = state_problem(published, 0, roles=roles, max_order=4, objective=objective)
    for each in significance_by_budget(problem, draws=200, transferred_only=True):
        measure = next(measure for measure in each.measures if measure.name == objective)
        assert measure.value > measure.mean + measure.spread
        assert measure.p < 0.05


def test_a_staircase_that_is_known_is_not_searched_again(random_affinity, monkeypatch):
    problem = state_problem(random_affinity(4, density=1), 0)
    expected = significance_by_budget(problem, 50, seed=2)
    known = staircase(problem)
    monkeypatch.setattr("taskonomy_core.taxonomy.significance.staircase", None)
    found = significance_by_budget(problem, 50, seed=2, found=known)
    assert [each.taxonomy for each in found] == [each.taxonomy for each in expected]
    plain = [[measure.plain() for measure in each.measures] for each in found]
    assert plain == [[measure.plain() for measure in each.measures] for each in expected]
