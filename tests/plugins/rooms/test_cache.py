import errno
import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import platformdirs
import pytest
import torch

from taskonomy_core.errors import DataError
from taskonomy_plugins.rooms import cache as cache_module
from taskonomy_plugins.rooms.cache import RoomsCache, cache_root, scene_number
from taskonomy_plugins.rooms.config import RoomsConfig
from taskonomy_plugins.rooms.locking import held
from taskonomy_plugins.rooms.modalities import stored_modalities
from taskonomy_plugins.rooms.render import render_scenes

CONFIG = RoomsConfig(image=8, seed=3)


@pytest.fixture(autouse=True)
def short_shards(monkeypatch):
    monkeypatch.setattr(cache_module, "SCENES_PER_SHARD", 2)


def make(render, train=5, test=1, config=CONFIG):
    return RoomsCache(config, {"train": train, "test": test}, render)


def files(cache):
    return {path.name: path.read_bytes() for path in cache.folder.glob("*.safetensors")}


def test_what_is_read_is_what_was_rendered_to_within_the_stored_type(render):
    cache = make(render)
    cache.prepare()
    stored = stored_modalities(CONFIG.image)
    found = cache.gather("train", range(20), list(stored))
    truth = render(CONFIG, [scene_number("train", place) for place in range(5)])
    tolerance = {"u1": 0.5 / 255, "f2": 2.0**-11, "f4": 0.0}
    for name, kind in stored.items():
        assert found[name].dtype == kind.read
        assert found[name].shape == (20, *kind.modality.shape)
        if name not in truth:
            continue
        if found[name].is_floating_point():
            relative = tolerance[kind.disk] if kind.disk != "u1" else 0.0
            absolute = tolerance["u1"] if kind.disk == "u1" else 1e-7 * (kind.disk == "f2")
            torch.testing.assert_close(found[name], truth[name], rtol=relative, atol=absolute + 1e-7 * (name == "rgb"))
        else:
            assert found[name].equal(truth[name])
    assert stored["rgb"].disk == "u1"
    assert stored["depth_zbuffer"].disk == "f4"


def test_images_are_gathered_in_the_order_asked_for_across_shards(render):
    cache = make(render)
    cache.prepare()
    rows = [17, 0, 9, 9, 19]
    found = cache.gather("train", rows, ["scene", "rgb"])
    assert found["scene"].tolist() == [scene_number("train", row // 4) for row in rows]
    everything = cache.gather("train", range(20), ["rgb"])["rgb"]
    assert found["rgb"].equal(everything[rows])


def test_what_was_rendered_is_not_rendered_again(render):
    make(render).prepare()
    before = len(render.rendered)
    make(render).prepare()
    assert before == 6
    assert len(render.rendered) == before


def test_a_larger_split_renders_only_what_is_new_and_changes_no_scene(render):
    small = make(render, train=2)
    small.prepare()
    kept = small.gather("train", range(8), ["rgb", "segment_unsup25d"])
    render.rendered.clear()
    large = make(render, train=6)
    large.prepare()
    assert render.rendered == [scene_number("train", place) for place in (2, 3, 4, 5)]
    for name, values in large.gather("train", range(8), ["rgb", "segment_unsup25d"]).items():
        assert values.equal(kept[name])


def test_a_scene_has_the_same_bytes_in_whichever_shard_it_lies(render):
    make(render, train=3).prepare()
    make(render, train=4).prepare()
    (short,) = cache_root().glob("*/train-00002-1.safetensors")
    (long,) = cache_root().glob("*/train-00002-2.safetensors")
    short, long = cache_module.Shard(short).arrays, cache_module.Shard(long).arrays
    assert all(np.array_equal(short[name], long[name][:4]) for name in long)


def test_other_settings_are_another_cache(render):
    folders = {
        make(render, config=config).folder
        for config in (CONFIG, RoomsConfig(8, 4), RoomsConfig(16, 3), RoomsConfig(8, 3, antialias=1))
    }
    assert len(folders) == 4


def test_a_kill_loses_only_the_shards_in_flight(render):
    class Killed(BaseException):
        pass

    def kill(done, total, what):
        if done >= 16:
            raise Killed

    cache = make(render)
    with pytest.raises(Killed):
        cache.prepare(kill)
    render.rendered.clear()
    (cache.folder / ".train-00004-1.safetensors.77.tmp").write_bytes(b"half a shard")
    make(render).prepare()
    assert render.rendered == [scene_number("train", 4), scene_number("test", 0)]
    assert not list(cache.folder.glob(".*.tmp"))


def test_a_lost_shard_is_rendered_again_with_the_same_bytes(render):
    cache = make(render)
    cache.prepare()
    before = files(cache)
    (cache.folder / "train-00002-2.safetensors").unlink()
    render.rendered.clear()
    make(render).prepare()
    assert render.rendered == [scene_number("train", 2), scene_number("train", 3)]
    assert files(cache) == before


@pytest.mark.parametrize("place", [3, 40, 2000, -1], ids=["length", "header", "contents", "last byte"])
def test_a_flipped_byte_is_named_and_its_shard_rendered_again(render, caplog, place):
    cache = make(render)
    cache.prepare()
    before = files(cache)
    hurt = cache.folder / "train-00002-2.safetensors"
    content = bytearray(hurt.read_bytes())
    content[place] ^= 0x10
    hurt.write_bytes(content)
    assert make(render).verify() == [hurt.name]
    with pytest.raises(DataError) as caught:
        make(render).gather("train", [8], ["rgb"])
    assert caught.value.message == f"A file of the rooms cache is damaged: {hurt}."
    assert caught.value.hint == "Type the command again: what is missing is rendered first."
    again = make(render)
    again.prepare()
    assert caplog.messages == [f"{hurt} is damaged and is rendered again."]
    assert files(cache) == before
    assert again.verify() == []


@pytest.mark.parametrize("size", [0, 5, 100, 3000])
def test_a_shard_cut_short_is_rendered_again(render, caplog, size):
    cache = make(render)
    cache.prepare()
    before = files(cache)
    hurt = cache.folder / "test-00000-1.safetensors"
    hurt.write_bytes(hurt.read_bytes()[:size])
    make(render).prepare()
    assert caplog.messages == [f"{hurt} is damaged and is rendered again."]
    assert files(cache) == before


def test_reading_before_preparing_says_what_is_missing(render):
    cache = make(render)
    with pytest.raises(DataError) as caught:
        cache.gather("test", [0], ["rgb"])
    missing = cache.folder / "test-00000-1.safetensors"
    assert caught.value.message == (f"A file of the rooms cache cannot be read: {missing} (No such file or directory).")
    assert caught.value.hint == "Type the command again: what is missing is rendered first."


def test_a_bug_of_the_renderer_names_the_scene_and_stores_nothing(render):
    def broken(config, scenes):
        maps = render(config, scenes)
        maps["rgb"][3] = torch.nan
        return maps

    cache = make(broken)
    with pytest.raises(ValueError, match="rgb has values that are not finite") as caught:
        cache.prepare()
    assert caught.value.__notes__ == [f"in scene 0 of {CONFIG}"]
    assert files(cache) == {}


def test_progress_counts_images_up_to_all(render):
    seen = []
    make(render).prepare(lambda *told: seen.append(told))
    assert seen == [(done, 24, "rooms") for done in (0, 8, 16, 20, 24)]
    again = []
    make(render).prepare(lambda *told: again.append(told))
    assert again == seen[1:]


def test_a_full_disk_says_so_and_leaves_nothing_half_written(render, monkeypatch):
    cache = make(render)

    def full(descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", full)
        with pytest.raises(DataError) as caught:
            cache.prepare()
    assert caught.value.message == f"The disk of the rooms cache is full: {cache.folder}."
    assert caught.value.hint == (
        "Free some space and type the same command again, it goes on where it stopped; "
        "TASKONOMY_CACHE=/another/folder names another place for the cache."
    )
    assert [path.name for path in cache.folder.iterdir()] == []
    cache.prepare()


def test_a_folder_that_cannot_be_written_says_so(render, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("TASKONOMY_CACHE", str(tmp_path / "file"))
    cache = make(render)
    with pytest.raises(DataError) as caught:
        cache.prepare()
    assert caught.value.message == f"The rooms cache cannot be written: {cache.folder} (Not a directory)."
    assert caught.value.hint == "TASKONOMY_CACHE=/another/folder names another place for the cache."


def test_the_lock_that_cannot_be_opened_says_so(render):
    cache = make(render)
    (cache.folder / "lock").mkdir(parents=True)
    with pytest.raises(DataError, match=r"The rooms cache cannot be written: .* \(Is a directory\)\."):
        cache.prepare()


def test_the_cache_is_the_users_unless_the_environment_names_another(monkeypatch):
    monkeypatch.setenv("TASKONOMY_CACHE", "elsewhere")
    assert cache_root() == Path("elsewhere/rooms")
    monkeypatch.delenv("TASKONOMY_CACHE")
    assert cache_root() == platformdirs.user_cache_path("taskonomy") / "rooms"


def test_people_find_the_settings_beside_the_shards(render):
    cache = make(render)
    cache.prepare()
    about = json.loads((cache.folder / "about.json").read_text())
    assert about["image"] == 8
    assert about["seed"] == 3
    assert about["render_version"] >= 1


def test_rooms_are_rendered_on_one_thread_whatever_the_program_uses(render):
    seen = []

    def watched(config, scenes):
        seen.append(torch.get_num_threads())
        return render(config, scenes)

    torch.set_num_threads(2)
    try:
        make(watched, train=1).prepare()
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(1)
    assert seen == [1, 1]


def test_other_processes_render_the_same_bytes(tmp_path, monkeypatch):
    config = RoomsConfig(image=8, antialias=1)
    here = RoomsCache(config, {"train": 4}, render_scenes)
    here.prepare()
    monkeypatch.setenv("TASKONOMY_CACHE", str(tmp_path / "spread"))
    spread = RoomsCache(config, {"train": 4}, render_scenes)
    spread.prepare(processes=2)
    assert files(spread) == files(here)
    assert len(files(here)) == 2


@pytest.mark.skipif(sys.platform == "win32", reason="nothing is locked there")
def test_who_comes_second_waits_and_says_so(render):
    cache = make(render)
    cache.folder.mkdir(parents=True)
    told = []

    class EnoughError(Exception):
        pass

    def progress(*words):
        told.append(words)
        raise EnoughError

    # flock belongs to the open file, so that this very process may be the other one.
    with held(cache.folder / "lock", lambda: None), pytest.raises(EnoughError):
        cache.prepare(progress)
    assert told == [(0, 24, "rooms, which another process renders")]
    assert render.rendered == []


def test_what_another_process_rendered_meanwhile_is_not_rendered_again(render, monkeypatch):
    cache, other = make(render), make(render)

    @contextmanager
    def late(path, waiting):
        monkeypatch.undo()
        other.prepare()
        render.rendered.clear()
        yield

    told = []
    monkeypatch.setattr(cache_module, "held", late)
    cache.prepare(lambda *words: told.append(words))
    assert render.rendered == []
    assert told == [(24, 24, "rooms")]
