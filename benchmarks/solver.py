"""The 0/1 program by every way, in one run: ours kept warm, PuLP in two forms, and the project site's way.

    python benchmarks/solver.py [--tasks 50 100 200] [--seconds 30] [--published FOLDER]

On the authors' published affinities (26 budgets at order 4; FOLDER defaults to $TASKONOMY_PUBLISHED, else
../shared/published beside the repository) and on generated ones of the same kind (budgets of an eighth, a quarter and
half of the tasks). Every way runs in a process of its own and has --seconds for all budgets of its row, counted after
imports and loading; reading the scores is not part of it, stating the program is.

* ours: `TaxonomySolver`, one warm model, ties settled, every answer checked.
* PuLP tight: the same form (see `tight_program`) without dominated edges, stated anew for every budget.
* PuLP textbook: as the paper prints it (see `textbook_program`), with every edge.
* cvxpy GLPK_MI: the textbook form as the project site solves it (facts 5.3).

Ways that prove their answers must agree. Where one was stopped, "gap" is how far our bound lies above the worst of its
answers. The default run takes up to ten minutes.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import math
import os
import signal
import subprocess
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import numpy as np

from taskonomy_core.taxonomy import through_pulp
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.aliases import EXTRA_SOURCE
from taskonomy_core.taxonomy.edges import Edge, undominated
from taskonomy_core.taxonomy.problem import Problem, state_problem
from taskonomy_core.taxonomy.program import SCALE, textbook_program, tight_program
from taskonomy_core.taxonomy.published import published_affinity
from taskonomy_core.taxonomy.solver import TaxonomySolver

MAX_ORDER = 4
SEED = 0
PUBLISHED = 0
EDGES = {50: 5_000, 100: 25_000, 200: 100_000}
# A way that does not mind its time limit is stopped after this many times of it.
PATIENCE = 2.0

# (budget, proved, objective or None, bound)
Answer = tuple[float, bool, float | None, float]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tasks", type=int, nargs="*", default=[50, 100, 200], help="sizes of generated instances")
    parser.add_argument("--seconds", type=float, default=30.0, help="for all budgets of a row")
    parser.add_argument("--published", type=Path, default=default_folder(), help="folder of the authors' files")
    parser.add_argument("--one", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        answer_all(options.one[0], int(options.one[1]), options.published, options.seconds)
        return
    sizes = list(options.tasks)
    if (options.published / "all_affinities_16k.pkl").exists():
        sizes.insert(0, PUBLISHED)
    else:
        print(f"The published affinities are not in {options.published}; set TASKONOMY_PUBLISHED to their folder.")
    print(f"{'tasks':>5}{'edges':>8}{'order':>6}  {'way':20}{'seconds':>9}{'times ours':>11}  status")
    for size in sizes:
        problem, budgets = instance(size, options.published)
        tasks = len({*problem.costs, *problem.targets})
        ours: dict[float, Answer] = {}
        for way in WAYS:
            head = f"{tasks:5}{len(problem.edges):8}{problem.max_order:6}  {way:20}"
            if way == GLPK and importlib.util.find_spec("cvxpy") is None:
                print(f"{head}{'':>9}{'':>11}  not installed: pip install 'taskonomy[bench]'", flush=True)
                continue
            answers, seconds = ask(way, size, options.published, options.seconds)
            ours = ours or {answer[0]: answer for answer in answers}
            if not ours:
                print(f"{head}{'':>9}{'':>11}  we found nothing in time", flush=True)
                break
            if way == OURS:
                base = seconds
            print(f"{head}{row(answers, seconds, base, ours, len(budgets))}", flush=True)


def row(answers: list[Answer], seconds: float, base: float, ours: dict[float, Answer], asked: int) -> str:
    """The rest of a line; an AssertionError where two proved answers differ."""
    gap = 0.0
    for budget, proved, worth, _ in answers:
        _, we_proved, our_worth, our_bound = ours[budget]
        if proved and we_proved and worth is not None and our_worth is not None:
            assert abs(worth - our_worth) <= 1e-6 * our_worth, f"at budget {budget}: {worth}, but ours is {our_worth}"
        elif not proved:
            gap = max(gap, math.inf if not worth else (our_bound - worth) / worth)
    done = sum(answer[1] for answer in answers)
    over = done < asked
    status = f"{done} of {asked} proved"
    if over and len(answers) > done:
        status += "; nothing found in time" if math.isinf(gap) else f"; gap {gap:.2%}"
    ratio = f"{'>' if over else ''}{seconds / base:.1f}"
    return f"{'>' if over else ''}{seconds:.2f}".rjust(9) + ratio.rjust(11) + f"  {status}"


def ask(way: str, size: int, folder: Path, seconds: float) -> tuple[list[Answer], float]:
    """The answers of a way and the seconds they took, from a process that is ended with all that it started."""
    command = [sys.executable, __file__, "--one", way, str(size), "--seconds", str(seconds), "--published", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True)
    try:
        said, _ = process.communicate(timeout=PATIENCE * seconds + 20)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        return [tuple(line["answer"]) for line in told(said)], seconds
    if process.returncode:
        raise SystemExit(f"{way} failed on {size} tasks")
    lines = list(told(said))
    return [tuple(line["answer"]) for line in lines], lines[-1]["seconds"] if lines else seconds


def told(said: str) -> Iterator[dict[str, Any]]:
    """The lines of `answer_all` among whatever a solver prints."""
    return (json.loads(line) for line in said.splitlines() if line.startswith('{"answer"'))


def answer_all(way: str, size: int, folder: Path, seconds: float) -> None:
    """Answer all budgets, or as many as there is time for, and print each."""
    problem, budgets = instance(size, folder)
    # The gap is told by our bound; PuLP's own would take the time of a relaxation.
    through_pulp.relaxation_bound = lambda _: math.inf
    start = WAYS[way]()
    started = time.perf_counter()
    answer = start(problem)
    for budget in budgets:
        left = seconds - (time.perf_counter() - started)
        if left <= 0:
            break
        proved, worth, bound = answer(budget, left)
        line = {"answer": (budget, proved, worth, bound), "seconds": time.perf_counter() - started}
        print(json.dumps(line), flush=True)


def ours() -> Callable[[Problem], Any]:
    import highspy  # noqa: F401

    def start(problem: Problem) -> Any:
        asked = TaxonomySolver(problem, "highs")

        def answer(budget: float, seconds: float) -> tuple[bool, float | None, float]:
            asked._seconds = seconds
            found = asked.solve(budget)
            return found.status == "optimal", found.objective, found.bound or math.inf

        return answer

    return start


def pulp(solver: str, *, textbook: bool) -> Callable[[], Callable[[Problem], Any]]:
    def load() -> Callable[[Problem], Any]:
        import pulp  # noqa: F401

        return start

    def start(problem: Problem) -> Any:
        edges = problem.edges if textbook else undominated(problem.edges, problem.worth)
        program = (textbook_program if textbook else tight_program)(problem, edges)
        engine = through_pulp.ThroughPulp(solver)

        def answer(budget: float, seconds: float) -> tuple[bool, float | None, float]:
            asked = program.with_budget(budget)
            found = engine.run(asked, seconds)
            worth = None if found.values is None else float(asked.objective @ found.values) / SCALE
            return found.optimal, worth, found.bound / SCALE

        return answer

    return load


def glpk() -> Callable[[Problem], Any]:
    import cvxpy

    # It warns where it was stopped, which is told here by its status.
    warnings.simplefilter("ignore")

    def start(problem: Problem) -> Any:
        program = textbook_program(problem, problem.edges)

        def answer(budget: float, seconds: float) -> tuple[bool, float | None, float]:
            matrix, lower, upper = program.with_budget(budget).matrix()
            equal = lower == upper
            chosen = cvxpy.Variable(len(program.objective), boolean=True)
            rows = [matrix[equal] @ chosen == upper[equal], matrix[~equal] @ chosen <= upper[~equal]]
            question = cvxpy.Problem(cvxpy.Maximize(program.objective @ chosen / SCALE), rows)
            try:
                question.solve(solver=cvxpy.GLPK_MI, tm_lim=max(1, int(1000 * seconds)))
            except cvxpy.error.SolverError:
                return False, None, math.inf
            worth = None if chosen.value is None else float(program.objective @ chosen.value) / SCALE
            return question.status == cvxpy.OPTIMAL, worth, math.inf

        return answer

    return start


OURS, GLPK = "ours", "cvxpy GLPK_MI"
WAYS: dict[str, Callable[[], Callable[[Problem], Any]]] = {
    OURS: ours,
    "PuLP HiGHS tight": pulp("highs", textbook=False),
    "PuLP CBC tight": pulp("cbc", textbook=False),
    "PuLP HiGHS textbook": pulp("highs", textbook=True),
    "PuLP CBC textbook": pulp("cbc", textbook=True),
    GLPK: glpk,
}


def instance(size: int, folder: Path) -> tuple[Problem, list[float]]:
    """The problem at the largest budget, and the budgets that are asked about."""
    if size != PUBLISHED:
        budgets = [float(size // share) for share in (8, 4, 2)]
        edges = EDGES.get(size, size * size * 5 // 2)
        return state_problem(generated(size, edges), max(budgets), max_order=MAX_ORDER), budgets
    scores = published_affinity(folder)
    roles = dict.fromkeys(scores.sources, "source") | dict.fromkeys(scores.targets, "both")
    roles = {task: role for task, role in roles.items() if task != EXTRA_SOURCE}
    return state_problem(scores, 26, roles=roles, max_order=MAX_ORDER), [float(budget) for budget in range(1, 27)]


def generated(tasks: int, edges: int) -> Affinity:
    """Affinities that resemble the published ones.

    Tasks lie in a space; a source serves a target the better the nearer and the stronger it is, so that targets agree
    about the good sources. Sets of two to four of a target's best sources are mostly a little better than the best of
    them, its own network is better than any first-order transfer. All of a target's affinities sum to 1.
    """
    draws = np.random.default_rng(SEED)
    names = [f"task_{number:03}" for number in range(tasks)]
    places = draws.normal(size=(tasks, 3))
    distance = np.linalg.norm(places[:, None] - places, axis=-1)
    merit = 0.5 * draws.normal(size=tasks) - distance + 0.3 * draws.normal(size=(tasks, tasks))
    more = max(0, edges // tasks - tasks)
    best = next(n for n in range(tasks) if sum(math.comb(n, order) for order in (2, 3, 4)) >= more)
    found = []
    for target, name in enumerate(names):
        merit[target, target] = -np.inf
        ranked = np.argsort(-merit[target])
        offers = [sources for order in (2, 3, 4) for sources in combinations(ranked[:best], order)]
        sets = [(source,) for source in ranked[:-1]]
        sets += [offers[number] for number in sorted(draws.choice(len(offers), size=more, replace=False))]
        scores = np.array([merit[target, list(sources)].max() + 0.1 * (len(sources) - 1) for sources in sets])
        scores += 0.15 * draws.normal(size=len(sets)) * np.array([len(sources) > 1 for sources in sets])
        own = merit[target].max() + 0.7 * abs(draws.normal())
        shares = np.exp([own, *scores])
        needs = [(), *(tuple(names[source] for source in sources) for sources in sets)]
        found += [Edge(name, sources, float(s)) for sources, s in zip(needs, shares / shares.sum(), strict=True)]
    return Affinity(tuple(found), {})


def default_folder() -> Path:
    return Path(os.environ.get("TASKONOMY_PUBLISHED", Path(__file__).parents[2] / "shared" / "published"))


if __name__ == "__main__":
    main()
