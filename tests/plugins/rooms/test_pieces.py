"""Every piece of furniture stays in the box that placement reserves for it, stands on its floor, and varies."""

from __future__ import annotations

from functools import partial
from random import Random

import numpy as np
import pytest

from taskonomy_plugins.rooms import decor, fixtures, seating, storage
from taskonomy_plugins.rooms.config import FURNITURE
from taskonomy_plugins.rooms.materials import palette
from taskonomy_plugins.rooms.parts import BACKGROUND, UNCERTAIN
from taskonomy_plugins.rooms.textures import TEXTURES

MAKERS = {
    "bed": seating.bed,
    "chair": seating.chair,
    "office chair": seating.office_chair,
    "sofa": seating.sofa,
    "table": seating.table,
    "low table": partial(seating.table, low=True),
    "desk": seating.desk,
    "bookcase": storage.bookcase,
    "cabinet": storage.cabinet,
    "wardrobe": storage.wardrobe,
    "lamp": storage.lamp,
    "small lamp": partial(storage.lamp, small=True),
    "pendant": partial(storage.pendant, drop=0.5),
    "plant": storage.plant,
    "small plant": partial(storage.plant, small=True),
    "tv": storage.tv,
    "monitor": partial(storage.tv, monitor=True),
    "fridge": fixtures.fridge,
    "stove": fixtures.stove,
    "sink": fixtures.sink,
    "kitchen sink": partial(fixtures.sink, kitchen=True),
    "toilet": fixtures.toilet,
    "bathtub": fixtures.bathtub,
    "window": decor.window,
    "door": decor.door,
    "picture": decor.picture,
    "mirror": decor.mirror,
    "rug": partial(decor.rug, size=(2.0, 1.5)),
    "clutter": decor.clutter,
    "floor clutter": decor.floor_clutter,
}


def make(name, seed):
    draw = Random(seed)
    return MAKERS[name](draw, palette(draw))


def extent(part):
    """How far a part reaches from its centre along each axis."""
    axes = part.turn * np.array(part.half)
    if part.shape == "ellipsoid":
        return np.sqrt((axes**2).sum(1))
    if part.shape == "frustum":
        return np.sqrt((axes[:, :2] ** 2).sum(1)) + np.abs(axes[:, 2])
    return np.abs(axes).sum(1)


@pytest.mark.parametrize("name", MAKERS)
def test_a_piece_fits_into_its_box(name):
    # A few centimetres of handle or pillow may stand out: pieces are placed with a gap of two.
    slack = 0.045
    for seed in range(25):
        piece = make(name, seed)
        low = np.min([np.array(part.centre) - extent(part) for part in piece.parts], axis=0)
        high = np.max([np.array(part.centre) + extent(part) for part in piece.parts], axis=0)
        w, d, h = piece.size
        assert (low >= np.array([-w / 2, -d / 2, 0.0]) - slack).all()
        assert (high <= np.array([w / 2, d / 2, h]) + slack).all()
        assert piece.kind in (*FURNITURE, BACKGROUND, UNCERTAIN)
        assert piece.top is None or 0 < piece.top <= h + 1e-9


@pytest.mark.parametrize("name", [name for name in MAKERS if name not in ("window", "mirror", "picture", "pendant")])
def test_a_piece_stands_on_its_floor(name):
    for seed in range(10):
        assert min(part.centre[2] - extent(part)[2] for part in make(name, seed).parts) < 0.09


@pytest.mark.parametrize("name", MAKERS)
def test_pieces_vary_with_the_random_numbers_and_repeat_with_them(name):
    assert len({make(name, seed).size for seed in range(4)}) > 1 or name == "rug"
    first, second = make(name, 7), make(name, 7)
    assert first.size == second.size
    assert [part.material for part in first.parts] == [part.material for part in second.parts]


def test_every_furniture_class_has_a_maker_and_every_texture_exists():
    pieces = [make(name, seed) for name in MAKERS for seed in range(5)]
    assert {piece.kind for piece in pieces} >= set(FURNITURE)
    assert {part.material.texture for piece in pieces for part in piece.parts} <= set(TEXTURES)
    assert all(len(piece.parts) >= 2 for piece in pieces if piece.kind in FURNITURE)


def test_only_windows_have_panes():
    for name in MAKERS:
        assert any(part.pane for part in make(name, 1).parts) == (name == "window")
