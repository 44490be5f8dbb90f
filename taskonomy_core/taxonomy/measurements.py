"""Measurements as files hold them, whoever wrote them: affinities, gains and qualities, and what makes them sound."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from taskonomy_core.contract.task import MAX_NAME, is_task_name
from taskonomy_core.errors import TaxonomyError
from taskonomy_core.registry.naming import nearest, shortened
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.aliases import EXTRA_SOURCE, FROM_SCRATCH, OWN_NETWORK, our_name
from taskonomy_core.taxonomy.edges import Edge

SCORES = ("affinity", "gain", "quality", "over_constant")
# How far the affinities of a target may be from 1: a file written by hand has rounded numbers.
TOLERANCE = 1e-3
CORRECT = "docs/measurements.md describes the format; to see a file of it, type: tk export example.csv"
LOOK = "Give a file or folder of measurements; type for example: tk affinity --from results/all_affinities_16k.pkl"


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
        tasks: facts about tasks; CSV has none, and JSON need not have them of every task.
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
        order: how many sources there should be, where the file says.
    """

    where: str
    target: str
    sources: tuple[str, ...]
    scores: Mapping[str, float | None]
    order: int | None = None


def checked_edges(file: str, rows: Iterable[Row], hint: str = "") -> tuple[Edge, ...]:
    """The edges that the rows of a file state, or its first fault in a sentence that names the file and the place.

    Errors: TaxonomyError for a name that no task can have, a source or a transfer that is there twice, and a score
    outside 0 to 1.
    """
    found: dict[tuple[str, tuple[str, ...]], tuple[str, Edge]] = {}
    for row in rows:
        edge = _edge(file, row, hint)
        key = edge.target, edge.sources
        if key in found:
            raise TaxonomyError(f"{file}, {row.where}: {edge.name} is there already, at {found[key][0]}.", hint)
        found[key] = row.where, edge
    return tuple(edge for _, edge in found.values())


def _edge(file: str, row: Row, hint: str) -> Edge:
    for name in (row.target, *row.sources):
        if not is_task_name(name):
            raise TaxonomyError(
                f"{file}, {row.where}: {shortened(name)!r} is not the name of a task "
                f"(a-z, 0-9, single underscores; at most {MAX_NAME} characters).",
                hint,
            )
    if row.order not in (None, len(row.sources)):
        raise TaxonomyError(f"{file}, {row.where}: the order is {row.order}, the sources are {len(row.sources)}.", hint)
    edge = Edge(our_name(row.target), tuple(map(our_name, row.sources)), **{"affinity": None, **row.scores})
    twice = next((source for source in edge.sources if edge.sources.count(source) > 1), None)
    if twice:
        raise TaxonomyError(f"{file}, {row.where}: the source {twice} is there twice.", hint)
    for score, number in row.scores.items():
        if number is not None and not 0 <= number <= 1:  # also NaN
            raise TaxonomyError(
                f"{file}, {row.where}: the {score} of {edge.name} is {number}; it must be a number from 0 to 1.", hint
            )
    return edge


def check_targets(file: str, edges: Iterable[Edge], hint: str = "") -> None:
    """What must hold for a whole file: every target has a transfer, and all affinities or none, which sum to 1.

    They sum to 1 over everything that took part in the tournament (facts 4.2), within TOLERANCE. Errors: TaxonomyError.
    """
    into: dict[str, list[Edge]] = defaultdict(list)
    for edge in edges:
        into[edge.target].append(edge)
    if not into:
        raise TaxonomyError(f"{file} holds no transfer.", hint)
    for target, those in into.items():
        if all(edge.sources in ((), (FROM_SCRATCH,)) for edge in those):
            raise TaxonomyError(f"{file} holds no transfer into {target}.", hint)
        unmeasured = [edge for edge in those if edge.affinity is None]
        if len(unmeasured) == len(those):
            continue
        if unmeasured:
            raise TaxonomyError(f"{file}: {unmeasured[0].name} has no affinity, but others of {target} have one.", hint)
        total = math.fsum(edge.affinity or 0.0 for edge in those)
        if abs(total - 1) > TOLERANCE:
            raise TaxonomyError(f"{file}: the affinities of {target} sum to {total:.6g}, not to 1.", hint)


def whole_measurements(
    file: str,
    rows: Sequence[Row],
    images: Iterable[tuple[str, str, int]],
    facts: Mapping[str, TaskFacts] | None = None,
) -> Measurements:
    """What a file of our own format says, once its rows, its counts of test images and its facts are sound.

    `images` are (where, target, count), as often as the file says it; `facts` are under any names of the tasks.
    Errors: TaxonomyError as `checked_edges` and `check_targets`, for counts of one target that differ, and for counts
    and facts of a task that no transfer has.
    """
    for row in rows:
        if not {OWN_NETWORK, FROM_SCRATCH}.isdisjoint((row.target, *row.sources)):
            raise TaxonomyError(
                f"{file}, {row.where}: {OWN_NETWORK} and {FROM_SCRATCH} are no tasks; a target's own network is a "
                "transfer of order 0 without sources.",
                CORRECT,
            )
    edges = checked_edges(file, rows, CORRECT)
    check_targets(file, edges, CORRECT)
    affinity = Affinity(edges, {})
    counts: dict[str, int] = {}
    for where, name, count in images:
        target = _known(file, where, name, affinity.targets, "target")
        if counts.setdefault(target, count) != count:
            raise TaxonomyError(
                f"{file}, {where}: {target} has {count} images here and {counts[target]} before.", CORRECT
            )
    tasks: dict[str, TaskFacts] = {}
    for name, said in (facts or {}).items():
        where = f"tasks.{shortened(name)}"
        task = _known(file, where, name, mentioned(affinity), "target or source")
        if task in tasks:
            raise TaxonomyError(f"{file}, {where}: {task} is there already, under another name.", CORRECT)
        if said.role == "target" and task not in affinity.targets:
            raise TaxonomyError(f"{file}, {where}: its role is target, and there is no transfer into it.", CORRECT)
        tasks[task] = said
    return Measurements(Affinity(edges, counts), tasks, file)


def _known(file: str, where: str, name: str, known: Collection[str], what: str) -> str:
    ours = our_name(name)
    if ours not in known:
        raise TaxonomyError(f"{file}, {where}: no transfer has this {what}.{nearest(ours[:60], known)}", CORRECT)
    return ours


def mentioned(affinity: Affinity) -> tuple[str, ...]:
    """Every task that is a target or a source of some transfer, sorted."""
    return tuple(sorted({*affinity.targets, *affinity.sources}))


def read_bytes(path: Path, most: int) -> bytes:
    """The content of a file of at most `most` bytes. Errors: TaxonomyError for one that is larger or unreadable."""
    try:
        if path.exists() and not path.is_file():
            raise TaxonomyError(f"{path} is not a file.", LOOK)
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise TaxonomyError(f"{path} cannot be read ({reason}).", LOOK) from error
    if len(content) > most:
        raise TaxonomyError(f"{path.name} is larger than {most // 1_000_000} MB; measurements are not.", LOOK)
    return content
