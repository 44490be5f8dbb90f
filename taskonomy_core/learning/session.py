"""Opens a trainer for a project: the door through which the ledger's runner enters the learning room."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from taskonomy_core.contract import DataSource, EncoderKind, Task
from taskonomy_core.learning.computing import Computing
from taskonomy_core.learning.recipe import Recipe
from taskonomy_core.learning.trainer import LocalTrainer

if TYPE_CHECKING:
    from taskonomy_core.registry.roster import Roster


def open_trainer(
    roster: Roster,
    recipe: Recipe,
    tasks: Mapping[str, Task],
    data: DataSource,
    encoder: EncoderKind,
    device: str,
    cache: Path,
    network_state: Callable[[str], Mapping[str, Tensor]],
    network_key: Callable[[str], str],
) -> LocalTrainer:
    """A trainer in this process. On a CPU it keeps to one thread: processes, not threads, use the other cores."""
    computing = Computing.of(device, recipe.precision)
    if computing.device.type == "cpu":
        torch.set_num_threads(1)
    else:
        # The same seed must give the same result; convolution algorithms chosen by timing do not.
        torch.backends.cudnn.benchmark = False
        torch.backends.cudnn.deterministic = True
    return LocalTrainer(tasks, recipe, data, encoder, roster.seed, computing, cache, network_state, network_key)
