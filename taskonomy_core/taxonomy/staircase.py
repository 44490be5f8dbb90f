"""The staircase: the best taxonomy at every budget, from the least that serves all targets to where more is no use."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from taskonomy_core.taxonomy.engines import Stop, never
from taskonomy_core.taxonomy.problem import Problem
from taskonomy_core.taxonomy.solver import TIE, TaxonomySolver
from taskonomy_core.taxonomy.taxonomy import Taxonomy

# Costs that are multiples of a common unit are walked through unit by unit, unless there are more units than this.
_MOST_UNITS = 1000


@dataclass(frozen=True)
class Step:
    """A range of budgets with one best taxonomy.

    Attributes:
        budget: the least budget that allows it.
        until: the budget of the next step; None for the last: no budget changes anything any more.
        taxonomy: the answer at `budget`.
        enters: sources that the step before did not label.
        leaves: sources of the step before that this one does not label.
    """

    budget: float
    until: float | None
    taxonomy: Taxonomy
    enters: tuple[str, ...]
    leaves: tuple[str, ...]

    def changes(self) -> dict[str, object]:
        """Plain data for JSON: up to which budget it is best, and what changes."""
        return {"until": self.until, "enters": list(self.enters), "leaves": list(self.leaves)}


@dataclass(frozen=True)
class Staircase:
    """The steps, budgets ascending.

    Attributes:
        steps: none where no budget serves every target.
        reason: why there is none; else "".
        solver: who found them.
    """

    steps: tuple[Step, ...]
    reason: str = ""
    solver: str = ""

    def at(self, budget: float) -> Taxonomy | None:
        """The best taxonomy at a budget; None below the first step."""
        # 0.1 + 0.2 is within 0.3.
        under = [step for step in self.steps if step.budget <= budget * (1 + TIE)]
        return under[-1].taxonomy if under else None

    def spans(self) -> dict[str, list[tuple[float, float | None]]]:
        """Source -> the ranges of budget (from, until) in which it is labelled; None: to the end."""
        found: dict[str, list[tuple[float, float | None]]] = {}
        for step in self.steps:
            for source in step.taxonomy.sources:
                spans = found.setdefault(source, [])
                if spans and spans[-1][1] == step.budget:
                    spans[-1] = (spans[-1][0], step.until)
                else:
                    spans.append((step.budget, step.until))
        return dict(sorted(found.items()))


def staircase(
    problem: Problem,
    solver: str = "auto",
    seconds: float | None = None,
    progress: Callable[[int, int], None] = lambda done, total: None,
    stop: Stop = never,
) -> Staircase:
    """Solve a problem at every budget at which the answer changes.

    Args:
        problem: see `state_problem`; its own budget does not matter.
        solver, seconds: see `solve`; the time is for each budget.
        progress: called with (done, total) in hundredths of the way.
        stop: see TaxonomySolver.
    """
    problem = replace(problem, budget=problem.largest_cost)
    asked = TaxonomySolver(problem, solver, seconds, stop)
    top = asked.solve()
    cheapest = asked.cheapest() if top.feasible else None
    if cheapest is None:
        return Staircase((), top.reason, asked.engine_name)
    unit = _unit(problem)
    units = 0 if unit is None else round(Fraction(cheapest.cost) / unit)
    answers: list[Taxonomy] = []
    budget = cheapest.cost if unit is None else float(units * unit)
    while True:
        answer = asked.solve(budget, _better(answers[-1]) if answers else None)
        if answer.feasible and (not answers or _worth(answer) > _better(answers[-1])):
            answers.append(answer)
        if budget >= top.cost or _better(answers[-1]) >= _worth(top):
            break
        units += 1
        progress(round(100 * (budget - cheapest.cost) / (top.cost - cheapest.cost)), 100)
        budget = asked.cheapest_above(_worth(answers[-1])) or top.cost if unit is None else float(units * unit)
    progress(100, 100)
    return Staircase(tuple(_steps(answers)), "", asked.engine_name)


def _worth(answer: Taxonomy) -> float:
    return answer.objective or 0.0


def _better(answer: Taxonomy) -> float:
    """The objective from which another answer is no tie."""
    return _worth(answer) + TIE * max(1.0, abs(_worth(answer)))


def _steps(answers: list[Taxonomy]) -> Iterator[Step]:
    for place, answer in enumerate(answers):
        before = set(answers[place - 1].sources) if place else set()
        yield Step(
            answer.budget,
            answers[place + 1].budget if place + 1 < len(answers) else None,
            answer,
            enters=tuple(sorted(set(answer.sources) - before)),
            leaves=tuple(sorted(before - set(answer.sources))),
        )


def _unit(problem: Problem) -> Fraction | None:
    """The largest amount that all costs are multiples of, None where it is too small to walk by."""
    prices = [Fraction(repr(p)) for p in (*problem.costs.values(), *(problem.transfer_costs or {}).values()) if p]
    if not prices:
        return None
    denominator = math.lcm(*(price.denominator for price in prices))
    unit = Fraction(math.gcd(*(int(price * denominator) for price in prices)), denominator)
    return unit if Fraction(problem.largest_cost) / unit <= _MOST_UNITS else None
