from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from taskonomy_core.errors import JobError, LedgerError
from taskonomy_core.learning import features

if TYPE_CHECKING:
    from tests.core.learning.conftest import Bench


def files(bench: Bench) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in bench.folder.rglob("*.npy")}


def test_plain_targets_share_one_file_per_encoder_and_split(bench: Bench) -> None:
    trainer = bench.with_networks("depth")
    trainer.transfers("average", [("depth",)])
    first = files(bench)
    assert sorted(name.split("-")[1] for name in first) == ["test", "transfer"]
    trainer.transfers("pair", [("depth",)])
    assert files(bench) == first  # nothing was encoded again
    trainer.transfers("noisy", [("depth",)])
    assert sorted(name.split("-")[0] for name in files(bench)) == ["noisy.1.10", "noisy.1.24", "plain", "plain"]


def test_cached_features_are_what_the_frozen_encoder_says(bench: Bench) -> None:
    trainer = bench.with_networks("depth")
    trainer.transfers("average", [("depth",)])
    (path,) = bench.folder.rglob("plain-test*.npy")
    encoding = trainer._frozen("depth")().eval()
    pictures = trainer._data.read("test", torch.arange(24), ("rgb",))["rgb"] * 2 - 1
    with torch.no_grad():
        expected = encoding(pictures).numpy()
    np.testing.assert_allclose(np.load(path), expected, atol=2e-3)


def cut_short(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def emptied(path: Path) -> None:
    path.write_bytes(b"")


def altered(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 0x10
    path.write_bytes(content)


def without_digest(path: Path) -> None:
    """As an older taskonomy wrote it."""
    np.save(path, np.load(path))


@pytest.mark.parametrize("damage", [cut_short, emptied, altered, without_digest])
def test_a_damaged_file_is_named_and_computed_again_alone(
    bench: Bench, caplog: pytest.LogCaptureFixture, damage: Callable[[Path], None]
) -> None:
    (outcome,) = bench.with_networks("depth").transfers("average", [("depth",)])
    before = {path: path.read_bytes() for path in bench.folder.rglob("*.npy")}
    first = files(bench)
    (path,) = bench.folder.rglob("plain-test*.npy")
    damage(path)
    (again,) = bench.trainer().transfers("average", [("depth",)])
    assert caplog.messages == [f"{path} is damaged, or of an older taskonomy; it is computed again."]
    assert {path: path.read_bytes() for path in bench.folder.rglob("*.npy")} == before
    assert {name for name, written in files(bench).items() if written != first[name]} == {path.name}
    assert not isinstance(again, JobError)
    assert not isinstance(outcome, JobError)
    np.testing.assert_array_equal(again.losses, outcome.losses)


def test_a_file_is_held_against_its_digest_once_a_process_and_again_when_it_is_another(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked: list[Path] = []
    whole = features._fits_digest
    monkeypatch.setattr(features, "_fits_digest", lambda path: looked.append(path) or whole(path))
    trainer = bench.with_networks("depth")
    for _ in range(3):
        trainer.transfers("average", [("depth",)])
    assert len(looked) == len(set(looked)) == 2
    altered(looked[0])
    trainer.transfers("average", [("depth",)])
    assert len(looked) > 2


def test_a_full_disk_is_a_sentence(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    trainer = bench.with_networks("depth")
    monkeypatch.setattr("taskonomy_core.learning.features.np.save", full)
    with pytest.raises(LedgerError, match=r"Features cannot be written to .*: No space left on device"):
        trainer.transfers("average", [("depth",)])
    assert not [path for path in Path(bench.folder).rglob("*") if path.is_file()]
