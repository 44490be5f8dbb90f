"""Point matching: which pairs match, on rooms' own pairs too; the picture; figures against SciPy."""

import pytest
import torch
from scipy.stats import mannwhitneyu

from taskonomy_core.contract import Draws, Views
from taskonomy_plugins.rooms.groups import groups
from taskonomy_tasks.point_matching import TASK


def views(points: list[list[list[float]]], scenes: list[list[int]]) -> Views:
    rgb = torch.rand(len(points), 2, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    return Views({"rgb": rgb, "center_point": torch.tensor(points), "scene": torch.tensor(scenes)})


def targets(made: Views) -> list[int]:
    return TASK.example(made, Draws.of(0, list(range(len(made))))).target.tolist()


def test_only_one_point_of_one_scene_matches():
    point = [1.0, 2.0, 0.5]
    near, far = [1.004, 2.003, 0.5], [1.0, 2.02, 0.5]  # 5 mm and 2 cm away
    pairs = [[point, point], [point, near], [point, far], [point, point]]
    assert targets(views(pairs, [[3, 3], [3, 3], [3, 3], [3, 4]])) == [1, 1, 0, 0]


@pytest.mark.parametrize("rows", [2, 8, 400])
def test_the_first_pairs_of_rooms_are_balanced(rows):
    """Cameras 0, 1 and 2 of a room look at its point; camera 3 looks elsewhere."""
    pairs = groups(600, "matched_pairs")[:rows]
    room, camera = pairs // 4, pairs % 4
    points = torch.stack([room, camera // 3, room * 0], dim=2).float()
    assert sum(targets(views(points.tolist(), room.tolist()))) == rows // 2


def test_the_figures_agree_with_scipy():
    generator = torch.Generator().manual_seed(1)
    logits, truth = torch.randn(60, 2, generator=generator), torch.randint(2, (60,), generator=generator)
    logits[:, 1] += truth  # better than chance
    scored = torch.arange(60) % 5 > 0
    figures = {}
    for make in TASK.metrics:
        metric = make()
        metric.update(logits, truth, scored)
        figures[metric.name] = metric.compute()
    right = (logits.argmax(1) == truth)[scored]
    assert figures["accuracy"] == pytest.approx(100.0 * right.float().mean().item(), abs=1e-4)
    margin = logits[:, 1] - logits[:, 0]
    yes, no = margin[scored & (truth == 1)], margin[scored & (truth == 0)]
    in_order = mannwhitneyu(yes, no).statistic / (len(yes) * len(no))  # of all pairs of a match and a mismatch
    assert figures["area under ROC"] == pytest.approx(in_order, abs=1e-6)


def test_the_loss_by_hand():
    """Three to one for a match: ln 4/3 where it is one, ln 4 where it is none."""
    logits = torch.tensor([[1.0, 3.0], [1.0, 3.0]]).log()
    losses = TASK.loss(logits, torch.tensor([1, 0]), torch.tensor([True, True]))
    torch.testing.assert_close(losses, torch.tensor([4.0 / 3.0, 4.0]).log())


def test_the_picture_shows_both_views_with_a_cross_each_and_the_answer_in_words():
    inputs = torch.zeros(2, 2, 3, 64, 64)
    inputs[:, 1] = 0.5
    sure = torch.tensor([[0.0, 3.0], [3.0, 0.0]])
    drawn = TASK.picture(sure, inputs)
    side = drawn.shape[-1] // 2
    strip = drawn[..., side:, :]
    for view, grey in ((0, 0.5), (1, 0.75)):
        red, green, blue = drawn[0, :, side // 2, side * view + side // 2].tolist()
        assert red > green + 0.5
        assert red > blue + 0.5
        corner = drawn[0, :, 5, side * view + 5]
        torch.testing.assert_close(corner, torch.full((3,), grey), atol=0.01, rtol=0)
    assert (strip < 0.5).any()
    assert not torch.equal(strip[0], strip[1])  # "same point 95%", "two points 95%"
    assert torch.equal(TASK.picture(torch.tensor([1, 0]), inputs)[..., :side, :], drawn[..., :side, :])
