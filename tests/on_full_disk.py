"""Fills a small disk and does something there again and again, with ever more room; what each try said, as JSON.

Each try is a process of its own, as a command is.

`python on_full_disk.py SCENARIO DISK WORK`: DISK is the small disk, WORK a folder on another one. With a fourth word,
the disk is left as empty as it is.
"""

from __future__ import annotations

import errno
import json
import os
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

ROOM = 2**14  # bytes that are freed after each try
TRIES = 400


class SmallDisk:
    """A disk whose free room is held by a file of ballast."""

    def __init__(self, folder: Path) -> None:
        self.ballast = folder / "ballast"
        if len(sys.argv) > 4:
            self.ballast.touch()
            return
        with self.ballast.open("wb", buffering=0) as file:
            try:
                while True:
                    file.write(bytes(4096))
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def free(self, room: int) -> None:
        os.truncate(self.ballast, max(self.ballast.stat().st_size - room, 0))


def tried(act: Callable[[], None]) -> dict[str, str]:
    """One try in a process of its own: {} where it went well, else its sentence and hint, or the name of the bug."""
    from taskonomy_core.errors import TaskonomyError

    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        said: dict[str, str] = {}
        try:
            act()
        except TaskonomyError as error:
            said = {"message": error.message, "hint": error.hint}
        except BaseException as error:
            said = {"bug": repr(error)}
        os.write(write, json.dumps(said).encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        text = pipe.read()
    assert os.waitpid(pid, 0)[1] == 0
    answer: dict[str, str] = json.loads(text)
    return answer


def until_well(disk: SmallDisk, act: Callable[[], None], after: Callable[[], object] = lambda: None) -> dict[str, Any]:
    """Try with ever more room; `after` says what is there after each failed try."""
    said, seen = [], []
    for _ in range(TRIES):
        answer = tried(act)
        if not answer:
            return {"said": said, "seen": seen}
        said.append(answer)
        disk.free(ROOM)
        seen.append(after())
    raise AssertionError(f"still no room: {said[-1]}")


def ledger(disk: Path, work: Path) -> dict[str, Any]:
    """A whole run with the fake trainer; the store is the small disk."""
    sys.path.insert(0, str(Path(__file__).parent / "core" / "ledger"))
    import fake_trainer  # noqa: F401 - imported before the forks

    from taskonomy_core.contract.executor import Workplace
    from taskonomy_core.errors import LedgerError
    from taskonomy_core.ledger import coordinator
    from taskonomy_core.ledger.project import Project
    from taskonomy_core.ledger.run import new_order, run
    from taskonomy_core.ledger.store import Store
    from taskonomy_core.registry.load import Loaded
    from taskonomy_plugins.executors.inline import INLINE

    coordinator.LOOK = 0.01
    project = Project.read(work / "registry.toml")

    def train() -> None:
        with Store.open(project.folder) as store:
            store.record_facts({project.data_fact: "fingerprint", project.encoder_fact: "1"})
            plan = project.plan(store, retry_since=store.snapshot().serial)
            order = replace(new_order(store, plan, "cpu", 1, 6, False, False), opener="fake_trainer:open_fake")
            with INLINE.open(Workplace(1, project.folder)) as here:
                run(project, store, order, here, Loaded())

    log = work / "log"

    def look() -> dict[str, list[str]]:
        """What is finished now, and what was begun since the last look."""
        text = log.read_text() if log.exists() else ""
        log.unlink(missing_ok=True)
        begun = [line.split(" ", 1)[1] for line in text.splitlines()]
        try:
            with Store.open(project.folder) as store:
                results = store.snapshot().results.values()
                return {"begun": begun, "finished": [result.name for result in results if result.done]}
        except LedgerError:  # no room to look
            return {"begun": begun, "finished": []}

    found = until_well(SmallDisk(disk), train, look)
    found["seen"].append(look())
    with Store.open(project.folder) as store:
        results = store.snapshot().results
        assert not [file for result in results.values() for file in store.verify(result) if file.fault]
        found["end"] = {key: (result.state, result.weights, result.losses) for key, result in results.items()}
    found["left"] = sorted(path.name for path in disk.rglob("*.part*"))
    return found


def features(disk: Path, work: Path) -> dict[str, Any]:
    """Transfers of a tiny world, whose feature cache is the small disk."""
    sys.path.insert(0, str(Path(__file__).parent / "core" / "learning"))
    from conftest import Bench

    bench = Bench(disk)
    trainer = bench.with_networks("depth")

    def train() -> None:
        trainer.transfers("noisy", [("depth",)])

    found = until_well(SmallDisk(disk), train)
    found["end"] = [outcome.losses.tolist() for outcome in trainer.transfers("noisy", [("depth",)])]
    found["left"] = sorted(path.name for path in disk.rglob("*") if path.is_file() and path.suffix != ".npy")
    return found


def rooms(disk: Path, work: Path) -> dict[str, Any]:
    """A few rooms, whose cache is the small disk."""
    os.environ["TASKONOMY_CACHE"] = str(disk)
    from taskonomy_plugins.rooms import cache as cache_module
    from taskonomy_plugins.rooms.cache import RoomsCache
    from taskonomy_plugins.rooms.config import RoomsConfig
    from taskonomy_plugins.rooms.render import render_scenes

    cache_module.SCENES_PER_SHARD = 1

    def cache() -> RoomsCache:
        return RoomsCache(RoomsConfig(image=8, antialias=1), {"train": 2, "test": 1}, render_scenes)

    found = until_well(SmallDisk(disk), lambda: cache().prepare())
    folder = cache().folder
    found["end"] = {path.name: path.read_bytes().hex() for path in sorted(folder.glob("*.safetensors"))}
    found["left"] = sorted(path.name for path in folder.glob(".*"))
    found["folder"] = str(folder)
    return found


def registry(disk: Path, work: Path) -> dict[str, Any]:
    """Many tasks are registered at once in a registry.toml on the small disk."""
    from taskonomy_core.registry.editing import register_tasks
    from taskonomy_core.registry.roster import RosterTask, read_roster

    path = disk / "registry.toml"
    path.write_bytes((work / "registry.toml").read_bytes())
    tasks = [RosterTask(f"task{number}", "made-up[task]", 1) for number in range(20)]
    before = path.read_text()
    small = SmallDisk(disk)

    def same() -> bool:
        return path.read_text() == before

    def register() -> None:
        register_tasks(path, tasks)

    found = until_well(small, register, same)
    found["end"] = sorted(read_roster(path).tasks)
    found["left"] = sorted(path.name for path in disk.iterdir())
    return found


if __name__ == "__main__":
    scenario, *folders = sys.argv[1:4]
    print(json.dumps(globals()[scenario](*map(Path, folders))))
