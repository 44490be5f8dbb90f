"""A project on disk with made-up tasks, and a trainer whose losses follow from names alone."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent))

from fake_trainer import UNTRAINED, write_registry

from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Card
from taskonomy_core.ledger.store import Store

TWELVE = {f"task{letter}": "both" for letter in "abcdefghi"} | {f"only{letter}": "source" for letter in "xyz"}


@pytest.fixture
def registry(tmp_path):
    """registry.toml of twelve tasks, three of them sources alone, of which one is untrained."""
    return write_registry(tmp_path / "registry.toml", TWELVE)


@pytest.fixture
def project(registry):
    return Project.read(registry)


@pytest.fixture(autouse=True)
def _unhurried(monkeypatch):
    """Files need not survive a power failure of the machine that tests: waiting for the disk is most of their time."""
    monkeypatch.setattr(os, "fsync", lambda handle: None)


@pytest.fixture
def store(project):
    with Store.open(project.folder) as opened:
        opened._db.execute("PRAGMA synchronous = OFF")
        opened.record_facts({project.data_fact: "fingerprint", project.encoder_fact: "1"})
        opened.record_cards([Card(UNTRAINED, 1, "Z", "other", (), trainable=False)])
        yield opened


@pytest.fixture
def keys(project, store):
    return project.planner(store).keys
