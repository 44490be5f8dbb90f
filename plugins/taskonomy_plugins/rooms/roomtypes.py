"""What makes a bedroom a bedroom: which furniture each room type gets, and how it is grouped."""

from __future__ import annotations

from collections.abc import Callable
from random import Random

from taskonomy_plugins.rooms import decor, fixtures, seating, storage
from taskonomy_plugins.rooms.arrange import Bounds, Placed, Room
from taskonomy_plugins.rooms.materials import Palette
from taskonomy_plugins.rooms.parts import Piece, chance


def furnish(draw: Random, room: Room, kind: str, look: Palette) -> None:
    """Fill an empty room of a type: door and windows, its own furniture, then rugs, pictures and clutter."""
    entrance = room.against_wall(draw, decor.door(draw, look))
    if entrance is not None:
        w = entrance.piece.size[0]
        ahead, yaw = entrance.position, entrance.yaw
        side = round(yaw / 90)
        along = (ahead[0], ahead[1], room.width - ahead[0], room.depth - ahead[1])[side]
        at, _ = room.at_wall(side, along, 0.45, 0.0)
        x, y = (w / 2, 0.4) if side % 2 == 0 else (0.4, w / 2)
        room.kept_free.append(Bounds((at[0] - x, at[1] - y, 0.02), (at[0] + x, at[1] + y, 1.0)))
    _PLANS[kind](draw, room, look)
    for _ in range(draw.choice((1, 1, 2))):
        room.against_wall(draw, decor.window(draw, look), low=draw.uniform(0.75, 1.0))
    for _ in range(draw.randint(1, 4)):
        picture = decor.mirror(draw, look) if kind == "bathroom" else decor.picture(draw, look)
        room.against_wall(draw, picture, low=draw.uniform(1.2, 1.5))
    if chance(draw, 0.6):
        size = (draw.uniform(0.35, 0.6) * room.width, draw.uniform(0.35, 0.6) * room.depth)
        rug = decor.rug(draw, look, size)
        middle = (room.width * draw.uniform(0.42, 0.58), room.depth * draw.uniform(0.42, 0.58), 0.0)
        everything = tuple(room.placed)
        room.put(rug, middle, 0.0, ignoring=everything)
    _scatter(draw, room, look)


def _scatter(draw: Random, room: Room, look: Palette) -> None:
    """Small things on tables and cupboards, and now and then on the floor."""
    for base in [each for each in room.placed if each.piece.top is not None]:
        for _ in range(draw.choice((0, 1, 1, 2, 3))):
            small: Piece = decor.clutter(draw, look)
            if base.kind in ("cabinet", "table", "desk") and chance(draw, 0.25):
                small = draw.choice((storage.lamp, storage.plant))(draw, look, small=True)
            if base.position[2] + (base.piece.top or 0) < 1.5:
                room.on_top(draw, small, base, yaw=draw.uniform(0, 360))
    for _ in range(draw.choice((0, 1, 1, 2))):
        room.somewhere(draw, draw.choice((decor.clutter, decor.floor_clutter))(draw, look), gap=0.05)


def _maybe(draw: Random, room: Room, look: Palette, options: tuple[tuple[Callable[..., Piece], float], ...]) -> None:
    """Each of some pieces against a wall, with its own probability."""
    for make, probability in options:
        if chance(draw, probability):
            room.against_wall(draw, make(draw, look))


def _chairs(draw: Random, room: Room, look: Palette, table: Placed, most: int) -> None:
    """Chairs around a table, all of one make, facing it."""
    w, d, _ = table.piece.size
    sides = [(0, x) for x in ((-w / 4, w / 4) if w > 1.15 else (0.0,))]
    sides += [(180, x) for x in ((-w / 4, w / 4) if w > 1.15 else (0.0,))] + [(90, 0.0), (270, 0.0)]
    seat = seating.chair(draw, look)
    for turn, along in draw.sample(sides, min(most, len(sides))):
        reach = (d if turn in (0, 180) else w) / 2 + seat.size[1] / 2 - draw.uniform(0.0, 0.2)
        x, y = {0: (along, reach), 180: (along, -reach), 90: (-reach, along), 270: (reach, along)}[turn]
        quarter = round(table.yaw / 90) % 4
        for _ in range(quarter):
            x, y = -y, x
        at = (table.position[0] + x, table.position[1] + y, 0.0)
        room.put(seat, at, table.yaw + turn + 180 + draw.uniform(-8, 8), ignoring=(table,))


def _bedroom(draw: Random, room: Room, look: Palette) -> None:
    bed = room.against_wall(draw, seating.bed(draw, look), front=0.4)
    if bed is not None:
        stand = storage.cabinet(draw, look, (draw.uniform(0.4, 0.55), 0.4, draw.uniform(0.45, 0.6)))
        side = round(bed.yaw / 90) % 4
        x, y, _ = bed.position
        along = (x, y, room.width - x, room.depth - y)[side]
        reach = bed.piece.size[0] / 2 + stand.size[0] / 2 + 0.05
        for s in draw.sample((-1, 1), draw.randint(1, 2)):
            at, yaw = room.at_wall(side, along + s * reach, stand.size[1] / 2, 0.0)
            base = room.put(stand, at, yaw)
            if base is not None and chance(draw, 0.65):
                room.on_top(draw, storage.lamp(draw, look, small=True), base)
    room.against_wall(draw, storage.wardrobe(draw, look), front=0.3)
    if chance(draw, 0.3):
        _desk(draw, room, look)
    if chance(draw, 0.3):
        _screen(draw, room, look)
    _maybe(
        draw, room, look, ((storage.bookcase, 0.35), (storage.cabinet, 0.4), (storage.plant, 0.4), (seating.chair, 0.3))
    )


def _screen(draw: Random, room: Room, look: Palette, facing: Placed | None = None) -> None:
    """A television on a low cabinet, if possible opposite a piece."""
    board = storage.cabinet(draw, look, (draw.uniform(1.1, 1.7), 0.42, draw.uniform(0.4, 0.6)))
    wall = (round(facing.yaw / 90) + 2) % 4 if facing else None
    base = room.against_wall(draw, board, wall=wall)
    if base is not None:
        room.on_top(draw, storage.tv(draw, look), base)


def _desk(draw: Random, room: Room, look: Palette) -> None:
    """A desk with a swivel chair, a monitor, perhaps a lamp."""
    desk = room.against_wall(draw, seating.desk(draw, look))
    if desk is None:
        return
    if chance(draw, 0.8):
        room.on_top(draw, storage.tv(draw, look, monitor=True), desk, back=True)
    if chance(draw, 0.5):
        room.on_top(draw, storage.lamp(draw, look, small=True), desk, back=True)
    seat = seating.office_chair(draw, look) if chance(draw, 0.75) else seating.chair(draw, look)
    room.in_front(seat, desk, draw.uniform(-0.1, 0.25), draw.uniform(-0.2, 0.2), 180 + draw.uniform(-30, 30), tuck=True)


def _living_room(draw: Random, room: Room, look: Palette) -> None:
    sofa = room.against_wall(draw, seating.sofa(draw, look))
    if sofa is not None:
        low = seating.table(draw, look, low=True)
        room.in_front(low, sofa, draw.uniform(0.3, 0.5), draw.uniform(-0.2, 0.2))
    _screen(draw, room, look, sofa)
    if chance(draw, 0.5):
        room.against_wall(draw, seating.sofa(draw, look, seats=1))
    _maybe(
        draw, room, look, ((storage.bookcase, 0.6), (storage.lamp, 0.65), (storage.plant, 0.65), (storage.cabinet, 0.3))
    )


def _kitchen(draw: Random, room: Room, look: Palette) -> None:
    """Units in a row along one wall, cupboards above them, perhaps a second row and a small table."""
    row: list[Piece] = [
        fixtures.fridge(draw, look),
        fixtures.stove(draw, look),
        fixtures.sink(draw, look, kitchen=True),
    ]
    row += [_unit(draw, look) for _ in range(draw.randint(1, 3))]
    draw.shuffle(row)
    for wall in draw.sample(range(4), 4):
        if not row:
            break
        at = 0.02
        for piece in list(row):
            position, yaw = room.at_wall(wall, at + piece.size[0] / 2, piece.size[1] / 2, 0.0)
            if room.put(piece, position, yaw) is None:
                at += 0.15
                continue
            row.remove(piece)
            if piece.kind != "fridge" and chance(draw, 0.6):
                hung = storage.cabinet(draw, look, (piece.size[0], 0.34, 0.65))
                above, _ = room.at_wall(wall, at + piece.size[0] / 2, hung.size[1] / 2, 1.45)
                room.put(hung, above, yaw)
            at += piece.size[0] + 0.002
    if chance(draw, 0.6):
        table = room.somewhere(draw, seating.table(draw, look), gap=0.45)
        if table is not None:
            _chairs(draw, room, look, table, draw.randint(2, 4))
    _maybe(draw, room, look, ((storage.plant, 0.25),))


def _unit(draw: Random, look: Palette) -> Piece:
    return storage.cabinet(draw, look, (draw.uniform(0.4, 0.9), 0.6, fixtures.COUNTER), counter=True)


def _bathroom(draw: Random, room: Room, look: Palette) -> None:
    room.against_wall(draw, fixtures.bathtub(draw, look))
    room.against_wall(draw, fixtures.toilet(draw, look), front=0.3)
    basin = room.against_wall(draw, fixtures.sink(draw, look), front=0.3)
    if basin is not None:
        side = round(basin.yaw / 90) % 4
        x, y, _ = basin.position
        at, yaw = room.at_wall(side, (x, y, room.width - x, room.depth - y)[side], 0.02, 1.2)
        room.put(decor.mirror(draw, look), at, yaw)
    small = storage.cabinet(draw, look, (draw.uniform(0.4, 0.6), 0.35, draw.uniform(0.6, 1.6)))
    if chance(draw, 0.5):
        room.against_wall(draw, small)
    _maybe(draw, room, look, ((storage.plant, 0.3),))


def _office(draw: Random, room: Room, look: Palette) -> None:
    for _ in range(draw.choice((1, 2, 2))):
        _desk(draw, room, look)
    room.against_wall(draw, storage.bookcase(draw, look))
    _maybe(
        draw,
        room,
        look,
        (
            (storage.bookcase, 0.5),
            (storage.cabinet, 0.6),
            (storage.plant, 0.6),
            (storage.lamp, 0.3),
            (seating.chair, 0.4),
        ),
    )
    if chance(draw, 0.25):
        room.against_wall(draw, seating.sofa(draw, look))


def _dining_room(draw: Random, room: Room, look: Palette) -> None:
    table = seating.table(draw, look)
    yaw = draw.choice((0.0, 90.0))
    middle = (room.width * draw.uniform(0.42, 0.58), room.depth * draw.uniform(0.42, 0.58), 0.0)
    placed = room.put(table, middle, yaw)
    if placed is not None:
        _chairs(draw, room, look, placed, draw.randint(3, 6))
        if chance(draw, 0.6):
            drop = room.height - draw.uniform(1.65, 1.8)
            hanging = storage.pendant(draw, look, max(0.2, drop - 0.25))
            room.put(hanging, (placed.position[0], placed.position[1], room.height - hanging.size[2]), 0.0)
    room.against_wall(draw, storage.cabinet(draw, look))
    _maybe(
        draw, room, look, ((storage.cabinet, 0.3), (storage.plant, 0.6), (storage.bookcase, 0.25), (storage.lamp, 0.35))
    )


_PLANS: dict[str, Callable[[Random, Room, Palette], None]] = {
    "bedroom": _bedroom,
    "living_room": _living_room,
    "kitchen": _kitchen,
    "bathroom": _bathroom,
    "office": _office,
    "dining_room": _dining_room,
}
