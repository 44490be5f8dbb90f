"""How long do the commands that only look take to start? The fastest of several runs, beside a bare Python.

    python benchmarks/startup.py [--runs 7]

The aim: `tk --help` in under 0.2 s.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TK = Path(sys.executable).with_name("tk")


def fastest(command: list[str], folder: str, runs: int) -> float:
    """Wall-clock seconds of the fastest run."""
    found = []
    for _ in range(runs):
        began = time.perf_counter()
        subprocess.run(command, cwd=folder, capture_output=True, check=True)
        found.append(time.perf_counter() - began)
    return min(found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([str(TK), "init"], cwd=folder, capture_output=True, check=True)
        bare = fastest([sys.executable, "-c", "pass"], folder, runs)
        print(f"{'python -c pass':16s} {bare:.3f} s")
        for words in (["--help"], ["tasks"], ["status"], ["plan"]):
            spent = fastest([str(TK), *words], folder, runs)
            print(f"{'tk ' + ' '.join(words):16s} {spent:.3f} s   x {spent / bare:.1f}")


if __name__ == "__main__":
    main()
