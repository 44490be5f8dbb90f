from __future__ import annotations

import subprocess
import sys
from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from taskonomy_core.errors import RosterError
from taskonomy_core.learning.recipe import PRESETS, recipe_for

KINDS = ("network", "transfer", "scratch", "constant")


def changed(overrides: dict[str, Any]) -> set[str]:
    recipe = recipe_for("nano", overrides)
    return {kind for kind in KINDS if recipe.digest(kind) != PRESETS["nano"].digest(kind)}


@pytest.mark.parametrize(
    ("overrides", "stale"),
    [
        ({}, set()),
        ({"network": {"epochs": 30}}, {"network"}),
        ({"transfer": {"lr": 0.5}}, {"transfer"}),
        ({"transfer_images": 40}, {"transfer", "scratch", "constant"}),
        ({"test_images": 40}, set(KINDS)),
        ({"size": {"head_width": 7}}, set(KINDS)),
        ({"beam": 4, "order": 1}, set()),
    ],
)
def test_a_change_makes_stale_what_it_would_change(overrides: dict[str, Any], stale: set[str]) -> None:
    assert changed(overrides) == stale


def test_the_papers_sizes_are_the_facts_sheets() -> None:
    paper = PRESETS["paper"]
    assert paper.counts == {"train": 120_000, "transfer": 16_000, "test": 17_000}
    assert paper.size.code_channels * paper.size.code_side**2 == 2048
    assert paper.size.decoder_convs == (1024, 1024, 512, 256, 256, 128)
    assert (paper.network.lr, paper.network.drop_after, paper.network.weight_decay) == (1e-4, 80_000, 2e-6)
    assert (paper.transfer.drop_after, paper.transfer.weight_decay) == (5_000, 1e-5)


@pytest.mark.parametrize(
    ("preset", "overrides", "said"),
    [
        ("nanno", {}, "There is no preset 'nanno'; the presets are nano, small, paper. Did you mean nano?"),
        ("nano", {"epoch": 3}, "unknown key recipe.epoch."),
        ("nano", {"network": {"epoch": 3}}, "unknown key recipe.network.epoch. Did you mean epochs?"),
        ("nano", {"train_images": "many"}, "recipe.train_images = 'many', but it must be like 3600"),
        ("nano", {"train_images": True}, "recipe.train_images = True"),
        ("nano", {"train_images": 1}, "recipe.train_images is 1, below 4"),
        ("nano", {"network": {"lr": -1.0}}, "recipe.network needs epochs >= 1, batch >= 2 and lr > 0"),
        ("nano", {"network": {"schedule": "zigzag"}}, "'zigzag', not one of cosine, step"),
        ("nano", {"precision": "int8"}, "recipe.precision is 'int8', not one of auto, float32, bfloat16"),
        ("nano", {"size": {"image": 65}}, "recipe.size.image (65) is not recipe.size.code_side (8) times a power"),
    ],
)
def test_bad_recipes_are_told_in_a_sentence(preset: str, overrides: dict[str, Any], said: str) -> None:
    with pytest.raises(RosterError) as caught:
        recipe_for(preset, overrides)
    assert said in caught.value.message
    assert caught.value.hint


def test_whole_numbers_do_for_rates_and_lists_for_widths() -> None:
    recipe = recipe_for("nano", {"network": {"lr": 1}, "size": {"decoder_ups": [[8, 8], [4, 4]]}})
    assert recipe.network.lr == 1.0
    assert recipe.size.decoder_ups == ((8, 8), (4, 4))


def test_recipes_need_no_torch() -> None:
    code = "import sys, taskonomy_core.learning.recipe; sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@pytest.mark.parametrize("kind", ["network", "transfer", "scratch", "constant"])
def test_settings_name_all_that_the_digest_hashes(kind):
    """Every setting in turn: another digest if and only if other settings (keys name the encoder by themselves)."""
    before = PRESETS["nano"]
    names = {part.name for part in fields(before)} - {"preset", "encoder"}
    changes = {name: getattr(before, name) for name in names}
    others = {int: lambda old: old + 1, float: lambda old: old + 0.5, str: lambda old: f"{old}x", tuple: lambda old: ()}
    for name, value in changes.items():
        inner = [part.name for part in fields(value)] if is_dataclass(value) else [None]
        for part in inner:
            old = value if part is None else getattr(value, part)
            new = others[type(old)](old)
            after = replace(before, **{name: new if part is None else replace(value, **{part: new})})
            said = {key for key, now in after.settings(kind).items() if now != before.settings(kind)[key]}
            assert said <= {name if part is None else f"{name}.{part}"}
            assert bool(said) == (after.digest(kind) != before.digest(kind))
