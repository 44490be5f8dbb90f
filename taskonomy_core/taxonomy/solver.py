"""From a problem to its taxonomy: solve, check what the solver says, settle ties."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterator
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.choice import Choice, affordable, best_choice
from taskonomy_core.taxonomy.edges import undominated
from taskonomy_core.taxonomy.engines import Engine, Found, Stop, choose_solver, go_on, never, open_engine
from taskonomy_core.taxonomy.infeasible import too_dear, unserved
from taskonomy_core.taxonomy.problem import Problem
from taskonomy_core.taxonomy.program import SCALE, Program, Row, tight_program
from taskonomy_core.taxonomy.taxonomy import FEASIBLE, INFEASIBLE, OPTIMAL, Taxonomy

# Objectives closer than this are a tie. Above a solver's own tolerance (1e-6 on the scaled objective).
TIE = 1e-9
# SciPy and CBC take 1e-6 of a label for none, so that they cannot tell closer objectives apart by a constraint.
_COARSE = 1e-5
# Names settled at once: 2^9 times a solver's integrality tolerance stays far below 1.
_CHUNK = 10


class NothingFoundError(TaxonomyError):
    """The time was over before the solver had any taxonomy; see `greedy` for one at once."""


def solve(problem: Problem, solver: str = "auto", seconds: float | None = None) -> Taxonomy:
    """Find the best taxonomy within the budget (paper section 3.4, facts 5).

    The 0/1 program in its tight form; what the solver returns is rounded, its objective and feasibility recomputed
    here. Equally good taxonomies are settled by lower cost, then fewer sources, then names, so every solver gives the
    same answer.

    Args:
        problem: see `state_problem`.
        solver: "auto" (HiGHS, else SciPy, else CBC), "highs", "scipy" or "cbc".
        seconds: stop after this time with the best so far; ties are then left as they are.

    Returns:
        A Taxonomy; one whose status is "infeasible" has no edges and says why.

    Raises:
        TaxonomyError: no such solver, a score that was never measured, or no taxonomy found in the time given.
    """
    return TaxonomySolver(problem, solver, seconds).solve()


class TaxonomySolver:
    """One problem that is asked at several budgets, or for the next-best answers: the solver stays warm in between.

    Args:
        problem: see `state_problem`; its budget is the largest that can be asked about.
        solver: see `solve`.
        seconds: for each answer; see `solve`.
        stop: asked again and again during a search; once it is true, the search ends with CancelledSearchError.
    """

    def __init__(
        self, problem: Problem, solver: str = "auto", seconds: float | None = None, stop: Stop = never
    ) -> None:
        self.problem = problem
        self._stop = stop
        self.engine_name = choose_solver(solver)
        self._seconds = seconds
        self._deadline: float | None = None
        # What no budget can buy only slows the solver down.
        payable = [edge for edge in problem.edges if affordable(problem, problem.cost(edge))]
        edges = undominated([edge for edge in payable if edge.target in problem.targets], problem.worth)
        self.unserved = unserved(problem, edges)
        self.program = tight_program(problem, edges)
        self._engine: Engine = open_engine(self.engine_name, self.program, stop)

    def solve(self, budget: float | None = None, above: float | None = None) -> Taxonomy:
        """The best taxonomy within a budget, the problem's own where none is given.

        With `above`, an objective, only a better taxonomy is of interest; what is returned where there is none need
        not be the best.
        """
        return next(self._answers(self._within(budget), above))

    def alternatives(self, count: int, budget: float | None = None) -> list[Taxonomy]:
        """The best taxonomy and up to `count` more, each the best of those that label other sources than all before.

        Within a budget, the problem's own where none is given.

        Source sets that only add to an earlier one are left out: what they add is of no use. Where the first is
        infeasible or was not proved, it comes alone.
        """
        found: list[Taxonomy] = []
        for answer in self._answers(self._within(budget)):
            if found and not answer.feasible:
                break
            found.append(answer)
            if len(found) > count or answer.status != OPTIMAL:
                break
        return found

    def cheapest(self) -> Choice | None:
        """The choice of least cost that serves every target at all; None where there is none, or none was proved."""
        if self.problem.budget < self.problem.largest_cost:
            # What the budget cannot buy was dropped here, and may be part of it.
            unlimited = replace(self.problem, budget=self.problem.largest_cost)
            return TaxonomySolver(unlimited, self.engine_name, self._seconds, self._stop).cheapest()
        if self.unserved:
            return None
        self._start()
        values, _ = self._minimise(self.program, self.program.costs)
        return None if values is None else self._read(values)

    def cheapest_above(self, worth: float) -> float | None:
        """The least budget at which the objective exceeds `worth`; None where no budget does.

        By more than a tie; with another solver than HiGHS, by at least 1e-5 of it.
        """
        if self.unserved:
            return None
        self._start()
        tie = TIE * max(1.0, abs(worth))
        margin = 2 * tie if self.engine_name == "highs" else _COARSE * max(1.0, abs(worth))
        program = self.program.with_rows(_at_least(self.program, worth + margin))
        while True:
            values, _ = self._minimise(program, self.program.costs)
            if values is None:
                return None
            choice = self._read(values)
            if choice.worth > worth + tie:
                return choice.cost
            # What a solver takes for whole numbers may hide a sliver of one label more.
            program = program.with_rows(self._other_than(values))

    def _within(self, budget: float | None) -> Problem:
        return self.problem if budget is None else replace(self.problem, budget=budget)

    def _answers(self, problem: Problem, above: float | None = None) -> Iterator[Taxonomy]:
        """The best taxonomy, then the best without its source set, and so on; the last one is infeasible."""
        program = self.program.with_budget(problem.budget)
        while True:
            started = self._start()
            answer = self._best(problem, program, above)
            yield replace(answer, solver=self.engine_name, seconds=time.perf_counter() - started)
            if not answer.feasible:
                return
            program = program.with_rows(self._lacks_one_of(answer.sources))

    def _best(self, problem: Problem, program: Program, above: float | None) -> Taxonomy:
        asked = Taxonomy(INFEASIBLE, problem.budget, problem.max_order, problem.objective)
        if self.unserved:
            return replace(asked, reason=self.unserved)
        found = self._run(program, above)
        if found.infeasible:
            if program.extra:
                return replace(asked, reason="no other set of labels within the budget serves every target")
            payable = [edge for edge in self.program.edges if affordable(problem, problem.cost(edge))]
            return replace(asked, reason=unserved(problem, payable) or too_dear(problem, self.cheapest()))
        if found.values is None and above is not None and found.bound <= SCALE * above:
            return replace(asked, reason=f"nothing is better than {above:g}")
        if found.values is None:
            raise NothingFoundError(
                f"The solver {self.engine_name} found no taxonomy within {self._seconds:g} seconds.",
                "Give it more time; type: tk taxonomy --budget N --seconds 600",
            )
        best = self._read(found.values)
        if not affordable(problem, best.cost):
            raise ArithmeticError(f"{self.engine_name} returned labels that cost too much: {best.sources}")
        bound = found.bound / SCALE
        if found.optimal:
            # A solver may be wrong about its own proof; what it claims must be what its edges add up to.
            if best.worth < bound - 1e-7 * max(1.0, abs(bound)):
                raise ArithmeticError(
                    f"{self.engine_name} claims {bound:.12g} for a taxonomy that is worth {best.worth:.12g}"
                )
            best = self._settle_ties(program, best)
        return replace(
            asked,
            status=OPTIMAL if found.optimal else FEASIBLE,
            sources=best.sources,
            cost=best.cost,
            edges=best.edges,
            objective=best.worth,
            bound=best.worth if found.optimal else max(bound, best.worth),
        )

    def _start(self) -> float:
        """Begin the time that one answer may take; the time now."""
        started = time.perf_counter()
        self._deadline = None if self._seconds is None else started + self._seconds
        return started

    def _run(self, program: Program, above: float | None = None) -> Found:
        go_on(self._stop)
        left = None if self._deadline is None else max(self._deadline - time.perf_counter(), 0.01)
        return self._engine.run(program, left, None if above is None else SCALE * above)

    def _read(self, values: NDArray[np.float64]) -> Choice:
        """The choice behind the solver's numbers, recomputed from what it labels and transfers."""
        program = self.program
        labelled = [s for s, y in zip(program.sources, values[program.y], strict=True) if y > 0.5]
        transferred = [t for t, z in zip(program.paying, values[program.z], strict=True) if z > 0.5]
        choice = best_choice(self.problem, program.edges, labelled, transferred)
        if choice is None:
            raise ArithmeticError(f"{self.engine_name} returned labels that do not serve every target: {labelled}")
        return choice

    def _lacks_one_of(self, sources: Collection[str]) -> Row:
        """Not all of these sources are labelled."""
        first = self.program.y.start
        indices = tuple(first + n for n, source in enumerate(self.program.sources) if source in sources)
        return Row(indices, (1.0,) * len(indices), upper=len(indices) - 1.0)

    def _other_than(self, values: NDArray[np.float64]) -> Row:
        """Labels and paid transfers are not all as in this solution."""
        first, are = self.program.y.start, values[self.program.y.start :] > 0.5
        signs = np.where(are, 1.0, -1.0)
        return Row(tuple(range(first, first + len(are))), tuple(signs.tolist()), upper=are.sum() - 1.0)

    def _settle_ties(self, program: Program, best: Choice) -> Choice:
        """Of all equally good choices the one that costs least, has the fewest sources, comes first by name."""
        enough = best.worth - TIE * max(1.0, abs(best.worth))
        if not program.paying:
            # Whoever is as good and preferred lacks one of these sources: with all of them, it could only cost more.
            other = self._run(program.with_rows(self._lacks_one_of(best.sources)), enough)
            if other.values is None or program.objective @ other.values < SCALE * enough:
                return best
        costs, (y, z) = self.program.costs, (program.y, program.z)
        labels = np.concatenate([np.ones(y.stop - y.start), np.zeros(z.stop - z.start)])
        least, program = self._minimise(program.with_rows(_at_least(program, enough)), costs)
        if least is None:
            return best
        least, program = self._minimise(program, labels)
        for start in range(0, len(program.sources), _CHUNK):
            if least is None:
                break
            # Among sets of one size, the first by name labels the earliest names: 2^k outweighs all later ones.
            chunk = range(start, min(start + _CHUNK, len(program.sources)))
            weights = np.zeros(len(costs))
            weights[chunk] = [-(2.0 ** (chunk.stop - 1 - number)) for number in chunk]
            settled, program = self._minimise(program, weights)
            least = settled if settled is not None else least
        choice = best if least is None else self._read(least)
        return choice if choice.worth >= enough else best

    def _minimise(self, program: Program, weights: NDArray[np.float64]) -> tuple[NDArray[np.float64] | None, Program]:
        """The solution of least weight of its y and z, and the program held to that weight."""
        objective = np.zeros(len(program.objective))
        objective[program.y.start :] = -weights
        found = self._run(program.maximising(objective))
        if found.values is None or not found.optimal:
            return None, program
        total = float(weights @ np.round(found.values[program.y.start :]))
        numbers = np.flatnonzero(weights)
        held = Row(
            tuple(int(program.y.start + n) for n in numbers),
            tuple(weights[numbers].tolist()),
            upper=total + 1e-7 * max(1.0, abs(total)),
        )
        return found.values, program.with_rows(held)


def _at_least(program: Program, worth: float) -> Row:
    """Objective >= worth."""
    count = len(program.edges)
    return Row(tuple(range(count)), tuple(program.objective[:count].tolist()), lower=SCALE * worth)
