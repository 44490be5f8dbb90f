"""What lies deeper than a taxonomy, as plain data: the matrix before and after AHP, and the similarity tree."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
from scipy.cluster.hierarchy import leaves_list

from taskonomy_cli.commands.affinity import mean_losses
from taskonomy_cli.measured import Measured
from taskonomy_core.report.affinity_picture import displayed, row_ranks
from taskonomy_core.taxonomy.similarity import SimilarityTree, similarity_tree

_GROUPS = 4


def affinity(measured: Measured) -> dict[str, Any]:
    """The matrices of single-source transfers, [targets][sources], None where not measured (see `draw_affinity`).

    `before`: mean test losses where the losses are known, else gains; `before_is` says which, and what is better.
    `affinity`: shares of the target's AHP mass. `after`: exp(-20 P), P the affinities made to sum to 1 per row, lower
    is better. `ranks`: of the other sources in each row, 1 the best. A task's cell with itself is its own network.
    """
    scores = measured.affinity
    targets, sources = scores.targets, scores.sources
    shares = scores.first_order(targets, sources)
    own = np.array([[source == target for source in sources] for target in targets]).reshape(shares.shape)
    losses = mean_losses(measured.columns)
    if losses:
        before = [[losses.get((target, source)) for source in sources] for target in targets]
        is_loss = {"name": "mean test loss", "better": "lower", "logarithmic": min(losses.values()) > 0}
    else:
        edges = [[scores.edge(t) if s == t else scores.edge(t, s) for s in sources] for t in targets]
        before = [[None if edge is None else edge.gain for edge in row] for row in edges]
        is_loss = {"name": "gain", "better": "higher", "logarithmic": False}
    return {
        "targets": list(targets),
        "sources": list(sources),
        "before_is": is_loss,
        "before": before,
        "after": displayed(shares).tolist(),
        "affinity": shares.tolist(),
        "ranks": row_ranks(np.where(own, np.nan, shares)).tolist(),
    }


def similarity(measured: Measured, unused: Collection[str]) -> dict[str, Any]:
    """The similarity tree as `tk similarity --json` has it, and nested: {"name"} or {"children": [two], "height"}."""
    tree = similarity_tree(measured.affinity, unused=unused)
    return tree.plain(_GROUPS) | {
        "order": [tree.tasks[leaf] for leaf in leaves_list(tree.links)],
        "tree": _nested(tree),
    }


def _nested(tree: SimilarityTree) -> dict[str, Any]:
    nodes: list[dict[str, Any]] = [{"name": task} for task in tree.tasks]
    for one, other, height, _ in tree.links:
        nodes.append({"children": [nodes[int(one)], nodes[int(other)]], "height": float(height)})
    return nodes[-1]
