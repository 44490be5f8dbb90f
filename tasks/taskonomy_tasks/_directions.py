"""What the tasks on directions share: the angle between two."""

import torch
from torch import Tensor


def angle_between(first: Tensor, second: Tensor) -> Tensor:
    """The angle between two vectors of any length, in degrees: [..., 3] -> [...]; 90 where one has no direction."""
    across = torch.linalg.vector_norm(torch.linalg.cross(first, second), dim=-1)
    # atan2 of sine and cosine is exact at small angles, where arccos is not, and needs no unit length. The tiny addend
    # makes a prediction without direction 90 degrees wrong instead of right.
    return torch.rad2deg(torch.atan2(across + 1e-12, (first * second).sum(-1)))
