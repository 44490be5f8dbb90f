"""Random lives of a project, held against a simple model of what must run.

Tasks come and go, change their roles, versions and costs; recipe and data change; jobs fail; processes die; two work at
once; leftovers are removed. After every step the ledger's plan is the model's; a run begins only what the model has
ready, and ends when the model has nothing left; and no finished result is ever touched.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress
from dataclasses import replace
from functools import partial
from itertools import combinations
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from fake_trainer import losses_of, write_registry
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from simple_model import BEAM, KINDS, UNTRAINED, Model

from taskonomy_core.learning.outcome import Outcome
from taskonomy_core.ledger.garbage import collect, survey
from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Card
from taskonomy_core.ledger.schedule import next_unit
from taskonomy_core.ledger.store import Store
from taskonomy_core.ledger.worker import stored

GROUP = 6
NAMES = ("taska", "taskb", "taskc", "onlyx", "onlyy", UNTRAINED)
names = st.sampled_from(NAMES)
CHANGES = ("register or change the role", "unregister", "cost and weight", "raise the version", "data", *KINDS)
roles = st.sampled_from(("both", "both", "source", "target", "unused"))
changes = st.lists(st.tuples(st.sampled_from(CHANGES), names, roles, st.booleans()), min_size=1, max_size=3)


def mean_loss(target, source):
    return losses_of("transfer", target, (source,)).mean()


def outcome_of(job):
    """What a toy trainer gives: losses that follow from names alone; the untrained task has none."""
    untrained = job.kind == "network" and job.target == UNTRAINED
    losses = np.empty(0) if untrained else losses_of(*job.identity)
    return Outcome(np.arange(len(losses)), losses, {}, seconds=1.0)


def run(project, store, finish, new_only=False, owner=None):
    """Do what a coordinating process does: plan, claim, train, commit, until nothing is ready or it dies.

    `finish(job, owner, held)` commits one job of those that are held, itself included. Gives the identities of the jobs
    in the order in which they were begun.
    """
    owner = owner or Owner.this()
    wanted, since = (("new",), -1) if new_only else (("new", "stale"), store.snapshot().serial)
    planner = project.planner(store)
    order = project.checked_order(planner.keys, None)
    begun, target = [], ""
    while unit := next_unit(planner.plan(store.snapshot(), order, since), wanted, GROUP, target):
        taken = store.claim(unit, owner, since)
        assert taken == unit, "what a plan has ready is free"
        target = unit[0].target
        for at, job in enumerate(taken):
            begun.append(job.identity)
            finish(job, owner, taken[at:])
    return begun


class Life(RuleBasedStateMachine):
    """The project, its ledger, and the model beside it."""

    def __init__(self):
        super().__init__()
        self.scratch = tempfile.TemporaryDirectory(prefix="life")
        self.folder = Path(self.scratch.name)
        self.model = Model(mean_loss)
        self.costs = {}
        self.rows = {}
        self.abandoned = []
        self.store = Store.open(self.folder / ".taskonomy")
        self.store._db.execute("PRAGMA synchronous = OFF")
        self.store.record_cards([Card(UNTRAINED, 1, "Z", "other", (), trainable=False)])

    def teardown(self):
        self.store.close()
        self.scratch.cleanup()

    # What a person does, by itself and before all else that happens: hypothesis leaves whole rules out of a life.

    @initialize(role=roles)
    def begin(self, role):
        self.model.versions |= dict.fromkeys(NAMES, 1)
        self.model.roles |= {"taska": "both", "taskb": "both", "onlyx": "source", UNTRAINED: role}
        self.write()
        self.transfer_with()

    @rule(changes=changes)
    def change(self, changes):
        for change, name, role, other in changes:
            if change == "register or change the role":
                self.model.roles[name] = role
            elif change == "unregister":
                self.model.roles.pop(name, None)
            elif change == "cost and weight":
                self.costs[name] = 2.0 if other else 0.5
            elif change == "raise the version":
                self.model.versions[name] += 1
            elif change == "data":
                self.model.data = "another" if other else "fingerprint"
            else:
                self.model.recipe[change] = 9 if other else 0
            self.write()
            self.the_plan_is_the_models()  # to which costs and weights are nothing

    # What runs do

    @rule(changes=changes, new_only=st.booleans(), data=st.data())
    def transfer(self, changes, new_only, data):
        self.change(changes)
        broken = data.draw(self.some_jobs())
        self.transfer_with(broken, new_only)
        assert broken or new_only or set(self.plan().values()) <= {"done"}
        self.come_back()

    @rule(changes=changes, finished=st.integers(0, 20))
    def kill(self, changes, finished):
        """A process finishes some jobs and dies with claims in its hands."""
        self.change(changes)
        dead = replace(Owner.this(), born="another boot", token=os.urandom(4).hex())
        left = iter(range(finished))

        def finish(job, owner, held):
            if next(left, None) is None:
                self.abandoned += [(job, dead) for job in held]
                raise KeyboardInterrupt
            self.end(job, owner, held)

        self.model.begin(new_only=False)
        with suppress(KeyboardInterrupt):
            run(self.project, self.store, finish, owner=dead)
        self.model.retried.clear()

    @rule(changes=changes, size=st.integers(1, GROUP))
    def transfer_while_another_works(self, changes, size):
        """Another living process holds a unit until this one has nothing left to do."""
        self.change(changes)
        unit, other = next_unit(self.project.plan(self.store), ("new", "stale"), GROUP), Owner.this()
        held = self.store.claim(unit[:size], other, -1)
        assert held == unit[:size]
        assert self.store.claim(unit[: len(held)], Owner.this(), -1) == []
        self.model.running = {job.identity for job in held}
        self.transfer_with()
        for at, job in enumerate(held):
            self.end(job, other, held[at:])
        self.model.running.clear()
        self.transfer_with()

    @rule(changes=changes, everything=st.booleans())
    def collect_garbage(self, changes, everything):
        self.change(changes)
        self.collect(everything)
        stored = {file.digest for file in self.store.objects.files()}
        results = self.store.snapshot().results.values()
        assert stored == {digest for result in results for digest in (result.weights, result.losses) if digest}

    @rule(changes=changes, after=st.integers(1, 20), everything=st.booleans(), data=st.data())
    def collect_garbage_beside_a_transfer(self, changes, after, everything, data):
        """Another process looks, and removes, while this one holds a unit."""
        self.change(changes)
        broken = data.draw(self.some_jobs())
        left = iter(range(after))

        def finish(job, owner, held):
            if next(left, None) == after - 1:
                self.model.running = {job.identity for job in held}
                self.collect(everything)
                self.model.running.clear()
            self.end(job, owner, held, broken=broken)

        self.model.begin(new_only=False)
        run(self.project, self.store, finish)
        assert not self.model.ready()
        self.model.retried.clear()

    # What must hold

    @invariant()
    def the_plan_is_the_models(self):
        if self.model.versions:
            assert self.plan() == self.model.states()

    @invariant()
    def what_is_finished_is_never_touched(self):
        done = {key: result for key, result in self.store.snapshot().results.items() if result.done}
        assert self.rows == {key: done.get(key) for key in self.rows}
        self.rows = done

    # How

    def plan(self):
        return {planned.job.identity: planned.state for planned in self.project.plan(self.store).jobs}

    def some_jobs(self):
        possible = sorted(self.model.states())
        return st.sets(st.sampled_from(possible), max_size=3) if possible else st.just(set())

    def come_back(self):
        """Processes that were taken for dead finish late what others have finished since: that changes nothing."""
        results = self.store.snapshot().results
        for job, owner in self.abandoned:
            if job.key in results and results[job.key].done:
                self.store.finish(job, stored(self.store.objects, outcome_of(job)), owner, "late")

    def transfer_with(self, broken=(), new_only=False):
        wanted = ("new",) if new_only else ("new", "stale")
        self.model.begin(new_only)
        run(self.project, self.store, partial(self.end, wanted=wanted, broken=broken), new_only)
        assert not self.model.ready(wanted)
        self.model.retried.clear()

    def end(self, job, owner, held, wanted=("new", "stale"), broken=()):
        """Train and commit one job, if the model has it ready: what was finished never is."""
        self.model.running.discard(job.identity)
        assert job.identity in self.model.ready(wanted)
        if job.identity in broken:
            self.store.fail(job, "It diverged.", owner, "run")
        else:
            self.store.finish(job, stored(self.store.objects, outcome_of(job)), owner, "run")
        self.model.end(job.identity, "failed" if job.identity in broken else "done")

    def collect(self, everything):
        with Store.open(self.store.folder) as other:
            collect(self.project, other, survey(self.project, other, everything))
            results = other.snapshot().results
            assert not any(file.fault for result in results.values() for file in other.verify(result))
        self.model.collect(everything)
        assert len(results) == len(self.model.ended)
        self.rows = {key: row for key, row in self.rows.items() if key in results}

    def write(self):
        """registry.toml as it is now, and what opening its plugins would record."""
        recipe = {"beam": BEAM, "order": 2}
        path = self.folder / "registry.toml"
        write_registry(path, self.model.roles, recipe=recipe, versions=self.model.versions)
        text = path.read_text()
        for name, cost in self.costs.items():
            amounts = f"cost = {cost}\ntransfer_cost = {cost}\nweight = {cost}\n"
            text = text.replace(f"[tasks.{name}]\n", f"[tasks.{name}]\n{amounts}")
        for kind, epochs in self.model.recipe.items():
            text += f"\n[recipe.{kind}]\nepochs = {epochs}\n" if epochs else ""
        path.write_text(text)
        self.project = Project.read(path)
        self.store.record_facts({self.project.data_fact: self.model.data, self.project.encoder_fact: "1"})


def test_every_life_of_a_project_trains_what_it_must_and_nothing_else():
    profile = settings(
        max_examples=int(os.environ.get("TASKONOMY_LIVES", "50")),
        stateful_step_count=6,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),  # shrinking takes minutes; six steps can be read
        deadline=None,
        suppress_health_check=list(HealthCheck),
    )
    run_state_machine_as_test(Life, settings=profile)


# The paper's beam, by hand.


@pytest.fixture
def beam_of_five(tmp_path):
    """`trained(sources)`: registers a target with these sources, best first, trains; gives what was begun."""
    quality = {name: place for place, name in enumerate(("one", "two", "three", "four", "five", "six", "seven"))}

    def trained(sources):
        roles = {"goal": "target", **dict.fromkeys(sources, "source")}
        path = write_registry(tmp_path / "registry.toml", roles, recipe={"order": 5})
        project = Project.read(path)
        assert project.recipe.beam == 5
        with Store.open(project.folder) as store:
            store.record_facts({project.data_fact: "fingerprint", project.encoder_fact: "1"})

            def finish(job, owner, held):
                losses = np.full(10, float(sum(quality.get(name, 9) for name in job.sources)))
                store.finish(job, stored(store.objects, Outcome(np.arange(10), losses, {})), owner, "run")

            return run(project, store, finish)

    return trained


def with_partners(name, partners, order):
    """Transfers to goal from `name` and order - 1 of its partners."""
    sets = combinations(partners, order - 1)
    return {("transfer", "goal", tuple(sorted((name, *others)))) for others in sets}


def test_a_source_that_enters_the_top_five_brings_exactly_its_combinations(beam_of_five):
    beam_of_five(["one", "two", "four", "five", "six", "seven"])
    begun = beam_of_five(["one", "two", "three", "four", "five", "six", "seven"])
    assert begun[:1] == [("network", "three", ())]
    expected = {("network", "three", ()), ("constant", "three", ())}
    # It is third: of the old five only the first four stay, and order 5 has but one combination, that of the best.
    for order, number in {1: 1, 2: 4, 3: 6, 4: 4, 5: 1}.items():
        new = with_partners("three", ["one", "two", "four", "five"], order)
        assert len(new) == number
        expected |= new
    assert sorted(begun) == sorted(expected)


def test_a_source_that_does_not_enter_it_brings_none(beam_of_five):
    beam_of_five(["one", "two", "three", "four", "five", "six"])
    begun = beam_of_five(["one", "two", "three", "four", "five", "six", "seven"])
    assert sorted(begun) == [
        ("constant", "seven", ()),
        ("network", "seven", ()),
        ("transfer", "goal", ("seven",)),
    ]
    # One that leaves lets the sixth in: its combinations with the four that stay.
    begun = beam_of_five(["one", "three", "four", "five", "six", "seven"])
    expected = set().union(*(with_partners("six", ["one", "three", "four", "five"], order) for order in (2, 3, 4, 5)))
    assert sorted(begun) == sorted(expected)
