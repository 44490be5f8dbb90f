"""Which transfers of higher order are trained: the beam on a target's first-order results (facts 3.5).

For an order k below the beam: every combination of k out of the target's best `beam` first-order sources. For k from
the beam upwards: the single combination of its best k.

Sources are ranked by their mean test loss over the images that every first-order candidate of the target scores. That
is a number of the source alone (the images are the target's), so one more task never reshuffles the others. Win rates
would: they depend on who else takes part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from math import comb

import numpy as np

from taskonomy_core.taxonomy.columns import LossColumn, align


def rank(columns: Iterable[LossColumn]) -> tuple[str, ...]:
    """The sources of a target's first-order columns, best first; ties go by name. Errors: as of `align`."""
    aligned = align(columns)
    losses = aligned.losses  # [candidates, images]
    common = losses[:, ~np.isnan(losses).any(0)]
    means = common.mean(1) if common.size else np.zeros(len(losses))
    names = [contestant.sources[0] for contestant in aligned.contestants]
    return tuple(name for _, name in sorted(zip(means.tolist(), names, strict=True)))


def combinations_of(ranked: Sequence[str], order: int, beam: int) -> list[tuple[str, ...]]:
    """The source sets of one order >= 2, each sorted; none where there are fewer sources than that."""
    best = ranked[: beam if order < beam else order]
    if len(best) < order:
        return []
    return sorted(tuple(sorted(chosen)) for chosen in combinations(best, order))


def most_open(ranked: Sequence[str], unranked: int, order: int, beam: int, done: set[tuple[str, ...]]) -> int:
    """The most transfers of an order that could still have to be trained, while `unranked` first-order results lack.

    `ranked` are the sources whose results are there, `done` the combinations that need no training. If u of the
    unranked enter the beam, they push the worst u of the ranked out, and only combinations without them can be done.
    """
    width = beam if order < beam else order
    most = 0
    for entering in range(min(unranked, width) + 1):
        staying = ranked[: width - entering]
        size = len(staying) + entering
        kept = combinations(staying, order)
        open_kept = sum(tuple(sorted(chosen)) not in done for chosen in kept)
        most = max(most, comb(size, order) - comb(len(staying), order) + open_kept)
    return most
