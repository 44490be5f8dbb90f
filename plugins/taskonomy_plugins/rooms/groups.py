"""Which images of a split belong together: pairs, triplets and matches of the cameras of a scene.

Cameras 0, 1 and 2 fixate one point; camera 3 looks elsewhere in the same room. Rows are made in rounds: every round
goes through all scenes once, so that the first N rows show as many scenes as they can.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from taskonomy_core.contract import ARRANGEMENTS, seed_of
from taskonomy_core.errors import DataError
from taskonomy_plugins.rooms.config import CAMERAS

# In this order, the first three of each list put every camera into every role.
FIXATED = ((0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2))
NONFIXATED = ((0, 3), (3, 1), (2, 3), (3, 0), (1, 3), (3, 2))
TRIPLETS = ((0, 1, 2), (1, 2, 0), (2, 0, 1), (1, 0, 2), (0, 2, 1), (2, 1, 0))


def groups(images: int, arrangement: str) -> Tensor:
    """int64 [N, V] of indices below `images`, which are in (scene, camera) order; an incomplete scene joins no group.

    "matched_pairs" alternates a fixated pair (one point) with a pair of two points: by turns two cameras of one scene,
    or of two scenes.
    """
    scenes = images // CAMERAS
    if arrangement == "single":
        return torch.arange(images)[:, None]
    if arrangement == "fixated_pairs":
        return _rounds(scenes, FIXATED)
    if arrangement == "nonfixated_pairs":
        return _rounds(scenes, NONFIXATED)
    if arrangement == "triplets":
        return _rounds(scenes, TRIPLETS)
    if arrangement == "matched_pairs":
        matching = _rounds(scenes, FIXATED)
        return torch.stack([matching, _others(scenes)], dim=1).reshape(-1, 2)
    raise DataError(
        f"Rooms knows no arrangement {arrangement!r} of images.", f"It knows: {', '.join(sorted(ARRANGEMENTS))}."
    )


def _rounds(scenes: int, cameras: Sequence[Sequence[int]]) -> Tensor:
    """In round r scene s shows cameras[(r + s) % len]: over all rounds each scene shows every combination once."""
    table = torch.tensor(cameras)
    scene = torch.arange(scenes)
    rounds = [scene[:, None] * CAMERAS + table[(scene + turn) % len(table)] for turn in range(len(table))]
    return torch.cat(rounds)


def _others(scenes: int) -> Tensor:
    """As many pairs of different points as there are fixated pairs."""
    pairs = _rounds(scenes, NONFIXATED)
    if scenes < 2:
        return pairs
    # Every second pair looks into another scene instead, the same camera of a scene drawn by hash.
    for row in range(0, len(pairs), 2):
        scene = int(pairs[row, 1]) // CAMERAS
        step = 1 + seed_of("other scene", row) % (scenes - 1)
        pairs[row, 1] += ((scene + step) % scenes - scene) * CAMERAS
    return pairs
