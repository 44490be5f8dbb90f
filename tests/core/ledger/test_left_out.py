"""Tasks that a run does without: what is blocked, what goes on, what is kept, and when it is over.

Nine tasks are source and target, three are sources alone.
"""

from collections import Counter
from dataclasses import replace

import pytest
from fake_trainer import FakeTrainer
from test_coordinator import Here

from taskonomy_core.ledger.coordinator import Coordinator
from taskonomy_core.ledger.left_out import LeftOut, forget, read, written
from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.project import Project, columns
from taskonomy_core.ledger.run import new_order, startable
from taskonomy_core.ledger.worker import stored

OWNER = Owner.this()
WHY = "it needs depth, which the data source 'rooms' does not offer; scans does."
SENTENCE = f"taskb is left out: {WHY}"


def leave_out(project, store, *names):
    found = {name: LeftOut(name, WHY, "Set source.") for name in names}
    store.record_facts({project.left_out_fact: written(found, project.roster)})


def states(project, store, order=1):
    return {planned.job.name: (planned.state, planned.reason) for planned in project.plan(store, order).jobs}


def train(project, store, order=2):
    plan = project.plan(store, order)
    order = new_order(store, plan, "cpu", 1, 6, new_only=False, fail_fast=False)
    given = project, store, replace(order, opener="fake_trainer:open_fake"), Here(), lambda: False
    Coordinator(*given, lambda plan: None, lambda error: None).run()


def with_task(project, **changes):
    tasks = {**project.roster.tasks, "taskb": replace(project.roster.tasks["taskb"], **changes)}
    return Project(replace(project.roster, tasks=tasks), project.recipe)


def log(project):
    return [line.split(" ", 1)[1] for line in (project.folder.parent / "log").read_text().splitlines()]


def test_its_network_baselines_row_and_column_are_blocked_with_the_reason(project, store, keys):
    before = states(project, store)
    leave_out(project, store, "taskb")
    after = states(project, store)
    mine = {"network of taskb", "scratch of taskb", "constant of taskb"}
    mine |= {f"transfer {name} -> taskb" for name in keys.sources_of("taskb")}
    mine |= {f"transfer taskb -> {name}" for name in keys.targets if name != "taskb"}
    assert {name for name, state in after.items() if state == ("blocked", SENTENCE)} == mine
    assert {name: state for name, state in after.items() if name not in mine} == {
        name: state for name, state in before.items() if name not in mine
    }


def test_two_in_one_job_are_both_named(project, store):
    leave_out(project, store, "taska", "taskb")
    assert states(project, store)["transfer taskb -> taska"] == (
        "blocked",
        f"{SENTENCE.replace('taskb', 'taska')} {SENTENCE}",
    )


def test_everything_else_is_trained_and_the_run_ends(project, store):
    leave_out(project, store, "taskb", "onlyx")
    train(project, store)
    assert not [name for name in log(project) if "taskb" in name or "onlyx" in name]
    plan = project.plan(store)
    assert plan.possible("done") == plan.possible("done", "new", "stale", "failed", "blocked", "running")
    assert startable(plan, new_only=False) == ()
    parts = ({(planned.job.kind, planned.job.order) for planned in some} for some in (plan.of("done"), plan.jobs))
    assert next(parts) == next(parts)
    pairs = Counter(planned.job.target for planned in plan.of("done") if planned.job.order == 2)
    assert pairs == {name: 10 for name in project.planner(store).keys.targets if name != "taskb"}
    assert plan.undecided == ()


def test_what_it_was_trained_to_before_is_kept_and_counted(project, store):
    train(project, store)
    everything = {column.name for column in columns(project.roster, project.recipe, store)}
    leave_out(project, store, "taskb")
    plan = project.plan(store)
    assert plan.of("done") == plan.jobs
    assert {column.name for column in columns(project.roster, project.recipe, store)} == everything


def test_what_failed_or_is_stale_of_it_is_blocked_too(project, store):
    trainer, keys = FakeTrainer(project.folder.parent), project.planner(store).keys
    store.finish(keys.network("taskb"), stored(store.objects, trainer.network("taskb")), OWNER, "run")
    store.fail(keys.scratch("taskb"), "It diverged.", OWNER, "run")
    newer = with_task(project, version=2)
    leave_out(newer, store, "taskb")
    after = states(newer, store)
    assert after["network of taskb"] == after["scratch of taskb"] == ("blocked", SENTENCE)


@pytest.mark.parametrize(
    "changes", [{"version": 2}, {"plugin": "other[taskb]"}, {"role": "source"}, {"role": "unused"}]
)
def test_it_holds_until_the_task_is_registered_otherwise(project, store, changes):
    leave_out(project, store, "taskb")
    assert list(project.facts(store).left_out) == ["taskb"]
    assert list(with_task(project, cost=3.0, transfer_cost=1.0, weight=0.5).facts(store).left_out) == ["taskb"]
    assert with_task(project, **changes).facts(store).left_out == {}


def test_an_unregistered_one_is_not_named(project, store):
    leave_out(project, store, "taskb", "taskc")
    rest = {name: task for name, task in project.roster.tasks.items() if name != "taskb"}
    assert list(Project(replace(project.roster, tasks=rest), project.recipe).facts(store).left_out) == ["taskc"]


def test_one_that_was_loaded_again_is_forgotten_and_the_rest_kept(project, store):
    leave_out(project, store, "taskb", "taskc")
    forget(project, store, {"taskb", "taska"})
    assert project.facts(store).left_out == {"taskc": LeftOut("taskc", WHY, "Set source.")}
    assert states(project, store)["network of taskb"] == ("new", "")


def test_nothing_recorded_is_nobody(project):
    assert read(None, project.roster) == {}
