import errno
import os
from pathlib import Path

import numpy as np
import pytest
import torch

from taskonomy_core.errors import LedgerError
from taskonomy_core.ledger.objects import DamagedObjectError, Objects


@pytest.fixture
def objects(tmp_path):
    return Objects(tmp_path / "objects")


def test_what_is_put_is_got_and_equal_content_is_one_file(objects):
    digest = objects.put(b"content")
    assert objects.get(digest) == b"content"
    assert objects.put(b"content") == digest
    assert len(list(objects.folder.rglob("*.safetensors"))) == 1
    assert objects.path(digest).parent.name == digest[:2]
    assert objects.bytes_used() == 7


def test_arrays_and_tensors_come_back_as_they_were(objects):
    arrays = {"image_ids": np.arange(5), "losses": np.array([0.5, np.nan, 1.0, 2.0, 3.0])}
    again = objects.get_arrays(objects.put_arrays(arrays))
    assert all(np.array_equal(again[name], arrays[name], equal_nan=True) for name in arrays)
    shared = torch.randn(2, 3, 4, 4).to(memory_format=torch.channels_last)
    tensors = {"weight": shared, "same": shared, "half": torch.ones(3, dtype=torch.bfloat16), "whole": torch.tensor(3)}
    back = objects.get_tensors(objects.put_tensors(tensors))
    assert all(torch.equal(back[name], tensors[name]) and back[name].dtype == tensors[name].dtype for name in tensors)


def test_a_damaged_object_is_named_and_can_be_written_again(objects):
    digest = objects.put(b"content")
    objects.path(digest).write_bytes(b"c0ntent")
    with pytest.raises(DamagedObjectError) as caught:
        objects.get(digest)
    assert (
        caught.value.message
        == f"The stored file {objects.path(digest)} is damaged: its content is not what its name says."
    )
    assert objects.put(b"content") == digest
    assert objects.get(digest) == b"content"


def test_a_missing_object_is_named(objects):
    digest = objects.put(b"content")
    objects.path(digest).unlink()
    with pytest.raises(DamagedObjectError, match=r"The stored file .*\.safetensors is missing\."):
        objects.get(digest)


def test_a_full_disk_is_a_sentence_and_leaves_no_half_file(objects, monkeypatch):
    written = []

    def full(handle):
        written.append(handle)
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(LedgerError) as caught:
        objects.put(b"content")
    assert written
    assert caught.value.message == f"The disk of {objects.folder} is full; what was finished before is kept."
    assert "tk status" in caught.value.hint
    assert not [file for file in objects.folder.rglob("*") if file.is_file()]


def test_a_folder_that_may_not_be_written_is_a_sentence(objects, monkeypatch):
    def forbidden(handle):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr(os, "fsync", forbidden)
    with pytest.raises(LedgerError) as caught:
        objects.put(b"content")
    assert caught.value.message == f"{objects.folder} cannot be written (Read-only file system)."
    assert "Make the folder writable" in caught.value.hint


def test_what_the_disk_does_not_give_back_gets_no_name(objects, monkeypatch):
    """A disk that loses bytes and says nothing."""
    monkeypatch.setattr(os, "fsync", lambda handle: os.ftruncate(handle, 3))
    with pytest.raises(DamagedObjectError) as caught:
        objects.put(b"content")
    assert caught.value.message == f"The disk of {objects.folder} does not give back what was written to it."
    assert not [file for file in objects.folder.rglob("*") if file.is_file()]


def test_a_file_that_the_disk_cannot_read_counts_as_damaged(objects, monkeypatch):
    digest = objects.put(b"content")

    def broken(path):
        raise OSError(errno.EIO, "Input/output error")

    monkeypatch.setattr(Path, "read_bytes", broken)
    with pytest.raises(DamagedObjectError) as caught:
        objects.get(digest)
    assert caught.value.message == f"The stored file {objects.path(digest)} cannot be read (Input/output error)."
    with pytest.raises(LedgerError) as caught:
        objects.put(b"content")
    assert caught.value.message == f"The disk of {objects.folder} refuses to read or write."
    assert caught.value.hint == (
        "Look whether it is failing (type: df), then type the same command again; what was finished is kept."
    )


def test_other_errors_of_the_system_are_bugs(objects, monkeypatch):
    def odd(handle):
        raise OSError(errno.EMFILE, "Too many open files")

    monkeypatch.setattr(os, "fsync", odd)
    with pytest.raises(OSError, match="Too many open files"):
        objects.put(b"content")
