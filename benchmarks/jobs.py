"""How much faster are two workers than one? The transfer stage of some tasks, with --jobs 1 and with --jobs 2.

    python benchmarks/jobs.py [--finished FOLDER] [--tasks N]

FOLDER is a finished demo (`make demo` leaves ./taskonomy-demo, the default; it stays as it is). Twice a project of its
first N tasks is made that has their networks and baselines, but no transfer; `tk transfer --order 1` trains all
transfers, alone on the machine. The whole command is timed, from start to end, and the losses are compared bit by bit.
Features are cached in both.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.ledger.jobs import TRANSFER
from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.project import Project, columns
from taskonomy_core.ledger.records import Stored
from taskonomy_core.ledger.store import Store
from taskonomy_core.registry.editing import unregister_task

ROOT = Path(__file__).resolve().parents[1]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--finished", type=Path, default=ROOT / "taskonomy-demo", help="a finished demo")
    parser.add_argument("--tasks", type=int, default=12)
    parser.add_argument("--jobs", type=int, nargs="+", default=[1, 2])
    asked = parser.parse_args()
    if not (asked.finished / "registry.toml").exists():
        print(f"There is no project in {asked.finished}. Type: make demo", file=sys.stderr)
        return
    times, found = [], []
    with tempfile.TemporaryDirectory() as scratch:
        for jobs in asked.jobs:
            folder = Path(scratch) / f"jobs{jobs}"
            number = without_transfers(asked.finished, folder, asked.tasks)
            times.append(train(folder, jobs))
            found.append(losses(folder))
            print(f"--jobs {jobs}: {number} transfers in {times[-1]:.1f} s, {times[0] / times[-1]:.2f} times as fast")
    same = all(each.keys() == found[0].keys() for each in found) and all(
        np.array_equal(each[name], found[0][name], equal_nan=True) for each in found for name in each
    )
    print(f"{len(found[0])} loss columns are {'the same, bit by bit' if same else 'NOT THE SAME'}")


def without_transfers(finished: Path, folder: Path, tasks: int) -> int:
    """A copy of a finished project with its first tasks and none of their transfers; how many are to be trained."""
    shutil.copytree(finished, folder, ignore=shutil.ignore_patterns("ledger.*", "*.png"))
    path = folder / "registry.toml"
    for name in list(Project.read(path).roster.tasks)[tasks:]:
        unregister_task(path, name)
    old, new = Project.read(finished / "registry.toml"), Project.read(path)
    with Store.open(old.folder, create=False) as there, Store.open(new.folder) as here:
        here.record_facts(there.facts())
        here.record_cards(there.cards().values())
        results, owner = there.snapshot().results, Owner.this()
        plan = new.plan(here, 1)
        for job in (planned.job for planned in plan.jobs if planned.job.kind != TRANSFER):
            known = results[job.key]
            stored = Stored(known.weights, known.losses, known.metrics, known.seconds, known.host, known.process)
            here.finish(job, stored, owner, "copied")
        return len(new.plan(here, 1).of("new"))


def train(folder: Path, jobs: int) -> float:
    """Seconds that the command takes."""
    command = [sys.executable, "-c", "from taskonomy_cli.app import main; main()"]
    command += ["transfer", "--order", "1", "--jobs", str(jobs), "--device", "cpu"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    started = time.monotonic()
    subprocess.run(command, check=True, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def losses(folder: Path) -> dict[str, NDArray[np.float64]]:
    """All loss columns, by name."""
    project = Project.read(folder / "registry.toml")
    with Store.open(project.folder, create=False) as store:
        return {column.name: column.losses for column in columns(project.roster, project.recipe, store)}


if __name__ == "__main__":
    main()
