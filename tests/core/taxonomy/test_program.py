from __future__ import annotations

import math

import numpy as np
import pytest

from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.problem import Problem
from taskonomy_core.taxonomy.program import SCALE, Row, matrix_of, textbook_program, tight_program

EDGES = (
    Edge("t", (), 0.25),
    Edge("t", ("a",), 0.09),
    Edge("t", ("a", "b"), 0.16),
    Edge("u", ("b",), 0.04),
)


def problem(**changes):
    stated = {"targets": {"t": 1.0, "u": 2.0}, "costs": {"a": 2.0, "b": 0.5, "c": 1.0, "t": 4.0}} | changes
    return Problem(EDGES, budget=3, max_order=2, **stated)


def test_the_tight_form_by_hand():
    program = tight_program(problem(), EDGES)
    assert program.sources == ("a", "b", "t")
    assert (program.y, program.z) == (slice(4, 7), slice(7, 7))
    assert program.objective.tolist() == pytest.approx([SCALE * w for w in (0.5, 0.3, 0.4, 0.4, 0, 0, 0)])
    assert program.binary.tolist() == [False] * 4 + [True] * 3
    matrix, lower, upper = program.matrix()
    assert matrix.toarray().tolist() == [
        [1, 1, 1, 0, 0, 0, 0],  # t is served once
        [0, 0, 0, 1, 0, 0, 0],  # u is served once
        [0, 1, 1, 0, -1, 0, 0],  # t from a
        [0, 0, 1, 0, 0, -1, 0],  # t from b
        [1, 0, 0, 0, 0, 0, -1],  # t from its own labels
        [0, 0, 0, 1, 0, -1, 0],  # u from b
        [0, 0, 0, 0, 4, 1, 8],  # the budget, in units of the smallest price
    ]
    assert lower.tolist() == [1, 1, *[-math.inf] * 5]
    assert upper.tolist() == pytest.approx([1, 1, 0, 0, 0, 0, 6])
    assert program.unit == 0.5
    assert program.costs.tolist() == [4, 1, 8]


def test_the_textbook_form_by_hand():
    program = textbook_program(problem(), EDGES)
    assert program.binary.all()
    matrix, lower, upper = program.matrix()
    assert matrix.toarray()[2:6].tolist() == [
        [1, 0, 0, 0, 0, 0, -1],
        [0, 1, 0, 0, -1, 0, 0],
        [0, 0, 2, 0, -1, -1, 0],
        [0, 0, 0, 1, 0, -1, 0],
    ]
    assert upper[2:6].tolist() == [0, 0, 0, 0]
    assert lower[2:6].tolist() == [-math.inf] * 4


def test_paid_transfers_and_forced_labels_by_hand():
    program = tight_program(problem(transfer_costs={"t": 0.25, "c": 9.0}, forced=("c",)), EDGES)
    assert (program.sources, program.paying) == (("a", "b", "c", "t"), ("t",))
    assert program.z == slice(8, 9)
    assert program.binary.tolist() == [False] * 4 + [True] * 5
    matrix, lower, upper = program.matrix()
    rows = matrix.toarray().tolist()
    assert rows[6] == [0, 1, 1, 0, 0, 0, 0, 0, -1]  # z is 1 where a transfer serves t
    assert rows[7] == [0, 0, 0, 0, 0, 0, 1, 0, 0]  # c is labelled
    assert rows[8] == [0, 0, 0, 0, 8, 2, 4, 16, 1]
    assert (lower[6], upper[6], lower[7], upper[7]) == (0, 0, 1, 1)
    assert upper[8] == pytest.approx(12)


def test_questions_leave_the_program_as_it_was():
    program = tight_program(problem(), EDGES)
    row = Row((4, 5), (1.0, 1.0), upper=1.0)
    asked = program.with_rows(row).with_budget(1).with_rows(row).maximising(np.ones(7))
    assert asked.extra == (row, row)
    assert asked.budget.upper == pytest.approx(2)
    assert asked.rows is program.rows
    assert (program.extra, program.budget.upper) == ((), pytest.approx(6))
    assert list(asked.all_rows[-3:]) == [asked.budget, row, row]


@pytest.mark.parametrize(
    ("prices", "unit"),
    [
        ({"a": 0.0, "b": 0.0, "t": 0.0}, 1.0),
        ({"a": 1e-9, "b": 2.0, "t": 4.0}, 4e-6),
        ({"a": 3.0, "b": 5.0, "t": 7.0}, 3.0),
    ],
)
def test_the_unit_of_the_budget(prices, unit):
    assert tight_program(problem(costs=prices), EDGES).unit == unit


def test_rows_as_a_matrix():
    matrix, lower, upper = matrix_of([Row((2, 0), (1.5, -1.0), 0.0), Row((), ()), Row((1,), (4.0,), upper=2.0)], 3)
    assert matrix.toarray().tolist() == [[-1, 0, 1.5], [0, 0, 0], [0, 4, 0]]
    assert (lower.tolist(), upper.tolist()) == ([0, -math.inf, -math.inf], [math.inf, math.inf, 2])
