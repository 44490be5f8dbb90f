import numpy as np
import pytest
from safetensors.numpy import load_file

from taskonomy_plugins.rooms.shards import DamagedShardError, Shard, digest, write_shard

ARRAYS = {
    "wide": np.arange(12, dtype="f4").reshape(2, 3, 2),
    "half": np.array([1.5, -2.0], dtype="f2"),
    "flag": np.array([True, False, True]),
    "ids": np.array([65535, 3], dtype="u2"),
    "byte": np.array([[255], [0]], dtype="u1"),
    "long": np.array([2**40], dtype="i8"),
}


def test_a_shard_is_a_safetensors_file_that_reads_back_alike(tmp_path):
    path = tmp_path / "a.safetensors"
    write_shard(path, ARRAYS)
    shard = Shard(path)
    shard.check()
    library = load_file(path)
    assert shard.arrays.keys() == library.keys() == ARRAYS.keys()
    for name, array in ARRAYS.items():
        assert shard.arrays[name].dtype == array.dtype
        np.testing.assert_array_equal(shard.arrays[name], array)
        np.testing.assert_array_equal(library[name], array)
    assert [entry.name for entry in tmp_path.iterdir()] == [path.name]


def test_what_is_mapped_cannot_be_written(tmp_path):
    write_shard(tmp_path / "a", ARRAYS)
    with pytest.raises(ValueError, match="read-only"):
        Shard(tmp_path / "a").arrays["wide"][0] = 1.0


def test_the_digest_tells_names_types_shapes_and_values_apart():
    array = np.zeros((2, 3), dtype="f4")
    changed = array.copy()
    changed[1, 2] = 1.0
    variants = [{"a": array}, {"b": array}, {"a": array.reshape(3, 2)}, {"a": array.view("i4")}, {"a": changed}]
    assert len({digest(arrays) for arrays in variants}) == len(variants)
    assert digest({"a": array, "b": changed}) == digest({"b": changed, "a": array})


@pytest.mark.parametrize("content", [b"", b"\x00" * 8, b"\x02" + b"\x00" * 7 + b"[]", b"\x01" + b"\x00" * 7 + b"3"])
def test_what_is_no_shard_is_damaged(tmp_path, content):
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(DamagedShardError):
        Shard(tmp_path / "a")
