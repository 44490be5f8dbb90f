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
FREE_SOME = "Free some space"
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
        assert not [said for said in (found := json.loads(done.stdout))["said"] if "bug" in said], found["said"]
        return dict(found)

    return play


def test_a_run_stops_with_a_sentence_and_goes_on_to_the_undisturbed_end(scenario: Any, tmp_path: Path) -> None:
    from fake_trainer import write_registry

    write_registry(tmp_path / "registry.toml", SMALL)
    disk = tmp_path / ".taskonomy"
    found = scenario("ledger", disk)
    said = {line["message"] for line in found["said"]}
    print(said)
    raise AssertionError(found)
