from __future__ import annotations

import matplotlib.image
import numpy as np
import pytest

from taskonomy_core.errors import TaskonomyError
from taskonomy_core.report.prediction_sheet import draw_sheet

RED = np.zeros((8, 8, 3), np.uint8) + np.array([255, 0, 0], np.uint8)
GREY = np.full((4, 6), 128, np.uint8)


def test_every_picture_is_there_in_its_own_place_and_colour(tmp_path):
    path = draw_sheet([[RED, None], [GREY, RED]], tmp_path / "s.png", rows=["a", "b"], columns=["x", "y"])
    pixels = matplotlib.image.imread(path)[..., :3]
    height, width = pixels.shape[:2]
    assert (width / 160, height / 160) == pytest.approx((1.75 + 2 * 1.21 + 0.12, 0.42 + 2 * 1.21 + 0.12), abs=0.01)

    def colour(row, column):
        x = int(160 * (1.75 + column * 1.21 + 0.5))
        y = int(160 * (0.42 + row * 1.21 + 0.5))
        return [round(255 * float(v)) for v in pixels[y, x]]

    assert colour(0, 0) == [255, 0, 0]
    assert colour(0, 1) == [255, 255, 255]
    assert colour(1, 0) == [128, 128, 128]
    assert colour(1, 1) == [255, 0, 0]


def test_a_wide_picture_is_not_squeezed(tmp_path):
    path = draw_sheet([[np.full((4, 8, 3), 90, np.uint8)]], tmp_path / "s.png", rows=["a"], columns=["x"])
    inside = (matplotlib.image.imread(path)[..., :3] * 255).round() == 90
    down, along = (np.flatnonzero(inside.all(2).any(axis)) for axis in (1, 0))
    assert np.ptp(along) == pytest.approx(160 * 1.15, abs=4)
    assert np.ptp(down) == pytest.approx(160 * 1.15 / 2, abs=4)


def test_titles_are_written_and_the_file_is_repeatable(tmp_path):
    one, two = (
        draw_sheet([[RED]], tmp_path / name, rows=["Normals"], columns=["Target"], title="Predictions").read_text()
        for name in ("a.svg", "b.svg")
    )
    assert one == two
    assert all(f">{word}</text>" in one for word in ("Normals", "Target", "Predictions"))


@pytest.mark.parametrize(
    ("pictures", "rows", "said"),
    [
        ([], [], "A sheet of pictures needs at least one row and one column."),
        ([[RED]], ["a", "b"], "The sheet has titles for 2 rows and pictures for 1."),
        ([[RED, RED]], ["a"], "Row 'a' has pictures for 2 columns; the sheet has 1."),
        ([[RED / 255]], ["a"], "A picture of row 'a' is float64 of shape (8, 8, 3), not uint8 [h, w, 3]."),
        ([[RED[..., :2]]], ["a"], "A picture of row 'a' is uint8 of shape (8, 8, 2), not uint8 [h, w, 3]."),
    ],
)
def test_what_is_no_table_of_pictures_is_refused(tmp_path, pictures, rows, said):
    with pytest.raises(TaskonomyError) as refused:
        draw_sheet(pictures, tmp_path / "s.png", rows=rows, columns=["x"])
    assert str(refused.value) == said
