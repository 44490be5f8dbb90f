"""What a data source gives to a task (Views) and what a task makes of it (Example)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Views:
    """A batch of groups of images with their modalities, on one device.

    `modalities` maps a name to a tensor [B, V, ...], V images per group (1 for single-image tasks). Images and maps
    are channels first: rgb is float32 [B, V, 3, H, W] in [0, 1]. The modalities present are the task's `needs` and rgb.
    """

    modalities: Mapping[str, Tensor]

    def __getitem__(self, name: str) -> Tensor:
        """The modality of all views, [B, V, ...]."""
        return self.modalities[name]

    def only(self, name: str) -> Tensor:
        """The modality of the one view of a single-image task, [B, ...]."""
        tensor = self.modalities[name]
        if tensor.shape[1] != 1:
            raise ValueError(f"{name} has {tensor.shape[1]} views, not one")
        return tensor[:, 0]

    def images(self) -> Tensor:
        """The plain network input: rgb on the [-1, 1] scale, [B, V, 3, H, W] (facts 1.2)."""
        return self.modalities["rgb"] * 2.0 - 1.0

    def __len__(self) -> int:
        return len(self.modalities["rgb"])


@dataclass(frozen=True)
class Example:
    """A batch of what one task learns from.

    Attributes:
        inputs: pictures that the encoder will see, float32 [B, V, 3, h, w] on the [-1, 1] scale. V may differ from the
            views taken from the data source (jigsaw cuts one image into 9 tiles).
        target: whatever the task's own loss reads, first axis B.
        mask: bool, what is scored: [B] (images) or [B, 1, h, w] (pixels). Left out, everything is scored. An image
            whose mask is all False has no label: its loss is NaN and no tournament counts it.
    """

    inputs: Tensor
    target: Tensor
    mask: Tensor | None = None

    @property
    def scored(self) -> Tensor:
        """The mask, never missing: bool [B] or [B, 1, h, w]."""
        if self.mask is not None:
            return self.mask
        return torch.ones(len(self.inputs), dtype=torch.bool, device=self.inputs.device)

    @property
    def labelled(self) -> Tensor:
        """Which images have anything to score, bool [B]."""
        return self.scored.flatten(1).any(1) if self.scored.ndim > 1 else self.scored

    def __len__(self) -> int:
        return len(self.inputs)
