"""What the tests of training commands share: a project of made-up tasks, and `tk transfer` in this process."""

from __future__ import annotations

import sys
from importlib import import_module
from pathlib import Path

import pytest

from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.resolve import new_entry

sys.path.insert(0, str(Path(__file__).parents[2] / "core" / "ledger"))

from fake_trainer import use_fake_plugins, write_registry

TINY = """
[recipe]
train_images = 16
transfer_images = 16
test_images = 12
constant_steps = 4

[recipe.size]
image = 32
code_side = 8
encoder_width = 4

[recipe.network]
epochs = 1
batch = 8

[recipe.transfer]
epochs = 1
batch = 8

[recipe.scratch]
epochs = 1
batch = 8
"""


@pytest.fixture(scope="session")
def tiny_project():
    """`tiny_project(folder)` writes a project of four real tasks that trains in an instant; its registry.toml."""

    def make(folder):
        folder.mkdir(exist_ok=True)
        names = ("normals", "denoising", "egomotion", "random_projection")
        entries = [new_entry(import_module(f"taskonomy_tasks.{name}").TASK, f"taskonomy[{name}]") for name in names]
        create_roster(folder / "registry.toml", preset="nano", seed=0, tasks=entries)
        with (folder / "registry.toml").open("a") as file:
            file.write(TINY)
        return folder / "registry.toml"

    return make


@pytest.fixture
def registry(here, monkeypatch, request):
    """registry.toml with the made-up tasks that the test file lists as SMALL."""
    use_fake_plugins(monkeypatch)
    return write_registry(here / "registry.toml", request.module.SMALL)


@pytest.fixture
def transfer(run, registry):
    """`transfer("--new-only")` is `tk transfer --new-only` in this process."""
    return lambda *options: run("transfer", "--executor", "inline", "--device", "cpu", *options)
