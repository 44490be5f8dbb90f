"""Runs `tk` in this process, in an empty folder, and gives its whole text."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from taskonomy_cli.app import tk
from taskonomy_core.learning.outcome import Outcome
from taskonomy_core.ledger.jobs import Job
from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Card
from taskonomy_core.ledger.store import Store
from taskonomy_core.ledger.worker import stored
from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.resolve import new_entry
from taskonomy_core.registry.roster import RosterTask

Run = Callable[..., Result]

# The task of the docstring of taskonomy_core.contract.task.
BRIGHTNESS = """
from taskonomy_core.contract import Draws, Example, OutputSpec, Task, Views, hookimpl
from taskonomy_core.blocks import DenseDecoder, grey_picture, l1_loss, mean_absolute_error

def brightness(views: Views, draws: Draws) -> Example:
    return Example(inputs=views.images(), target=views.only("rgb").mean(1, keepdim=True) * 2 - 1)

TASK = Task(name="brightness", version=1, title="Brightness", group="2d", needs=("rgb",),
            output=OutputSpec.dense(1), example=brightness, decoder=DenseDecoder(tanh=True), loss=l1_loss,
            metrics=(mean_absolute_error("L1", scale=0.5),), picture=grey_picture)

@hookimpl
def taskonomy_tasks() -> list[Task]:
    return [TASK]
"""


@pytest.fixture(scope="session")
def rooms_cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder of rendered rooms for all tests: rendering is what takes longest."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rooms_cache: Path) -> Path:
    """The working directory of the test: an empty folder."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TASKONOMY_CACHE", str(rooms_cache))
    return folder


@pytest.fixture
def run(here: Path) -> Run:
    """`run("register", "normals")` is `tk register normals` in `here`."""

    def invoke(*args: str) -> Result:
        return CliRunner().invoke(tk, args, prog_name="tk", catch_exceptions=False)

    return invoke


@pytest.fixture
def brightness(here: Path) -> str:
    """A file with one sound task, in `here`."""
    (here / "brightness.py").write_text(BRIGHTNESS)
    return "brightness.py"


# On every test image the same: what a job loses. Normals serve depth, depth serves normals, everything beats chance.
LOSSES = {"network": 1.0, "scratch": 5.0, "constant": 9.0}
SOURCES = {"normals": 2.0, "depth_zbuffer": 3.0, "autoencoding": 4.0}


def loss_of(job: Job) -> float:
    """Two sources are a little better than the better one of them."""
    return LOSSES.get(job.kind, min((SOURCES[name] for name in job.sources), default=0.0) - 0.1 * job.order)


def measure(folder: Path, order: int = 2) -> Path:
    """Make a project of three tasks in a folder, with all its jobs done as LOSSES and SOURCES say."""
    entries = [RosterTask(name, f"taskonomy[{name}]", 1) for name in sorted(SOURCES)]
    create_roster(folder / "registry.toml", preset="nano", seed=0, tasks=entries)
    project = Project.read(folder / "registry.toml")
    owner = Owner.this()
    with Store.open(project.folder) as store:
        store.record_facts({project.data_fact: "data", project.encoder_fact: "1"})
        store.record_cards(Card(name, 1, name.title(), "3d", ()) for name in SOURCES)
        for step in range(1, order + 1):
            jobs = [planned.job for planned in project.plan(store, order=step).of("new")]
            for job in store.claim(jobs, owner, since=0):
                store.finish(
                    job, stored(store.objects, Outcome(np.arange(50), np.full(50, loss_of(job)), {})), owner, "run"
                )
    return folder


@pytest.fixture(scope="session")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A measured project that is only looked at."""
    return measure(tmp_path_factory.mktemp("measured"))


# A recipe that trains in an instant.
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
def tiny_project() -> Callable[[Path], Path]:
    """`tiny_project(folder)` writes a project of four real tasks that trains in an instant; its registry.toml."""

    def make(folder: Path) -> Path:
        folder.mkdir(exist_ok=True)
        names = ("normals", "denoising", "egomotion", "random_projection")
        entries = [new_entry(import_module(f"taskonomy_tasks.{name}").TASK, f"taskonomy[{name}]") for name in names]
        create_roster(folder / "registry.toml", preset="nano", seed=0, tasks=entries)
        with (folder / "registry.toml").open("a") as file:
            file.write(TINY)
        return folder / "registry.toml"

    return make
