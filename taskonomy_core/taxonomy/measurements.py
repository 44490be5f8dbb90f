"""Measurements as files hold them, whoever wrote them: affinities, gains and qualities, and what makes them sound."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import chain

from taskonomy_core.contract.task import MAX_NAME, is_task_name
from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.aliases import EXTRA_SOURCE, our_name
from taskonomy_core.taxonomy.edges import Edge

SCORES = ("affinity", "gain", "quality", "over_constant")
# How far the affinities of a target may be from 1: a file written by hand has rounded numbers.
TOLERANCE = 1e-3


@dataclass(frozen=True)
class TaskFacts:
    """What a file says of a task besides scores.

    Attributes:
        title: what people read; "" where the file does not say.
        group: "2d", "3d", "geometric", "semantic", "other", or "" where the file does not say.
        role: "unused", "source", "target" or "both".
        cost: what its labels cost as a source, in the unit of the budget; >= 0.
        transfer_cost: what each transfer into it costs, in the unit of the budget; >= 0.
        weight: how much it counts as a target; >= 0.
    """

    title: str = ""
    group: str = ""
    role: str = "both"
    cost: float = 1.0
    transfer_cost: float = 0.0
    weight: float = 1.0


@dataclass(frozen=True)
class Measurements:
    """What one file (or the authors' three) says.

    Attributes:
        affinity: everything that the file holds, in our names.
        tasks: facts about tasks; only our JSON has any, and not of every task.
        origin: what people read, for example "all_affinities_16k.pkl".
        notes: what the reader should be told, for example that win rates were not beside it.
    """

    affinity: Affinity
    tasks: Mapping[str, TaskFacts]
    origin: str
    notes: tuple[str, ...] = ()

    def default_dictionary(self) -> Measurements:
        """The 26 tasks of the paper alone: no 27th source (100 object classes), no readout of a task's own encoder."""
        edges = tuple(
            edge
            for edge in self.affinity.edges
            if EXTRA_SOURCE not in edge.sources and edge.target not in (EXTRA_SOURCE, *edge.sources)
        )
        images = {target: count for target, count in self.affinity.images.items() if target != EXTRA_SOURCE}
        tasks = {name: facts for name, facts in self.tasks.items() if name != EXTRA_SOURCE}
        return replace(self, affinity=Affinity(edges, images), tasks=tasks)


@dataclass(frozen=True)
class Row:
    """One transfer as a file states it, not yet checked.

    Attributes:
        where: "line 4", "edges[3]", "key 'a__b'": where in the file it stands.
        target: the task that is served, under any of its names.
        sources: as the file orders them, under any of their names; empty for the target's own network.
        scores: by name (SCORES); None where not measured.
    """

    where: str
    target: str
    sources: tuple[str, ...]
    scores: Mapping[str, float | None] = field(default_factory=dict)


def checked_edges(file: str, rows: Iterable[Row], hint: str = "") -> tuple[Edge, ...]:
    """The edges of a file, or the first fault of it in a sentence that names the file and the place.

    Errors: TaxonomyError for a name that no task can have, a source or a transfer that is there twice, a score outside
    0 to 1, affinities of a target that are there in part or do not sum to 1, and a target with no transfer.
    """
    found: dict[tuple[str, tuple[str, ...]], tuple[str, Edge]] = {}
    for row in rows:
        edge = _edge(file, row, hint)
        first, _ = found.setdefault((edge.target, edge.sources), (row.where, edge))
        if first is not row.where:
            raise TaxonomyError(f"{file}, {row.where}: {edge.name} is there already, at {first}.", hint)
    if not found:
        raise TaxonomyError(f"{file} holds no transfer.", hint)
    edges = tuple(edge for _, edge in found.values())
    _check_targets(file, edges, hint)
    return edges


def _edge(file: str, row: Row, hint: str) -> Edge:
    for name in (row.target, *row.sources):
        if not is_task_name(name):
            shown = repr(name if len(name) <= 40 else name[:40] + "...")
            raise TaxonomyError(
                f"{file}, {row.where}: {shown} is not the name of a task (a-z, 0-9, single underscores; at most "
                f"{MAX_NAME} characters).",
                hint,
            )
    sources = tuple(map(our_name, row.sources))
    edge = Edge(our_name(row.target), sources, **{"affinity": None, **row.scores})
    twice = next((source for source in sources if sources.count(source) > 1), None)
    if twice:
        raise TaxonomyError(f"{file}, {row.where}: the source {twice} is there twice.", hint)
    for score, number in row.scores.items():
        if number is not None and not 0 <= number <= 1:  # also NaN
            raise TaxonomyError(
                f"{file}, {row.where}: the {score} of {edge.name} is {number}; it must be a number from 0 to 1.", hint
            )
    return edge


def _check_targets(file: str, edges: Iterable[Edge], hint: str) -> None:
    into: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        into[edge.target].append(edge)
    for target, those in into.items():
        if all(edge.supervised for edge in those):
            raise TaxonomyError(f"{file} holds no transfer into {target}, only its own network.", hint)
        unmeasured = [edge for edge in those if edge.affinity is None]
        if len(unmeasured) == len(those):
            continue
        if unmeasured:
            raise TaxonomyError(
                f"{file}: {unmeasured[0].name} has no affinity, and other transfers into {target} have one.", hint
            )
        total = math.fsum(edge.affinity or 0.0 for edge in those)
        if abs(total - 1) > TOLERANCE:
            raise TaxonomyError(f"{file}: the affinities of {target} sum to {total:.4g}, not to 1.", hint)


def mentioned(affinity: Affinity) -> tuple[str, ...]:
    """Every task that is a target or a source of some transfer, sorted."""
    return tuple(sorted(set(chain(affinity.targets, affinity.sources))))
