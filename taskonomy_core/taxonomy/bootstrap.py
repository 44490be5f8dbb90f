"""How sure the affinities are: the tournaments played again on test images that are drawn with replacement."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.affinity import Affinity, affinity, by_target, edge_scores
from taskonomy_core.taxonomy.ahp import CLIP
from taskonomy_core.taxonomy.columns import LossColumn
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.tournament import compared_losses, weighted_rates

DRAWS = 1000
LEVEL = 0.95

_BYTES = 2**27  # for what grows with the resamples that are played at a time


@dataclass(frozen=True, eq=False)
class Intervals:
    """Percentile intervals, each float64 [edges, 2]: lower and upper end; NaN where there is no such score."""

    affinity: NDArray[np.float64]
    gain: NDArray[np.float64]
    quality: NDArray[np.float64]
    over_constant: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class AffinityBootstrap:
    """The scores of all transfers as measured, and from every resample of the test images.

    Attributes:
        measured: the scores from the test images themselves.
        affinities: float64 [draws, edges], in the order of `edges`.
        gains: float64 [draws, edges]; NaN where there is none.
        qualities: float64 [draws, edges]; NaN where there is none.
        over_constants: float64 [draws, edges]; NaN where there is none.
    """

    measured: Affinity
    affinities: NDArray[np.float64]
    gains: NDArray[np.float64]
    qualities: NDArray[np.float64]
    over_constants: NDArray[np.float64]

    @property
    def edges(self) -> tuple[Edge, ...]:
        """The edges as measured, sorted by target, order, sources."""
        return self.measured.edges

    @property
    def draws(self) -> int:
        """How many resamples there are."""
        return len(self.affinities)

    def draw(self, number: int) -> Affinity:
        """The scores of one resample, 0 <= number < draws; its `images` are those as measured."""
        scores = zip(
            self.affinities[number],
            self.gains[number],
            self.qualities[number],
            self.over_constants[number],
            strict=True,
        )
        edges = [
            Edge(edge.target, edge.sources, *(None if np.isnan(score) else float(score) for score in of_edge))
            for edge, of_edge in zip(self.edges, scores, strict=True)
        ]
        return Affinity(tuple(edges), self.measured.images)

    def interval(self, level: float = LEVEL) -> Intervals:
        """The middle `level` of the resampled scores of each edge: quantiles (1 - level) / 2 and (1 + level) / 2.

        Raises:
            TaxonomyError: `level` is not between 0 and 1.
        """
        if not 0 < level < 1:
            raise TaxonomyError(f"The level of an interval must lie between 0 and 1; it is {level}.", "0.95 is usual.")
        ends = ((1 - level) / 2, (1 + level) / 2)
        resampled = (self.affinities, self.gains, self.qualities, self.over_constants)
        return Intervals(*(np.quantile(scores, ends, axis=0).T for scores in resampled))


def bootstrap_affinity(
    columns: Iterable[LossColumn],
    draws: int = DRAWS,
    seed: int = 0,
    clip: float = CLIP,
    progress: Callable[[int, int], None] | None = None,
) -> AffinityBootstrap:
    """Compute the affinities of `columns` again on resamples of the test images (Efron's bootstrap).

    A resample draws as many images as there are, with replacement, from the images that any target compares (see
    `win_rates`). Targets share their images: an image that is drawn twice counts twice for all who have it, so that
    targets measured on the same images vary together. Where none of a target's images is drawn, which happens to
    targets of a handful of images alone, that target gets a resample of its own images by themselves.

    Args:
        columns: as for `affinity`.
        draws: how many resamples, at least 1.
        seed: the same seed gives the same resamples of the same images; not negative.
        clip: see `ahp`.
        progress: told (done, total) now and then; counts tournaments, draws times targets in all.

    Raises:
        TaxonomyError: as `affinity`; `draws` or `seed` is out of range.

    Time is dominated by one matrix product [draws, N] by [N, n * n / 2] per target and the eigenvectors; memory beside
    the columns and the result is about 0.2 GB, at 100 contestants and 17,000 images too.
    """
    if draws < 1:
        raise TaxonomyError(f"A bootstrap needs at least one resample; {draws} were asked for.", "1000 is usual.")
    if seed < 0:
        raise TaxonomyError(f"The seed of a bootstrap must not be negative; it is {seed}.", "Type 0 or more.")
    listed = list(columns)
    measured = affinity(listed, clip)
    targets = [compared_losses(of_target) for of_target in by_target(listed).values()]
    images = np.unique(np.concatenate([target.image_ids for target in targets]))
    own = [np.searchsorted(images, target.image_ids) for target in targets]
    shared, *alone = (np.random.default_rng(part) for part in np.random.SeedSequence(seed).spawn(1 + len(targets)))

    values = np.empty((4, draws, len(measured.edges)))
    most = max(len(target.contestants) for target in targets)
    together = max(1, _BYTES // (2 * 4 * len(images) + 4 * 8 * most**2))
    for start in range(0, draws, together):
        chunk = slice(start, min(start + together, draws))
        counts = _resamples(shared, chunk.stop - start, len(images))
        edge = 0
        for place, target in enumerate(targets):
            weights = counts[:, own[place]]
            empty = ~weights.any(axis=1)
            weights[empty] = _resamples(alone[place], int(empty.sum()), len(own[place]))
            rates = weighted_rates(target.losses, weights)
            scores = edge_scores(target.target, target.contestants, rates, clip).values
            values[:, chunk, edge : edge + scores.shape[-1]] = scores
            edge += scores.shape[-1]
            if progress is not None:
                progress(start * len(targets) + (place + 1) * (chunk.stop - start), draws * len(targets))
    return AffinityBootstrap(measured, *values)


def _resamples(random: np.random.Generator, draws: int, images: int) -> NDArray[np.float32]:
    """How often each image was drawn, float32 [draws, images]: as many as there are, with replacement."""
    counts = np.empty((draws, images), dtype=np.float32)
    for row in counts:
        row[:] = np.bincount(random.integers(images, size=images), minlength=images)
    return counts
