import torch

from taskonomy_plugins.rooms.segments import segment_unsup2d, segment_unsup25d


def same_regions(found, wanted):
    """Whether two maps of ids cut a picture in the same way, whatever the ids are called."""
    pairs = torch.stack([found.flatten(), wanted.flatten()], dim=1).unique(dim=0)
    return len(pairs) == len(found.unique()) == len(wanted.unique())


def quarters(side):
    half = torch.arange(side) >= side // 2
    return half[:, None].long() * 2 + half[None].long()


COLOURS = torch.tensor([[0.9, 0.1, 0.1], [0.1, 0.9, 0.1], [0.1, 0.1, 0.9], [0.9, 0.9, 0.1]])


def flat(side, metres=3.0):
    depth = torch.full((1, 1, side, side), metres)
    normal = torch.zeros(1, 3, side, side)
    normal[:, 2] = 1.0
    return depth, normal, torch.zeros_like(depth), torch.ones_like(depth, dtype=torch.bool)


def test_four_colours_are_four_segments_at_every_size():
    for side in (32, 64, 128):
        wanted = quarters(side)
        found = segment_unsup2d(COLOURS[wanted].permute(2, 0, 1)[None])
        assert found.shape == (1, 1, side, side)
        assert found.dtype == torch.int64
        assert same_regions(found, wanted)


def test_a_gentle_slope_of_colour_is_one_segment():
    ramp = torch.linspace(0.2, 0.8, 64).expand(1, 3, 64, 64)
    assert len(segment_unsup2d(ramp).unique()) == 1


def test_each_picture_is_cut_on_its_own():
    pictures = torch.stack([COLOURS[quarters(64)].permute(2, 0, 1), torch.full((3, 64, 64), 0.5)])
    found = segment_unsup2d(pictures)
    assert found[:1].equal(segment_unsup2d(pictures[:1]))
    assert len(found[1].unique()) == 1


def test_two_walls_that_touch_are_two_surfaces():
    depth, normal, edges, known = flat(64)
    wanted = (torch.arange(64) >= 30).long().expand(64, 64)
    normal[..., 30:] = torch.tensor([0.8, 0.0, 0.6])[:, None, None]
    assert same_regions(segment_unsup25d(depth, normal, edges, known), wanted)


def test_a_thing_before_a_parallel_wall_is_a_surface_of_its_own():
    depth, normal, edges, known = flat(64)
    wanted = torch.zeros(64, 64, dtype=torch.int64)
    wanted[20:40, 20:40] = 1
    depth[0, 0][wanted == 1] = 1.5
    assert same_regions(segment_unsup25d(depth, normal, edges, known), wanted)


def test_a_window_pane_is_a_region_of_its_own_whatever_its_depth():
    depth, normal, edges, known = flat(64)
    known[..., 10:30, 10:30] = False
    for behind in (0.0, 3.0, torch.inf):
        depth[~known] = behind
        assert same_regions(segment_unsup25d(depth, normal, edges, known), (~known).long())


def test_colour_does_not_matter_for_surfaces_nor_does_a_slanted_wall_fall_apart():
    _, normal, edges, known = flat(64)
    depth = torch.linspace(1 / 2, 1 / 6, 64).reciprocal().expand(1, 1, 64, 64)
    assert len(segment_unsup25d(depth, normal, edges, known).unique()) == 1
