"""The problem as a mixed 0/1 program, in numbers alone; any solver can take it from here."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.problem import Problem

# AHP weights are about 1e-2; a solver's absolute cut-off would otherwise call slightly worse taxonomies optimal.
SCALE = 1e4
# The share of the budget by which the sum of the costs may exceed it: 0.1 + 0.2 is within 0.3.
BUDGET_SLACK = 1e-7


@dataclass(frozen=True)
class Row:
    """One linear constraint: lower <= sum(coefficients * variables[indices]) <= upper."""

    indices: tuple[int, ...]
    coefficients: tuple[float, ...]
    lower: float = -np.inf
    upper: float = np.inf


@dataclass(frozen=True, eq=False)
class Program:
    """Maximise `objective` over variables in [0, 1] under `rows`; those marked in `binary` are 0 or 1.

    The variables are one x per edge ("it serves its target"), then one y per source ("it is labelled").
    """

    edges: tuple[Edge, ...]
    sources: tuple[str, ...]
    objective: NDArray[np.float64]
    rows: tuple[Row, ...]
    binary: NDArray[np.bool_]

    @property
    def y(self) -> slice:
        """Where the source variables are."""
        return slice(len(self.edges), len(self.edges) + len(self.sources))

    def matrix(self) -> tuple[sparse.csr_array, NDArray[np.float64], NDArray[np.float64]]:
        """The rows as (sparse matrix, lower, upper)."""
        counts = [len(row.indices) for row in self.rows]
        matrix = sparse.csr_array(
            (
                np.concatenate([row.coefficients for row in self.rows]),
                np.concatenate([row.indices for row in self.rows]),
                np.concatenate([[0], np.cumsum(counts)]),
            ),
            shape=(len(self.rows), len(self.objective)),
        )
        return matrix, np.array([row.lower for row in self.rows]), np.array([row.upper for row in self.rows])

    def with_rows(self, *rows: Row) -> Program:
        """The same program under more constraints."""
        return replace(self, rows=(*self.rows, *rows))

    def maximising(self, objective: NDArray[np.float64]) -> Program:
        """The same constraints with another objective."""
        return replace(self, objective=objective)


def tight_program(problem: Problem, edges: Sequence[Edge]) -> Program:
    """The program that is solved: x continuous, y binary, one row per (target, source).

    max sum_e worth_e x_e, with for every target t: sum_{e into t} x_e = 1; for every target t and source s:
    sum_{e into t that needs s} x_e <= y_s; sum_s cost_s y_s <= budget.

    Once y is 0 or 1 the rows leave each target the simplex of its affordable edges, whose best corner is one edge: x
    needs no integrality, and the bound without it is already the optimum in most cases.
    """
    return _program(problem, edges, textbook=False)


def textbook_program(problem: Problem, edges: Sequence[Edge]) -> Program:
    """The program as the paper prints it (facts 5.2), to compare with: order_e x_e <= sum of y over the edge's sources.

    Here x must be binary: relaxed, an edge could be used by half on half of its sources.
    """
    return _program(problem, edges, textbook=True)


def _program(problem: Problem, edges: Sequence[Edge], textbook: bool) -> Program:
    sources = tuple(sorted({task for edge in edges for task in edge.needs}))
    place = {source: len(edges) + number for number, source in enumerate(sources)}
    into: dict[str, list[int]] = defaultdict(list)
    using: dict[tuple[str, str], list[int]] = defaultdict(list)
    for number, edge in enumerate(edges):
        into[edge.target].append(number)
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
    # As shares of the budget, so that a solver's absolute tolerance means the same in any currency.
    shares = tuple(problem.costs[source] / problem.budget for source in sources)
    rows.append(Row(tuple(place[source] for source in sources), shares, upper=1.0 + BUDGET_SLACK))
    worth = [SCALE * problem.worth(edge) for edge in edges]
    binary = np.ones(len(edges) + len(sources), dtype=bool)
    binary[: len(edges)] = textbook
    return Program(tuple(edges), sources, np.array([*worth, *(0.0 for _ in sources)]), tuple(rows), binary)
