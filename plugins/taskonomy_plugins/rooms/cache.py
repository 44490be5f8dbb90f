"""The rendered rooms on disk: rendered once per configuration, shared by every size of the splits and every process.

    <cache>/rooms/<key>/about.json                  what was rendered, for people
    <cache>/rooms/<key>/train-00000-8.safetensors   8 scenes of `train` from its scene 0 on

<cache> is the user's cache directory, or what TASKONOMY_CACHE names. The key is a hash of the renderer's settings and
versions, without the sizes of the splits: a larger split only adds shards.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import platformdirs
import torch
from numpy.typing import NDArray
from torch import Tensor

from taskonomy_core.contract import SPLITS, Progress, no_progress
from taskonomy_core.errors import DataError
from taskonomy_plugins.rooms.config import CAMERAS, RENDER_VERSION, RoomsConfig
from taskonomy_plugins.rooms.labels import LABEL_VERSION, computed_labels
from taskonomy_plugins.rooms.locking import held
from taskonomy_plugins.rooms.modalities import stored_modalities
from taskonomy_plugins.rooms.pool import spread
from taskonomy_plugins.rooms.shards import DamagedShardError, Shard, write_shard, write_whole

STORE_VERSION = 1
SCENES_PER_SHARD = 8
LOCATION = "TASKONOMY_CACHE"

Render = Callable[[RoomsConfig, Sequence[int]], dict[str, Tensor]]

_log = logging.getLogger(__name__)


def short_hash(facts: Mapping[str, Any]) -> str:
    """16 hexadecimal digits that stand for plain data."""
    return hashlib.blake2b(json.dumps(facts, sort_keys=True).encode(), digest_size=8).hexdigest()


def cache_root() -> Path:
    """Where every rendered configuration lies."""
    chosen = os.environ.get(LOCATION)
    return (Path(chosen) if chosen else platformdirs.user_cache_path("taskonomy")) / "rooms"


def settings(config: RoomsConfig) -> dict[str, Any]:
    """All that determines the bytes of a scene, as plain data."""
    versions = {"render_version": RENDER_VERSION, "label_version": LABEL_VERSION, "store_version": STORE_VERSION}
    return versions | asdict(config)


def scene_number(split: str, place: int) -> int:
    """The scene at a place of a split: the splits take turns, so they never share one and never depend on a size."""
    return place * len(SPLITS) + SPLITS.index(split)


@dataclass(frozen=True)
class SceneRun:
    """What one shard holds: `scenes` scenes of a split, from its place `first` on."""

    split: str
    first: int
    scenes: int

    @property
    def file(self) -> str:
        """Name of its file."""
        return f"{self.split}-{self.first:05}-{self.scenes}.safetensors"

    @property
    def images(self) -> int:
        """How many images it holds."""
        return self.scenes * CAMERAS


def scene_runs(split: str, scenes: int) -> Iterator[SceneRun]:
    """The shards of the first `scenes` scenes of a split."""
    for first in range(0, scenes, SCENES_PER_SHARD):
        yield SceneRun(split, first, min(SCENES_PER_SHARD, scenes - first))


@contextmanager
def _one_thread() -> Iterator[None]:
    """Torch on one thread: sums over several may round in another way, and processes are what uses the cores here."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


def render_run(order: tuple[Render, RoomsConfig, Path, SceneRun]) -> int:
    """Render, label and store one shard; returns its images. Runs in a worker process."""
    render, config, folder, run = order
    stored = stored_modalities(config.image)
    rows: dict[str, list[NDArray[Any]]] = {name: [] for name in stored}
    with torch.inference_mode(), _one_thread():
        for place in range(run.first, run.first + run.scenes):
            # One scene at a time: batches of another size may round in another way, and a scene must have the same
            # bytes in whichever shard it lies.
            scene = scene_number(run.split, place)
            maps = render(config, [scene])
            maps = maps | computed_labels(maps)
            try:
                for name, kind in stored.items():
                    rows[name].append(kind.pack(maps[name]))
            except ValueError as error:
                error.add_note(f"in scene {scene} of {config}")
                raise
    write_shard(folder / run.file, {name: np.concatenate(parts) for name, parts in rows.items()})
    return run.images


class RoomsCache:
    """The rendered scenes of one configuration, `scenes` of each split. `render` must be importable by workers."""

    def __init__(self, config: RoomsConfig, scenes: Mapping[str, int], render: Render) -> None:
        self.config = config
        self.folder = cache_root() / short_hash(settings(config))
        self._render = render
        self._runs = {split: list(scene_runs(split, count)) for split, count in scenes.items()}
        self._shards: dict[SceneRun, Shard] = {}

    def prepare(self, progress: Progress = no_progress, processes: int = 1) -> None:
        """Check every shard, once per process, and render those that are missing or damaged."""
        wanted = [run for listed in self._runs.values() for run in listed]
        total = sum(run.images for run in wanted)
        missing, checked = [], 0
        for run in wanted:
            if self._is_whole(run):
                checked += run.images
                progress(checked, total, "rooms")
            else:
                missing.append(run)
        if missing:
            write_whole(self.folder / "about.json", json.dumps(settings(self.config), indent=2).encode())
            with held(self.folder / "lock", lambda: progress(0, total, "rooms, which another process renders")):
                self._render_missing(missing, total, progress, processes)

    def _render_missing(self, missing: Sequence[SceneRun], total: int, progress: Progress, processes: int) -> None:
        # Whoever held the lock before may have rendered them; and what a killed writer began, nobody will end.
        missing = [run for run in missing if not self._is_whole(run)]
        for leftover in self.folder.glob(".*.tmp"):
            # Where nothing is locked (Windows), a file that is being written refuses.
            with suppress(PermissionError):
                leftover.unlink(missing_ok=True)
        for run in missing:
            if (self.folder / run.file).exists():
                _log.warning("%s is damaged and is rendered again.", self.folder / run.file)
        done = total - sum(run.images for run in missing)
        progress(done, total, "rooms")
        orders = [(self._render, self.config, self.folder, run) for run in missing]
        for images in spread(render_run, orders, processes):
            done += images
            progress(done, total, "rooms")
        for run in missing:
            self._shards[run] = self._open(run)

    def verify(self) -> list[str]:
        """The names of shards that are missing or differ from their checksums, every byte read again."""
        self._shards.clear()
        return [run.file for listed in self._runs.values() for run in listed if not self._is_whole(run)]

    def _is_whole(self, run: SceneRun) -> bool:
        if run not in self._shards:
            try:
                self._shards[run] = self._open(run)
            except (OSError, DamagedShardError):
                return False
        return True

    def _open(self, run: SceneRun) -> Shard:
        shard = Shard(self.folder / run.file)
        shard.check()
        return shard

    def shard(self, split: str, number: int) -> Shard:
        """The shard of a split by number, checked when this process first opens it."""
        run = self._runs[split][number]
        if run not in self._shards:
            path = self.folder / run.file
            again = "Type the command again: what is missing is rendered first."
            try:
                self._shards[run] = self._open(run)
            except OSError as error:
                reason = error.strerror
                raise DataError(f"A file of the rooms cache cannot be read: {path} ({reason}).", again) from error
            except DamagedShardError as error:
                raise DataError(f"A file of the rooms cache is damaged: {path}.", again) from error
        return self._shards[run]

    def gather(self, split: str, rows: Sequence[int], names: Sequence[str]) -> dict[str, Tensor]:
        """Images of a split by index: {name: [len(rows), *shape]} in the types of the contract."""
        per_shard = SCENES_PER_SHARD * CAMERAS
        stored = stored_modalities(self.config.image)
        found = {name: np.empty((len(rows), *stored[name].modality.shape), stored[name].disk) for name in names}
        for place, row in enumerate(rows):
            arrays = self.shard(split, row // per_shard).arrays
            for name, target in found.items():
                target[place] = arrays[name][row % per_shard]
        return {name: stored[name].unpack(array) for name, array in found.items()}
