"""The tight form of the 0/1 program against the textbook form, on the authors' published affinities, in one run.

    python benchmarks/solver.py [FOLDER]

FOLDER holds the published files (default: $TASKONOMY_PUBLISHED, else ../shared/published beside the repository).
"""

from __future__ import annotations

import os
import sys
import time
from pathlib import Path

from taskonomy_core.taxonomy.aliases import EXTRA_SOURCE
from taskonomy_core.taxonomy.edges import undominated
from taskonomy_core.taxonomy.engines import available_solvers, run
from taskonomy_core.taxonomy.problem import Problem, state_problem
from taskonomy_core.taxonomy.program import SCALE, textbook_program, tight_program
from taskonomy_core.taxonomy.published import published_affinity
from taskonomy_core.taxonomy.solver import solve

BUDGETS = (2, 4, 6, 8, 12, 15)
MAX_ORDER = 4


def main() -> None:
    beside = Path(__file__).parents[2] / "shared" / "published"
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else os.environ.get("TASKONOMY_PUBLISHED", beside))
    if not (folder / "all_affinities_16k.pkl").exists():
        print(f"Skipped: the published affinities are not in {folder}; set TASKONOMY_PUBLISHED to their folder.")
        return
    scores = published_affinity(folder)
    roles = dict.fromkeys(scores.sources, "source") | dict.fromkeys(scores.targets, "both")
    del roles[EXTRA_SOURCE]
    problems = [state_problem(scores, budget, roles=roles, max_order=MAX_ORDER) for budget in BUDGETS]
    kept = undominated(problems[0].edges, problems[0].worth)
    print(f"{len(problems[0].edges)} edges, {len(kept)} of them not dominated; budgets {', '.join(map(str, BUDGETS))}")
    print(f"{'solver':8}{'textbook, all edges':>22}{'tight, all edges':>20}{'tight, undominated':>20}{'ratio':>8}")
    for solver in available_solvers():
        textbook = [timed(problem, solver, tight=False, drop=False) for problem in problems]
        whole = [timed(problem, solver, tight=True, drop=False) for problem in problems]
        tight = [timed(problem, solver, tight=True, drop=True) for problem in problems]
        for (_, one), (_, two), (_, three) in zip(textbook, whole, tight, strict=True):
            assert abs(one - two) < 1e-8 > abs(one - three), "the forms disagree"
        sums = [sum(seconds for seconds, _ in runs) for runs in (textbook, whole, tight)]
        print(f"{solver:8}{sums[0]:20.2f} s{sums[1]:18.2f} s{sums[2]:18.2f} s{sums[0] / sums[2]:7.1f}x")
    started = time.perf_counter()
    for budget in range(1, 27):
        solve(state_problem(scores, budget, roles=roles, max_order=MAX_ORDER))
    print(f"solve() at budgets 1 to 26, ties settled: {time.perf_counter() - started:.2f} s")


def timed(problem: Problem, solver: str, *, tight: bool, drop: bool) -> tuple[float, float]:
    """(seconds, objective) of stating and solving one program."""
    started = time.perf_counter()
    edges = undominated(problem.edges, problem.worth) if drop else problem.edges
    program = (tight_program if tight else textbook_program)(problem, edges)
    found = run(program, solver)
    if found.values is None or not found.optimal:
        raise ArithmeticError(f"{solver} did not finish")
    return time.perf_counter() - started, float(program.objective @ found.values) / SCALE


if __name__ == "__main__":
    main()
