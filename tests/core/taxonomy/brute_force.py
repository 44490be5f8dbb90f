"""The question of a taxonomy answered by trying every set of labels: slow, short, and ignorant of programs.

It reads scores and options as a person gives them, so it stands beside `state_problem` as well as beside the solver.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from functools import cached_property
from itertools import combinations

from hypothesis import strategies as st

from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.problem import OBJECTIVES, state_problem

NEAR = 1e-9


@dataclass(frozen=True)
class Way:
    """Labels and paid transfers with what they cost and the best that they are worth."""

    worth: float
    cost: float
    sources: tuple[str, ...]


@dataclass(frozen=True)
class Question:
    """Scores, and the options of `state_problem`."""

    affinity: Affinity
    options: dict = field(default_factory=dict)

    def problem(self, budget):
        return state_problem(self.affinity, budget, **self.options)

    @property
    def roles(self):
        measured = dict.fromkeys(self.affinity.sources, "source") | dict.fromkeys(self.affinity.targets, "both")
        return self.options.get("roles") or measured

    @property
    def targets(self):
        return sorted(task for task, role in self.roles.items() if role in ("target", "both"))

    def price(self, task):
        return 0.0 if task in self.options.get("have", ()) else self.options.get("costs", {}).get(task, 1.0)

    def transfer_price(self, task):
        return self.options.get("transfer_costs", {}).get(task, 0.0)

    def score(self, edge):
        """How much an edge adds."""
        weight = self.options.get("weights", {}).get(edge.target, 1.0)
        match self.options.get("objective", "sqrt"):
            case "sqrt":
                return weight * math.sqrt(edge.affinity)
            case "affinity":
                return weight * edge.affinity
            case "gain":
                return weight * edge.gain
        return weight * edge.quality

    @cached_property
    def ways(self):
        """Every set of labels with every set of paid transfers that serves all targets."""
        may = sorted(task for task, role in self.roles.items() if role in ("source", "both"))
        order = self.options.get("max_order") or max(self.affinity.max_order, 1)
        own, offers = {}, {target: [] for target in self.targets}
        for edge in self.affinity.edges:
            if edge.target not in offers:
                continue
            if not edge.sources:
                own[edge.target] = self.score(edge)
            elif len(edge.sources) <= order and edge.target not in edge.sources:
                offers[edge.target].append((set(edge.sources), self.score(edge)))
        ways = []
        for size in range(len(may) + 1):
            for labels in combinations(may, size):
                if not set(self.options.get("forced", ())) <= set(labels):
                    continue
                ways += self._with_labels(labels, own, offers)
        return ways

    def _with_labels(self, labels, own, offers):
        nothing = -math.inf
        price = sum(self.price(task) for task in labels)
        partial = [(0.0, price)]
        for target in self.targets:
            supervised = own.get(target, nothing) if target in labels else nothing
            transferred = max((score for needs, score in offers[target] if needs <= set(labels)), default=nothing)
            extra = self.transfer_price(target)
            both = [(supervised, 0.0), (transferred, extra)] if extra else [(max(supervised, transferred), 0.0)]
            partial = [(w + score, c + e) for w, c in partial for score, e in both if score > nothing]
        return [Way(worth, cost, labels) for worth, cost in partial]

    def best(self, budget, unlike=()):
        """The best within a budget whose labels contain none of the sets `unlike`; None where there is none.

        Of equally good ones the one that costs least, then that labels fewest, then the first by name.
        """
        ways = [
            way
            for way in self.ways
            if way.cost <= budget + NEAR and not any(set(other) <= set(way.sources) for other in unlike)
        ]
        if not ways:
            return None
        most = max(way.worth for way in ways)
        ways = [way for way in ways if way.worth > most - NEAR]
        least = min(way.cost for way in ways)
        return min((way for way in ways if way.cost < least + NEAR), key=lambda way: (len(way.sources), way.sources))

    @cached_property
    def dearest(self):
        """What labelling everything and transferring to everything costs."""
        return sum(self.price(t) for t, r in self.roles.items() if r in ("source", "both")) + sum(
            self.transfer_price(target) for target in self.targets
        )


def prices(*kinds):
    """One price, of one of these kinds."""
    return st.one_of(*kinds).map(float)


WHOLE = st.integers(0, 3)
TENTHS = st.integers(0, 30).map(lambda n: n / 10)
ANY = prices(st.just(1.0), WHOLE, TENTHS)


@st.composite
def budgets(draw, question):
    """A budget that just allows something, as a rule; else any, down to 0."""
    exact = sorted({round(way.cost, 6) for way in question.ways})
    eighths = [question.dearest * n / 8 for n in range(9)]
    return draw(st.one_of(*[st.sampled_from(exact)] * (3 if exact else 0), st.sampled_from(eighths)))


@st.composite
def questions(draw, make, price=ANY, transfer_costs=True):
    """Small questions: scores by `make`, the fixture random_affinity, and every option there is."""
    affinity = make(
        draw(st.integers(0, 10_000), label="seed"),
        targets=draw(st.integers(3, 5)),
        extra_sources=draw(st.integers(0, 3)),
        max_order=draw(st.integers(1, 3)),
        levels=draw(st.sampled_from([None, None, 2, 4])),
        density=draw(st.sampled_from([0.4, 0.8, 1.0])),
    )
    tasks = sorted({*affinity.sources, *affinity.targets})
    measured = ["both", "both", "both", "both", "both", "target", "source", "unused"]
    likely = {True: st.sampled_from(measured), False: st.sampled_from(["source", "source", "source", "unused"])}
    roles = {task: draw(likely[task in affinity.targets]) for task in tasks} | {affinity.targets[-1]: "both"}
    labelled = [task for task, role in roles.items() if role in ("source", "both")]

    def some(values):
        return draw(st.dictionaries(st.sampled_from(tasks), values, max_size=5))

    def few():
        return tuple(draw(st.sets(st.sampled_from(labelled), max_size=2)))

    options = {
        "roles": roles,
        "costs": some(price),
        "weights": some(st.sampled_from([0.0, 0.5, 1.0, 3.0])),
        "objective": draw(st.sampled_from(OBJECTIVES)),
        "have": draw(st.sampled_from([(), (), few()])),
        "forced": draw(st.sampled_from([(), (), few()])),
        "max_order": draw(st.sampled_from([None, 1, 2])),
    }
    if transfer_costs and draw(st.booleans()):
        options["transfer_costs"] = some(price)
    return Question(affinity, options)
