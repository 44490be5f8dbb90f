"""What does `tk demo` spend its time on? Rendering, networks, features, transfers, baselines, and the rest.

    python benchmarks/demo.py [--folder FOLDER]

Renders into an empty cache (timed alone), runs `tk demo` as a person would, and breaks down its training from the
ledger, which knows the processor seconds of every job. Jobs overlap on several cores: a part's share of the wall time
is taken to be its share of the processor time. Features are made by the transfers that need them first; here they are
made once more, alone, to tell them apart. With --folder, a finished demo is broken down and nothing is run.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from pathlib import Path

from taskonomy_core.learning.session import open_trainer
from taskonomy_core.ledger.opening import open_plugins
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Result
from taskonomy_core.ledger.store import Store

CORES = len(os.sched_getaffinity(0))
NAMES = {"network": "task networks", "scratch": "from scratch", "constant": "constants"}
SLOWEST = 5


def tk(*words: str | Path) -> float:
    """Seconds that a command takes from start to end."""
    started = time.monotonic()
    command = [sys.executable, "-c", "from taskonomy_cli.app import main; main()", *map(str, words)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return time.monotonic() - started


def rendering(folder: Path) -> float:
    """Seconds that the demo's pictures take on all cores, into an empty cache."""
    registry = folder / "registry.toml"
    tk("--registry", registry, "init")
    data = open_plugins(Project.read(registry)).data
    started = time.monotonic()
    data.prepare(processes=CORES)
    return time.monotonic() - started


def features(project: Project, store: Store) -> float:
    """Processor seconds of the frozen representations that all transfers need, made anew."""
    opened, keys = open_plugins(project), project.planner(store).keys
    with tempfile.TemporaryDirectory() as cache:
        trainer = open_trainer(
            project.roster,
            project.recipe,
            opened.tasks,
            opened.data,
            opened.encoder,
            "cpu",
            Path(cache),
            lambda task: store.weights(keys.network(task).key),
            lambda task: keys.network(task).key,
        )
        started = time.process_time()
        for target in keys.targets:
            for split in ("transfer", "test"):
                trainer.features(target, split, keys.sources_of(target))
        return time.process_time() - started


def part_of(result: Result) -> str:
    """The part of the demo that a job belongs to."""
    return NAMES.get(result.kind) or f"transfers of order {len(result.sources)}"


def break_down(project: Project) -> None:
    """Processor seconds by part, then the targets whose transfers cost most."""
    with Store.open(project.folder, create=False) as store:
        results = [result for result in store.snapshot().results.values() if result.done]
        coding = features(project, store)
    parts: dict[str, list[float]] = defaultdict(list)
    targets: dict[str, list[float]] = defaultdict(list)
    for result in results:
        parts[part_of(result)].append(result.seconds)
        if result.kind == "transfer":
            targets[result.target].append(result.seconds)
    total = sum(map(sum, parts.values()))
    print(f"{'part':28s} {'jobs':>6s} {'cpu-s':>8s} {'each':>7s} {'share':>7s}")
    for part, seconds in parts.items():
        spent = sum(seconds)
        print(f"{part:28s} {len(seconds):6d} {spent:8.1f} {spent / len(seconds):7.2f} {spent / total:7.1%}")
    print(f"{'all training':28s} {len(results):6d} {total:8.1f}")
    print(f"{'of it features':28s} {'':6s} {coding:8.1f} {'':7s} {coding / total:7.1%}\n")
    means = sorted(((sum(seconds) / len(seconds), target) for target, seconds in targets.items()), reverse=True)
    print("cpu-s of one transfer: " + ", ".join(f"{target} {mean:.2f}" for mean, target in means[:SLOWEST]), end="; ")
    print("least " + ", ".join(f"{target} {mean:.2f}" for mean, target in means[-SLOWEST:]))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--folder", type=Path, help="a finished demo")
    finished: Path | None = parser.parse_args().folder
    if finished is not None:
        break_down(Project.read(finished / "registry.toml"))
        return
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        os.environ["TASKONOMY_CACHE"] = str(folder / "cache")
        (folder / "first").mkdir()
        pictures = rendering(folder / "first")
        everything = tk("demo", "--folder", folder / "demo") + pictures
        print(f"{CORES} cores: {everything:.0f} s, {pictures:.0f} of them ({pictures / everything:.0%}) rendering\n")
        break_down(Project.read(folder / "demo" / "registry.toml"))


if __name__ == "__main__":
    main()
