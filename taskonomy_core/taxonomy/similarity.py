"""Which tasks behave alike as sources: the similarity tree (facts 6.11)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage
from scipy.spatial.distance import pdist

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.affinity import Affinity

# Cells that were not measured cost whole rows and columns; more of them than this share, and the tree would mislead.
_MOST_LEFT_OUT = 0.25
# Affinities of AHP are far above this; a file may say 0, which has no logarithm.
_FLOOR = 1e-9


@dataclass(frozen=True, eq=False)
class SimilarityTree:
    """A tree over tasks.

    Attributes:
        tasks: its leaves, sorted.
        links: float64 [tasks - 1, 4], in the form of scipy.cluster.hierarchy.linkage.
        left_out: tasks that have no place because transfers from them were not measured; sorted.
        passed_over: targets that say nothing because transfers to them were not measured; sorted.
    """

    tasks: tuple[str, ...]
    links: NDArray[np.float64]
    left_out: tuple[str, ...] = ()
    passed_over: tuple[str, ...] = ()

    def groups(self, count: int) -> list[tuple[str, ...]]:
        """Cut into at most `count` groups; each sorted, the largest first."""
        labels = fcluster(self.links, count, criterion="maxclust")
        found = [tuple(t for t, mark in zip(self.tasks, labels, strict=True) if mark == label) for label in set(labels)]
        return sorted(found, key=lambda group: (-len(group), group))

    def plain(self, count: int) -> dict[str, object]:
        """Plain data for JSON, with `count` groups; links are [i, j, height, size] as in scipy's linkage."""
        return {
            "tasks": list(self.tasks),
            "groups": [list(group) for group in self.groups(count)],
            "links": [[int(i), int(j), float(height), int(size)] for i, j, height, size in self.links],
            "left_out": list(self.left_out),
            "passed_over": list(self.passed_over),
        }


def similarity_tree(affinity: Affinity, tasks: Iterable[str] = (), unused: Collection[str] = ()) -> SimilarityTree:
    """Cluster tasks by how they serve all targets: Ward linkage on the logarithms of their first-order affinities.

    Each task is a vector of ln(affinity) over the targets, each target centred and scaled to unit spread, since
    affinities of different targets compare only as ranks and raw ones would leave one giant cluster. A task says
    nothing about transferring to itself; that entry takes the best first-order affinity of the target.

    Where first-order affinities were not measured, whichever lacks the most goes, until none is missing: a target is
    passed over, or a task left out.

    Args:
        affinity: the scores.
        tasks: which tasks; all sources by default.
        unused: tasks that are neither placed nor looked at as targets.

    Raises:
        TaxonomyError: fewer than two tasks, or too few first-order affinities that were measured.
    """
    names, into = _array({*(tasks or affinity.sources)} - {*unused}), _array({*affinity.targets} - {*unused})
    if len(names) < 2:
        raise TaxonomyError("A similarity tree needs at least two tasks.", "Register more tasks; type: tk tasks")
    if not len(into):
        raise TaxonomyError("There is no target to compare tasks by.", "Leave fewer tasks unused; type: tk similarity")
    itself = into[:, np.newaxis] == names
    table = affinity.first_order(into, names)
    missing = np.isnan(table) & ~itself
    rows, columns = _whole(missing)
    if max((~rows).mean(), (~columns).mean()) > _MOST_LEFT_OUT:
        target, source = np.argwhere(missing)[0]
        raise TaxonomyError(
            f"Too little is measured for a tree: {missing.sum()} first-order transfers are missing, "
            f"{names[source]} -> {into[target]} for one.",
            "Train them; type: tk transfer. Or leave tasks out; type: tk similarity --unused TASK,TASK",
        )
    table = np.where(itself, np.nan, table)[np.ix_(rows, columns)]
    table = np.where(np.isnan(table), np.nanmax(table, axis=1, keepdims=True), table)
    logs = np.log(np.maximum(table, _FLOOR))
    spread = logs.std(axis=1, keepdims=True)
    scaled = (logs - logs.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    return SimilarityTree(
        tasks=tuple(names[columns]),
        links=linkage(pdist(scaled.T), method="ward"),
        left_out=tuple(names[~columns]),
        passed_over=tuple(into[~rows]),
    )


def _array(names: Collection[str]) -> NDArray[np.object_]:
    return np.array(sorted(names), dtype=object)


def _whole(missing: NDArray[np.bool_]) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which rows and columns to keep so that nothing is missing: whichever lacks the most goes; of equals, a row."""
    rows, columns = (np.ones(length, dtype=bool) for length in missing.shape)
    while (lacks := missing & np.outer(rows, columns)).any():
        by_row, by_column = lacks.sum(axis=1), lacks.sum(axis=0)
        if by_row.max() >= by_column.max():
            rows[by_row.argmax()] = False
        else:
            columns[by_column.argmax()] = False
    return rows, columns
