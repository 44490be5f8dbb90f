"""The warm engine against SciPy's milp, which starts anew for every question."""

from __future__ import annotations

import os
import signal
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy import highs
from taskonomy_core.taxonomy.engines import CancelledSearchError, ScipyMilp
from taskonomy_core.taxonomy.highs import WarmHighs
from taskonomy_core.taxonomy.problem import state_problem
from taskonomy_core.taxonomy.program import Row, tight_program
from taskonomy_core.taxonomy.solver import TaxonomySolver


def program_of(random_affinity, seed, **options):
    scores = random_affinity(seed, targets=5, extra_sources=3, max_order=3, density=0.5)
    problem = state_problem(scores, 4, costs={"t0": 2.5, "t2": 0.5, "s1": 0.0}, **options)
    return tight_program(problem, problem.edges)


def agree(program, found):
    cold = ScipyMilp().run(program)
    assert (found.infeasible, found.optimal) == (cold.infeasible, cold.optimal)
    if cold.infeasible:
        assert found.values is None
        return
    value = program.objective @ found.values
    scale = max(1.0, abs(value))
    assert value == pytest.approx(program.objective @ cold.values, abs=1e-6 * scale)
    assert found.bound == pytest.approx(value, abs=1e-6 * scale)
    matrix, lower, upper = program.matrix()
    sums = matrix @ found.values
    assert np.all(sums >= lower - 1e-6)
    assert np.all(sums <= upper + 1e-6)
    labels = found.values[program.binary]
    assert np.allclose(labels, np.round(labels), atol=1e-6)


@pytest.mark.parametrize("nodes", [200, 3, 1], ids=["own search", "both", "search of HiGHS"])
def test_a_warm_answer_equals_a_cold_one_after_any_questions(random_affinity, monkeypatch, nodes):
    monkeypatch.setattr(highs, "_NODES", nodes)

    @settings(max_examples=12, deadline=None)
    @given(st.data())
    def check(data):
        paying = data.draw(st.sampled_from([{}, {"t1": 0.5, "t3": 1.0}]))
        base = program_of(random_affinity, data.draw(st.integers(0, 1000)), transfer_costs=paying)
        engine = WarmHighs(base)
        asked = base
        draws = np.random.default_rng(data.draw(st.integers(0, 1000)))
        for kind in data.draw(st.lists(st.sampled_from(["budget", "objective", "row", "anew", "same"]), max_size=8)):
            if kind == "budget":
                asked = asked.with_budget(float(draws.uniform(0, 8)))
            elif kind == "objective":
                asked = asked.maximising(draws.normal(size=len(base.objective)))
            elif kind == "row":
                some = draws.choice(range(base.y.start, base.y.stop), size=3, replace=False)
                asked = asked.with_rows(Row(tuple(some.tolist()), (1.0,) * 3, upper=float(draws.integers(0, 3))))
            elif kind == "anew":
                asked = base
            agree(asked, engine.run(asked))

    check()


@pytest.mark.parametrize("nodes", [200, 1])
def test_only_solutions_of_at_least_above_are_shown(random_affinity, monkeypatch, nodes):
    monkeypatch.setattr(highs, "_NODES", nodes)
    program = program_of(random_affinity, 5)
    engine = WarmHighs(program)
    best = engine.run(program)
    near = engine.run(program, above=best.bound - 0.01)
    assert program.objective @ near.values == pytest.approx(best.bound)
    if nodes > 1:
        none = engine.run(program, above=best.bound + 0.01)
        assert (none.values, none.optimal, none.infeasible) == (None, False, False)
        assert none.bound <= best.bound + 0.01
    broke = engine.run(program.with_budget(-1.0), above=best.bound)
    assert broke.infeasible
    assert engine.run(program).optimal


def test_another_program_is_not_answered_for(random_affinity):
    engine = WarmHighs(program_of(random_affinity, 1))
    with pytest.raises(AssertionError, match="opened with"):
        engine.run(program_of(random_affinity, 2))


@pytest.fixture(scope="module")
def hard(random_affinity):
    """A question of random scores that is far from answered within seconds."""
    scores = random_affinity(0, targets=45, extra_sources=0, max_order=2, density=0.3)
    return state_problem(scores, 12)


def never_wrongly_proved(problem, seconds):
    asked = TaxonomySolver(problem, "highs", seconds)
    kept = []
    # HiGHS counts the time of all runs of a model together: the second has as much as the first.
    for budget in (problem.budget, problem.budget - 1):
        try:
            found = asked.solve(budget)
        except TaxonomyError:
            continue
        assert found.status == "feasible"
        assert found.gap > 0
        assert found.bound > found.objective
        assert found.cost <= budget + 1e-9
        kept.append(found)
    return kept


def test_what_is_stopped_is_never_called_proved(hard):
    assert len(never_wrongly_proved(hard, 0.8)) == 2


def test_no_time_at_all_is_said(random_affinity, hard):
    never_wrongly_proved(hard, 1e-3)
    scores = random_affinity(0, targets=35, extra_sources=0, max_order=2, density=1)
    scarce = TaxonomySolver(state_problem(scores, 12), "highs", 1e-6)
    with pytest.raises(TaxonomyError, match=r"^The solver highs found no taxonomy within 1e-06 seconds\.\n"):
        scarce.solve()


def test_the_search_of_highs_is_never_called_proved_when_stopped(hard, monkeypatch):
    monkeypatch.setattr(highs, "_NODES", 2)
    never_wrongly_proved(hard, 0.5)


def test_what_the_own_search_found_is_kept_when_highs_finds_nothing(random_affinity, monkeypatch):
    program = next(
        program
        for program in (program_of(random_affinity, seed) for seed in range(100))
        if nodes_until_values(program, monkeypatch)
    )
    monkeypatch.setattr(highs, "_NODES", nodes_until_values(program, monkeypatch))
    engine = WarmHighs(program)
    own, done = engine._branch(program, None, -np.inf)
    assert not done
    stopped = highs.Found(None, optimal=False, infeasible=False, bound=own.bound - 1e-3)
    monkeypatch.setattr(highs._Model, "run", lambda *_, **__: stopped)
    monkeypatch.setattr(engine, "_branch", lambda *_: (own, False))
    found = engine.run(program)
    assert found.values is own.values
    assert (found.optimal, found.infeasible, found.bound) == (False, False, stopped.bound)


def nodes_until_values(program, monkeypatch):
    """How many nodes the own search takes to its first solution, if it is not the last node; else None."""
    for nodes in range(2, 10):
        with monkeypatch.context() as patch:
            patch.setattr(highs, "_NODES", nodes)
            found, done = WarmHighs(program)._branch(program, None, -np.inf)
        if done:
            return None
        if found.values is not None:
            return nodes
    return None


@pytest.mark.parametrize(("nodes", "rows"), [(1, 10_000), (10_000, 0)], ids=["whole", "relaxed"])
def test_ctrl_c_stops_a_long_search(hard, monkeypatch, nodes, rows):
    monkeypatch.setattr(highs, "_NODES", nodes)
    monkeypatch.setattr(highs, "_MANY_ROWS", rows)
    asked = TaxonomySolver(hard, "highs", 60)
    pressed = []

    def press():
        pressed.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(1.0, press)
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        asked.solve()
    timer.join()
    assert pressed


@pytest.mark.parametrize(("nodes", "rows"), [(1, 10_000), (10_000, 10_000), (10_000, 0)])
def test_a_search_ends_when_it_is_told_to_and_the_next_is_right(hard, monkeypatch, nodes, rows):
    monkeypatch.setattr(highs, "_NODES", nodes)
    monkeypatch.setattr(highs, "_MANY_ROWS", rows)
    calls = []
    asked = TaxonomySolver(hard, "highs", 60, lambda: calls.append(1) or len(calls) == 4)
    with pytest.raises(CancelledSearchError, match="The search was cancelled"):
        asked.solve()
    assert len(calls) == 4  # and then nothing goes on
    everything = hard.largest_cost
    again, anew = asked.solve(everything), TaxonomySolver(replace(hard, budget=everything), "highs").solve()
    assert (again.sources, again.status) == (anew.sources, "optimal")


def test_one_search_does_not_stand_in_the_way_of_another(hard, random_affinity):
    other, large = program_of(random_affinity, 0), tight_program(hard, hard.edges)
    found = []

    def stop():
        # The large search is running now, in its thread.
        found.append(highs._Model(other, whole=True, stop=lambda: False).run(other, 60))
        return True

    with pytest.raises(CancelledSearchError):
        highs._Model(large, whole=True, stop=stop).run(large, 60)
    agree(other, found[0])


@pytest.mark.parametrize(("nodes", "rows"), [(1, 10_000), (10_000, 0), (10_000, 10_000)])
def test_several_searches_at_once_answer_as_one_after_the_other(random_affinity, monkeypatch, nodes, rows):
    monkeypatch.setattr(highs, "_NODES", nodes)
    monkeypatch.setattr(highs, "_MANY_ROWS", rows)
    problems = [state_problem(random_affinity(seed, targets=8, max_order=2), 3) for seed in range(12)]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda problem: TaxonomySolver(problem, "highs").solve(), problems))
    assert together == [TaxonomySolver(problem, "scipy").solve() for problem in problems]


@pytest.mark.parametrize("solver", ["scipy", "cbc"])
def test_solvers_that_start_anew_are_not_begun_for_nobody(random_affinity, monkeypatch, solver):
    problem = state_problem(random_affinity(0), 2)
    with pytest.raises(CancelledSearchError):
        TaxonomySolver(problem, solver, stop=lambda: True).solve()
    assert TaxonomySolver(problem, solver, stop=lambda: False).solve() == TaxonomySolver(problem).solve()


def test_nothing_is_printed_when_ctrl_c_stops_it(hard, monkeypatch, capfd):
    monkeypatch.setattr(highs, "_NODES", 1)
    timer = threading.Timer(0.7, os.kill, (os.getpid(), signal.SIGINT))
    timer.start()
    with pytest.raises(KeyboardInterrupt):
        TaxonomySolver(hard, "highs", 60).solve()
    assert capfd.readouterr() == ("", "")
