"""Does the structure of the paper show? 2D sources for 2D targets, 3D sources for 3D targets, the same tree of tasks.

Reads finished projects (`make demo` leaves one in taskonomy-demo); trains nothing. Several folders, say of several
seeds, are printed one after another, then side by side.

    python benchmarks/structure.py [PROJECT_FOLDER ...]

Prints, per 2D and 3D target, the mean affinity rank of the 2D and of the 3D sources (1: the target's best); the
similarity tree cut into five groups beside those of the paper's figure (facts 6.11), with the adjusted Rand index; and,
where the authors' measurements are at hand (../shared/published or $TASKONOMY_PUBLISHED), Spearman's correlation of our
affinities with theirs and what the same tree makes of theirs. `tk sanity` says how well the networks have learnt.
"""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

import numpy as np
import torch
from scipy.stats import spearmanr
from torchmetrics.functional.clustering import adjusted_rand_score

from taskonomy_core.errors import TaskonomyError
from taskonomy_core.ledger.project import Project, columns
from taskonomy_core.ledger.store import Store
from taskonomy_core.taxonomy.affinity import Affinity, affinity
from taskonomy_core.taxonomy.published import published_affinity
from taskonomy_core.taxonomy.similarity import similarity_tree

ROOT = Path(__file__).resolve().parent.parent
# The groups of the paper's similarity tree, read from its figure.
FIGURE = {
    "alone": ("denoising",),
    "semantic": ("segmentation_semantic", "object_class", "scene_class"),
    "geometric": (
        "room_layout",
        "vanishing_points",
        "point_matching",
        "egomotion",
        "pose_fixated",
        "pose_nonfixated",
        "random_projection",
        "jigsaw",
    ),
    "2D": ("edges_texture", "autoencoding", "keypoints_2d", "segmentation_2d", "colorization", "inpainting"),
    "3D": (
        "normals",
        "segmentation_25d",
        "curvature",
        "keypoints_3d",
        "depth_zbuffer",
        "depth_euclidean",
        "edges_occlusion",
        "reshading",
    ),
}


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


def adjusted_rand(first: list[int], second: list[int]) -> float:
    """How alike two groupings are: 1 the same, 0 as chance would have it."""
    # torchmetrics counts in a sparse tensor; torch warns unless it is told whether to check such tensors.
    with torch.sparse.check_sparse_tensor_invariants(enable=False):  # type: ignore[no-untyped-call]
        return float(adjusted_rand_score(torch.tensor(first), torch.tensor(second)))


def print_tree(measured: Affinity, whose: str) -> float:
    """The similarity tree's groups, and how far they are those of the figure; returns the adjusted Rand index."""
    known = {task: number for number, group in enumerate(FIGURE.values()) for task in group}
    tree = similarity_tree(measured, [task for task in measured.sources if task in known])
    found = tree.groups(min(len(FIGURE), len(tree.tasks)))
    place = {task: number for number, group in enumerate(found) for task in group}
    index = adjusted_rand(*([number[task] for task in tree.tasks] for number in (known, place)))
    print(
        f"Similarity tree of {whose}, cut into {len(found)} groups; adjusted Rand index with the figure's: {index:+.2f}"
    )
    for group in found:
        names = dict(enumerate(FIGURE))
        print("  " + ", ".join(f"{task} ({names[known[task]]})" for task in group))
    print()
    return index


def print_published(measured: Affinity, theirs: Affinity) -> dict[str, float]:
    """Rank correlation with the published first-order affinities over the sources in common, by target."""
    print("Spearman's correlation with the published 16k affinities, first order, over the sources in common")
    found = {}
    for target in measured.targets:
        pairs = [
            (edge.affinity, other.affinity)
            for edge in measured.into(target)
            if edge.order == 1 and (other := theirs.edge(target, *edge.sources)) is not None
        ]
        if len(pairs) > 2:
            found[target] = float(spearmanr(*zip(*pairs, strict=True)).statistic)
            print(f"  {target:24s} {found[target]:+.2f} over {len(pairs)} sources")
    print(f"  {'mean':24s} {np.mean(list(found.values())):+.2f}\n")
    return found


def print_together(runs: dict[str, dict[str, float]]) -> None:
    """The correlations of several projects side by side."""
    print("Side by side: " + ", ".join(runs))
    for target in dict.fromkeys(target for found in runs.values() for target in found):
        print(f"  {target:24s} " + " ".join(f"{found.get(target, np.nan):+.2f}" for found in runs.values()))
    print(f"  {'mean':24s} " + " ".join(f"{np.mean(list(found.values())):+.2f}" for found in runs.values()))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("projects", nargs="*", type=Path, default=[ROOT / "taskonomy-demo"], metavar="PROJECT_FOLDER")
    folders: list[Path] = parser.parse_args().projects
    published = Path(os.environ.get("TASKONOMY_PUBLISHED", ROOT.parent / "shared" / "published"))
    theirs = published_affinity(published) if published.is_dir() else None
    if theirs is None:
        print(f"The published measurements are not at {published}: no comparison with them.")
    runs = {}
    for folder in folders:
        try:
            project = Project.read(folder / "registry.toml")
            with Store.open(project.folder, create=False) as store:
                measured = affinity(columns(project.roster, project.recipe, store))
                groups = {name: card.group for name, card in store.cards().items()}
        except TaskonomyError as error:
            print(f"{error.message} Type: make demo", file=sys.stderr)
            continue
        print(f"== {folder.name}: preset {project.recipe.preset}, seed {project.roster.seed}\n")
        print_groups(measured, groups)
        print_tree(measured, "this run")
        if theirs is not None:
            runs[folder.name] = print_published(measured, theirs)
    if theirs is not None:
        print_tree(theirs, "the published measurements")
    if len(runs) > 1:
        print_together(runs)


if __name__ == "__main__":
    main()
