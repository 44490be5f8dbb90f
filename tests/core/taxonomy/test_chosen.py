"""How often resamples choose what, against solving each resample by itself."""

from __future__ import annotations

import numpy as np
import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.bootstrap import AffinityBootstrap
from taskonomy_core.taxonomy.chosen import chosen_often
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.engines import SOLVERS
from taskonomy_core.taxonomy.problem import OBJECTIVES, state_problem
from taskonomy_core.taxonomy.solver import solve


def resampled(measured, draws, seed=0):
    """Scores that wander about those measured."""
    wander = np.random.default_rng(seed)

    def around(name):
        scores = np.array([getattr(edge, name) for edge in measured.edges], dtype=float)
        return scores * np.exp(wander.normal(0, 0.3, (draws, len(scores))))

    return AffinityBootstrap(measured, *(around(name) for name in ("affinity", "gain", "quality", "gain")))


@pytest.mark.parametrize("solver", SOLVERS)
@pytest.mark.parametrize(
    "options",
    [
        {},
        *({"objective": objective, "weights": {"t1": 3.0}} for objective in OBJECTIVES),
        {"transfer_costs": {"t0": 0.5, "t2": 1.0}, "costs": {"t0": 2.0}},
        {"forced": ("s1",), "have": ("t2",), "max_order": 1},
    ],
)
def test_equals_solving_every_resample(random_affinity, options, solver):
    measured = random_affinity(4)
    bootstrap = resampled(measured, 12)
    problem = state_problem(measured, 3, **options)
    each = [solve(state_problem(bootstrap.draw(number), 3, **options)) for number in range(12)]
    found = chosen_often(problem, bootstrap, solver)
    assert found.draws == 12
    assert found.sources == {
        task: pytest.approx(np.mean([task in answer.sources for answer in each])) for task in problem.costs
    }
    assert list(found.sources.values()) == sorted(found.sources.values(), reverse=True)
    for edge in problem.edges:
        often = np.mean([answer.edge(edge.target).sources == edge.sources for answer in each])
        assert found.edge(edge) == pytest.approx(often)
    assert sum(found.edges.values()) == pytest.approx(len(problem.targets))
    best = solve(problem)
    assert found.same_sources == pytest.approx(np.mean([answer.sources == best.sources for answer in each]))
    for kind in ("gain", "quality"):
        means = [np.mean([getattr(edge, kind) for edge in answer.edges]) for answer in each]
        assert getattr(found, kind) == pytest.approx(np.quantile(means, (0.025, 0.975)))


def test_plain_data_by_hand():
    measured = Affinity((Edge("t", (), 0.5, None, 0.5), Edge("t", ("a",), 0.4, None, 0.3)), {})
    affinities = np.array([[0.5, 0.4], [0.5, 0.4], [0.5, 0.4], [0.2, 0.4]])
    none = np.full((4, 2), np.nan)
    bootstrap = AffinityBootstrap(measured, affinities, none, np.array([[0.5, 0.3]] * 4), none)
    heard = []
    found = chosen_often(state_problem(measured, 1), bootstrap, progress=lambda *now: heard.append(now))
    assert found.plain() == {
        "draws": 4,
        "same_sources": 0.75,
        "gain": None,
        "quality": (pytest.approx(0.3 + 0.075 * 0.2), 0.5),
        "sources": {"t": 0.75, "a": 0.25},
        "edges": [
            {"target": "t", "sources": ["t"], "chosen": 0.75},
            {"target": "t", "sources": ["a"], "chosen": 0.25},
        ],
    }
    assert found.edge(Edge("t", ("b",), 0.1)) == 0
    assert heard == [(1, 4), (2, 4), (3, 4), (4, 4)]


def test_a_readout_of_the_targets_own_encoder_is_not_taken_for_its_own_labels():
    measured = Affinity((Edge("t", (), 0.5), Edge("t", ("a",), 0.4), Edge("t", ("t",), 0.1)), {})
    scores = np.array([[0.5, 0.4, 0.1]] * 3)
    bootstrap = AffinityBootstrap(measured, scores, scores, scores, scores)
    found = chosen_often(state_problem(measured, 1), bootstrap)
    assert found.sources == {"t": 1.0, "a": 0.0}
    assert found.gain == (0.5, 0.5)


def test_an_infeasible_problem_is_refused(random_affinity):
    measured = random_affinity(0)
    with pytest.raises(TaxonomyError) as refused:
        chosen_often(state_problem(measured, 0, transfer_costs={}), resampled(measured, 2))
    assert str(refused.value).startswith("Infeasible: nothing within the budget of 0 serves t0: ")
    assert str(refused.value).endswith(".\nRaise the budget; type: tk taxonomy --budget N")


def test_a_resample_that_is_not_solved_is_a_bug_with_a_traceback(random_affinity, monkeypatch):
    from taskonomy_core.taxonomy import chosen
    from taskonomy_core.taxonomy.engines import Found

    class Stopped:
        def run(self, *_):
            return Found(None, optimal=False, infeasible=False, bound=np.inf)

    monkeypatch.setattr(chosen, "open_engine", lambda *_: Stopped())
    measured = random_affinity(0)
    with pytest.raises(ArithmeticError, match="the program of resample 0 was not solved"):
        chosen_often(state_problem(measured, 3), resampled(measured, 2))
