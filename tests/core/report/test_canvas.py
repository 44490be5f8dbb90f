from __future__ import annotations

import matplotlib as mpl
import pytest

from taskonomy_core.errors import TaskonomyError
from taskonomy_core.report.canvas import check_place, new_figure, save, title_of, two_digits


def test_an_unknown_format_is_refused(tmp_path):
    with pytest.raises(TaskonomyError) as refused:
        save(new_figure(1, 1), tmp_path / "a.jpg")
    assert str(refused.value) == "A picture cannot be written as 'a.jpg'.\nGive a name that ends in .png or .svg."
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("place", "why"),
    [
        ("file/a.png", "Not a directory"),
        ("file", "A picture cannot be written as 'file'"),
        ("folder.png", "Is a directory"),
    ],
)
def test_a_place_that_cannot_be_written_to_is_refused_beforehand(tmp_path, place, why):
    (tmp_path / "file").write_text("kept")
    (tmp_path / "folder.png").mkdir()
    with pytest.raises(TaskonomyError) as refused:
        check_place(tmp_path / place)
    assert why in refused.value.message
    assert refused.value.hint
    assert (tmp_path / "file").read_text() == "kept"


def test_a_place_is_tried_without_a_trace(tmp_path):
    (tmp_path / "old.png").write_bytes(b"old")
    for name in ("old.png", "new/a.svg"):
        check_place(tmp_path / name)
    assert (tmp_path / "old.png").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["new", "old.png"]


@pytest.mark.parametrize("ending", [".png", ".svg"])
def test_files_carry_no_date_and_settings_are_put_back(tmp_path, ending):
    before = dict(mpl.rcParams)
    path = save(new_figure(1, 1), tmp_path / "new" / f"a{ending}")
    content = path.read_bytes()
    assert b"Date" not in content
    assert b"date" not in content
    assert b"Matplotlib" not in content
    assert dict(mpl.rcParams) == before


def test_words_for_tasks_and_rates():
    assert title_of("edges_texture", None) == "Edges texture"
    assert title_of("edges_texture", {"edges_texture": "2D edges"}) == "2D edges"
    assert [two_digits(share) for share in (0.5, 0.834, 0.996, 0.0, None)] == [".50", ".83", "1.0", ".00", "-"]
