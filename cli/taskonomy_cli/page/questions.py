"""What the page asks and how it is answered, without any web: used by the API, the report and the tests.

Every method takes the plain object of a request (see choice.py) and gives plain data that JSON can hold.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from taskonomy_cli import answers
from taskonomy_cli.asked import Asked
from taskonomy_cli.measured import Measured
from taskonomy_cli.page.choice import Refused, command_line, first_budget, read_choice, task_of, whole, yes_or_no
from taskonomy_cli.page.presets import presets
from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.engines import never
from taskonomy_core.taxonomy.policies import performance
from taskonomy_core.taxonomy.problem import OBJECTIVES, Problem
from taskonomy_core.taxonomy.solver import TaxonomySolver
from taskonomy_core.taxonomy.taxonomy import Taxonomy

Body = Mapping[str, Any]
Stop = Callable[[], bool]

SECONDS = 2.0
_MOST_ALTERNATIVES = 20


@dataclass(frozen=True)
class Questions:
    """The measurements, ready to be asked about.

    Attributes:
        measured: the scores and what is known of the tasks.
        start: the command that reads the same measurements, for example ("tk", "taxonomy", "--from", "16k").
        seconds: the most that one request may search; what is not proved best by then is told as the best so far.
    """

    measured: Measured
    start: tuple[str, ...] = ("tk", "taxonomy")
    seconds: float = SECONDS

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
            "has": {"bootstrap": bool(measured.columns), "gallery": False},
        }

    def taxonomy(self, body: Body, stop: Stop = never) -> dict[str, Any]:
        """The best taxonomy as `tk taxonomy --json` has it; with `alternatives` and `neighbours` where asked for.

        Errors: Refused and TaxonomyError for what makes no sense; Cancelled as soon as `stop` says so.
        """
        asked = read_choice(self.measured, body, ("alternatives", "neighbours"))
        count = whole(body, "alternatives", 0, _MOST_ALTERNATIVES, 0)
        near = yes_or_no(body, "neighbours")
        problem = asked.problem(self.measured)
        deadline = time.perf_counter() + self.seconds
        # What a unit more would buy must not have been dropped as too dear.
        solver = TaxonomySolver(replace(problem, budget=problem.budget + near), seconds=self.seconds, stop=stop)
        found = solver.alternatives(count, problem.budget) if count else [solver.solve(problem.budget)]
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


def _neighbour(solver: TaxonomySolver, problem: Problem, best: Taxonomy, budget: float) -> dict[str, Any] | None:
    """What another budget would change; None where there is no such budget, or it could buy nothing more."""
    if budget < 0 or budget >= problem.largest_cost + 1:
        return None
    answer = solver.solve(budget)
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
