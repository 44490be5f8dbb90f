"""What the tests of training commands share: a project of made-up tasks, and `tk transfer` in this process."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[2] / "core" / "ledger"))

from fake_trainer import use_fake_plugins, write_registry


@pytest.fixture
def registry(here, monkeypatch, request):
    """registry.toml with the made-up tasks that the test file lists as SMALL."""
    use_fake_plugins(monkeypatch)
    return write_registry(here / "registry.toml", request.module.SMALL)


@pytest.fixture
def transfer(run, registry):
    """`transfer("--new-only")` is `tk transfer --new-only` in this process."""
    return lambda *options: run("transfer", "--executor", "inline", "--device", "cpu", *options)
