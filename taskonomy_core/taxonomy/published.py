"""What the authors published: affinities and win rates of the released experiments (facts 3.6, 4.2, 6.1)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.registry.naming import shortened
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.aliases import FROM_SCRATCH, OWN_NETWORK
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.measurements import (
    Measurements,
    Row,
    TaskFacts,
    check_targets,
    checked_edges,
    read_bytes,
)
from taskonomy_core.taxonomy.published_tasks import PUBLISHED_TASKS
from taskonomy_core.taxonomy.unpickling import NotNumbersError, load_numbers

AFFINITIES = "all_affinities"
GAINS = "wins_vs_pixels"
QUALITIES = "wins_vs_task"

_WHERE = "The files are those of results/ in the authors' repository, StanfordVL/taskonomy."
# Theirs have 0.2 MB.
_MOST = 10_000_000


def read_published_set(path: Path) -> Measurements:
    """One of their affinity files, with the win rates beside it that have the same ending.

    all_affinities_16k.pkl goes with wins_vs_pixels_16k.pkl (gain) and wins_vs_task_16k.pkl (quality); one that is not
    there leaves its score None, with a note. Affinities sum to 1 per target with everything that took part, so they
    are checked before the network trained from scratch is left out, which is no transfer.

    The files are pickles; see `unpickling` for how they are read. `self` was trained on 120k images (facts 4.2). A
    readout from the target's own encoder is an edge like any other here; the program leaves it out (facts 9.8). Win
    rates of transfers without an affinity are left out, and the number of test images is not in the files.

    Errors: TaxonomyError for a file that is missing, damaged, or holds anything but named float64 numbers from 0 to 1.
    """
    edges = _edges(path, "affinity")
    check_targets(path.name, edges, _WHERE)
    notes = []
    rates: dict[str, dict[tuple[str, tuple[str, ...]], Edge]] = {}
    for score, stem in (("gain", GAINS), ("quality", QUALITIES)):
        beside = path.with_name(path.name.replace(AFFINITIES, stem, 1))
        if beside.exists():
            rates[score] = {(edge.target, edge.sources): edge for edge in _edges(beside, score)}
        else:
            notes.append(f"{beside.name} is not beside {path.name}, so that no {score} is known.")

    def rate(score: str, edge: Edge) -> float | None:
        found = rates.get(score, {}).get((edge.target, edge.sources))
        return getattr(found, score, None)

    transfers = (
        replace(edge, gain=rate("gain", edge), quality=0.5 if edge.supervised else rate("quality", edge))
        for edge in edges
        if edge.sources != (FROM_SCRATCH,)
    )
    affinity = Affinity(tuple(transfers), {})
    return Measurements(affinity, _tasks(affinity), path.name, tuple(notes))


def _tasks(affinity: Affinity) -> dict[str, TaskFacts]:
    """Title, group and role of the tasks in a set; a task that the paper does not know has its name alone."""
    found = {}
    for name in sorted({*affinity.sources, *affinity.targets}):
        title, group = PUBLISHED_TASKS.get(name, ("", ""))
        found[name] = TaskFacts(title, group, role="both" if name in affinity.targets else "source")
    return found


def published_affinity(folder: Path, images: str = "16k") -> Affinity:
    """The published taxonomy as an Affinity: every transfer's affinity, gain and quality, and every target's own.

    `images` is the transfer set that the readouts were trained on, the last part of the file names ("16k" or "1k").
    """
    return read_published_set(folder / f"{AFFINITIES}_{images}.pkl").affinity


def _edges(path: Path, score: str) -> tuple[Edge, ...]:
    """The transfers of one file, each with its number as `score`."""
    content = read_bytes(path, _MOST)
    try:
        table = load_numbers(content)
    except NotNumbersError as refused:
        raise TaxonomyError(f"{path.name} is damaged or holds more than numbers: {refused}.", _WHERE) from refused
    if not isinstance(table, dict) or not all(type(number) is float for number in table.values()):
        raise TaxonomyError(f"{path.name} is not a table of named numbers.", _WHERE)
    return checked_edges(path.name, (_row(path.name, key, {score: number}) for key, number in table.items()), _WHERE)


def _row(file: str, key: str, scores: dict[str, float | None]) -> Row:
    *sources, target = key.split("__")
    where = f"key {shortened(key)!r}"
    if not sources:
        raise TaxonomyError(f"{file}, {where}: it is not the names of sources and a target joined by __.", _WHERE)
    if len(sources) > 1 and not {OWN_NETWORK, FROM_SCRATCH}.isdisjoint(sources):
        raise TaxonomyError(f"{file}, {where}: {OWN_NETWORK} and {FROM_SCRATCH} are no sources of a transfer.", _WHERE)
    return Row(where, target, () if sources == [OWN_NETWORK] else tuple(sources), scores)
