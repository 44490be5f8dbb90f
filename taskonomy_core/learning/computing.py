"""Where and how precisely to compute: device, autocast type, memory format."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from typing import TypeVar

import torch
from torch import Tensor, nn

from taskonomy_core.errors import TaskonomyError

DTYPES = {"float32": torch.float32, "float16": torch.float16, "bfloat16": torch.bfloat16}
M = TypeVar("M", bound=nn.Module)


@dataclass(frozen=True)
class Computing:
    """One device and the type in which convolutions and matrix products run on it.

    Weights, normalisation statistics and losses stay float32 whatever the type.
    """

    device: torch.device
    dtype: torch.dtype = torch.float32

    @staticmethod
    def of(device: str, precision: str) -> Computing:
        """Resolve the names of the command line and of the recipe; precision "auto" asks the hardware.

        Errors: TaskonomyError where the device is unknown or not there.
        """
        try:
            chosen = torch.device(device)
        except RuntimeError:
            chosen = None
        if chosen is None or chosen.type not in ("cpu", "cuda"):
            raise TaskonomyError(f"There is no device {device!r}; taskonomy knows cpu and cuda.", "Type: --device cpu")
        if chosen.type == "cuda" and not torch.cuda.is_available():
            raise TaskonomyError("This machine offers torch no CUDA device.", "Type: --device cpu")
        if precision == "auto":
            precision = "bfloat16" if _gains_from_bfloat16(chosen) else "float32"
        return Computing(chosen, DTYPES[precision])

    def autocast(self) -> AbstractContextManager[object]:
        """The context in which networks run forwards."""
        if self.dtype is torch.float32:
            return nullcontext()
        return torch.autocast(self.device.type, dtype=self.dtype)

    def place(self, module: M) -> M:
        """Move a network here, its convolutions in channels-last order."""
        return module.to(device=self.device, memory_format=torch.channels_last)  # type: ignore[call-overload, no-any-return]

    def move(self, tensor: Tensor) -> Tensor:
        """Move a tensor here."""
        return tensor.to(self.device, non_blocking=True)


def _gains_from_bfloat16(device: torch.device) -> bool:
    """Whether bfloat16 is native: on the others it is emulated, and several times slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    # torch has no public question for this on a CPU; a torch without the private one just runs float32.
    asked = [getattr(torch.cpu, name, None) for name in ("_is_avx512_bf16_supported", "_is_amx_tile_supported")]
    return any(ask() for ask in asked if ask is not None)
