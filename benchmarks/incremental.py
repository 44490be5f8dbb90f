"""What does one task more cost? The example package's task joins the finished demo of 26.

    python benchmarks/incremental.py [--finished FOLDER] [--jobs N]

FOLDER is a finished demo (`make demo` leaves ./taskonomy-demo, the default; it is copied, and stays as it is). The
package plugins/taskonomy-example is installed into a folder of its own, its task registered, and `tk transfer
--new-only` run. Said are:

* the number of jobs against the formula: a network, a row (a readout from every other source), a column (a readout
  to every other target), from-scratch network and constant, and in second order the pairs that the beam newly chose;
* whether any result of before was touched: the ledger numbers every write, so an old one would have a new number;
* processor seconds of the new jobs, as a share of what the 26 took, beside the ideal: that share if every job cost the
  mean of its kind.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import Path

from taskonomy_core.ledger.jobs import TRANSFER
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Result
from taskonomy_core.ledger.store import Store

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = ROOT / "plugins" / "taskonomy-example"
TASK = "depth_order"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--finished", type=Path, default=ROOT / "taskonomy-demo", help="a finished demo")
    parser.add_argument("--jobs", type=int, default=len(os.sched_getaffinity(0)))
    asked = parser.parse_args()
    if not (asked.finished / "registry.toml").exists():
        print(f"There is no project in {asked.finished}. Type: make demo", file=sys.stderr)
        return
    with tempfile.TemporaryDirectory() as scratch:
        site, folder = Path(scratch) / "site", Path(scratch) / "project"
        install(site)
        shutil.copytree(asked.finished, folder)
        before = results(folder)
        wall = add(folder, site, asked.jobs)
        report(folder, before, results(folder), wall, asked.jobs)


def install(site: Path) -> None:
    """The example package, in a folder that the commands are told of."""
    command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(site), str(PACKAGE)]
    subprocess.run(command, check=True)


def add(folder: Path, site: Path, jobs: int) -> float:
    """Register the task and train what is missing; the seconds that the training took."""
    path = os.pathsep.join(filter(None, [str(site), os.environ.get("PYTHONPATH")]))
    environment = os.environ | {"PYTHONPATH": path}

    def tk(*words: str) -> None:
        command = [sys.executable, "-c", "from taskonomy_cli.app import main; main()", *words]
        subprocess.run(command, check=True, cwd=folder, env=environment)

    tk("register", TASK)
    tk("plan", "--new-only")
    started = time.monotonic()
    tk("transfer", "--new-only", "--jobs", str(jobs))
    return time.monotonic() - started


def results(folder: Path) -> dict[str, Result]:
    """All finished results, by key."""
    with Store.open(Project.read(folder / "registry.toml").folder, create=False) as store:
        return {key: result for key, result in store.snapshot().results.items() if result.done}


def report(folder: Path, before: Mapping[str, Result], after: Mapping[str, Result], wall: float, jobs: int) -> None:
    """Print counts against the formula, what was touched, and the cost."""
    roster = Project.read(folder / "registry.toml").roster
    new = [result for key, result in after.items() if key not in before]
    sources = sum(task.is_source for name, task in roster.tasks.items() if name != TASK)
    targets = sum(task.is_target for name, task in roster.tasks.items() if name != TASK)
    formula = {"network": 1, "scratch": 1, "constant": 1, "row": sources, "column": targets}
    found = Counter(part(result) for result in new)
    pairs = [result for result in new if part(result) == "pairs"]
    strangers = [result for result in pairs if TASK not in (result.target, *result.sources)]
    for name, number in formula.items():
        verdict = "as the formula says" if found[name] == number else f"the formula says {number}"
        print(f"{name:<10} {found[name]:>4}   {verdict}")
    print(f"{'pairs':<10} {len(pairs):>4}   chosen by the beam; {len(strangers)} without {TASK}")
    touched = [key for key in before if after.get(key) != before[key]]
    print(f"results of before: {len(before)}, of them run again or changed: {len(touched)}")
    cost, full = (sum(result.seconds for result in some) for some in (new, before.values()))
    means: dict[str, list[float]] = defaultdict(list)
    for result in before.values():
        means[kind(result)].append(result.seconds)
    ideal = sum(sum(means[kind(result)]) / len(means[kind(result)]) for result in new)
    print(f"processor seconds: {cost:.0f} new, {full:.0f} for the {len(roster.tasks) - 1} of before: {cost / full:.1%}")
    print(f"ideal, every job at the mean of its kind: {ideal:.0f} s, {ideal / full:.1%}")
    print(f"wall: {wall:.0f} s with {jobs} at a time")


def part(result: Result) -> str:
    """The part of the formula that a new result belongs to."""
    if result.kind != TRANSFER:
        return result.kind
    if len(result.sources) > 1:
        return "pairs"
    return "row" if result.target == TASK else "column"


def kind(result: Result) -> str:
    """What results are compared with."""
    return f"{result.kind} {len(result.sources)}"


if __name__ == "__main__":
    main()
