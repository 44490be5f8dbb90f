"""What rooms offers: shape and meaning of every modality, and the compact type in which it lies on disk."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from taskonomy_core.contract import Modality
from taskonomy_plugins.rooms.config import FURNITURE, ROOM_TYPES

_FRAME = "camera frame: x right, y up, z backwards"
_CLASSES = ", ".join(f"{number} {name}" for number, name in enumerate(("background", *FURNITURE), start=1))

# Name, channels, NumPy type on disk, meaning. Depths keep 32 bits, for a tenth of a millimetre, and keypoints, for
# responses near 0; half precision (3 digits) does for all else.
_MAPS = (
    ("rgb", 3, "u1", "picture, 0 to 1"),
    ("depth_euclidean", 1, "f4", "distance to the optical centre, m"),
    ("depth_zbuffer", 1, "f4", "distance to the camera plane, m"),
    ("mask_valid", 1, "?", "True where a surface with a depth is seen"),
    ("normal", 3, "f2", f"unit surface normal, {_FRAME}"),
    ("principal_curvature", 2, "f2", "k1, k2 with |k1| >= |k2|, 1/m, convex positive"),
    ("reshading", 1, "f2", "shading by a point light at the camera, 0 to 1"),
    ("edge_texture", 1, "f2", "gradient of the smoothed grey picture, grey levels (0 to 1) per pixel"),
    ("edge_occlusion", 1, "f2", "gradient of smoothed sqrt(depth), sqrt(m) per pixel"),
    ("keypoints2d", 1, "f4", "determinant-of-Hessian response of the grey picture, at least 0"),
    ("keypoints3d", 1, "f4", "NARF-like response of corners of surfaces, at least 0"),
    ("segment_semantic", 1, "u1", f"0 uncertain, {_CLASSES}"),
    ("segment_unsup2d", 1, "u2", "ids of patches of one colour"),
    ("segment_unsup25d", 1, "u2", "ids of surfaces"),
)
_FIGURES = (
    (
        "class_object",
        (len(FURNITURE),),
        "f4",
        f"softened share of visible pixels, sums to 1, all 0 where no furniture is seen: {', '.join(FURNITURE)}",
    ),
    ("class_scene", (len(ROOM_TYPES),), "f4", f"one-hot room type: {', '.join(ROOM_TYPES)}"),
    ("vanishing_points", (9,), "f4", f"unit directions of the room's three axes, {_FRAME}"),
    ("room_layout", (9,), "f4", f"box of the room: centre (m), Euler angles, scales (m), {_FRAME}"),
    ("camera_pose", (4, 4), "f4", "camera-to-world transform, m, world z up"),
    ("center_point", (3,), "f4", "world point seen at the centre of the picture, m"),
    ("scene", (), "i8", "number of the scene"),
)


@dataclass(frozen=True)
class Stored:
    """A modality with the NumPy type `disk` that it is stored as; rgb is stored as 0..255, all else as it is."""

    modality: Modality
    disk: str

    @property
    def unit(self) -> float:
        """What numbers are multiplied with before they are stored."""
        return 255.0 if self.modality.name == "rgb" else 1.0

    @property
    def read(self) -> torch.dtype:
        """The type that readers get: float32 for pictures and measures, int64 for ids, bool for masks."""
        if self.disk == "?":
            return torch.bool
        return torch.float32 if self.unit != 1.0 or self.disk.startswith("f") else torch.int64

    def pack(self, values: Tensor) -> NDArray[np.generic]:
        """The stored form of a batch [N, *shape] as it comes from the renderer; ValueError where that has a bug."""
        exact = values.detach().cpu()
        if exact.is_floating_point() and not exact.isfinite().all():
            raise ValueError(f"{self.modality.name} has values that are not finite")
        if self.unit != 1.0:
            exact = (exact * self.unit).round()
        packed = np.ascontiguousarray(exact.numpy().astype(self.disk))
        if packed.shape[1:] != self.modality.shape:
            raise ValueError(f"{self.modality.name} has shape {packed.shape[1:]}, not {self.modality.shape}")
        return packed

    def unpack(self, stored: NDArray[np.generic]) -> Tensor:
        """What readers get: the inverse of `pack` up to the precision of the stored type."""
        values = torch.from_numpy(stored).to(self.read)
        return values if self.unit == 1.0 else values.div_(self.unit)


def stored_modalities(image: int) -> dict[str, Stored]:
    """Every modality for pictures of side `image`, by name."""
    rows = [(name, (channels, image, image), disk, meaning) for name, channels, disk, meaning in _MAPS]
    return {name: Stored(Modality(name, shape, meaning), disk) for name, shape, disk, meaning in (*rows, *_FIGURES)}
