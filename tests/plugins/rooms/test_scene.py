"""Rooms: what stands in them does not overlap, belongs to the room type, and is what the tensors say."""

from __future__ import annotations

from random import Random

import pytest
import torch

from taskonomy_plugins.rooms import seating, storage
from taskonomy_plugins.rooms.arrange import Bounds, Room
from taskonomy_plugins.rooms.config import FURNITURE, ROOM_TYPES
from taskonomy_plugins.rooms.materials import palette, plain
from taskonomy_plugins.rooms.parts import Piece, block
from taskonomy_plugins.rooms.roomtypes import furnish
from taskonomy_plugins.rooms.scene import SEMANTIC, SURFACES, build_scene, room_type

CUBE = Piece("cabinet", (1.0, 0.5, 0.8), (block((1.0, 0.5, 0.8), (0, 0, 0), plain((1, 1, 1))),), top=0.8)


@pytest.mark.parametrize(
    ("wall", "low", "high"),
    [
        (0, (0.5, 0.0), (1.5, 0.5)),
        (1, (3.5, 0.5), (4.0, 1.5)),
        (2, (2.5, 2.5), (3.5, 3.0)),
        (3, (0.0, 1.5), (0.5, 2.5)),
    ],
)
def test_a_piece_stands_with_its_back_to_the_wall(wall, low, high):
    room = Room(4.0, 3.0, 2.5)
    position, yaw = room.at_wall(wall, 1.0, 0.25, 0.0)
    placed = room.put(CUBE, position, yaw)
    assert placed is not None
    assert placed.bounds.low == pytest.approx((*low, 0.0))
    assert placed.bounds.high == pytest.approx((*high, 0.8))
    # The back of the piece (-y in its own frame) is at the wall: its front faces inwards.
    front = placed.parts[0].turn @ [0, 1, 0]
    inwards = [(0, 1), (-1, 0), (0, -1), (1, 0)][wall]
    assert front[:2] == pytest.approx(inwards, abs=1e-9)


def test_nothing_is_put_where_something_stands_or_outside():
    room = Room(4.0, 3.0, 2.5)
    assert room.put(CUBE, (1.0, 1.0, 0.0), 0.0) is not None
    assert room.put(CUBE, (1.5, 1.2, 0.0), 90.0) is None
    assert room.put(CUBE, (3.8, 1.0, 0.0), 0.0) is None
    assert room.put(CUBE, (1.0, 1.0, 2.0), 0.0) is None
    assert room.put(CUBE, (3.0, 1.0, 0.0), 0.0) is not None
    room.kept_free.append(Bounds((0, 2, 0), (4, 3, 1)))
    assert room.put(CUBE, (1.0, 2.0, 0.0), 0.0) is None


def test_small_things_stand_on_top_of_large_ones():
    draw = Random(1)
    room = Room(4.0, 3.0, 2.5)
    base = room.put(CUBE, (2.0, 1.0, 0.0), 90.0)
    small = room.on_top(draw, storage.lamp(draw, palette(draw), small=True), base)
    assert small.bounds.low[2] == pytest.approx(0.8)
    assert base.bounds.low[0] <= small.bounds.low[0] <= small.bounds.high[0] <= base.bounds.high[0]
    assert room.on_top(draw, seating.sofa(draw, palette(draw)), base) is None


@pytest.mark.parametrize("kind", ROOM_TYPES)
def test_furniture_never_shares_space_but_for_chairs_drawn_up_to_a_table(kind):
    for seed in range(6):
        draw = Random(seed)
        room = Room(4.2, 4.6, 2.6)
        furnish(draw, room, kind, palette(draw))
        solid = [each for each in room.placed if each.kind in FURNITURE]
        assert len(solid) >= 3
        for i, one in enumerate(solid):
            for other in solid[i + 1 :]:
                if {one.kind, other.kind} in ({"chair", "table"}, {"chair", "desk"}):
                    continue
                shrunk = Bounds(
                    tuple(value + 1e-5 for value in one.bounds.low), tuple(value - 1e-5 for value in one.bounds.high)
                )
                assert not shrunk.overlaps(other.bounds), (one.kind, other.kind)


TYPICAL = {
    "bedroom": {"bed"},
    "living_room": {"sofa"},
    "kitchen": {"fridge", "stove", "sink"},
    "bathroom": {"toilet", "bathtub", "sink"},
    "office": {"desk"},
    "dining_room": {"table", "chair"},
}


def test_room_types_are_known_by_their_furniture():
    complete = dict.fromkeys(ROOM_TYPES, 0)
    for number in range(60):
        scene = build_scene(0, number)
        kind = ROOM_TYPES[scene.kind]
        has = {FURNITURE[index - 2] for index in scene.semantic.unique().tolist() if index >= 2}
        complete[kind] += has >= TYPICAL[kind]
        if kind not in ("bathroom", "kitchen"):
            assert not has & {"toilet", "bathtub", "stove"}
    assert all(count >= 8 for count in complete.values()), complete  # of ten each


def test_six_successive_scenes_have_six_types():
    for block_ in range(5):
        assert {room_type(3, 6 * block_ + i) for i in range(6)} == set(ROOM_TYPES)


def test_the_tensors_of_a_scene_fit_together():
    scene = build_scene(0, 1)
    count = scene.primitives.centre.shape[1]
    assert count > 30
    for each in (scene.instance, scene.semantic, scene.pane, scene.casts, scene.looks.texture):
        assert each.shape == (count,)
    assert scene.instance[:SURFACES].tolist() == [0, 1, 2, 3, 4, 5]
    assert (scene.semantic[:SURFACES] == SEMANTIC["background"]).all()
    assert not scene.casts[:SURFACES].any()
    for piece in scene.instance.unique().tolist():
        assert len(scene.semantic[scene.instance == piece].unique()) == 1
    for colour in (scene.looks.first, scene.looks.second):
        assert ((colour >= 0) & (colour <= 1)).all()


def test_a_scene_depends_on_seed_and_number_alone():
    first, again = build_scene(4, 9), build_scene(4, 9)
    assert torch.equal(first.primitives.centre, again.primitives.centre)
    assert torch.equal(first.looks.first, again.looks.first)
    assert first.size == again.size
    assert build_scene(4, 10).size != first.size
    assert build_scene(5, 9).size != first.size
    assert build_scene(4, 9, attempt=1).size != first.size
