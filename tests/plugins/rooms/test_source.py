import subprocess
import sys

import pytest
import torch

import taskonomy_plugins.rooms
from taskonomy_core.contract import ARRANGEMENTS, SPLITS, DataRequest, DataSourceKind
from taskonomy_core.errors import DataError

COUNTS = {"train": 20, "transfer": 8, "test": 12}


def open_rooms(render, counts=COUNTS, image=8, seed=3, **options):
    from taskonomy_plugins.rooms.source import RoomsSource

    return RoomsSource(DataRequest(image, counts, seed, options), render)


def test_the_plugin_brings_one_kind_that_opens():
    (kind,) = taskonomy_plugins.rooms.taskonomy_data_sources()
    assert isinstance(kind, DataSourceKind)
    assert kind.name == "rooms"
    source = kind.open(DataRequest(8, COUNTS, 0, {"antialias": 1}))
    assert source.modalities["rgb"].shape == (3, 8, 8)


def test_importing_the_plugin_imports_no_torch():
    program = "import sys, taskonomy_plugins.rooms as r; r.taskonomy_data_sources(); sys.exit('torch' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program]).returncode == 0


def test_every_modality_of_the_26_tasks_is_offered_with_shape_and_meaning(render):
    offered = open_rooms(render).modalities
    maps = "depth_euclidean depth_zbuffer mask_valid reshading edge_texture edge_occlusion keypoints2d keypoints3d"
    maps += " segment_semantic segment_unsup2d segment_unsup25d"
    shapes = dict.fromkeys(maps.split(), (1, 8, 8)) | {"rgb": (3, 8, 8), "normal": (3, 8, 8)}
    shapes |= {"principal_curvature": (2, 8, 8), "vanishing_points": (9,), "room_layout": (9,), "camera_pose": (4, 4)}
    shapes |= {"center_point": (3,), "scene": (), "class_object": (16,), "class_scene": (6,)}
    assert {name: modality.shape for name, modality in offered.items()} == shapes
    assert all(modality.name == name and modality.meaning for name, modality in offered.items())
    assert "3 chair" in offered["segment_semantic"].meaning


def test_the_fingerprint_is_known_at_once_and_tells_all_settings_apart(render):
    prints = [
        open_rooms(render).fingerprint,
        open_rooms(render, seed=4).fingerprint,
        open_rooms(render, image=16).fingerprint,
        open_rooms(render, antialias=1).fingerprint,
    ]
    assert len(set(prints)) == len(prints)
    assert open_rooms(render, counts=COUNTS | {"train": 24}, antialias=2).fingerprint == prints[0]
    assert render.rendered == []


def test_no_scene_is_in_two_splits_and_no_split_depends_on_another(render):
    source = open_rooms(render)
    scenes = {split: {number // 4 for number in source.ids(split)} for split in SPLITS}
    assert [len(scenes[split]) for split in SPLITS] == [5, 2, 3]
    assert len(set.union(*scenes.values())) == 10
    larger = open_rooms(render, counts=COUNTS | {"train": 400})
    assert larger.ids("test") == source.ids("test")
    assert larger.ids("train")[:20] == source.ids("train")


def test_ids_are_scene_and_camera_of_what_is_read(render):
    source = open_rooms(render, counts={"test": 10})
    source.prepare()
    ids = source.ids("test")
    assert len(ids) == len(set(ids)) == 10
    assert source.read("test", torch.arange(10), ["scene"])["scene"].tolist() == [number // 4 for number in ids]
    assert [number % 4 for number in ids] == [0, 1, 2, 3, 0, 1, 2, 3, 0, 1]


def test_reading_keeps_the_shape_of_the_indices_and_the_types_of_the_contract(render):
    source = open_rooms(render)
    source.prepare()
    indices = torch.tensor([[0, 5, 19], [7, 7, 3]])
    found = source.read("train", indices, ["rgb", "segment_semantic", "mask_valid", "scene", "class_scene"])
    assert {name: tuple(tensor.shape) for name, tensor in found.items()} == {
        "rgb": (2, 3, 3, 8, 8),
        "segment_semantic": (2, 3, 1, 8, 8),
        "mask_valid": (2, 3, 1, 8, 8),
        "scene": (2, 3),
        "class_scene": (2, 3, 6),
    }
    assert {name: tensor.dtype for name, tensor in found.items()} == {
        "rgb": torch.float32,
        "segment_semantic": torch.int64,
        "mask_valid": torch.bool,
        "scene": torch.int64,
        "class_scene": torch.float32,
    }
    assert 0.0 <= found["rgb"].min() < 0.05
    assert 0.95 < found["rgb"].max() <= 1.0
    assert found["rgb"][1, 0].equal(found["rgb"][1, 1])
    assert source.read("train", torch.tensor(7), ["scene"])["scene"].shape == ()
    assert source.read("train", torch.empty(0, 2, dtype=torch.int64), ["rgb"])["rgb"].shape == (0, 2, 3, 8, 8)


def test_what_is_read_belongs_to_the_reader(render):
    source = open_rooms(render)
    source.prepare()
    first = source.read("train", torch.arange(4), ["rgb", "normal"])
    kept = {name: tensor.clone() for name, tensor in first.items()}
    for tensor in first.values():
        tensor.zero_()
    again = source.read("train", torch.arange(4), ["rgb", "normal"])
    assert all(again[name].equal(kept[name]) for name in kept)


def test_real_rooms_have_what_the_arrangements_promise():
    (kind,) = taskonomy_plugins.rooms.taskonomy_data_sources()
    source = kind.open(DataRequest(8, {"train": 16}, 1, {"antialias": 1}))
    source.prepare()
    matches = source.read("train", source.groups("train", "matched_pairs"), ["center_point", "scene"])
    apart = (matches["center_point"][:, 0] - matches["center_point"][:, 1]).norm(dim=1)
    apart[matches["scene"][:, 0] != matches["scene"][:, 1]] = torch.inf
    assert apart[::2].max() < 0.001
    assert apart[1::2].min() > 0.1
    everything = source.read("train", torch.arange(16), list(source.modalities))
    assert all(values.float().isfinite().all() for values in everything.values())
    assert everything["class_scene"].sum(1).tolist() == [1.0] * 16
    assert all(len(picture.unique()) > 3 for picture in everything["rgb"])


@pytest.mark.parametrize("index", [-1, 20])
def test_an_index_outside_the_split_is_a_bug(render, index):
    with pytest.raises(IndexError, match=f"indices {index}..{index} into split 'train' of 20 images"):
        open_rooms(render).read("train", torch.tensor([index]), ["rgb"])


@pytest.mark.parametrize("arrangement", ARRANGEMENTS)
def test_every_arrangement_of_the_contract_has_its_views(render, arrangement):
    found = open_rooms(render).groups("train", arrangement)
    assert found.dtype == torch.int64
    assert found.shape[1] == ARRANGEMENTS[arrangement]
    assert len(found.unique(dim=0)) == len(found) > 0
    assert found.min() >= 0
    assert found.max() < 20


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"antialais": 2}, "The data source rooms has no option 'antialais'; the nearest is 'antialias'."),
        ({"xyz": 2}, "The data source rooms has no option 'xyz'."),
        ({"antialias": "2"}, "Rooms cannot be rendered so: antialias is '2', not a whole number from 1 to 8."),
        ({"antialias": True}, "Rooms cannot be rendered so: antialias is True, not a whole number from 1 to 8."),
    ],
)
def test_a_wrong_option_is_named(render, options, message):
    with pytest.raises(DataError) as caught:
        open_rooms(render, **options)
    assert caught.value.message == message
    assert "registry.toml" in caught.value.hint


def test_the_hint_of_an_unknown_option_lists_the_known_ones(render):
    with pytest.raises(DataError) as caught:
        open_rooms(render, colour=1)
    expected = "Its options in the [data] table of registry.toml: antialias, field_of_view."
    assert caught.value.hint == expected


@pytest.mark.parametrize("count", [0, 3, -4, 8.0, True, "8"])
def test_too_few_images_for_a_scene_is_a_sentence(render, count):
    with pytest.raises(DataError) as caught:
        open_rooms(render, counts=COUNTS | {"test": count})
    assert caught.value.message == (
        f"Rooms cannot give {count!r} images for split test: a scene has 4 images, so that is the least."
    )
    assert caught.value.hint == "Ask for 4 images or more; multiples of 4 use every scene whole."


def test_an_unknown_split_is_named(render):
    known = "It has: train, transfer, test."
    with pytest.raises(DataError) as caught:
        open_rooms(render, counts={"val": 8})
    assert (caught.value.message, caught.value.hint) == ("Rooms has no split 'val'.", known)
    with pytest.raises(DataError) as caught:
        open_rooms(render).ids("val")
    assert (caught.value.message, caught.value.hint) == ("Rooms has no split 'val'.", known)


def test_an_unknown_modality_is_named_with_what_is_offered(render):
    with pytest.raises(DataError) as caught:
        open_rooms(render).read("train", torch.tensor([0]), ["rgb", "normals"])
    assert caught.value.message == "Rooms offers no modality 'normals'; the nearest is 'normal'."
    assert caught.value.hint.startswith("It offers: camera_pose, center_point, class_object,")
    with pytest.raises(DataError) as caught:
        open_rooms(render).read("train", torch.tensor([0]), ["xyzzy"])
    assert caught.value.message == "Rooms offers no modality 'xyzzy'."
