"""From a problem to its taxonomy: solve, check what the solver says, settle ties, explain what cannot be."""

from __future__ import annotations

import math
import time
from collections.abc import Collection
from dataclasses import dataclass, replace

import numpy as np

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.choice import Choice, affordable, best_choice
from taskonomy_core.taxonomy.edges import Edge, undominated
from taskonomy_core.taxonomy.engines import Found, choose_solver, run
from taskonomy_core.taxonomy.problem import Problem
from taskonomy_core.taxonomy.program import SCALE, Program, Row, tight_program
from taskonomy_core.taxonomy.taxonomy import BEST_SO_FAR, INFEASIBLE, PROVED_BEST, Taxonomy

# Objectives closer than this are a tie. Above a solver's own tolerance (1e-6 on the scaled objective).
TIE = 1e-9
# Names settled at once: 2^9 times a solver's integrality tolerance stays far below 1.
_CHUNK = 10


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
    started = time.perf_counter()
    engine = choose_solver(solver)
    # What no budget can buy only slows the solver down.
    payable = [edge for edge in problem.edges if affordable(problem, problem.cost(edge))]
    edges = undominated([edge for edge in payable if edge.target in problem.targets], problem.worth)
    reason = _unserved(problem, edges)
    if reason:
        return _infeasible(problem, reason, engine, started)
    program = tight_program(problem, edges)
    search = _Search(problem, program, engine, None if seconds is None else started + seconds)
    found = search.run(program)
    if found.infeasible:
        return _infeasible(problem, _too_dear(search), engine, started)
    if found.values is None:
        raise TaxonomyError(
            f"The solver {engine} found no taxonomy within {seconds:g} seconds.",
            "Give it more time; type: tk taxonomy --budget N --seconds 600",
        )
    best = search.read(found)
    proved = found.optimal
    if proved:
        bound = found.bound / SCALE
        # A solver may be wrong about its own proof; what it claims must be what its edges add up to.
        if best.worth < bound - 1e-7 * max(1.0, abs(bound)):
            raise ArithmeticError(f"{engine} claims {bound:.12g} for a taxonomy that is worth {best.worth:.12g}")
        best = search.settle_ties(best)
    return Taxonomy(
        status=PROVED_BEST if proved else BEST_SO_FAR,
        budget=problem.budget,
        max_order=problem.max_order,
        objective_name=problem.objective,
        sources=best.sources,
        cost=best.cost,
        edges=best.edges,
        objective=best.worth,
        bound=best.worth if proved else found.bound / SCALE,
        solver=engine,
        seconds=time.perf_counter() - started,
    )


@dataclass(frozen=True)
class _Search:
    """One problem with its program and its clock."""

    problem: Problem
    program: Program
    engine: str
    deadline: float | None

    def run(self, program: Program) -> Found:
        left = None if self.deadline is None else max(self.deadline - time.perf_counter(), 0.01)
        return run(program, self.engine, left)

    def read(self, found: Found) -> Choice:
        """The choice behind the solver's numbers, recomputed from the sources that it labels."""
        assert found.values is not None
        labelled = [s for s, y in zip(self.program.sources, found.values[self.program.y], strict=True) if y > 0.5]
        choice = best_choice(self.problem, self.program.edges, labelled)
        if choice is None or not affordable(self.problem, choice.cost):
            raise ArithmeticError(f"{self.engine} returned labels that serve not all or cost too much: {labelled}")
        return choice

    def row(self, sources: Collection[str], lower: float = -math.inf, upper: float = math.inf) -> Row:
        """lower <= how many of these sources are labelled <= upper."""
        first = self.program.y.start
        indices = tuple(first + n for n, source in enumerate(self.program.sources) if source in sources)
        return Row(indices, (1.0,) * len(indices), lower, upper)

    def at_least(self, worth: float) -> Row:
        """Objective >= worth."""
        return Row(
            tuple(range(len(self.program.objective))),
            tuple(self.program.objective.tolist()),
            lower=SCALE * worth,
        )

    def settle_ties(self, best: Choice) -> Choice:
        """Of all equally good choices the one that costs least, has the fewest sources, comes first by name."""
        equal = self.program.with_rows(self.at_least(best.worth - TIE * max(1.0, abs(best.worth))))
        # Whoever is as good and preferred lacks one of these sources: with all of them, it could only cost more.
        other = self.run(equal.with_rows(self.row(best.sources, upper=len(best.sources) - 1.0)))
        if other.infeasible or other.values is None:
            return best
        y = self.program.y
        costs = np.array([self.problem.costs[source] / self.problem.budget for source in self.program.sources])
        least, program = self._minimise(equal, costs)
        if least is None:
            return best
        ones = np.ones(len(costs))
        least, program = self._minimise(program, ones)
        for start in range(0, len(costs), _CHUNK):
            if least is None:
                break
            # Among sets of one size, the first by name labels the earliest names: 2^k outweighs all later ones.
            chunk = range(start, min(start + _CHUNK, len(costs)))
            weights = np.zeros(len(costs))
            weights[chunk] = [-(2.0 ** (chunk.stop - 1 - number)) for number in chunk]
            settled, program = self._minimise(program, weights)
            least = settled if settled is not None else least
        if least is None:
            return best
        labelled = [source for source, value in zip(self.program.sources, least[y], strict=True) if value > 0.5]
        choice = best_choice(self.problem, self.program.edges, labelled)
        return best if choice is None else choice

    def _minimise(self, program: Program, weights: np.ndarray) -> tuple[np.ndarray | None, Program]:
        """The labels of least weight in a program, and the program held to that weight."""
        objective = np.zeros(len(program.objective))
        objective[program.y] = -weights
        found = self.run(program.maximising(objective))
        if found.values is None or not found.optimal:
            return None, program
        total = float(weights @ np.round(found.values[program.y]))
        first, numbers = program.y.start, np.flatnonzero(weights)
        held = Row(tuple(int(first + n) for n in numbers), tuple(weights[numbers].tolist()), upper=total + 1e-7)
        return found.values, program.with_rows(held)


def _unserved(problem: Problem, edges: Collection[Edge]) -> str:
    """Why some target can never be served, or ""."""
    served = {edge.target for edge in edges}
    priced: list[str] = []
    lost: list[str] = []
    for target in problem.targets:
        if target in served:
            continue
        offers = [(problem.cost(edge), edge.name) for edge in problem.edges if edge.target == target]
        if offers:
            cost, name = min(offers)
            priced.append(f"{target} (the cheapest is {name} at {cost:g})")
        else:
            lost.append(target)
    said = []
    if lost:
        what = "has" if len(lost) == 1 else "have"
        said.append(
            f"{', '.join(lost)} {what} no transfer of order {problem.max_order} or less from the tasks that may be "
            f"labelled, and cannot be labelled"
        )
    if priced:
        said.append(f"no edge into these targets is within the budget of {problem.budget:g}: {', '.join(priced)}")
    return "; ".join(said)


def _too_dear(search: _Search) -> str:
    """The reason when every target could be served alone, but not all of them together."""
    problem = search.problem
    free = replace(problem, budget=max(math.fsum(problem.costs.values()), problem.budget))
    everything = tight_program(free, search.program.edges)
    costs = np.array([free.costs[source] / free.budget for source in everything.sources])
    objective = np.zeros(len(everything.objective))
    objective[everything.y] = -costs
    found = search.run(everything.maximising(objective))
    said = f"no set of labels within the budget of {problem.budget:g} serves all {len(problem.targets)} targets"
    if found.values is None or not found.optimal:
        return said
    cheapest = replace(search, problem=free, program=everything).read(found)
    return f"{said}; the cheapest that does costs {cheapest.cost:g} ({', '.join(cheapest.sources)})"


def _infeasible(problem: Problem, reason: str, engine: str, started: float) -> Taxonomy:
    return Taxonomy(
        status=INFEASIBLE,
        budget=problem.budget,
        max_order=problem.max_order,
        objective_name=problem.objective,
        reason=reason,
        solver=engine,
        seconds=time.perf_counter() - started,
    )
