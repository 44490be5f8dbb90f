"""Which tasks behave alike as sources: the similarity tree (facts 6.11)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.hierarchy import fcluster, linkage

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.affinity import Affinity


@dataclass(frozen=True, eq=False)
class SimilarityTree:
    """A tree over tasks.

    Attributes:
        tasks: its leaves, sorted.
        links: float64 [tasks - 1, 4], in the form of scipy.cluster.hierarchy.linkage.
    """

    tasks: tuple[str, ...]
    links: NDArray[np.float64]

    def groups(self, count: int) -> list[tuple[str, ...]]:
        """Cut into at most `count` groups; each sorted, the largest first."""
        labels = fcluster(self.links, count, criterion="maxclust")
        found = [tuple(t for t, mark in zip(self.tasks, labels, strict=True) if mark == label) for label in set(labels)]
        return sorted(found, key=lambda group: (-len(group), group))


def similarity_tree(affinity: Affinity, tasks: Iterable[str] = ()) -> SimilarityTree:
    """Cluster tasks by how they serve all targets: Ward linkage on the logarithms of their first-order affinities.

    Each task is a vector of ln(affinity) over the targets, each target centred and scaled to unit spread, since
    affinities of different targets compare only as ranks and raw ones would leave one giant cluster. A task says
    nothing about transferring to itself; that entry takes the best first-order affinity of the target.

    Args:
        affinity: the scores.
        tasks: which tasks; all sources by default.

    Raises:
        TaxonomyError: fewer than two tasks, or a first-order affinity that was not measured.
    """
    names = tuple(sorted(tasks or affinity.sources))
    if len(names) < 2:
        raise TaxonomyError("A similarity tree needs at least two tasks.", "Register more tasks; type: tk tasks")
    table = affinity.first_order(sources=names)
    for row, target in enumerate(affinity.targets):
        if target in names:
            table[row, names.index(target)] = np.nan
        missing = [s for s, score in zip(names, table[row], strict=True) if np.isnan(score) and s != target]
        if missing:
            raise TaxonomyError(f"{missing[0]} -> {target} was not measured.", "Train it; type: tk transfer")
        table[row, np.isnan(table[row])] = np.nanmax(table[row])
    logs = np.log(table)
    spread = logs.std(axis=1, keepdims=True)
    scaled = (logs - logs.mean(axis=1, keepdims=True)) / np.where(spread > 0, spread, 1.0)
    return SimilarityTree(names, linkage(scaled.T, method="ward"))
