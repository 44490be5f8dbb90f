"""What a rendered room is made from: the class names, the number of cameras and the renderer's settings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

# Raised whenever the same (config, scene) would give other bytes; caches carry it.
RENDER_VERSION = 2

# Cameras per scene: 0, 1 and 2 fixate one and the same surface point (a triplet); 3 looks elsewhere in the same room,
# but sees a part of what camera 0 sees.
CAMERAS = 4

FURNITURE: tuple[str, ...] = (
    "bed",
    "chair",
    "sofa",
    "table",
    "desk",
    "bookcase",
    "cabinet",
    "wardrobe",
    "lamp",
    "plant",
    "tv",
    "fridge",
    "stove",
    "sink",
    "toilet",
    "bathtub",
)

ROOM_TYPES: tuple[str, ...] = ("bedroom", "living_room", "kitchen", "bathroom", "office", "dining_room")


@dataclass(frozen=True)
class RoomsConfig:
    """The renderer's settings; together with a scene's number they determine every byte of it.

    Attributes:
        image: side of the square pictures, pixels.
        seed: of all random choices.
        antialias: colour samples per side of a pixel; a pixel's colour is the mean of antialias^2 samples.
        field_of_view: full angle of the pictures, degrees (facts/taskonomy.md 8.1: mean 61.2).
    """

    image: int = 64
    seed: int = 0
    antialias: int = 2
    field_of_view: int = 62

    def faults(self) -> tuple[str, ...]:
        """Everything wrong with the settings, in words; empty where all is well."""
        return tuple(self._faults())

    def _faults(self) -> Iterator[str]:
        limits = {"image": (8, 2048), "seed": (0, 2**63 - 1), "antialias": (1, 8), "field_of_view": (30, 100)}
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
                yield f"{name} is {value!r}, not a whole number from {low} to {high}"
