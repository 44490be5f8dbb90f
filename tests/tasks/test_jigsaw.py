"""The permutations are far apart, the tiles are where they should be, and the right answer puts them together again."""

import pytest
import torch

from taskonomy_core.contract import Draws, Views
from taskonomy_tasks.jigsaw import CLASSES, TASK, orders, reassembled, tile_side, tiles


def test_the_permutations_are_distinct_and_far_apart():
    table = orders()
    assert table.shape == (CLASSES, 9)
    assert torch.equal(table.sort(dim=1).values, torch.arange(9).expand(CLASSES, 9))
    assert table[0].tolist() == list(range(9))
    distance = (table[:, None] != table[None]).sum(2)
    distance[range(CLASSES), range(CLASSES)] = 9
    # No more than 72 permutations of 9 things can differ in 8 places or more (a sharply 2-transitive set), so the best
    # that 100 could have is 7.
    assert distance.min() >= 6
    assert distance.float().mean() > 8.0


@pytest.mark.parametrize(("image", "side"), [(64, 32), (256, 128), (48, 24), (72, 32), (16, 8), (8, 8)])
def test_a_tile_is_half_a_picture_in_steps_of_eight(image, side):
    assert tile_side(image) == side


def test_a_tile_shows_nine_tenths_of_its_third():
    """On a picture whose red is x and whose green is y, a tile tells where it was cut."""
    line = (torch.arange(96) + 0.5) / 96
    picture = torch.stack((line.expand(96, 96), line[:, None].expand(96, 96), torch.zeros(96, 96)))
    cut = tiles(picture[None].repeat(40, 1, 1, 1), Draws.of(0, range(40)))
    assert cut.shape == (40, 9, 3, 48, 48)
    across, down = cut[:, :, 0], cut[:, :, 1]
    thirds = torch.arange(9)
    for values, third in ((across.mean(2), thirds % 3), (down.mean(3), thirds // 3)):
        low, high = values[..., 0], values[..., -1]
        span = (high - low) * 48 / 47 * 3  # of a third, over a whole tile
        torch.testing.assert_close(span, torch.full_like(span, 0.9), atol=0.02, rtol=0)
        corner = low * 3 - third - 0.5 * 0.9 / 48
        assert corner.min() > -0.02
        assert corner.max() < 0.12
        assert abs(corner.mean().item() - 0.05) < 0.01  # uniform in the tenth that is left


def test_the_right_answer_reassembles_the_picture_and_a_wrong_one_does_not():
    colours = torch.rand(5, 9, 3, generator=torch.Generator().manual_seed(0))
    rgb = colours.reshape(5, 3, 3, 3).permute(0, 3, 1, 2).repeat_interleave(8, 2).repeat_interleave(8, 3)
    draws = Draws.of(0, range(5))
    example = TASK.example(Views({"rgb": rgb[:, None]}), draws)
    assert example.inputs.shape == (5, 9, 3, 8, 8)
    whole = reassembled(example.target, example.inputs)
    plain = rgb[:, :, 4::8, 4::8]  # the middle of each third
    torch.testing.assert_close(whole[:, :, 4::8, 4::8], plain)
    logits = torch.nn.functional.one_hot(example.target, CLASSES).float()
    assert torch.equal(reassembled(logits, example.inputs), whole)
    wrong = reassembled((example.target + 1) % CLASSES, example.inputs)
    assert not torch.allclose(wrong[:, :, 4::8, 4::8], plain)


def test_every_permutation_is_asked_for():
    rgb = torch.rand(1, 1, 3, 16, 16).expand(2000, -1, -1, -1, -1)
    targets = TASK.example(Views({"rgb": rgb}), Draws.of(0, range(2000))).target
    assert len(targets.unique()) == CLASSES
