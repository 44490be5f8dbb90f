"""How sure the choices of a taxonomy are: the program solved again for the scores of every resample of the images."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.bootstrap import LEVEL, AffinityBootstrap
from taskonomy_core.taxonomy.choice import pays
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.engines import choose_solver, open_engine
from taskonomy_core.taxonomy.problem import Problem
from taskonomy_core.taxonomy.program import SCALE, Program, tight_program
from taskonomy_core.taxonomy.solver import solve

Interval = tuple[float, float]


@dataclass(frozen=True)
class Chosen:
    """How often the best taxonomies of the resamples choose what.

    Attributes:
        draws: how many resamples.
        sources: task -> share of the resamples that label it; every task that may be labelled, the most chosen first.
        edges: (target, needs) -> share that serves the target so; only those chosen at least once.
        same_sources: share that labels exactly what the taxonomy of the measured scores labels.
        gain, quality: ends of the 95 % percentile interval of the mean over targets, each resample with its own best
            taxonomy and scores; None where some target has none.
    """

    draws: int
    sources: Mapping[str, float]
    edges: Mapping[tuple[str, tuple[str, ...]], float]
    same_sources: float
    gain: Interval | None
    quality: Interval | None

    def edge(self, edge: Edge) -> float:
        """How often the target was served by this edge."""
        return self.edges.get((edge.target, edge.needs), 0.0)

    def plain(self) -> dict[str, object]:
        """Plain data for JSON."""
        return {
            "draws": self.draws,
            "same_sources": self.same_sources,
            "gain": self.gain,
            "quality": self.quality,
            "sources": dict(self.sources),
            "edges": [
                {"target": target, "sources": list(needs), "chosen": often}
                for (target, needs), often in sorted(self.edges.items(), key=lambda item: (item[0][0], -item[1]))
            ],
        }


def chosen_often(
    problem: Problem,
    resampled: AffinityBootstrap,
    solver: str = "auto",
    progress: Callable[[int, int], None] = lambda done, total: None,
) -> Chosen:
    """Solve a problem once for every resample: same roles, costs, budget and order, the resample's scores.

    Args:
        problem: stated for the measured scores of the same run.
        resampled: see `bootstrap_affinity`.
        solver: see `solve`; HiGHS goes from one resample to the next in a few pivots.
        progress: called with (done, total).

    Ties between taxonomies are left as the solver finds them: two resampled sums are hardly ever equal.

    Errors: TaxonomyError where the problem is infeasible, or its scores were not all measured.
    """
    best = solve(problem, solver)
    if not best.feasible:
        raise TaxonomyError(f"Infeasible: {best.reason}.", "Raise the budget; type: tk taxonomy --budget N")
    program = tight_program(problem, problem.edges)
    engine = open_engine(choose_solver(solver), program)
    place = {(edge.target, edge.sources): column for column, edge in enumerate(resampled.edges)}
    columns = [place[edge.target, edge.sources] for edge in problem.edges]
    tables = {"gain": resampled.gains, "quality": resampled.qualities}
    scores = tables.get(problem.objective, resampled.affinities)[:, columns]
    weights = np.array([problem.targets[edge.target] for edge in problem.edges])
    worth = weights * (np.sqrt(scores) if problem.objective == "sqrt" else scores)
    serving = _Serving(problem, program)
    picked = np.empty((resampled.draws, len(serving.into)), dtype=int)
    for draw in range(resampled.draws):
        objective = np.zeros(len(program.objective))
        objective[: len(columns)] = SCALE * worth[draw]
        found = engine.run(program.maximising(objective))
        if found.values is None or not found.optimal:
            raise ArithmeticError(f"the program of resample {draw} was not solved")
        picked[draw] = serving.best(found.values, worth[draw])
        progress(draw + 1, resampled.draws)
    return _counted(problem, resampled, best.sources, picked, np.array(columns))


class _Serving:
    """Which edge serves each target once labels are given, for any scores of the edges."""

    def __init__(self, problem: Problem, program: Program) -> None:
        self._program = program
        source = {name: number for number, name in enumerate(program.sources)}
        pairs = [(row, source[name]) for row, edge in enumerate(program.edges) for name in edge.needs]
        rows, columns = zip(*pairs, strict=True)
        shape = (len(program.edges), len(source))
        self._needs = sparse.csr_array((np.ones(len(pairs)), (rows, columns)), shape=shape)
        of_target: dict[str, list[int]] = {target: [] for target in problem.targets}
        for number, edge in enumerate(program.edges):
            of_target[edge.target].append(number)
        self.into = [np.array(numbers) for numbers in of_target.values()]
        paying = {target: number for number, target in enumerate(program.paying)}
        # Where a transfer costs something, z says whether it is paid; elsewhere the better edge is free to take.
        self._paid = np.array([paying[e.target] if pays(problem, e.target) else -1 for e in program.edges])
        self._own = np.array([edge.supervised for edge in program.edges])

    def best(self, values: NDArray[np.float64], worth: NDArray[np.float64]) -> list[int]:
        """The edge into every target."""
        program = self._program
        lacking = self._needs @ (values[program.y] < 0.5).astype(float)
        barred = lacking > 0.5
        if program.paying:
            bought = values[program.z] > 0.5
            barred |= (self._paid >= 0) & (self._own == bought[self._paid])
        offered = np.where(barred, -np.inf, worth)
        return [int(numbers[np.argmax(offered[numbers])]) for numbers in self.into]


def _counted(
    problem: Problem,
    resampled: AffinityBootstrap,
    labelled: tuple[str, ...],
    picked: NDArray[np.int_],
    columns: NDArray[np.int_],
) -> Chosen:
    edges: Counter[tuple[str, tuple[str, ...]]] = Counter()
    sources: Counter[str] = Counter(dict.fromkeys(problem.costs, 0))
    same = 0
    for row in picked:
        chosen = [problem.edges[number] for number in row]
        used = {*problem.forced, *(name for edge in chosen for name in edge.needs)}
        edges.update((edge.target, edge.needs) for edge in chosen)
        sources.update(used)
        same += used == set(labelled)
    draws = len(picked)
    rows = np.arange(draws)[:, None]

    def interval(table: NDArray[np.float64]) -> Interval | None:
        means = table[rows, columns[picked]].mean(axis=1)
        if np.isnan(means).any():
            return None
        low, high = np.quantile(means, ((1 - LEVEL) / 2, (1 + LEVEL) / 2))
        return float(low), float(high)

    return Chosen(
        draws,
        {name: count / draws for name, count in sorted(sources.items(), key=lambda item: (-item[1], item[0]))},
        {name: count / draws for name, count in edges.items()},
        same / draws,
        interval(resampled.gains),
        interval(resampled.qualities),
    )
