"""A taxonomy within a blink, for when a solver found none in its time: good, with no claim to be the best."""

from __future__ import annotations

import math

import numpy as np

from taskonomy_core.taxonomy.choice import affordable, best_choice, limit
from taskonomy_core.taxonomy.problem import Problem
from taskonomy_core.taxonomy.taxonomy import FEASIBLE, Taxonomy


def greedy(problem: Problem) -> Taxonomy | None:
    """Label, one after the other, what adds most to the objective for its cost; targets that are served come first.

    An edge counts for the last of its sources that is still missing. The bound is what every target's best edge would
    give together, whatever it costs. None where the labels that it comes to do not serve every target within the
    budget, which does not mean that none do.
    """
    sources, targets = list(problem.costs), list(problem.targets)
    column = {name: number for number, name in enumerate(sources)}
    row = {name: number for number, name in enumerate(targets)}
    worth = np.array([problem.worth(edge) for edge in problem.edges])
    into = np.array([row[edge.target] for edge in problem.edges], dtype=int)
    pairs = [(number, column[name]) for number, edge in enumerate(problem.edges) for name in edge.needs]
    number, needs = np.array(pairs, dtype=int).reshape(-1, 2).T
    costs = np.array([problem.costs[name] for name in sources])
    unserved = -1.0 - float(np.abs(worth).sum())
    labelled = np.isin(np.array(sources), problem.forced)
    left = limit(problem) - problem.labels_cost(problem.forced)
    while True:
        missing = np.bincount(number, weights=~labelled[needs], minlength=len(worth))
        served = np.full(len(targets), unserved)
        np.maximum.at(served, into[missing == 0], worth[missing == 0])
        last = (missing[number] == 1) & ~labelled[needs]
        offers = np.tile(served, (len(sources), 1))
        np.maximum.at(offers, (needs[last], into[number[last]]), worth[number[last]])
        adds = (offers - served).sum(axis=1)
        adds[labelled | (costs > left)] = 0.0
        if adds.max(initial=0.0) <= 0:
            break
        best = int(np.argmax(adds / np.maximum(costs, 1e-9)))
        labelled[best] = True
        left -= costs[best]
    choice = best_choice(problem, problem.edges, [name for name, is_in in zip(sources, labelled, strict=True) if is_in])
    if choice is None or not affordable(problem, choice.cost):
        return None
    most = np.full(len(targets), -math.inf)
    np.maximum.at(most, into, worth)
    return Taxonomy(
        FEASIBLE,
        problem.budget,
        problem.max_order,
        problem.objective,
        sources=choice.sources,
        cost=choice.cost,
        edges=choice.edges,
        objective=choice.worth,
        bound=max(choice.worth, math.fsum(most)),
        solver="greedy",
    )
