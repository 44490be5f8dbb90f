from __future__ import annotations

import os
import sys
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.published import published_affinity

sys.path.insert(0, str(Path(__file__).parent))


@pytest.fixture(scope="session")
def published_folder():
    """The authors' measurements, which are not ours to hand on."""
    beside = Path(__file__).parents[3].parent / "shared" / "published"
    folder = Path(os.environ.get("TASKONOMY_PUBLISHED", beside))
    if not (folder / "all_affinities_16k.pkl").exists():
        pytest.skip(f"the authors' measurements are not here: {folder}; set TASKONOMY_PUBLISHED")
    return folder


@pytest.fixture(scope="session")
def published(published_folder):
    return published_affinity(published_folder)


@pytest.fixture(scope="session")
def random_affinity():
    """Makes seeded scores; with `levels`, they take few values, so that many taxonomies tie."""

    def make(seed, targets=4, extra_sources=2, max_order=2, levels=None, density=0.7):
        draws = np.random.default_rng(seed)
        names = [f"t{n}" for n in range(targets)]
        sources = names + [f"s{n}" for n in range(extra_sources)]

        def score():
            return float(draws.integers(1, levels + 1)) / (levels + 1) if levels else float(draws.uniform(0.001, 0.999))

        edges = [Edge(name, (), score(), score(), 0.5) for name in names]
        for name in names:
            for order in range(1, max_order + 1):
                for combination in combinations([s for s in sources if s != name], order):
                    if draws.uniform() < density:
                        edges.append(Edge(name, tuple(sorted(combination)), score(), score(), score()))
        return Affinity(tuple(edges), {})

    return make
