"""Counts and states, worked by hand: 9 tasks are source and target, 3 are sources alone, 1 of these untrained."""

from collections import Counter
from dataclasses import replace
from math import comb

import numpy as np
import pytest
from fake_trainer import FakeTrainer, losses_of

from taskonomy_core.errors import TaskonomyError
from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.plan import Undecided
from taskonomy_core.ledger.project import Project, columns, recipe_of
from taskonomy_core.ledger.records import Card
from taskonomy_core.ledger.run import refuse_mixing
from taskonomy_core.ledger.worker import stored
from taskonomy_core.registry.roster import RosterTask

OWNER = Owner.this()
NEW_TASK = "taskj"


@pytest.fixture
def trainer(tmp_path):
    return FakeTrainer(tmp_path)


def train(project, store, trainer, jobs, run="run"):
    for job in jobs:
        if job.sources:
            (outcome,) = trainer.transfers(job.target, [job.sources])
        else:
            outcome = getattr(trainer, job.kind)(job.target)
        store.finish(job, stored(store.objects, outcome), OWNER, run)


def train_all(project, store, trainer, order=2):
    while jobs := [planned.job for planned in project.plan(store, order).of("new", "stale")]:
        train(project, store, trainer, jobs)


def altered(project, tasks=None, recipe=None, **changes):
    recipe = project.roster.recipe if recipe is None else recipe
    roster = replace(project.roster, tasks=tasks or project.roster.tasks, recipe=recipe, **changes)
    return Project(roster, recipe_of(roster))


def with_task(project, role="both"):
    return altered(project, {**project.roster.tasks, NEW_TASK: RosterTask(NEW_TASK, "made-up[j]", 1, role)})


def with_version(project, name, version=2):
    bumped = replace(project.roster.tasks[name], version=version)
    return altered(project, {**project.roster.tasks, name: bumped})


def with_role(project, name, role):
    return altered(project, {**project.roster.tasks, name: replace(project.roster.tasks[name], role=role)})


def open_counts(plan):
    return {part: counts["new"] + counts["stale"] for part, counts in plan.counts().items()}


def test_an_untouched_project_has_everything_to_do(project, store):
    plan = project.plan(store)
    assert plan.known
    assert plan.order == 2  # of the preset
    assert {part: dict(counts) for part, counts in plan.counts().items()} == {
        ("network", 0): {"new": 12},
        ("transfer", 1): {"new": 9 * 11},
        ("transfer", 2): {"done": 0},
        ("scratch", 0): {"new": 9},
        ("constant", 0): {"new": 11},  # of all but onlyz, which is untrained
        ("reference", 1): {"new": 2},  # onlyz -> onlyx and onlyy
    }
    assert plan.undecided == tuple(Undecided(target, 2, 10, 0) for target in sorted(project.roster.tasks)[3:])
    assert plan.at_most == 90


def test_the_beam_appears_when_a_targets_first_order_is_there(project, store, trainer):
    keys = project.planner(store).keys
    first = [keys.transfer((source,), "taska") for source in keys.sources_of("taska")]
    train(project, store, trainer, first)
    plan = project.plan(store)
    pairs = [planned.job.sources for planned in plan.jobs if planned.job.target == "taska" and planned.job.order == 2]
    means = {job.sources[0]: losses_of("transfer", "taska", job.sources).mean() for job in first}
    best = sorted(means, key=means.get)[:5]
    assert {name for pair in pairs for name in pair} == set(best)
    assert len(pairs) == len(set(pairs)) == comb(5, 2)
    assert "taska" not in {part.target for part in plan.undecided}


@pytest.mark.parametrize(
    ("order", "pairs_and_more"), [(1, {}), (3, {2: 10, 3: 10}), (6, {2: 10, 3: 10, 4: 5, 5: 1, 6: 1})]
)
def test_higher_orders_follow_the_paper(project, store, trainer, order, pairs_and_more):
    train_all(project, store, trainer, order)
    plan = project.plan(store, order)
    assert plan.undecided == ()
    counts = {part: counts["done"] for part, counts in plan.counts().items()}
    higher = {("transfer", k): 9 * count for k, count in pairs_and_more.items()}
    assert counts == {
        ("network", 0): 12,
        ("transfer", 1): 99,
        **higher,
        ("scratch", 0): 9,
        ("constant", 0): 11,
        ("reference", 1): 2,
    }
    assert plan.of("done") == plan.jobs


def test_a_thirteenth_task_needs_its_network_row_and_column(project, store, trainer):
    train_all(project, store, trainer)
    grown = with_task(project)
    plan = grown.plan(store)
    assert open_counts(plan) == {
        ("network", 0): 1,
        ("transfer", 1): 12 + 9,  # its row, its column
        ("transfer", 2): 0,
        ("scratch", 0): 1,
        ("constant", 0): 1,
        ("reference", 1): 0,  # its row has that readout
    }
    assert all(NEW_TASK in (planned.job.target, *planned.job.sources) for planned in plan.of("new"))
    assert {(part.target, part.at_most) for part in plan.undecided} == {(NEW_TASK, 10)} | {
        (target, 4) for target in project.planner(store).keys.targets
    }
    before = {result.key for result in store.snapshot().results.values()}
    train_all(grown, store, trainer)
    added = [result for result in store.snapshot().results.values() if result.key not in before]
    assert all(NEW_TASK in (result.target, *result.sources) for result in added)
    assert 24 + 10 <= len(added) <= 24 + 10 + 9 * 4
    assert grown.plan(store).of("done") == grown.plan(store).jobs


def test_a_thirteenth_source_needs_its_network_and_column_and_two_references(project, store, trainer):
    train_all(project, store, trainer, order=1)
    assert open_counts(with_task(project, "source").plan(store, 1)) == {
        ("network", 0): 1,
        ("transfer", 1): 9,
        ("scratch", 0): 0,
        ("constant", 0): 1,
        ("reference", 1): 1,
    }


def test_another_untrained_source_needs_its_network_and_column_alone(project, store, trainer):
    train_all(project, store, trainer, order=1)
    store.record_cards([Card(NEW_TASK, 1, "J", "other", (), trainable=False)])
    assert open_counts(with_task(project, "source").plan(store, 1)) == {
        ("network", 0): 1,
        ("transfer", 1): 9,
        ("scratch", 0): 0,
        ("constant", 0): 0,
        ("reference", 1): 0,
    }


def test_references_are_of_trained_tasks_that_are_no_targets(project, store, trainer):
    names = {planned.job.name for planned in project.plan(store).jobs if planned.job.kind == "reference"}
    assert names == {"reference onlyz -> onlyx", "reference onlyz -> onlyy"}
    train_all(project, store, trainer)
    found = {result.identity for result in store.snapshot().results.values() if result.target.startswith("only")}
    assert found == {
        *(("network", name, ()) for name in ("onlyx", "onlyy", "onlyz")),
        *(("constant", name, ()) for name in ("onlyx", "onlyy")),
        *(("reference", name, ("onlyz",)) for name in ("onlyx", "onlyy")),
    }
    assert not {column.target for column in columns(project.roster, project.recipe, store)} & {"onlyx", "onlyy"}


def test_without_an_untrained_source_there_are_constants_alone(project, store):
    rest = {name: task for name, task in project.roster.tasks.items() if name != "onlyz"}
    counts = altered(project, rest).plan(store, 1).counts()
    assert counts["constant", 0] == {"new": 11}
    assert ("reference", 1) not in counts


def test_a_task_that_was_never_opened_is_taken_for_a_trained_one(project, store):
    store.record_cards([Card("onlyz", 1, "Z", "other", ())])
    counts = project.plan(store, 1).counts()
    assert counts["constant", 0] == {"new": 12}
    assert ("reference", 1) not in counts


def test_references_go_stale_with_their_task_and_with_the_untrained_encoder(project, store, trainer):
    train_all(project, store, trainer, order=1)
    stale = {planned.job.name: planned.reason for planned in with_version(project, "onlyx").plan(store, 1).of("stale")}
    assert stale == {
        **dict.fromkeys(
            ("network of onlyx", "constant of onlyx", "reference onlyz -> onlyx"),
            "the task onlyx went from version 1 to 2",
        ),
        **{f"transfer onlyx -> task{letter}": "its source onlyx changed: version 1 -> 2" for letter in "abcdefghi"},
    }
    other = with_version(project, "onlyz").plan(store, 1)
    assert {planned.reason for planned in other.of("stale") if planned.job.kind == "reference"} == {
        "its source onlyz changed: version 1 -> 2"
    }
    assert Counter(planned.job.kind for planned in other.of("stale")) == {"network": 1, "transfer": 9, "reference": 2}


def test_a_source_that_becomes_a_target_too_has_a_row_and_no_reference(project, store, trainer):
    train_all(project, store, trainer, order=1)
    promoted = replace(project.roster.tasks["onlyx"], role="both")
    grown = altered(project, {**project.roster.tasks, "onlyx": promoted})
    assert open_counts(grown.plan(store, 1)) == {
        ("network", 0): 0,
        ("transfer", 1): 11,
        ("scratch", 0): 1,
        ("constant", 0): 0,  # it has that already
        ("reference", 1): 0,
    }
    own = [column.name for column in columns(grown.roster, grown.recipe, store) if column.target == "onlyx"]
    assert own == ["constant -> onlyx", "self -> onlyx"]


def test_taking_a_task_out_and_back_trains_nothing(project, store, trainer):
    train_all(project, store, trainer, order=1)
    rest = {name: task for name, task in project.roster.tasks.items() if name != "taska"}
    smaller = altered(project, rest)
    assert smaller.plan(store, 1).of("done") == smaller.plan(store, 1).jobs
    assert not [column for column in columns(smaller.roster, smaller.recipe, store) if "taska" in column.sources]
    assert project.plan(store, 1).of("done") == project.plan(store, 1).jobs


def test_an_unused_task_has_no_job_and_back_in_use_nothing_is_retrained(project, store, trainer):
    train_all(project, store, trainer)
    everything = {column.name for column in columns(project.roster, project.recipe, store)}
    unused = with_role(project, "taska", "unused")
    plan = unused.plan(store)
    assert not [planned for planned in plan.jobs if "taska" in (planned.job.target, *planned.job.sources)]
    # What served others in its place enters the beam; that is all there is to train, and nothing is stale.
    assert plan.of("stale", "failed", "blocked") == ()
    assert {(planned.job.kind, planned.job.order) for planned in plan.of("new")} <= {("transfer", 2)}
    assert {part: counts["done"] for part, counts in plan.counts().items() if part != ("transfer", 2)} == {
        ("network", 0): 11,
        ("transfer", 1): 8 * 10,
        ("scratch", 0): 8,
        ("constant", 0): 10,
        ("reference", 1): 2,
    }
    found = {column.name for column in columns(unused.roster, unused.recipe, store)}
    assert found == {name for name in everything if "taska" not in name.replace(" -> ", " + ").split(" + ")}
    train_all(unused, store, trainer)
    assert project.plan(store).of("done") == project.plan(store).jobs
    assert everything <= {column.name for column in columns(project.roster, project.recipe, store)}


def test_a_new_task_that_is_unused_needs_nothing(project, store, trainer):
    before = project.plan(store).counts()
    assert with_task(project, "unused").plan(store).counts() == before
    nobody = altered(project, {name: replace(task, role="unused") for name, task in project.roster.tasks.items()})
    plan = nobody.plan(store)
    assert (plan.jobs, plan.undecided, plan.order) == ((), (), 1)
    assert columns(nobody.roster, nobody.recipe, store) == []


def test_without_its_untrained_source_there_are_no_references(project, store, trainer):
    train_all(project, store, trainer, order=1)
    plan = with_role(project, "onlyz", "unused").plan(store, 1)
    assert ("reference", 1) not in plan.counts()
    assert plan.of("done") == plan.jobs


def test_a_raised_version_makes_its_own_jobs_and_its_column_stale(project, store, trainer):
    train_all(project, store, trainer, order=1)
    bumped = with_version(project, "taskb")
    keys, plan = project.planner(store).keys, bumped.plan(store, 1)
    assert {planned.job.identity for planned in plan.of("stale")} == (
        {(kind, "taskb", ()) for kind in ("network", "scratch", "constant")}
        | {("transfer", "taskb", (name,)) for name in keys.sources_of("taskb")}
        | {("transfer", name, ("taskb",)) for name in keys.targets if name != "taskb"}
    )
    assert plan.of("new") == ()
    reasons = {planned.job.name: planned.reason for planned in plan.of("stale")}
    assert reasons["network of taskb"] == "the task taskb went from version 1 to 2"
    assert reasons["transfer taskb -> taska"] == "its source taskb changed: version 1 -> 2"
    train_all(bumped, store, trainer, order=1)
    assert bumped.plan(store, 1).of("done") == bumped.plan(store, 1).jobs
    assert project.plan(store, 1).of("done") == project.plan(store, 1).jobs  # version 1 is still there


def test_another_seed_makes_everything_stale_and_says_so(project, store, trainer):
    train_all(project, store, trainer, order=1)
    other = altered(project, seed=1)
    store.record_facts({other.data_fact: "fingerprint"})
    plan = other.plan(store, 1)
    assert plan.of("stale") == plan.jobs
    assert {planned.reason for planned in plan.jobs} == {"the seed changed: 0 -> 1"}


def test_without_recorded_facts_everything_is_to_do(project, store, trainer):
    train_all(project, store, trainer, order=1)
    other = altered(project, data={"source": "rooms", "furniture": 3})
    plan = other.plan(store, 1)
    assert not plan.known
    assert plan.of("stale") == plan.jobs
    assert {planned.reason for planned in plan.jobs} == {"the data changed: furniture unset -> 3"}


def test_running_failed_and_blocked(project, store):
    keys = project.planner(store).keys
    store.fail(keys.network("taska"), "It diverged.", OWNER, "run")
    store.claim([keys.network("taskb")], OWNER, -1)
    plan = project.plan(store, 1)
    states = {planned.job.name: (planned.state, planned.reason) for planned in plan.jobs}
    assert states["network of taska"] == ("failed", "It diverged.")
    assert states["network of taskb"] == ("running", "")
    assert states["transfer taska -> taskb"] == ("blocked", "the network of taska failed")
    assert states["transfer taskb -> taska"] == ("new", "")
    assert Counter(planned.state for planned in plan.jobs)["blocked"] == 8
    store.fail(keys.network("onlyz"), "It diverged.", OWNER, "run")
    blocked = {planned.job.name for planned in project.plan(store, 1).of("blocked") if planned.job.order == 1}
    assert {"reference onlyz -> onlyx", "reference onlyz -> onlyy", "transfer onlyz -> taska"} <= blocked
    again = project.planner(store).plan(store.snapshot(), 1, retry_since=store.snapshot().serial)
    assert not again.of("failed", "blocked")
    assert len(again.of("new")) == len(plan.jobs) - 1


def test_failed_first_order_transfers_do_not_hold_the_beam_up(project, store, trainer):
    keys = project.planner(store).keys
    first = [keys.transfer((source,), "taska") for source in keys.sources_of("taska")]
    train(project, store, trainer, first[3:])
    for job in first[:3]:
        store.fail(job, "It diverged.", OWNER, "run")
    pairs = [planned.job for planned in project.plan(store).jobs if planned.job.order == 2]
    assert len(pairs) == 10
    assert not {source for job in pairs for source in job.sources} & {job.sources[0] for job in first[:3]}


def test_time_is_estimated_from_the_same_target_then_the_kind_else_unknown(project, store, trainer):
    keys = project.planner(store).keys
    nothing = project.plan(store, 1)
    assert nothing.estimate(nothing.jobs).unknown == len(nothing.jobs)
    assert nothing.estimate(nothing.jobs).seconds == 0
    for name, seconds in (("taska", 4.0), ("taskb", 8.0)):
        store.finish(
            keys.scratch(name), stored(store.objects, replace(trainer.scratch(name), seconds=seconds)), OWNER, "run"
        )
    plan = project.plan(store, 2)
    assert plan.estimates.seconds("scratch", "taska") == 4.0
    assert plan.estimates.seconds("scratch", "taskc") == 6.0
    assert plan.estimates.seconds("constant", "taska") is None
    scratch = [planned for planned in plan.of("new") if planned.job.kind == "scratch"]
    assert plan.estimate(scratch).seconds == 7 * 6.0
    assert plan.estimate_undecided().unknown == 90
    train(project, store, trainer, [keys.transfer(("taskb",), "taska")])  # takes 3 seconds
    assert project.plan(store, 2).estimate_undecided(2).seconds == 90 * 3.0


def test_time_under_another_recipe_tells_nothing(project, store, trainer):
    train_all(project, store, trainer, order=1)
    other = altered(project, recipe={"scratch": {"epochs": 3}})
    assert other.plan(store, 1).estimates.seconds("scratch", "taska") is None
    assert other.plan(store, 1).estimates.seconds("constant", "taska") == 2.0


@pytest.mark.parametrize("order", [0, -1, 12])
def test_an_impossible_order_is_a_sentence(project, store, order):
    with pytest.raises(TaskonomyError) as caught:
        project.plan(store, order)
    assert caught.value.message == f"There is no order {order}: a transfer has 1 to 11 of the registered sources."
    assert caught.value.hint == "Type: tk plan --order 2"


def test_the_recipes_order_is_cut_to_what_the_sources_allow(project, store):
    pair = altered(project, {name: project.roster.tasks[name] for name in ("taska", "taskb")}, order=5)
    assert pair.plan(store).order == 1
    alone = altered(project, {"taska": project.roster.tasks["taska"]})
    assert [planned.job.name for planned in alone.plan(store).jobs] == [
        "network of taska",
        "scratch of taska",
        "constant of taska",
    ]


# New only


def test_new_results_beside_old_ones_of_another_seed_are_refused(project, store, trainer):
    train_all(project, store, trainer, order=1)
    other = altered(with_task(project), seed=1, recipe={"network": {"epochs": 3}})
    store.record_facts({other.data_fact: "fingerprint"})
    with pytest.raises(TaskonomyError) as caught:
        refuse_mixing(other.plan(store, 1))
    assert caught.value.message == (
        "New results could not be compared with 108 that are there: the preset or recipe and the seed changed since."
    )
    assert (
        caught.value.hint
        == "Type: tk transfer --retrain (trains the old ones again too), or change registry.toml back."
    )


def test_new_results_may_stand_beside_a_stale_version_or_another_baseline(project, store, trainer):
    train_all(project, store, trainer, order=1)
    refuse_mixing(with_version(with_task(project), "taskb").plan(store, 1))
    refuse_mixing(altered(with_task(project), recipe={"scratch": {"epochs": 2}}).plan(store, 1))
    refuse_mixing(altered(project, seed=1).plan(store, 1))  # nothing new: nothing to refuse


# Columns


def test_columns_are_the_present_results_with_their_references(project, store, trainer):
    train_all(project, store, trainer)
    found = columns(project.roster, project.recipe, store)
    keys = project.planner(store).keys
    assert len(found) == 9 * (3 + 11 + 10)
    assert sorted({column.target for column in found}) == list(keys.targets)
    assert [column.reference for column in found[:4]] == ["constant", "self", "scratch", ""]
    mine = [column for column in found if column.target == "taska"]
    assert {column.reference for column in mine} == {"", "self", "scratch", "constant"}
    by_name = {column.name: column for column in mine}
    assert np.array_equal(by_name["self -> taska"].losses, losses_of("network", "taska", ()))
    assert np.array_equal(by_name["onlyx -> taska"].losses, losses_of("transfer", "taska", ("onlyx",)))
    assert len(columns(project.roster, project.recipe, store, order=1)) == 9 * (3 + 11)


def test_columns_leave_out_what_is_stale(project, store, trainer):
    train_all(project, store, trainer, order=1)
    bumped = with_version(project, "taskb")
    found = columns(bumped.roster, bumped.recipe, store)
    assert len(found) == 8 * (3 + 10)
    assert not [column for column in found if "taskb" in (column.target, *column.sources)]
    other = altered(project, seed=1)
    assert columns(other.roster, other.recipe, store) == []


def test_columns_of_a_task_that_became_a_source_alone_are_left_out(project, store, trainer):
    train_all(project, store, trainer, order=1)
    demoted = altered(project, {**project.roster.tasks, "taskb": replace(project.roster.tasks["taskb"], role="source")})
    found = columns(demoted.roster, demoted.recipe, store)
    assert "taskb" not in {column.target for column in found}
    assert ("taskb",) in {column.sources for column in found}
