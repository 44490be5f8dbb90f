"""The problem as a mixed 0/1 program, in numbers alone; any solver can take it from here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from taskonomy_core.taxonomy.choice import pays
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.problem import Problem

# AHP weights are about 1e-2; a solver's absolute cut-off would otherwise call slightly worse taxonomies optimal.
SCALE = 1e4
# The share of the budget by which the sum of the costs may exceed it: 0.1 + 0.2 is within 0.3.
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Row:
    """One linear constraint: lower <= sum(coefficients * variables[indices]) <= upper."""

    indices: tuple[int, ...]
    coefficients: tuple[float, ...]
    lower: float = -np.inf
    upper: float = np.inf


@dataclass(frozen=True, eq=False)
class Program:
    """Maximise `objective` over variables in [0, 1] under all rows; those marked in `binary` are 0 or 1.

    The variables are one x per edge ("it serves its target"), one y per source ("it is labelled"), and one z per target
    in `paying` ("it is served by a transfer that costs something").

    Attributes:
        edges, sources, paying: what the variables stand for.
        objective: float64, one per variable.
        rows: the constraints that are the same at every budget.
        budget: sum of the costs <= budget, in units of `unit`.
        extra: constraints of one question more, such as "not these sources".
        binary: bool, one per variable.
        unit: the cost that the row of the budget counts in, so that a solver's absolute tolerance means the same in
            any currency.
    """

    edges: tuple[Edge, ...]
    sources: tuple[str, ...]
    paying: tuple[str, ...]
    objective: NDArray[np.float64]
    rows: tuple[Row, ...]
    budget: Row
    binary: NDArray[np.bool_]
    unit: float
    extra: tuple[Row, ...] = ()

    @property
    def y(self) -> slice:
        """Where the source variables are."""
        return slice(len(self.edges), len(self.edges) + len(self.sources))

    @property
    def z(self) -> slice:
        """Where the variables of paid transfers are."""
        return slice(self.y.stop, self.y.stop + len(self.paying))

    @cached_property
    def costs(self) -> NDArray[np.float64]:
        """What each y and z costs, float64 [sources + paying], in units of `unit`."""
        costs = np.zeros(len(self.objective))
        costs[list(self.budget.indices)] = self.budget.coefficients
        return costs[self.y.start :]

    @property
    def all_rows(self) -> tuple[Row, ...]:
        """Every constraint; the budget's stands between `rows` and `extra`."""
        return (*self.rows, self.budget, *self.extra)

    def matrix(self) -> tuple[sparse.csr_array, NDArray[np.float64], NDArray[np.float64]]:
        """All rows as (sparse matrix, lower, upper)."""
        return matrix_of(self.all_rows, len(self.objective))

    def with_rows(self, *rows: Row) -> Program:
        """The same program under more constraints."""
        return replace(self, extra=(*self.extra, *rows))

    def with_budget(self, budget: float) -> Program:
        """The same program at another budget."""
        return replace(self, budget=replace(self.budget, upper=budget / self.unit * (1 + _ROUNDING)))

    def maximising(self, objective: NDArray[np.float64]) -> Program:
        """The same constraints with another objective."""
        return replace(self, objective=objective)


def matrix_of(rows: Sequence[Row], variables: int) -> tuple[sparse.csr_array, NDArray[np.float64], NDArray[np.float64]]:
    """Rows as (sparse matrix [rows, variables], lower, upper)."""
    counts = [len(row.indices) for row in rows]
    matrix = sparse.csr_array(
        (
            np.fromiter((c for row in rows for c in row.coefficients), np.float64, sum(counts)),
            np.fromiter((i for row in rows for i in row.indices), np.int32, sum(counts)),
            np.concatenate([[0], np.cumsum(counts)]).astype(np.int32),
        ),
        shape=(len(rows), variables),
    )
    return matrix, np.array([row.lower for row in rows]), np.array([row.upper for row in rows])


def tight_program(problem: Problem, edges: Sequence[Edge]) -> Program:
    """The program that is solved: x continuous, y and z binary, one row per (target, source).

    max sum_e worth_e x_e, with for every target t: sum_{e into t} x_e = 1; for every target t and source s:
    sum_{e into t that needs s} x_e <= y_s; sum_s cost_s y_s + sum_t transfer_cost_t z_t <= budget, where z_t is the sum
    of x over the transfers into t; y_s = 1 for every forced s.

    Once y and z are 0 or 1 the rows leave each target the simplex of its affordable edges, whose best corner is one
    edge: x needs no integrality, and the bound without it is already the optimum in most cases.
    """
    return _program(problem, edges, textbook=False)


def textbook_program(problem: Problem, edges: Sequence[Edge]) -> Program:
    """The program as the paper prints it (facts 5.2), to compare with: order_e x_e <= sum of y over the edge's sources.

    Here x must be binary: relaxed, an edge could be used by half on half of its sources.
    """
    return _program(problem, edges, textbook=True)


def _program(problem: Problem, edges: Sequence[Edge], textbook: bool) -> Program:
    sources = tuple(sorted({task for edge in edges for task in edge.needs}.union(problem.forced)))
    paying = tuple(sorted({edge.target for edge in edges if not edge.supervised and pays(problem, edge.target)}))
    place = {source: len(edges) + number for number, source in enumerate(sources)}
    paid = {target: len(edges) + len(sources) + number for number, target in enumerate(paying)}
    into: dict[str, list[int]] = defaultdict(list)
    transfers: dict[str, list[int]] = defaultdict(list)
    using: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, edge in enumerate(edges):
        into[edge.target].append(number)
        if edge.target in paid and not edge.supervised:
            transfers[edge.target].append(number)
        for source in edge.needs:
            using[edge.target, source].append(number)
    rows = [Row(tuple(numbers), (1.0,) * len(numbers), 1.0, 1.0) for _, numbers in sorted(into.items())]
    if textbook:
        for number, edge in enumerate(edges):
            needs = tuple(place[source] for source in edge.needs)
            rows.append(Row((number, *needs), (float(len(needs)), *(-1.0,) * len(needs)), upper=0.0))
    else:
        for (_, source), numbers in sorted(using.items()):
            rows.append(Row((*numbers, place[source]), (*(1.0,) * len(numbers), -1.0), upper=0.0))
    for target, numbers in sorted(transfers.items()):
        rows.append(Row((*numbers, paid[target]), (*(1.0,) * len(numbers), -1.0), 0.0, 0.0))
    rows += [Row((place[source],), (1.0,), 1.0, 1.0) for source in problem.forced]
    prices = {place[source]: problem.costs[source] for source in sources}
    prices |= {number: (problem.transfer_costs or {})[target] for target, number in paid.items()}
    unit = _unit(list(prices.values()))
    budget = Row(tuple(prices), tuple(price / unit for price in prices.values()))
    variables = len(edges) + len(prices)
    objective = np.zeros(variables)
    objective[: len(edges)] = [SCALE * problem.worth(edge) for edge in edges]
    binary = np.ones(variables, dtype=bool)
    binary[: len(edges)] = textbook
    program = Program(tuple(edges), sources, paying, objective, tuple(rows), budget, binary, unit)
    return program.with_budget(problem.budget)


def _unit(prices: Sequence[float]) -> float:
    """The smallest price above 0, unless the largest is over a million times that."""
    above = [price for price in prices if price > 0]
    return max(min(above), max(above) / 1e6) if above else 1.0
