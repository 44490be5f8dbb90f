from __future__ import annotations

import re

import matplotlib.image
import numpy as np
import pytest

from taskonomy_core.errors import DataError, TaskonomyError
from taskonomy_core.learning.gallery import Panel
from taskonomy_core.report.gallery_picture import draw_gallery


def flat(*colour, height=8, width=8):
    return np.full((height, width, 3), colour, np.uint8)


RED, BLUE = flat(255, 0, 0), flat(0, 0, 255)


def panel(name="normals", group="3d", inputs=RED, target=BLUE, **other):
    return Panel(name, name.title(), group, "1 view to 3 maps", inputs, target, **other)


def words(path):
    """What stands in an SVG, line by line."""
    return [re.sub("<[^>]+>", "", found) for found in re.findall(r"<text .*?</text>", path.read_text(), re.DOTALL)]


def painted(path, colour):
    """Where pixels of this colour are: their share of a SIDE x SIDE inch picture, and their leftmost and highest."""
    pixels = np.round(matplotlib.image.imread(path)[..., :3] * 255)
    places = np.argwhere((pixels == colour).all(2))
    return len(places) / (1.4 * 160) ** 2, places[:, 1].min(), places[:, 0].min()


def test_input_and_target_stand_side_by_side_in_their_own_colours(tmp_path):
    path = draw_gallery([panel()], tmp_path / "g.png", title="One task")
    (red, red_left, red_top), (blue, blue_left, blue_top) = (painted(path, c) for c in ((255, 0, 0), (0, 0, 255)))
    assert red == pytest.approx(1, abs=0.03)
    assert blue == pytest.approx(1, abs=0.03)
    assert red_top == blue_top
    assert blue_left - red_left == pytest.approx((1.4 + 0.24) * 160, abs=2)


def test_wide_inputs_have_room_and_tall_targets_are_not_stretched(tmp_path):
    wide = panel(inputs=flat(255, 0, 0, width=24), target=flat(0, 0, 255, height=16))
    path = draw_gallery([wide], tmp_path / "g.png", title="One task")
    assert painted(path, (255, 0, 0))[0] == pytest.approx(3, abs=0.06)
    assert painted(path, (0, 0, 255))[0] == pytest.approx(0.5, abs=0.02)


def test_groups_have_headings_in_their_order_and_rows_have_five_panels(tmp_path):
    panels = [panel("x", "semantic"), *(panel(f"n{number}", "2d") for number in range(6)), panel("y", "other")]
    shown = words(draw_gallery(panels, tmp_path / "g.svg", title="Eight", note="Picture 0"))
    assert [word for word in shown if word in ("2D", "3D", "Geometric", "Semantic", "Other")] == [
        "2D",
        "Semantic",
        "Other",
    ]
    assert shown[:2] == ["Eight", "Picture 0"]
    assert shown.index("N5") < shown.index("Semantic") < shown.index("X")
    assert "n3: 1 view to 3 maps" in shown
    heights = {
        count: matplotlib.image.imread(draw_gallery(panels[1 : 1 + count], tmp_path / "h.png", title="")).shape[0]
        for count in (1, 5, 6)
    }
    assert heights[1] == heights[5] < heights[6]


def test_a_fault_is_told_in_words_beside_the_sound_ones(tmp_path):
    broken = Panel("gone", "Gone", "other", fault=DataError("It needs normal, which the data source does not have."))
    shown = words(draw_gallery([panel(), broken], tmp_path / "g.svg", title="Two"))
    assert "It needs normal, which the data source does not have." in " ".join(shown)
    assert {"Normals", "Gone", "gone"} <= set(shown)


def test_text_of_strangers_is_neither_markup_nor_steering_and_ends_in_time(tmp_path):
    odd = Panel("a_b", "$x^2$ \\frac <b>&\x1b[31m", "2d", "$" + "very long " * 200, RED, BLUE)
    path = draw_gallery([odd], tmp_path / "g.svg", title="100 $ and 5 $")
    shown = words(path)
    assert "100 $ and 5 $" in shown
    assert "$x^2$ \\frac &lt;b&gt;&amp; [31m" in shown
    assert "\x1b" not in path.read_text()
    first, second = shown[shown.index(next(word for word in shown if word.startswith("a_b: $very"))) :][:2]
    assert max(len(first), len(second)) < 70
    assert second.endswith(" …")


def test_letters_that_the_font_lacks_are_drawn_as_boxes_without_a_warning(tmp_path):
    strange = Panel("a", "深度", "2d", "", RED, BLUE)
    assert draw_gallery([strange], tmp_path / "g.png", title="t").stat().st_size > 1000


def test_the_file_is_repeatable(tmp_path):
    one, two = (draw_gallery([panel()], tmp_path / name, title="One").read_bytes() for name in ("a.svg", "b.svg"))
    assert one == two


def test_nothing_to_draw_and_nowhere_to_draw_are_refused(tmp_path):
    with pytest.raises(TaskonomyError, match=r"^A gallery needs at least one task\.\nType: tk tasks$"):
        draw_gallery([], tmp_path / "g.png", title="t")
    with pytest.raises(TaskonomyError, match=r"^A picture cannot be written as 'g\.gif'\."):
        draw_gallery([panel()], tmp_path / "g.gif", title="t")
