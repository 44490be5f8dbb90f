from __future__ import annotations

import pytest

from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.edges import Edge


@pytest.fixture
def scores():
    """Two targets that are sources, one source alone; `depth` serves `normals` better than its own network."""
    return Affinity(
        (
            Edge("normals", (), 0.3, 0.9, 0.5),
            Edge("normals", ("depth",), 0.4, 0.91, 0.55),
            Edge("normals", ("jigsaw",), 0.1, 0.6, 0.2),
            Edge("depth", (), 0.6, 0.8, 0.5),
            Edge("depth", ("jigsaw",), 0.1, 0.25, None),
            Edge("depth", ("jigsaw", "normals"), 0.3, 0.7, 0.4),
        ),
        {},
    )
