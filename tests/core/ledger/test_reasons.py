"""What is told of a stale result: what changed, from what to what, by the names that registry.toml has for it."""

import sqlite3
from dataclasses import replace

import pytest
from fake_trainer import FakeTrainer

from taskonomy_core.ledger.jobs import Facts, Keys
from taskonomy_core.ledger.migrations import MIGRATIONS
from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.project import Project, recipe_of
from taskonomy_core.ledger.reasons import reasons_stale, settings_changed
from taskonomy_core.ledger.store import Store
from taskonomy_core.ledger.worker import stored

FACTS = Facts("fingerprint", "resnet_compact@1")


@pytest.fixture
def told(project, tmp_path):
    """`told(**changes)`: the reasons why a transfer, made before the changes and stored, is stale after them."""

    def make(roster=project.roster, facts=FACTS, tasks=None, source="taskb", before=None, **overrides):
        old_roster = replace(project.roster, recipe=before or {})
        new_roster = replace(roster, recipe=overrides, tasks={**roster.tasks, **(tasks or {})})
        old, new = Keys(old_roster, recipe_of(old_roster), FACTS), Keys(new_roster, recipe_of(new_roster), facts)
        job = old.transfer((source,), "taska")
        with Store.open(tmp_path / "told") as store:
            (outcome,) = FakeTrainer(tmp_path).transfers("taska", [(source,)])
            store.finish(job, stored(store.objects, outcome), Owner.this(), "run")
            result = store.snapshot().results[job.key]
        return reasons_stale(result, new.transfer((source,), "taska"))

    return make


def test_the_recipe_by_the_names_of_its_table(told):
    assert told(transfer={"epochs": 6}) == ("the recipe changed: transfer.epochs 3 -> 6",)
    assert told(before={"network": {"epochs": 7}}) == ("the recipe changed: network.epochs 7 -> 2",)
    assert told(size={"decoder_convs": [64, 32]}) == ("the recipe changed: size.decoder_convs [64] -> [64, 32]",)


def test_of_many_differences_the_first(told, project):
    (reason,) = told(roster=replace(project.roster, preset="small"))
    assert reason.startswith("the recipe changed: preset nano -> small, transfer.epochs 3 -> 15, ")
    assert reason.endswith(" more")


def test_versions_of_the_task_and_of_its_source(told, project):
    bumped = {name: replace(project.roster.tasks[name], version=3) for name in ("taska", "taskb")}
    assert told(tasks={"taskb": bumped["taskb"]}) == ("its source taskb changed: version 1 -> 3",)
    assert told(tasks=bumped) == ("the task taska went from version 1 to 3", "its source taskb changed: version 1 -> 3")


def test_data_seed_and_encoder(told, project):
    def data(**options):
        return replace(project.roster, data={"source": "rooms", **options})

    other = Facts("other", "resnet_compact@1")
    assert told(facts=other) == ("the data changed",)  # the data source itself is another version
    assert told(data(furniture=3), other) == ("the data changed: furniture unset -> 3",)
    assert told(data(furniture=3), Facts(None, "resnet_compact@1")) == ("the data changed: furniture unset -> 3",)
    assert told(facts=Facts(None, "resnet_compact@1")) == ("the data source was not opened yet under these settings",)
    assert told(replace(project.roster, seed=1), other) == ("the seed changed: 0 -> 1",)
    assert told(facts=Facts("fingerprint", "resnet50@2")) == ("the encoder changed: resnet_compact@1 -> resnet50@2",)
    assert told(replace(project.roster, encoder="resnet50"), Facts("fingerprint", "resnet50@2")) == (
        "the encoder changed: resnet_compact@1 -> resnet50@2",
    )


def test_more_images_are_the_recipes_not_other_data(told):
    assert told(facts=Facts("other", "resnet_compact@1"), transfer_images=500) == (
        "the recipe changed: transfer_images 400 -> 500",
    )


def test_settings_are_told_apart_from_versions(project):
    roster = replace(project.roster, seed=1, recipe={"network": {"epochs": 30}})
    old = Keys(project.roster, recipe_of(project.roster), FACTS).transfer(("taskb",), "taska").parts
    new = Keys(roster, recipe_of(roster), FACTS).transfer(("taskb",), "taska").parts
    assert settings_changed(old, new) == ("the preset or recipe", "the seed")
    assert settings_changed(old, old) == ()


def test_a_result_of_before_reasons_were_kept_says_so(tmp_path, project, keys, store):
    """A ledger as the second version wrote it, opened by this one."""
    folder = tmp_path / "old"
    folder.mkdir()
    database = sqlite3.connect(folder / "ledger.sqlite", isolation_level=None)
    for step in MIGRATIONS[:2]:
        for statement in step:
            database.execute(statement)
    database.execute("PRAGMA user_version = 2")
    database.close()
    job = keys.transfer(("taskb",), "taska")
    with Store.open(folder) as old:
        (outcome,) = FakeTrainer(tmp_path).transfers("taska", [("taskb",)])
        old.finish(job, stored(old.objects, outcome), Owner.this(), "run")
        old._db.execute("UPDATE result SET details = '{}', host = '', process = 0")
        result = old.snapshot().results[job.key]
    assert (result.details, result.host, result.process) == ({}, "", 0)

    def told(versions=None, **recipe):
        tasks = {name: replace(task, version=(versions or {}).get(name, 1)) for name, task in roster.tasks.items()}
        changed = Project(replace(roster, tasks=tasks, recipe=recipe), recipe_of(replace(roster, recipe=recipe)))
        return reasons_stale(result, changed.planner(store).keys.transfer(("taskb",), "taska"))

    roster = project.roster
    assert told(transfer={"epochs": 6}) == ("the recipe changed (the result was made before reasons were kept)",)
    assert told({"taska": 2}) == ("the task taska went from version 1 to 2",)
    assert told({"taskb": 2}) == ("its source taskb changed",)
