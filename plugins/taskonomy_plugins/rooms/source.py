"""The data source "rooms": rendered rooms, read from the cache."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from dataclasses import fields

from torch import Tensor

from taskonomy_core.contract import SPLITS, DataRequest, Modality, Progress, no_progress
from taskonomy_core.errors import DataError
from taskonomy_plugins.rooms.cache import Render, RoomsCache, scene_number, settings, short_hash
from taskonomy_plugins.rooms.config import CAMERAS, RoomsConfig
from taskonomy_plugins.rooms.groups import groups
from taskonomy_plugins.rooms.modalities import stored_modalities

# Options of the [data] table: the renderer's settings but those that the engine gives.
OPTIONS = tuple(field.name for field in fields(RoomsConfig) if field.name not in ("image", "seed"))


class RoomsSource:
    """Rendered rooms for a DataRequest. Four images a scene; a count that is no multiple of four cuts the last scene.

    The scenes of a split are the same whatever the sizes of the splits, and no scene is in two of them. An id is
    scene * 4 + camera. DataError where the request asks for what there is not.
    """

    def __init__(self, request: DataRequest, render: Render) -> None:
        self._config = _config(request)
        self._counts = _counts(request.counts)
        self._modalities = {name: kind.modality for name, kind in stored_modalities(request.image).items()}
        scenes = {split: -(-count // CAMERAS) for split, count in self._counts.items()}
        self.cache = RoomsCache(self._config, scenes, render)

    @property
    def fingerprint(self) -> str:
        """A short hash of settings and versions: an image is the same however many others its split has."""
        return short_hash(settings(self._config))

    @property
    def modalities(self) -> Mapping[str, Modality]:
        """What can be read, by name."""
        return self._modalities

    def prepare(self, progress: Progress = no_progress, processes: int = 1) -> None:
        """Render what is not yet in the cache; `progress` counts images."""
        self.cache.prepare(progress, processes)

    def ids(self, split: str) -> Sequence[int]:
        """scene * 4 + camera of every image of a split."""
        return [
            scene_number(split, index // CAMERAS) * CAMERAS + index % CAMERAS for index in range(self._count(split))
        ]

    def groups(self, split: str, arrangement: str) -> Tensor:
        """Which images belong together, int64 [N, V]: see `groups.groups`."""
        return groups(self._count(split), arrangement)

    def read(self, split: str, indices: Tensor, modalities: Sequence[str]) -> dict[str, Tensor]:
        """Modalities of images: int64 [...] -> {name: [..., *shape]}, on the CPU."""
        for name in modalities:
            if name not in self._modalities:
                near = difflib.get_close_matches(name, self._modalities, 1)
                raise DataError(
                    f"Rooms offers no modality {name!r}" + (f"; the nearest is {near[0]!r}." if near else "."),
                    f"It offers: {', '.join(sorted(self._modalities))}.",
                )
        rows = indices.reshape(-1).tolist()
        count = self._count(split)
        if rows and not 0 <= min(rows) <= max(rows) < count:
            raise IndexError(f"indices {min(rows)}..{max(rows)} into split {split!r} of {count} images")
        found = self.cache.gather(split, rows, modalities)
        return {name: tensor.reshape((*indices.shape, *tensor.shape[1:])) for name, tensor in found.items()}

    def _count(self, split: str) -> int:
        if split not in SPLITS:
            raise DataError(f"Rooms has no split {split!r}.", f"It has: {', '.join(SPLITS)}.")
        return self._counts.get(split, 0)


def _config(request: DataRequest) -> RoomsConfig:
    """The renderer's settings of a request, or a DataError that names the wrong key."""
    for key in request.options:
        if key not in OPTIONS:
            near = difflib.get_close_matches(key, OPTIONS, 1)
            raise DataError(
                f"The data source rooms has no option {key!r}" + (f"; the nearest is {near[0]!r}." if near else "."),
                f"Its options in the [data] table of registry.toml: {', '.join(OPTIONS)}.",
            )
    config = RoomsConfig(image=request.image, seed=request.seed, **request.options)
    faults = config.faults()
    if faults:
        raise DataError(f"Rooms cannot be rendered so: {'; '.join(faults)}.", "Correct it in registry.toml.")
    return config


def _counts(asked: Mapping[str, int]) -> dict[str, int]:
    """The images of every split asked for, in the order of the splits, or a DataError that names the wrong one."""
    for split, count in asked.items():
        if split not in SPLITS:
            raise DataError(f"Rooms has no split {split!r}.", f"It has: {', '.join(SPLITS)}.")
        if not isinstance(count, int) or isinstance(count, bool) or count < CAMERAS:
            raise DataError(
                f"Rooms cannot give {count!r} images for split {split}: a scene has {CAMERAS} images, so that is the "
                "least.",
                f"Ask for {CAMERAS} images or more; multiples of {CAMERAS} use every scene whole.",
            )
    return {split: asked[split] for split in SPLITS if split in asked}
