"""Random numbers that belong to one example, not to a batch.

Noise, crops and sampled pixels must be the same for an image whether it stands alone or in a batch, on a CPU or on a
GPU, in this process or in the next. A torch.Generator cannot promise that, so every draw is a hash of (the example's
seed, the name of the stream, the position), as counter-based generators do it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

_MASK = 0xFFFFFFFF


def _mix(bits: Tensor) -> Tensor:
    """A bijective mixing of 32-bit words held in int64 (xor-shift-multiply)."""
    bits = ((bits ^ (bits >> 16)) * 0x7FEB352D) & _MASK
    bits = ((bits ^ (bits >> 15)) * 0x846CA68B) & _MASK
    return bits ^ (bits >> 16)


def seed_of(*parts: object) -> int:
    """A seed in [0, 2**32) from any parts that print the same everywhere (strings, integers, tuples of them)."""
    digest = hashlib.blake2b("\x1f".join(map(str, parts)).encode(), digest_size=4).digest()
    return int.from_bytes(digest, "little")


@dataclass(frozen=True)
class Draws:
    """A source of per-example randomness. `seeds` is int64 [B]; every method returns a tensor whose first axis is B.

    Draws of different `stream` names are independent; the same name gives the same numbers again.
    """

    seeds: Tensor

    @staticmethod
    def of(seed: int, ids: Sequence[int] | Tensor, device: torch.device | str = "cpu") -> Draws:
        """The draws of the examples with these integer ids [B] under one seed."""
        keys = torch.as_tensor(ids, dtype=torch.int64, device=device)
        return Draws(_mix((keys & _MASK) ^ _mix((keys >> 32 & _MASK) ^ seed_of("draws", seed))))

    def __len__(self) -> int:
        return len(self.seeds)

    def bits(self, *shape: int, stream: str = "") -> Tensor:
        """Uniform integers in [0, 2**32), int64 [B, *shape]."""
        count = 1
        for side in shape:
            count *= side
        position = _mix(torch.arange(count, dtype=torch.int64, device=self.seeds.device) ^ seed_of("stream", stream))
        mixed = _mix(_mix(self.seeds[:, None] ^ position) ^ (position * 0x9E3779B1 & _MASK))
        return mixed.reshape(len(self.seeds), *shape)

    def uniform(self, *shape: int, stream: str = "") -> Tensor:
        """Uniform numbers in [0, 1), float32 [B, *shape]."""
        return (self.bits(*shape, stream=stream) >> 8).to(torch.float32) * 2.0**-24

    def normal(self, *shape: int, stream: str = "") -> Tensor:
        """Standard normal numbers, float32 [B, *shape] (Box-Muller)."""
        radius = (-2.0 * torch.log1p(-self.uniform(*shape, stream=stream + "/radius"))).sqrt()
        return radius * torch.cos(2.0 * torch.pi * self.uniform(*shape, stream=stream + "/angle"))

    def integers(self, high: int, *shape: int, stream: str = "") -> Tensor:
        """Uniform integers in [0, high), int64 [B, *shape]; high at most 2**31."""
        return self.bits(*shape, stream=stream) * high >> 32

    def permutation(self, size: int, stream: str = "") -> Tensor:
        """A random order of 0..size-1 for each example, int64 [B, size]."""
        return self.bits(size, stream=stream).argsort(dim=1, stable=True)
