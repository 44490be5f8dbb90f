"""HiGHS, kept warm: one model in memory, of which only what differs is changed from question to question."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.taxonomy.engines import Found, Stop, go_on, never
from taskonomy_core.taxonomy.program import Program, Row, matrix_of

_Node = tuple[tuple[int, ...], tuple[int, ...]]
# Nodes that are searched on the warm model; the programs of facts 5.5 take 1 to 30.
_NODES = 200
# The least time that a run gets, in seconds.
_LEAST = 0.01
# A relaxation with fewer rows is solved in less than a second.
_MANY_ROWS = 10_000
# Bounds closer than this share are the same.
_SAME = 1e-10
# What a search leaves behind covers objectives that are lower than the best by this share.
_TIED = 1e-8
# A vertex of the relaxation whose labels are as near to 0 and 1 as this is a solution of the program. A sliver of a
# label must be worth less than what settles a tie.
_WHOLE = 1e-9


@dataclass(frozen=True, eq=False)
class _Solved:
    """What a search leaves behind: nothing outside these leaves has an objective of `least` or more."""

    program: Program
    least: float
    leaves: tuple[_Node, ...]

    def covers(self, program: Program, above: float) -> bool:
        """Whether the leaves hold all that is of interest in this program too: it has only more constraints."""
        old = self.program
        return (
            above >= self.least
            and program.objective is old.objective
            and program.budget.upper == old.budget.upper
            and _common(old.extra, program.extra) == len(old.extra)
        )


class WarmHighs:
    """The Engine "highs".

    The relaxation (no variable needs to be whole) is solved first, from the basis of the question before: at another
    budget or objective that takes a few pivots. In the tight form its best vertex mostly has whole labels and then is
    the optimum, with the relaxation as its proof. Otherwise a few labels are fixed to 0 and 1 in turn, on the same warm
    model; HiGHS's own branch and bound, which starts anew, is called when these are not enough.
    """

    def __init__(self, program: Program, stop: Stop = never) -> None:
        self._base, self._stop = program, stop
        self._relaxed = _Model(program, whole=False, stop=stop)
        self._whole: _Model | None = None
        self._solved: _Solved | None = None

    def run(self, program: Program, seconds: float | None = None, above: float | None = None) -> Found:
        """See Engine."""
        deadline = None if seconds is None else time.perf_counter() + seconds
        found, done = self._branch(program, deadline, -np.inf if above is None else above)
        if done or (found.values is not None and _left(deadline) == _LEAST):
            return found
        if self._whole is None:
            self._whole = _Model(self._base, whole=True, stop=self._stop)
        other = self._whole.run(program, _left(deadline), start=found.values)
        if other.optimal or other.infeasible:
            return other
        values = [each.values for each in (other, found) if each.values is not None]
        best = max(values, key=lambda each: float(program.objective @ each)) if values else None
        return Found(best, optimal=False, infeasible=False, bound=min(found.bound, other.bound))

    def _branch(self, program: Program, deadline: float | None, above: float) -> tuple[Found, bool]:
        """Branch and bound, depth first, on the most fractional label: the best so far, and whether that is proved."""
        columns = np.flatnonzero(program.binary)
        best: NDArray[np.float64] | None = None
        worth, bound, least = above, np.inf, -np.inf
        nodes: list[_Node] = [((), ())]
        if self._solved and self._solved.covers(program, above):
            nodes, least = list(self._solved.leaves), self._solved.least
        leaves: list[tuple[float, _Node]] = []
        for _ in range(_NODES):
            if not nodes:
                break
            go_on(self._stop)
            ones, zeros = node = nodes.pop()
            self._relaxed.fix(columns, ones, zeros)
            found = self._relaxed.run(program, _left(deadline))
            if node == ((), ()):
                bound = found.bound
            if found.infeasible:
                continue
            if not found.optimal or found.values is None:
                nodes.append(node)
                break
            if found.bound < worth or (best is not None and found.bound <= worth * (1 + _SAME)):
                leaves.append((found.bound, node))
                continue
            labels = found.values[columns]
            distance = np.abs(labels - np.round(labels))
            if distance.max(initial=0.0) <= _WHOLE:
                best, worth = found.values, found.bound
                leaves.append((worth, node))
                continue
            split = int(columns[np.argmax(distance)])
            # The label is tried first: with it, more of the targets are served and the bound falls faster.
            nodes += [(ones, (*zeros, split)), ((*ones, split), zeros)]
            if node == ((), ()) and above == -np.inf:
                nodes.append(_rounded(program, found.values))
        self._relaxed.fix(columns)
        if nodes:
            return Found(best, optimal=False, infeasible=False, bound=bound), False
        if best is not None:
            least = max(least, worth - _TIED * abs(worth))
            self._solved = _Solved(program, least, tuple(node for bound, node in leaves if bound >= least))
            return Found(best, optimal=True, infeasible=False, bound=worth), True
        # Nothing: infeasible, unless the relaxation had a solution that was just not good enough.
        return Found(None, False, infeasible=above == -np.inf or bound == -np.inf, bound=min(bound, above)), True


def _rounded(program: Program, values: NDArray[np.float64]) -> _Node:
    """The labels that are nearest to 1, as many as the budget buys: a first solution, as a rule."""
    left = (
        program.budget.upper
        - float(program.costs @ values[program.y.start :])
        + float(program.costs[: len(program.sources)] @ values[program.y])
    )
    ones: list[int] = []
    zeros: list[int] = []
    for number in np.argsort(-values[program.y], kind="stable"):
        price = program.costs[number]
        (ones if price <= left else zeros).append(int(program.y.start + number))
        left -= price if price <= left else 0.0
    return tuple(ones), tuple(zeros)


def _silent(api: Any) -> Any:
    """An empty model that writes nothing.

    From 1.16 on, the constructor of highspy writes a banner to stdout as soon as it sets its callbacks.
    """

    class Silent(api.Highs):  # type: ignore[misc]
        def enableCallbacks(self) -> Any:  # noqa: N802
            self.setOptionValue("output_flag", False)
            return super().enableCallbacks()

    return Silent()


class _Model:
    """A HiGHS model that follows a Program."""

    def __init__(self, program: Program, whole: bool, stop: Stop) -> None:
        import highspy

        self._api, self._stop = highspy, stop
        # Whether the run that is under way is to end; None as long as HiGHS does not ask.
        self._ending: bool | None = None
        self._highs = _silent(highspy)
        options = {"mip_rel_gap": 0.0, "mip_abs_gap": 0.0}
        # What settles a tie is smaller than the default, 1e-6 of a label.
        options |= {"mip_feasibility_tolerance": _WHOLE}
        # The relaxation is a proof, so it is solved as exactly as HiGHS can.
        options |= {} if whole else {"primal_feasibility_tolerance": 1e-10, "dual_feasibility_tolerance": 1e-10}
        for name, value in options.items():
            self._highs.setOptionValue(name, value)
        self._pass(program, whole)
        self._rows = program.rows
        self._objective, self._upper = program.objective, program.budget.upper
        self._extra: tuple[Row, ...] = ()

    def run(self, program: Program, seconds: float | None, start: NDArray[np.float64] | None = None) -> Found:
        """Solve it, from a solution if one is known; `optimal`: this model, whole or relaxed, was solved to the end."""
        self._follow(program)
        if start is not None:
            solution = self._api.HighsSolution()
            solution.col_value = start.tolist()
            self._highs.setSolution(solution)
        # HiGHS counts the time of all runs of a model together.
        limit = np.inf if seconds is None else self._highs.getRunTime() + seconds
        self._highs.setOptionValue("time_limit", float(limit))
        self._solve()
        status, known = self._highs.getModelStatus(), self._api.HighsModelStatus
        if status in (known.kInfeasible, known.kUnboundedOrInfeasible):
            return Found(None, optimal=False, infeasible=True, bound=-np.inf)
        if status not in (known.kOptimal, known.kTimeLimit):
            raise ArithmeticError(f"HiGHS stopped with {self._highs.modelStatusToString(status)}")
        info, optimal = self._highs.getInfo(), status == known.kOptimal
        feasible = info.primal_solution_status == self._api.SolutionStatus.kSolutionStatusFeasible
        values = np.array(self._highs.getSolution().col_value) if optimal or feasible else None
        is_mip = bool(self._integral)
        bound = -info.mip_dual_bound if is_mip else -info.objective_function_value if optimal else np.inf
        return Found(values, optimal=optimal, infeasible=False, bound=float(bound))

    def _solve(self) -> None:
        """Run HiGHS; what may take long does so in a thread, so that Ctrl-C and `stop` end it."""
        if not self._integral and self._highs.getNumRow() < _MANY_ROWS:
            self._highs.run()
            return
        # highspy's own startSolve has one lock for all models, so that no two could be solved at once.
        if self._ending is None:
            for interrupt in ("cbSimplexInterrupt", "cbIpmInterrupt", "cbMipInterrupt"):
                getattr(self._highs, interrupt).subscribe(self._end)
        self._ending = False
        failures: list[BaseException] = []
        done = threading.Event()

        def run() -> None:
            try:
                self._highs.run()
                # What HiGHS keeps for a thread goes with it.
                self._highs.resetGlobalScheduler(False)
            except BaseException as failure:
                failures.append(failure)
            finally:
                done.set()

        threading.Thread(target=run, daemon=True).start()
        try:
            # Python 3.11 takes a thread for ended when Ctrl-C interrupts its join.
            while not done.wait(0.1):
                go_on(self._stop)
        except BaseException:
            self._ending = True
            done.wait()
            raise
        if failures:
            raise failures[0]

    def _end(self, event: Any) -> None:
        if self._ending:
            event.interrupt()

    def fix(self, columns: NDArray[np.int64], ones: Sequence[int] = (), zeros: Sequence[int] = ()) -> None:
        """Hold some of these variables to 1 and some to 0; all others of them are free again."""
        lower, upper = np.zeros(len(columns)), np.ones(len(columns))
        lower[np.isin(columns, ones)], upper[np.isin(columns, zeros)] = 1.0, 0.0
        self._highs.changeColsBounds(len(columns), columns.astype(np.int32), lower, upper)

    def _pass(self, program: Program, whole: bool) -> None:
        api = self._api
        matrix, lower, upper = matrix_of((*program.rows, program.budget), len(program.objective))
        model = api.HighsLp()
        model.num_row_, model.num_col_ = matrix.shape
        model.col_cost_ = -program.objective
        model.col_lower_, model.col_upper_ = np.zeros(matrix.shape[1]), np.ones(matrix.shape[1])
        model.row_lower_, model.row_upper_ = lower, upper
        model.a_matrix_.format_ = api.MatrixFormat.kRowwise
        model.a_matrix_.start_, model.a_matrix_.index_ = matrix.indptr, matrix.indices
        model.a_matrix_.value_ = matrix.data
        self._integral = whole and bool(program.binary.any())
        if self._integral:
            kinds = api.HighsVarType
            model.integrality_ = [kinds.kInteger if is_whole else kinds.kContinuous for is_whole in program.binary]
        self._highs.passModel(model)

    def _follow(self, program: Program) -> None:
        """Change what differs from the program that was solved last."""
        assert program.rows is self._rows, "an engine answers for the program that it was opened with"
        if program.objective is not self._objective:
            columns = np.arange(len(program.objective), dtype=np.int32)
            self._highs.changeColsCost(len(columns), columns, -program.objective)
            self._objective = program.objective
        if program.budget.upper != self._upper:
            self._highs.changeRowBounds(len(self._rows), -np.inf, program.budget.upper)
            self._upper = program.budget.upper
        same = _common(self._extra, program.extra)
        first = len(self._rows) + 1
        if same < len(self._extra):
            old = np.arange(first + same, first + len(self._extra), dtype=np.int32)
            self._highs.deleteRows(len(old), old)
        for row in program.extra[same:]:
            self._highs.addRow(
                row.lower, row.upper, len(row.indices), np.array(row.indices, np.int32), _floats(row.coefficients)
            )
        self._extra = program.extra


def _common(old: tuple[Row, ...], new: tuple[Row, ...]) -> int:
    """How many of the first rows are the very same."""
    return next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a is not b), min(len(old), len(new)))


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(deadline - time.perf_counter(), _LEAST)


def _floats(numbers: tuple[float, ...]) -> NDArray[np.float64]:
    return np.array(numbers, dtype=np.float64)
