from collections import Counter

import numpy as np
import pytest
import torch

from taskonomy_core.learning.outcome import Outcome
from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.schedule import next_unit
from taskonomy_core.ledger.worker import stored

OWNER = Owner.this()
WANTED = ("new", "stale")


def outcome(seconds=1.0):
    return Outcome(np.arange(2), np.ones(2), {"w": torch.ones(1)}, {}, seconds)


@pytest.fixture
def finish(store):
    return lambda job, seconds=1.0: store.finish(job, stored(store.objects, outcome(seconds)), OWNER, "run")


def take(project, store, last="", order=1, group=6):
    unit = next_unit(project.plan(store, order), WANTED, group, last)
    return [job.name for job in unit]


def all_networks(keys):
    return [keys.network(name) for name in keys.roster.tasks]


def test_networks_come_first_the_longest_known_before_the_others(project, store, keys, finish):
    assert take(project, store) == ["network of onlyx"]
    finish(keys.network("onlyx"), 5.0)
    assert take(project, store) == ["network of onlyy"]


def test_while_a_network_is_in_training_scratch_fills_before_half_a_row(project, store, keys, finish):
    last = keys.network("taski")
    for job in all_networks(keys):
        if job != last:
            finish(job)
    store.claim([last], OWNER, -1)
    # The row of taski waits for no network, but the others' rows wait for that of taski.
    assert take(project, store) == [f"transfer {name} -> taski" for name in keys.sources_of("taski")[:6]]
    for source in keys.sources_of("taski"):
        finish(keys.transfer((source,), "taski"))
    # The references of onlyx and onlyy wait for no network either; each is a unit of its own.
    assert take(project, store) == ["reference onlyz -> onlyx"]
    finish(keys.from_untrained("onlyx"))
    assert take(project, store) == ["reference onlyz -> onlyy"]
    finish(keys.from_untrained("onlyy"))
    assert take(project, store) == ["constant of onlyx"]
    for name in keys.trained:
        finish(keys.constant(name))
    for name in keys.targets:
        finish(keys.scratch(name), 9.0 if name == "taskc" else 2.0)
    assert take(project, store) == [f"transfer {name} -> taska" for name in keys.sources_of("taska")[:5]]


def test_groups_are_even_and_stay_with_the_last_target(project, store, keys, finish):
    for job in all_networks(keys):
        finish(job)
    assert len(take(project, store)) == 6  # 11 are 6 and 5
    assert len(take(project, store, group=5)) == 4  # 11 are 4, 4 and 3
    assert len(take(project, store, group=1)) == 1
    assert len(take(project, store, group=99)) == 11
    assert {name.split(" -> ")[1] for name in take(project, store, last="taskf")} == {"taskf"}


def test_the_longest_of_the_baselines_goes_first(project, store, keys, finish):
    for job in all_networks(keys):
        finish(job)
    for target in keys.targets:
        for source in keys.sources_of(target):
            finish(keys.transfer((source,), target))
    for name in ("onlyx", "onlyy"):
        finish(keys.from_untrained(name))
    finish(keys.constant("taska"), 1.0)
    finish(keys.scratch("taskb"), 8.0)
    assert take(project, store) == ["scratch of taska"]


def test_nothing_is_ready_when_all_waits_or_is_done(project, store, keys, finish):
    store.claim(all_networks(keys), OWNER, -1)
    for name in keys.targets:
        finish(keys.scratch(name))
    for name in keys.trained:
        finish(keys.constant(name))
    assert take(project, store) == []


def test_following_the_schedule_trains_every_job_once(project, store, keys, finish):
    seen = Counter()
    last = ""
    while unit := next_unit(project.plan(store, 2), WANTED, 6, last):
        last = unit[0].target
        assert len({(job.kind, job.target, job.order) for job in unit}) == 1
        for job in unit:
            seen[job.key] += 1
            finish(job)
    assert set(seen.values()) == {1}
    assert len(seen) == 12 + 99 + 90 + 9 + 11 + 2
