"""What the page asks and how it is answered, without any web: used by the API, the report and the tests.

Every method takes the plain object of a request (see choice.py) and gives plain data that JSON can hold.
"""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from taskonomy_cli import answers
from taskonomy_cli.measured import Measured
from taskonomy_cli.page.choice import RefusedError, command_line, first_budget, read_choice, task_of, whole, yes_or_no
from taskonomy_cli.page.presets import presets
from taskonomy_core.taxonomy.engines import Stop, go_on, never
from taskonomy_core.taxonomy.greedy import greedy
from taskonomy_core.taxonomy.policies import performance
from taskonomy_core.taxonomy.problem import OBJECTIVES, Problem
from taskonomy_core.taxonomy.solver import NothingFoundError, TaxonomySolver
from taskonomy_core.taxonomy.taxonomy import Taxonomy

if TYPE_CHECKING:
    from taskonomy_core.taxonomy.bootstrap import AffinityBootstrap

Body = Mapping[str, Any]

SECONDS = 2.0
# For what solves once per budget.
_PATIENCE = 60.0
MOST_ALTERNATIVES, MOST_DRAWS, MOST_RANKED = 20, 1000, 100
_DRAWS, _MOST_SEED = 200, 2**32 - 1


@dataclass(frozen=True)
class Questions:
    """The measurements, ready to be asked about.

    Attributes:
        measured: the scores and what is known of the tasks.
        start: the command that reads the same measurements, for example ("tk", "taxonomy", "--from", "16k").
        pictures: whether there are test pictures to show.
        seconds: the most that one request may search; what is not proved best by then is told as the best so far.
    """

    measured: Measured
    start: tuple[str, ...] = ("tk", "taxonomy")
    pictures: bool = False
    seconds: float = SECONDS
    _kept: dict[tuple[int, int], AffinityBootstrap] = field(default_factory=dict, repr=False)

    def measurements(self) -> dict[str, Any]:
        """What there is to choose from, and where the page starts."""
        measured = self.measured
        return {
            "name": measured.origin,
            "kind": "project" if measured.columns else "files",
            "images": dict(sorted(measured.affinity.images.items())),
            "tasks": [
                {
                    "name": name,
                    "title": facts.title or name,
                    "group": facts.group,
                    "role": facts.role,
                    "cost": facts.cost,
                    "transfer_cost": facts.transfer_cost,
                    "weight": facts.weight,
                    "can_be_target": name in measured.affinity.targets,
                    "can_be_source": name in measured.affinity.sources,
                }
                for name, facts in sorted(measured.facts.items())
            ],
            "budget": first_budget(measured),
            "order": measured.affinity.max_order,
            "max_order": measured.affinity.max_order,
            "objective": "sqrt",
            "objectives": list(OBJECTIVES),
            "presets": presets(measured),
            "has": {"bootstrap": bool(measured.columns), "gallery": self.pictures},
        }

    def taxonomy(self, body: Body, stop: Stop = never) -> dict[str, Any]:
        """The best taxonomy as `tk taxonomy --json` has it; with `alternatives` and `neighbours` where asked for.

        Errors: RefusedError and TaxonomyError for what makes no sense; CancelledSearchError as soon as `stop` says so.
        """
        asked = read_choice(self.measured, body, ("alternatives", "neighbours"))
        count = whole(body, "alternatives", 0, MOST_ALTERNATIVES, 0)
        near = yes_or_no(body, "neighbours")
        problem = asked.problem(self.measured)
        deadline = time.perf_counter() + self.seconds
        # What a unit more would buy must not have been dropped as too dear.
        solver = TaxonomySolver(replace(problem, budget=problem.budget + near), seconds=self.seconds, stop=stop)
        found = _found(solver, problem, count)
        best = found[0]
        more: dict[str, Any] = {"command": command_line(self.measured, asked, self.start)}
        if count:
            more["alternatives"] = answers.plain_others(best, found[1:])
        if near:
            late = time.perf_counter() > deadline
            more["neighbours"] = {
                name: None if late else _neighbour(solver, problem, best, problem.budget + by)
                for name, by in (("less", -1.0), ("more", 1.0))
            }
        return answers.plain(best) | more

    def staircase(self, body: Body, stop: Stop = never) -> dict[str, Any]:
        """Every budget at which the answer changes, as `tk taxonomy --all-budgets --json` has it."""
        from taskonomy_core.taxonomy.staircase import staircase

        problem = read_choice(self.measured, body).problem(self.measured, budget=0)
        found = staircase(problem, seconds=self.seconds, stop=_until(stop, "The staircase", "--all-budgets"))
        return answers.plain_staircase(found, problem)

    def affinity(self) -> dict[str, Any]:
        """The matrices of single sources, before and after AHP; see `looking.affinity`."""
        from taskonomy_cli.page.looking import affinity

        return affinity(self.measured)

    def similarity(self) -> dict[str, Any]:
        """The tree of tasks that transfer out alike; see `looking.similarity`."""
        from taskonomy_cli.page.looking import similarity

        return similarity(self.measured, [n for n, facts in self.measured.facts.items() if facts.role == "unused"])

    def significance(self, body: Body, stop: Stop = never) -> dict[str, Any]:
        """The taxonomy against random ones, as `tk significance --json` has it."""
        from taskonomy_core.taxonomy.significance import significance

        asked = read_choice(self.measured, body, ("draws", "seed", "best_edges", "transferred_only"))
        draws = whole(body, "draws", 1, MOST_DRAWS, 1000)
        found = significance(
            asked.problem(self.measured),
            draws,
            whole(body, "seed", 0, _MOST_SEED, 0),
            best_edges=yes_or_no(body, "best_edges"),
            transferred_only=yes_or_no(body, "transferred_only"),
            seconds=self.seconds,
        )
        go_on(stop)
        return answers.plain_significance(found, draws)

    def recommend(self, body: Body, stop: Stop = never) -> dict[str, Any]:
        """What a task that is never labelled should be transferred from, as `tk recommend --json` has it.

        Roles, costs, order, `have` and `ruled_out` are those of the choice; its budget is not: any amount may be spent.
        """
        from taskonomy_core.taxonomy.recommend import recommend

        asked = read_choice(self.measured, body, ("target", "top"))
        target = task_of(self.measured, body.get("target"), "target")
        if target not in self.measured.affinity.targets:
            raise RefusedError(
                f"{self.measured.origin} has no transfer to {target}.",
                f"Choose one of these: {', '.join(self.measured.affinity.targets)}.",
            )
        named = ("both", "source", "target", "unused", "have", "force", "forbid")
        others: dict[str, Any] = {key: [name for name in getattr(asked, key) if name != target] for key in named}
        asked = replace(asked, **others | {"target": [*others["target"], target]})
        problem = asked.problem(self.measured)
        problem = replace(problem, budget=problem.largest_cost)
        go_on(stop)
        return recommend(self.measured.affinity, problem, target, whole(body, "top", 1, MOST_RANKED, 10)).plain()

    def bootstrap(self, body: Body, stop: Stop = never) -> dict[str, Any]:
        """How often each source and edge is chosen when the test images are drawn again, as `tk taxonomy --bootstrap`.

        Errors: RefusedError (422) for measurements without losses of single images.
        """
        from taskonomy_core.taxonomy.chosen import chosen_often

        asked = read_choice(self.measured, body, ("draws", "seed"))
        draws, seed = whole(body, "draws", 1, MOST_DRAWS, _DRAWS), whole(body, "seed", 0, _MOST_SEED, 0)
        if not self.measured.columns:
            raise RefusedError(
                f"{self.measured.origin} has no losses of single images to draw again.",
                "Only runs of your own keep them; type: tk serve",
            )
        problem = asked.problem(self.measured)
        again = self._resampled(draws, seed, stop)
        return chosen_often(problem, again, progress=lambda done, total: go_on(stop)).plain()

    def drawn(self, body: Body, kind: str, stop: Stop = never) -> bytes:
        """The taxonomy as a file: "svg" or "png" (the picture of `tk taxonomy`), "json", or "csv" (a row per target).

        Errors: RefusedError where there is no taxonomy to draw, besides those of `taxonomy`.
        """
        from taskonomy_cli.page.downloads import as_csv, as_picture

        asked = read_choice(self.measured, body)
        problem = asked.problem(self.measured)
        best = _found(TaxonomySolver(problem, seconds=self.seconds, stop=stop), problem)[0]
        if kind == "json":
            plain = answers.plain(best) | {"command": command_line(self.measured, asked, self.start)}
            return json.dumps(plain, indent=2, allow_nan=False).encode() + b"\n"
        if not best.feasible:
            raise RefusedError(f"Infeasible: {best.reason}.", "Raise the budget, or let more tasks be labelled.")
        return as_csv(best) if kind == "csv" else as_picture(self.measured, best, asked.roles(self.measured), kind)

    def _resampled(self, draws: int, seed: int, stop: Stop) -> AffinityBootstrap:
        """The scores on resampled images; those of the last question are kept, for they say nothing of the choice."""
        from taskonomy_core.taxonomy.bootstrap import bootstrap_affinity

        key = draws, seed
        found = self._kept.get(key)
        if found is None:
            columns = self.measured.columns
            found = bootstrap_affinity(columns, draws, seed, progress=lambda done, total: go_on(stop))
            self._kept.clear()
            self._kept[key] = found
        return found


def _until(stop: Stop, what: str, option: str) -> Stop:
    """`stop`, which refuses to go on after a minute besides."""
    end = time.perf_counter() + _PATIENCE

    def ended() -> bool:
        if time.perf_counter() > end:
            raise RefusedError(
                f"{what} takes longer than {_PATIENCE:g} seconds.", f"Type it instead: tk taxonomy {option}", 503
            )
        return stop()

    return ended


def _found(solver: TaxonomySolver, problem: Problem, count: int = 0) -> list[Taxonomy]:
    """The best taxonomy and up to `count` of the next best; a greedy one where the solver had none in its time."""
    try:
        return solver.alternatives(count, problem.budget) if count else [solver.solve(problem.budget)]
    except NothingFoundError:
        if (first := greedy(problem)) is None:
            raise
        return [first]


def _neighbour(solver: TaxonomySolver, problem: Problem, best: Taxonomy, budget: float) -> dict[str, Any] | None:
    """What another budget would change; None where there is none, it could buy nothing more, or time ran out."""
    if budget < 0 or budget >= problem.largest_cost + 1:
        return None
    try:
        answer = solver.solve(budget)
    except NothingFoundError:
        return None
    was, now = performance(best), performance(answer)
    return answers.plain(answer) | {
        "enters": sorted(set(answer.sources) - set(best.sources)),
        "leaves": sorted(set(best.sources) - set(answer.sources)),
        "change": {
            "objective": _minus(answer.objective, best.objective),
            "gain": _minus(now.gain, was.gain),
            "quality": _minus(now.quality, was.quality),
        },
    }


def _minus(now: float | None, was: float | None) -> float | None:
    return None if now is None or was is None else now - was
