"""A disk that is really full: a small tmpfs, in a mount namespace that needs no rights.

Where none may be made, these are skipped; the same sentences are then tested by faults that are put in by hand
(test_store, test_objects, test_features, test_cache, test_editing).
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("fcntl")
SCRIPT = Path(__file__).with_name("on_full_disk.py")
sys.path.insert(0, str(SCRIPT.parent / "core" / "ledger"))
MOUNT = 'mount -t tmpfs -o "size=$1" none "$2" && shift 2 && exec "$@"'
SMALL = {"taska": "both", "taskb": "both", "onlyx": "source"}


def on_disk(size: int, disk: Path, *command: object) -> subprocess.CompletedProcess[str]:
    """Run a command that sees a disk of so many bytes."""
    paths = os.pathsep.join(map(str, [SCRIPT.parent / "core" / "ledger", *sys.path]))
    environment = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    words = ["unshare", "--map-root-user", "--mount", "sh", "-c", MOUNT, "sh", str(size), str(disk)]
    return subprocess.run([*words, *map(str, command)], env=environment, capture_output=True, text=True, check=False)


@cache
def no_small_disk(folder: Path) -> str:
    """Why none can be mounted here; "" where it can."""
    try:
        tried = on_disk(2**16, folder, "true")
    except OSError as error:
        return f"{error}"
    return tried.stderr.strip() if tried.returncode else ""


@pytest.fixture
def scenario(tmp_path: Path, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Run one of on_full_disk.py on a disk of some MiB."""
    if why := no_small_disk(tmp_path_factory.getbasetemp()):
        pytest.skip(f"No small disk may be mounted here: {why}")

    def play(name: str, disk: Path, size: float = 4) -> dict[str, Any]:
        disk.mkdir(exist_ok=True)
        done = on_disk(int(size * 2**20), disk, sys.executable, SCRIPT, name, disk, tmp_path)
        assert done.returncode == 0, done.stderr
        found: dict[str, Any] = json.loads(done.stdout)
        assert not [said for said in found["said"] if "bug" in said], found["said"]
        return found

    return play


def undisturbed(scenario: str, disk: Path, work: Path, script: Path = SCRIPT) -> Any:
    """The end where the disk has room for everything."""
    paths = os.pathsep.join(map(str, [script.parent / "core" / "ledger", *sys.path]))
    environment = os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"}
    disk.mkdir(exist_ok=True)
    words = [sys.executable, script, scenario, disk, work, "roomy"]
    done = subprocess.run(map(str, words), env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert found["said"] == []
    return found["end"]


def test_a_run_stops_with_a_sentence_and_goes_on_to_the_undisturbed_end(scenario: Any, tmp_path: Path) -> None:
    from fake_trainer import write_registry

    write_registry(tmp_path / "registry.toml", SMALL)
    disk = tmp_path / ".taskonomy"
    found = scenario("ledger", disk)
    places = {"ledger.sqlite", "objects", "ledger.backup"}
    assert {line["message"] for line in found["said"]} <= {
        f"The disk of {disk / place} is full; what was finished before is kept." for place in places
    }
    assert {line["hint"] for line in found["said"]} == {
        "Free some space (tk status shows what the store uses), then type the same command again."
    }
    assert len(found["said"]) > 3
    finished: set[str] = set()
    for look in found["seen"]:
        assert finished.isdisjoint(look["begun"])  # what is finished is never trained again
        finished |= set(look["finished"])
    assert found["left"] == []
    (tmp_path / "other").mkdir()
    write_registry(tmp_path / "other" / "registry.toml", SMALL)
    assert found["end"] == undisturbed("ledger", tmp_path / "other" / ".taskonomy", tmp_path / "other")


def test_the_feature_cache_stops_with_a_sentence_and_goes_on(scenario: Any, tmp_path: Path) -> None:
    disk = tmp_path / "features"
    found = scenario("features", disk)
    assert {line["message"].replace(str(disk), "DISK") for line in found["said"]} == {
        "Features cannot be written to DISK/de/depth: No space left on device."
    }
    assert {line["hint"] for line in found["said"]} == {
        "Free some space or choose another folder, then type the same command again; finished jobs are kept."
    }
    assert found["left"] == ["ballast"]
    assert found["end"] == undisturbed("features", tmp_path / "roomy", tmp_path)


def test_the_rooms_cache_stops_with_a_sentence_and_goes_on(scenario: Any, tmp_path: Path) -> None:
    found = scenario("rooms", tmp_path / "cache")
    assert {line["message"] for line in found["said"]} == {f"The disk of the rooms cache is full: {found['folder']}."}
    assert {line["hint"] for line in found["said"]} == {
        "Free some space and type the same command again, it goes on where it stopped; "
        "TASKONOMY_CACHE=/another/folder names another place for the cache."
    }
    assert found["left"] == []
    assert found["end"] == undisturbed("rooms", tmp_path / "roomy", tmp_path)


def test_registry_toml_stays_as_it_was_with_a_sentence(scenario: Any, tmp_path: Path) -> None:
    from fake_trainer import write_registry

    write_registry(tmp_path / "registry.toml", SMALL)
    disk = tmp_path / "project"
    found = scenario("registry", disk)
    assert found["said"]
    assert {(line["message"], line["hint"]) for line in found["said"]} == {
        (
            f"{disk / 'registry.toml'} cannot be written: No space left on device; nothing was changed.",
            "Make room, or give yourself the right to write there, then type the same command again.",
        )
    }
    assert found["seen"] == [True] * len(found["said"])
    assert found["left"] == ["ballast", "registry.toml"]
    assert found["end"] == sorted([*SMALL, *(f"task{number}" for number in range(20))])
