from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
import torch

from taskonomy_core.blocks import DenseDecoder
from taskonomy_core.contract import Draws, Example, Modality, OutputSpec, Task
from taskonomy_core.errors import DataError, JobError, PluginError
from taskonomy_core.learning.deck import Deck
from taskonomy_core.learning.gallery import gallery, group_of, shown_task

SIDE, COUNT = 16, 24


class Rooms:
    """Noise for pictures, their red for depth, and arrangements that do not all begin with every picture."""

    fingerprint = "rooms"
    modalities: ClassVar = {name: Modality(name, (3, SIDE, SIDE), name) for name in ("rgb", "depth")}

    def ids(self, split):
        return range(2000, 2000 + COUNT)

    def groups(self, split, arrangement):
        return {
            "single": torch.arange(COUNT)[:, None],
            "fixated_pairs": torch.tensor([[4, 5], [5, 6], [0, 1]]),
            "matched_pairs": torch.tensor([[0, 9], [4, 7], [5, 6], [4, 5], [0, 1]]),
            "triplets": torch.tensor([[1, 2, 0], [2, 0, 1], [0, 1, 2], [5, 6, 4]]),
        }[arrangement]

    def read(self, split, indices, modalities):
        assert split == "test"
        rgb = Draws.of(0, indices.flatten()).uniform(3, SIDE, SIDE).reshape(*indices.shape, 3, SIDE, SIDE)
        return {name: {"rgb": rgb, "depth": rgb[..., :1, :, :]}[name] for name in modalities}


def picture(image):
    """The picture of the test split, uint8 [H, W, 3]."""
    rgb = Rooms().read("test", torch.tensor([image]), ["rgb"])["rgb"][0]
    return (rgb * 255).round().to(torch.uint8).permute(1, 2, 0).numpy()


def l1(prediction, target, mask):
    return (prediction - target).abs().flatten(1).mean(1)


def depth_example(views, draws):
    return Example(views.images(), views.only("depth"))


def noisy_example(views, draws):
    clean = views.images()
    return Example(clean + 0.1 * draws.normal(*clean.shape[1:]), clean[:, 0])


def make_task(name, **changes):
    card: dict[str, Any] = {
        "name": name, "version": 1, "title": name, "group": "other", "output": OutputSpec.dense(1),
        "example": depth_example, "decoder": DenseDecoder(), "loss": l1, "needs": ("depth",),
        "picture": lambda shown, inputs: shown.expand(-1, 3, -1, -1),
    }  # fmt: skip
    return Task(**(card | changes))


def show_input(shown, inputs):
    return (inputs[:, 0] + 1) / 2


DEPTH = make_task("depth")


def test_every_task_shows_the_picture_that_was_asked_for_in_the_order_given():
    seen = []
    panels = gallery([("depth", DEPTH), ("second", make_task("second"))], Rooms(), 6, 0, lambda *at: seen.append(at))
    assert [panel.name for panel in panels] == ["depth", "second"]
    assert all((panel.inputs == picture(6)).all() for panel in panels)
    assert seen == [(1, 2, "tasks"), (2, 2, "tasks")]


def test_the_target_is_drawn_by_the_task_and_clipped_to_bytes():
    def scaled(shown, inputs):
        return torch.cat([shown * 2, shown - 1, torch.full_like(shown, torch.nan)], dim=1)

    target = shown_task(make_task("depth", picture=scaled), Rooms(), 6, 0).target
    red = Rooms().read("test", torch.tensor([6]), ["depth"])["depth"][0, 0].numpy()
    assert target.shape == (SIDE, SIDE, 3)
    assert np.abs(target[..., 0] - np.minimum(red * 2, 1) * 255).max() <= 0.5001
    assert not target[..., 1:].any()


def test_noise_is_that_of_the_deck_which_networks_are_scored_on():
    noisy = make_task("noisy", example=noisy_example, output=OutputSpec.dense(3), needs=())
    shown = shown_task(noisy, Rooms(), 6, 5).inputs
    deck = Deck(noisy, Rooms(), "test", 10, 5, torch.device("cpu"))
    scored = deck.take(torch.tensor([3, 6])).example.inputs[1, 0].permute(1, 2, 0).numpy()
    assert np.abs(shown - (scored / 2 + 0.5).clip(0, 1) * 255).max() <= 0.5001
    assert (shown != picture(6)).mean() > 0.5


@pytest.mark.parametrize(
    ("arrangement", "image", "group"),
    [
        ("single", 7, 7),
        ("triplets", 0, 2),  # first view before any other place
        ("triplets", 6, 3),  # a later view where it is nowhere the first
        ("matched_pairs", 0, 4),  # a pair of one point, though another comes before it
        ("matched_pairs", 4, 3),
        ("matched_pairs", 7, 1),  # none of one point has it
    ],
)
def test_the_group_whose_first_view_it_is(arrangement, image, group):
    assert group_of(image, Rooms(), arrangement) == group


def test_a_picture_that_no_group_has_is_a_reason():
    with pytest.raises(DataError) as raised:
        group_of(20, Rooms(), "triplets")
    assert str(raised.value) == "No triplets of the data source have picture 20.\nTry another picture."


def pair(views, draws):
    return Example(views.images(), views["rgb"].mean((1, 2, 3, 4))[:, None])


def test_two_views_stand_side_by_side_with_a_white_rim():
    task = make_task(
        "pair", arrangement="matched_pairs", example=pair, picture=show_input, output=OutputSpec.vector(1), needs=()
    )
    panel = shown_task(task, Rooms(), 0, 0)
    assert panel.inputs.shape == (SIDE, 2 * SIDE + 1, 3)
    assert (panel.inputs[:, :SIDE] == picture(0)).all()
    assert (panel.inputs[:, SIDE] == 255).all()
    assert (panel.inputs[:, SIDE + 1 :] == picture(1)).all()
    assert panel.caption == "2 views to 1 number; l1"


def test_many_views_stand_in_a_square_and_blanks_are_white():
    def five(views, draws):
        shades = torch.linspace(-1, 1, 6)[:5, None, None, None].expand(5, 3, SIDE, SIDE)
        return Example(shades[None], views.only("rgb"))

    inputs = shown_task(make_task("five", example=five, picture=show_input, needs=()), Rooms(), 0, 0).inputs
    assert inputs.shape == (2 * SIDE + 1, 3 * SIDE + 2, 3)
    middles = inputs[8 :: SIDE + 1, 8 :: SIDE + 1, 0]
    assert middles.tolist() == [[0, 51, 102], [153, 204, 255]]


def test_what_is_seen_without_colour_is_shown_without():
    grey = make_task("grey", sees=lambda images: images.mean(1, keepdim=True), channels=1)
    inputs = shown_task(grey, Rooms(), 6, 0).inputs
    assert (inputs == inputs[..., :1]).all()
    assert np.abs(inputs - picture(6).mean(2, keepdims=True)).max() <= 1


class Score:
    name = "share right"


@pytest.mark.parametrize(
    ("changes", "caption"),
    [
        ({}, "1 view to 1 map; l1"),
        ({"output": OutputSpec.dense(3, stride=2)}, "1 view to 3 maps of 1/2 side; l1"),
        ({"target": False}, "1 view to 1 map; l1; source only"),
        ({"target": False, "trainable": False}, "1 view to 1 map; not trained; source only"),
        ({"output": OutputSpec.vector(9), "metrics": (Score, Score)}, "1 view to 9 numbers; share right, share right"),
    ],
)
def test_the_caption_says_what_goes_in_and_out_and_what_counts(changes, caption):
    assert shown_task(make_task("depth", **changes), Rooms(), 0, 0).caption == caption


def raises(*args):
    raise ValueError("oh no")


@pytest.mark.parametrize(
    ("changes", "error", "reason"),
    [
        (
            {"needs": ("depth", "normal", "pose")},
            DataError,
            "It needs normal, pose, which the data source does not have.",
        ),
        ({"example": raises}, JobError, "Task 'odd' raised in its example: ValueError: oh no (test_gallery.py, line"),
        ({"picture": raises}, JobError, "Task 'odd' raised in its picture: ValueError: oh no"),
        ({"sees": raises}, JobError, "Task 'odd' raised in its sees: ValueError: oh no"),
        ({"metrics": (raises,)}, JobError, "Task 'odd' raised in its metrics: ValueError: oh no"),
        (
            {"picture": lambda shown, inputs: shown},
            JobError,
            "Task 'odd' raised in its picture: ValueError: its shape is [1, 1, 16, 16], not [1, 3, H, W]",
        ),
        ({"picture": lambda shown, inputs: None}, JobError, "Task 'odd' raised in its picture: AttributeError"),
    ],
    ids=["modality", "example", "picture", "sees", "metrics", "shape", "none"],
)
def test_a_task_that_cannot_be_shown_is_a_panel_with_the_reason(changes, error, reason):
    odd = make_task("odd", title="Odd one", group="3d", **changes)
    sound, panel = gallery([("depth", DEPTH), ("odd", odd)], Rooms(), 0, 0)
    assert sound.fault is None
    assert isinstance(panel.fault, error)
    assert panel.fault.message.startswith(reason)
    assert (panel.name, panel.title, panel.group, panel.inputs, panel.target) == ("odd", "Odd one", "3d", None, None)


def test_a_task_that_could_not_be_loaded_is_a_panel_too():
    broken = PluginError("zoo[gone] is not installed.")
    panel, sound = gallery([("gone", broken), ("depth", DEPTH)], Rooms(), 0, 0)
    assert (panel.name, panel.group, panel.fault) == ("gone", "other", broken)
    assert sound.fault is None


@pytest.mark.parametrize("image", [-1, 24])
def test_a_picture_that_is_not_there_is_refused(image):
    with pytest.raises(DataError) as raised:
        gallery([("depth", DEPTH)], Rooms(), image, 0)
    assert str(raised.value) == f"There is no test picture {image}: the data source gives 24, from 0."
