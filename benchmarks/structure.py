"""Does the structure of the paper show? 2D sources for 2D targets, 3D sources for 3D targets, networks that learn.

Reads a finished project (`make demo` leaves one in taskonomy-demo); trains nothing.

    python benchmarks/structure.py [PROJECT_FOLDER]

Prints, per 2D and 3D target, the mean affinity rank of the 2D and of the 3D sources (1: the target's best); the share
of test images on which each network beats its best constant; and, where the authors' measurements are at hand
(../shared/published or $TASKONOMY_PUBLISHED), Spearman's correlation of our affinities with theirs.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np
from scipy.stats import spearmanr

from taskonomy_core.errors import TaskonomyError
from taskonomy_core.ledger.project import Project, columns
from taskonomy_core.ledger.store import Store
from taskonomy_core.taxonomy.affinity import Affinity, affinity
from taskonomy_core.taxonomy.exchange import published_affinity

ROOT = Path(__file__).resolve().parent.parent


def ranks(measured: Affinity, target: str) -> dict[str, int]:
    """Source -> its rank among the target's single-source transfers."""
    single = [edge.sources[0] for edge in measured.into(target) if edge.order == 1]
    return {source: rank for rank, source in enumerate(single, start=1)}


def print_groups(measured: Affinity, groups: dict[str, str]) -> None:
    """Mean ranks of 2D and 3D sources per 2D and 3D target."""
    print(f"{'target':24s} {'group':6s} {'2D sources':>11s} {'3D sources':>11s}   (mean rank, 1 is best)")
    right = 0
    targets = [target for target in measured.targets if groups.get(target) in ("2d", "3d")]
    for target in targets:
        place = ranks(measured, target)
        mean = {
            group: np.mean([rank for source, rank in place.items() if groups.get(source) == group] or [np.nan])
            for group in ("2d", "3d")
        }
        own, other = groups[target], {"2d": "3d", "3d": "2d"}[groups[target]]
        holds = bool(mean[own] < mean[other])
        right += holds
        print(f"{target:24s} {own:6s} {mean['2d']:11.2f} {mean['3d']:11.2f}   {'holds' if holds else 'REVERSED'}")
    print(f"{right} of {len(targets)} targets prefer their own kind\n")


def print_constants(measured: Affinity) -> None:
    """How often each task's own network beats the best constant."""
    print("Share of test images on which the task's own network beats the best constant (the paper's mean: 92.4 %)")
    shares = []
    for target in measured.targets:
        own = measured.edge(target)
        if own is not None and own.over_constant is not None:
            shares.append(own.over_constant)
            print(f"  {target:24s} {own.over_constant:6.1%}")
    print(f"  {'mean':24s} {np.mean(shares):6.1%}\n")


def print_published(measured: Affinity, folder: Path) -> None:
    """Rank correlation with the published first-order affinities over the sources in common."""
    if not folder.is_dir():
        print(f"The published measurements are not at {folder}: no comparison with them.")
        return
    theirs = published_affinity(folder)
    print("Spearman's correlation with the published 16k affinities, first order, over the sources in common")
    found = []
    for target in measured.targets:
        pairs = [
            (edge.affinity, other.affinity)
            for edge in measured.into(target)
            if edge.order == 1 and (other := theirs.edge(target, *edge.sources)) is not None
        ]
        if len(pairs) > 2:
            found.append(spearmanr(*zip(*pairs, strict=True)).statistic)
            print(f"  {target:24s} {found[-1]:+.2f} over {len(pairs)} sources")
    print(f"  {'mean':24s} {np.mean(found):+.2f}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("project", nargs="?", type=Path, default=ROOT / "taskonomy-demo")
    asked = parser.parse_args()
    try:
        project = Project.read(asked.project / "registry.toml")
        with Store.open(project.folder, create=False) as store:
            measured = affinity(columns(project.roster, project.recipe, store))
            groups = {name: card.group for name, card in store.cards().items()}
    except TaskonomyError as error:
        print(f"{error.message} Type: make demo", file=sys.stderr)
        return
    print_groups(measured, groups)
    print_constants(measured)
    print_published(measured, Path(os.environ.get("TASKONOMY_PUBLISHED", ROOT.parent / "shared" / "published")))


if __name__ == "__main__":
    main()
