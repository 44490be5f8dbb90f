"""What training leaves behind: plain values that the ledger can store and that need no torch to be read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.errors import JobError

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Outcome:
    """The result of one job.

    Attributes:
        image_ids: int64 [N], the test examples, by the stable id of their first image and their place among those.
        losses: float64 [N], the test loss of each; NaN where the image has no label. Both empty for an untrained one.
        state: the trained weights by name ("encoder.*", "readout.*", "decoder.*", "constant").
        metrics: what people quote, by "NAME (UNIT)".
        seconds: processor time of this process spent on this job alone.
    """

    image_ids: NDArray[np.int64]
    losses: NDArray[np.float64]
    state: Mapping[str, Tensor]
    metrics: Mapping[str, float] = field(default_factory=dict)
    seconds: float = 0.0


class Trainer(Protocol):
    """What the ledger's runner asks of the learning room. A JobError fails that job alone."""

    def network(self, task: str) -> Outcome:
        """Train a task's own encoder and decoder on `train`; the losses are the `self` column."""
        ...

    def constant(self, task: str) -> Outcome:
        """The best output that ignores the image, fitted on `transfer`."""
        ...

    def scratch(self, target: str) -> Outcome:
        """Train the target's network from pixels on `transfer`: the baseline of gain."""
        ...

    def transfers(self, target: str, candidates: Sequence[tuple[str, ...]]) -> Sequence[Outcome | JobError]:
        """Train one readout per candidate source set, all over the same batches; one answer each, in order."""
        ...
