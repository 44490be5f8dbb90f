from __future__ import annotations

import struct
from itertools import combinations

import matplotlib as mpl
import numpy as np
import pytest
from matplotlib.colors import to_rgb

from taskonomy_core.errors import TaskonomyError
from taskonomy_core.report.canvas import (
    LONGEST_TITLE,
    MOST_PIXELS,
    PALETTE,
    check_place,
    new_figure,
    save,
    title_of,
    two_digits,
)


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
    assert title_of("edges_texture", {"edges_texture": " "}) == "Edges texture"
    assert [two_digits(share) for share in (0.5, 0.834, 0.996, 0.0, None)] == [".50", ".83", "1.0", ".00", "-"]


@pytest.mark.parametrize(
    ("title", "drawn"),
    [
        ("$x$", "$x$"),
        ("5 $", "5 $"),
        (r"a \$ b", r"a \$ b"),
        ("<i>&", "&lt;i&gt;&amp;"),
        ("two\nlines\x00\ud800", "two lines"),
        ("w" * 28, "w" * 28),
        ("w" * 29, "w" * 27 + "…"),
        ("深度", "深度"),
    ],
)
def test_titles_are_drawn_as_they_are_on_one_line_and_not_too_long(tmp_path, title, drawn):
    figure = new_figure(3, 1)
    figure.text(0, 0, title_of("task", {"task": title}))
    assert f">{drawn}</text>" in save(figure, tmp_path / "a.svg").read_text()
    save(figure, tmp_path / "a.png")
    assert LONGEST_TITLE == 28


def test_large_figures_have_fewer_pixels_to_the_inch(tmp_path):
    sides = struct.unpack(">II", save(new_figure(60, 6), tmp_path / "a.png").read_bytes()[16:24])
    assert sides == (MOST_PIXELS, MOST_PIXELS / 10)
    assert struct.unpack(">II", save(new_figure(5, 4), tmp_path / "a.png").read_bytes()[16:24]) == (800, 640)


# What a colour becomes, in linear RGB, for eyes without one kind of cone (Machado, Oliveira and Fernandes 2009).
EYES = {
    "all cones": np.eye(3),
    "no red": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "no green": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "no blue": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}


def lab(colour, eyes):
    """CIE L*a*b* of a colour as somebody sees it; 2.3 is a difference that one just notices."""
    gamma = np.array(to_rgb(colour))
    linear = np.where(gamma <= 0.04045, gamma / 12.92, ((gamma + 0.055) / 1.055) ** 2.4)
    xyz = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
    x, y, z = xyz @ np.clip(np.array(EYES[eyes]) @ linear, 0, 1) / (0.9505, 1, 1.089)
    x, y, z = (np.cbrt(share) if share > 0.008856 else 7.787 * share + 16 / 116 for share in (x, y, z))
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("eyes", EYES)
def test_colour_blind_readers_tell_the_lines_apart(eyes):
    seen = [lab(colour, eyes) for colour in PALETTE]
    assert min(np.linalg.norm(one - other) for one, other in combinations(seen, 2)) > 15
    assert all(colour[0] < 80 for colour in seen)
