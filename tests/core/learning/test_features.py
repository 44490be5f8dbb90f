from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
import torch

from taskonomy_core.errors import LedgerError

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


def test_a_full_disk_is_a_sentence(bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    trainer = bench.with_networks("depth")
    monkeypatch.setattr("taskonomy_core.learning.features.np.save", full)
    with pytest.raises(LedgerError, match=r"Features cannot be written to .*: No space left on device"):
        trainer.transfers("average", [("depth",)])
    assert not [path for path in Path(bench.folder).rglob("*") if path.is_file()]
