"""Tournament, AHP and bootstrap against the ways that one would write first, in one run and on the same losses.

    python benchmarks/affinity.py [CONTESTANTS IMAGES DRAWS]    (default: 100 17000 1000, the paper's test split)

* tournament: `win_rates` on loss columns (checking and aligning them is part of it) against a double loop over pairs
  of rows in numpy, with `np.mean` as one would write it, and with `np.count_nonzero`;
* AHP: `ahp` against numpy.linalg.eig on the ratio matrix, and against power iteration in Python lists;
* bootstrap: `bootstrap_affinity` against a loop that plays each resample by `win_rates` and `ahp` on repeated columns
  (which it has to make), and against one that plays them by the counting loop and eig on bare arrays; both timed on a
  few resamples and scaled to all.

The losses are seeded: every contestant has a skill, every image its luck; on one image of ten they are rounded to one
decimal, so that many tie.
Numbers are checked against each other. Set OMP_NUM_THREADS=1 for one core.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.taxonomy.ahp import CLIP, ahp
from taskonomy_core.taxonomy.bootstrap import bootstrap_affinity
from taskonomy_core.taxonomy.columns import LossColumn
from taskonomy_core.taxonomy.tournament import win_rates

FEW = 5  # resamples that the loop is timed on

Rates = NDArray[np.float64]
T = TypeVar("T")


def made_up(contestants: int, images: int) -> Rates:
    random = np.random.default_rng(0)
    skill, luck = random.normal(size=(contestants, 1)), random.normal(size=images)
    losses = np.exp(skill + luck + random.normal(size=(contestants, images)))
    losses[:, ::10] = losses[:, ::10].round(1)
    return losses


def columns_of(losses: Rates) -> list[LossColumn]:
    ids = np.arange(losses.shape[1])
    own = LossColumn.of_reference("t", "self", ids, losses[0])
    return [own] + [LossColumn.transfer("t", [f"s{n:03}"], ids, row) for n, row in enumerate(losses[1:])]


def double_loop(losses: Rates) -> Rates:
    rates = np.zeros((len(losses), len(losses)))
    for i, own in enumerate(losses):
        for j, other in enumerate(losses):
            rates[i, j] = np.mean(own < other)
    return rates


def counting_loop(losses: Rates) -> Rates:
    wins = [[np.count_nonzero(own < other) for other in losses] for own in losses]
    return np.array(wins) / losses.shape[1]


def by_eig(rates: Rates) -> Rates:
    clipped = rates.clip(CLIP, 1 - CLIP)
    values, vectors = np.linalg.eig(clipped / clipped.T)
    principal: Rates = vectors[:, values.real.argmax()].real
    return principal / principal.sum()


def by_lists(rates: Rates) -> Rates:
    clipped = [[min(max(rate, CLIP), 1 - CLIP) for rate in row] for row in rates.tolist()]
    places = range(len(clipped))
    ratios = [[clipped[i][j] / clipped[j][i] for j in places] for i in places]
    vector, before = [1 / len(places)] * len(places), [0.0] * len(places)
    while max(abs(a - b) for a, b in zip(vector, before, strict=True)) > 1e-12:
        image = [sum(a * b for a, b in zip(row, vector, strict=True)) for row in ratios]
        vector, before = [each / sum(image) for each in image], vector
    return np.array(vector)


def resample_loop(losses: Rates, weigh: Callable[[Rates], Rates]) -> Rates:
    random, images = np.random.default_rng(1), losses.shape[1]
    return np.stack([weigh(losses.take(random.integers(images, size=images), axis=1)) for _ in range(FEW)])


def timed(work: Callable[[], T], runs: int = 3) -> tuple[float, T]:
    """(seconds of the fastest run, what it gave)."""
    best = float("inf")
    for _ in range(runs):
        started = time.perf_counter()
        result = work()
        best = min(best, time.perf_counter() - started)
    return best, result


def line(what: str, plain: float, ours: float) -> None:
    print(f"{what:52}{plain:11.4f} s{ours:10.4f} s{plain / ours:8.1f}x")


def main() -> None:
    contestants, images, draws = map(int, sys.argv[1:4]) if len(sys.argv) > 3 else (100, 17_000, 1000)
    losses = made_up(contestants, images)
    columns = columns_of(losses)
    print(f"1 target, {contestants} contestants, {images} images")
    print(f"{'':52}{'plain':>13}{'ours':>12}{'ratio':>9}")
    plain, expected = timed(lambda: double_loop(losses))
    ours, rates = timed(lambda: win_rates(columns).matrix)
    assert np.array_equal(rates, expected), "the tournaments disagree"
    counting, counted = timed(lambda: counting_loop(losses))
    assert np.array_equal(rates, counted), "the tournaments disagree"
    line("tournament: double loop over pairs", plain, ours)
    line("tournament: the same with count_nonzero", counting, ours)
    weighing, weights = timed(lambda: ahp(rates))
    eigen, vector = timed(lambda: by_eig(rates))
    lists, slow = timed(lambda: by_lists(rates))
    assert np.allclose(weights, [vector, slow], rtol=0, atol=1e-9), "the vectors disagree"
    line("AHP: numpy.linalg.eig", eigen, weighing)
    line("AHP: power iteration in Python lists", lists, weighing)
    line("tournament + AHP: double loop, eig", plain + eigen, ours + weighing)
    vectorised, found = timed(lambda: bootstrap_affinity(columns, draws), runs=1)
    ways = {
        "win_rates, ahp": lambda resample: ahp(win_rates(columns_of(resample)).matrix),
        "counting, eig": lambda resample: by_eig(counting_loop(resample)),
    }
    for name, weigh in ways.items():
        looped, some = timed(partial(resample_loop, losses, weigh), runs=1)
        off = np.abs(some.mean(axis=0) - found.affinities.mean(axis=0))
        assert (off < 6 * found.affinities.std(axis=0) + 1e-9).all(), "the bootstraps disagree"
        line(f"bootstrap of {draws}: {name} (scaled from {FEW})", looped / FEW * draws, vectorised)


if __name__ == "__main__":
    main()
