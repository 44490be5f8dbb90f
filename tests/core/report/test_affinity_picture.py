from __future__ import annotations

import re

import numpy as np
import pytest

from taskonomy_core.report.affinity_picture import draw_affinity, row_ranks
from taskonomy_core.report.canvas import ACCENT

PNG = b"\x89PNG\r\n\x1a\n"


def texts(path):
    return re.findall(r"<text[^>]*>([^<]*)</text>", path.read_text())


def test_ranks_by_hand():
    ranks = row_ranks(np.array([[0.1, 0.3, np.nan, 0.3], [np.nan, 5.0, 6.0, 7.0]]))
    assert ranks[0, [0, 1, 3]].tolist() == [3, 1, 1]
    assert ranks[1, 1:].tolist() == [3, 2, 1]
    assert np.isnan(ranks[[0, 1], [2, 0]]).all()


def test_the_picture_says_names_and_ranks(scores, tmp_path):
    path = draw_affinity(scores, tmp_path / "a.svg", titles={"normals": "Surface normals"})
    said = texts(path)
    assert said.count("Surface normals") == 2
    assert said.count("Jigsaw") == 1
    # normals: depth 1, jigsaw 2; depth: jigsaw 1, from normals alone nothing was measured.
    assert sorted(text for text in said if text.isdigit()) == ["1", "1", "2"]


def test_a_source_better_than_the_own_network_is_ringed(scores, tmp_path):
    ringed = draw_affinity(scores, tmp_path / "a.svg").read_text().count(f"stroke: {ACCENT}")
    assert ringed == 1


def test_groups_put_tasks_together(scores, tmp_path):
    groups = {"normals": "3d", "depth": "3d", "jigsaw": "other"}
    by_group = texts(draw_affinity(scores, tmp_path / "a.svg", groups=dict(reversed(groups.items()))))
    assert by_group.index("Depth") < by_group.index("Normals") < by_group.index("Jigsaw")


@pytest.mark.parametrize("ending", [".png", ".svg"])
def test_the_same_scores_give_the_same_file(scores, tmp_path, ending):
    one, two = (draw_affinity(scores, tmp_path / f"{name}{ending}").read_bytes() for name in "ab")
    assert one == two
    assert ending == ".svg" or one.startswith(PNG)
