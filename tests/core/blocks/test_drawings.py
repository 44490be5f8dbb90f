"""Drawings: lines where they belong, whatever is asked for."""

import pytest
import torch

from taskonomy_core.blocks.drawings import clipped, lines_over, projected

GREY = torch.zeros(1, 3, 32, 32)
RED, GREEN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0)


def line(*ends: tuple[float, float]) -> torch.Tensor:
    return torch.tensor(ends).reshape(1, -1, 2, 2)


def shows(picture: torch.Tensor, x: float, y: float, colour: tuple[float, float, float]) -> bool:
    """Whether the first picture has this colour at a place given as drawings are."""
    side = picture.shape[-1]
    row, column = (min(side - 1, max(0, round((1 + way) / 2 * side - 0.5))) for way in (-y, x))
    return bool(torch.equal(picture[0, :, row, column], torch.tensor(colour)))


def test_a_segment_is_cut_at_a_plane():
    """From 1 m behind a camera to 3 m before it; the part 1 m before it and beyond stays."""
    segment = torch.tensor([[[0.0, 4.0, 1.0], [8.0, 0.0, -3.0]]])
    cut = clipped(segment, (0.0, 0.0, -1.0), 1.0)
    torch.testing.assert_close(cut, torch.tensor([[[4.0, 2.0, -1.0], [8.0, 0.0, -3.0]]]))
    torch.testing.assert_close(clipped(segment.flip(1), (0.0, 0.0, -1.0), 1.0), cut.flip(1))
    assert torch.equal(clipped(segment, (0.0, 0.0, -1.0), -2.0), segment)  # all of it
    assert clipped(segment, (0.0, 0.0, -1.0), 5.0).isnan().all()  # nothing of it
    level = torch.tensor([[[0.0, 0.0], [1.0, 0.0]]])
    assert torch.equal(clipped(level, (0.0, 1.0), 0.0), level)  # along the border


def test_a_point_is_seen_where_the_field_of_view_says():
    """With 90 degrees, what is as far aside as ahead is at the edge; with 60, further out by sqrt 3."""
    point = torch.tensor([2.0, -1.0, -2.0])
    torch.testing.assert_close(projected(point, 90.0), torch.tensor([1.0, -0.5]))
    torch.testing.assert_close(projected(point, 60.0), torch.tensor([3.0**0.5, -(3.0**0.5) / 2]))


def test_a_line_goes_through_where_it_should_and_the_last_lies_uppermost():
    ends = line((-0.5, 0.5), (0.5, 0.5), (0.0, 1.0), (0.0, -0.5))
    drawn = lines_over(GREY, ends, ("#ff0000", "#00ff00"))
    assert drawn.shape == (1, 3, 160, 160)
    assert shows(drawn, -0.4, 0.5, RED)
    assert shows(drawn, 0.4, 0.5, RED)
    assert shows(drawn, 0.0, 0.5, GREEN)
    assert shows(drawn, 0.0, -0.4, GREEN)
    untouched = (128 / 255,) * 3
    for place in ((0.8, 0.5), (-0.4, -0.5), (0.0, -0.8)):
        assert shows(drawn, *place, untouched)


def test_an_arrow_has_its_head_at_the_end():
    drawn = lines_over(GREY, line((-0.5, 0.0), (0.5, 0.0)), ("#ff0000",), arrows=True)
    red = (drawn[0] == torch.tensor(RED).reshape(3, 1, 1)).all(0).sum(0)  # how thick it is in every column
    head, shaft = red[100:120], red[50:90]
    assert head.max() > 2 * shaft.max() > 0
    assert red[121:].sum() == 0


@pytest.mark.parametrize("arrows", [False, True])
def test_what_cannot_be_drawn_is_left_out(arrows):
    plain = lines_over(GREY, torch.zeros(1, 0, 2, 2), ())
    for ends in (
        line((torch.nan, 0.0), (0.5, 0.5)),
        line((0.0, 0.0), (torch.inf, 0.0)),
        line((2.0, 2.0), (3.0, 2.0)),
        line((2.0, 0.0), (0.0, 3.0)),  # past a corner
    ):
        assert torch.equal(lines_over(GREY, ends, ("red",), arrows), plain)
    point = lines_over(GREY, line((0.0, 0.0), (0.0, 0.0)), ("red",), arrows)  # must not divide by zero
    assert point.isfinite().all()


def test_what_reaches_far_outside_is_cut_at_the_edge():
    drawn = lines_over(GREY, line((-1e8, 0.5), (1e8, 0.5)), ("#ff0000",))
    assert all(shows(drawn, x, 0.5, RED) for x in (-1.0, 0.0, 1.0))


def test_every_picture_of_a_batch_has_its_own_lines():
    pictures = torch.stack([torch.full((3, 32, 32), -1.0), torch.full((3, 32, 32), 1.0)])
    ends = torch.cat([line((-0.5, 0.0), (0.5, 0.0)), line((0.0, -0.5), (0.0, 0.5))])
    both = lines_over(pictures, ends, ("red",))
    alone = torch.cat([lines_over(pictures[i : i + 1], ends[i : i + 1], ("red",)) for i in range(2)])
    assert torch.equal(both, alone)
    assert both[0, :, 0, 0].tolist() == [0.0, 0.0, 0.0]
    assert both[1, :, 0, 0].tolist() == [1.0, 1.0, 1.0]


def test_a_picture_is_drawn_over_not_altered():
    pictures = torch.rand(2, 3, 200, 200) * 2 - 1
    before = pictures.clone()
    drawn = lines_over(pictures, torch.zeros(2, 0, 2, 2), ())
    assert torch.equal(pictures, before)
    torch.testing.assert_close(drawn, (pictures + 1) / 2, atol=0.5 / 255 + 1e-6, rtol=0)
