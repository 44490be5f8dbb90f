"""Keys change with all that could change a result, and with nothing else."""

from dataclasses import replace

import pytest

from taskonomy_core.ledger.jobs import Facts, Keys, job_name
from taskonomy_core.ledger.project import recipe_of
from taskonomy_core.registry.roster import RosterTask

FACTS = Facts("fingerprint", "resnet_compact@1")


@pytest.fixture
def keys_of(project):
    def make(roster=project.roster, facts=FACTS, **overrides):
        return Keys(roster, recipe_of(replace(roster, recipe=overrides)), facts)

    return make


def all_keys(keys):
    return {
        "network": keys.network("taska").key,
        "scratch": keys.scratch("taska").key,
        "constant": keys.constant("taska").key,
        "transfer": keys.transfer(("taskb",), "taska").key,
    }


def changed(keys_of, **changes):
    before, after = all_keys(keys_of()), all_keys(keys_of(**changes))
    return {kind for kind in before if before[kind] != after[kind]}


def test_a_key_does_not_depend_on_the_order_of_sources_nor_on_the_process(keys_of):
    keys = keys_of()
    assert keys.transfer(("taskc", "taskb"), "taska") == keys.transfer(("taskb", "taskc"), "taska")
    assert keys.transfer(("taskc", "taskb"), "taska").sources == ("taskb", "taskc")
    assert all_keys(keys) == all_keys(keys_of())


def test_no_two_jobs_share_a_key(keys_of):
    keys = keys_of()
    made = [keys.network(name).key for name in keys.roster.tasks]
    made += [job(name).key for name in keys.targets for job in (keys.scratch, keys.constant)]
    made += [keys.transfer((source,), name).key for name in keys.targets for source in keys.sources_of(name)]
    assert len(set(made)) == len(made) == 12 + 2 * 9 + 9 * 11


def test_data_and_seed_change_every_key(keys_of, project):
    kinds = {"network", "scratch", "constant", "transfer"}
    assert changed(keys_of, facts=Facts("other", "resnet_compact@1")) == kinds
    assert changed(keys_of, roster=replace(project.roster, seed=1)) == kinds


def test_the_encoder_changes_all_but_the_constant(keys_of):
    assert changed(keys_of, facts=Facts("fingerprint", "resnet_compact@2")) == {"network", "scratch", "transfer"}


def test_a_schedule_changes_its_own_kind_and_a_network_its_transfers(keys_of):
    assert changed(keys_of, transfer={"epochs": 30}) == {"transfer"}
    assert changed(keys_of, scratch={"epochs": 30}) == {"scratch"}
    assert changed(keys_of, network={"epochs": 30}) == {"network", "transfer"}
    assert changed(keys_of, constant_steps=3) == {"constant"}


def test_budget_and_beam_and_order_change_nothing(keys_of, project):
    assert changed(keys_of, roster=replace(project.roster, budget=2.0), beam=3, order=4) == set()


def test_a_version_changes_the_tasks_own_jobs_and_the_transfers_from_it(keys_of, project):
    tasks = dict(project.roster.tasks, taskb=replace(project.roster.tasks["taskb"], version=2))
    before, after = keys_of(), keys_of(roster=replace(project.roster, tasks=tasks))
    assert all_keys(before)["network"] == all_keys(after)["network"]
    assert before.transfer(("taskb",), "taska") != after.transfer(("taskb",), "taska")
    assert before.transfer(("taskc",), "taska") == after.transfer(("taskc",), "taska")
    assert before.transfer(("taskc",), "taskb") != after.transfer(("taskc",), "taskb")


def test_roles_decide_who_is_source_and_target(keys_of, project):
    tasks = dict(project.roster.tasks, taska=RosterTask("taska", "made-up[taska]", 1, role="target"))
    keys = keys_of(roster=replace(project.roster, tasks=tasks))
    assert "taska" in keys.targets
    assert "taska" not in keys.sources
    assert "onlyx" in keys.sources
    assert "onlyx" not in keys.targets
    assert keys.highest_order == 11
    assert keys.again("transfer", "taskb", ("taska",)) is None
    assert keys.again("scratch", "onlyx", ()) is None
    assert keys.again("constant", "onlyx", ()) == keys.constant("onlyx")
    assert keys.again("constant", "gone", ()) is None
    assert keys.again("network", "onlyx", ()) == keys.network("onlyx")
    assert keys.again("network", "gone", ()) is None


def test_an_unused_task_has_no_job_and_changes_no_key_of_another(keys_of, project):
    tasks = project.roster.tasks
    unused = dict(tasks, taska=replace(tasks["taska"], role="unused"), onlyz=replace(tasks["onlyz"], role="unused"))
    facts = replace(FACTS, untrained=frozenset({"onlyy", "onlyz"}))
    before, keys = keys_of(facts=facts), keys_of(roster=replace(project.roster, tasks=unused), facts=facts)
    for names in (keys.used, keys.targets, keys.sources, keys.trained):
        assert not {"taska", "onlyz"} & set(names)
    assert len(keys.used) == 10
    assert keys.highest_order == 9
    assert keys.from_untrained("taska") is None
    assert keys.again("network", "taska", ()) is None
    assert keys.again("constant", "taska", ()) is None
    assert keys.again("scratch", "taska", ()) is None
    assert keys.again("transfer", "taska", ("taskb",)) is None
    assert keys.again("transfer", "taskb", ("taska",)) is None
    assert keys.again("transfer", "taskb", ("taska", "taskc")) is None
    assert keys.transfer(("taskc",), "taskb") == before.transfer(("taskc",), "taskb")
    assert keys.network("taskb") == before.network("taskb")
    alone = dict(tasks, onlyy=replace(tasks["onlyy"], role="unused"))
    assert keys_of(roster=replace(project.roster, tasks=alone), facts=facts).untrained == "onlyz"


def test_cost_transfer_cost_and_weight_change_no_key(keys_of, project):
    tasks = {
        name: replace(task, cost=2.0, transfer_cost=0.5, weight=3.0) for name, task in project.roster.tasks.items()
    }
    assert changed(keys_of, roster=replace(project.roster, tasks=tasks)) == set()


def test_the_readout_from_the_untrained_encoder_is_a_transfer_or_a_reference(keys_of):
    assert keys_of().untrained is None
    assert keys_of().from_untrained("taska") is None
    keys = keys_of(facts=replace(FACTS, untrained=frozenset({"onlyy", "onlyz", "gone"})))
    assert keys.untrained == "onlyy"
    assert keys.trained == ("onlyx", *(f"task{letter}" for letter in "abcdefghi"))
    assert keys.from_untrained("taska") == keys.transfer(("onlyy",), "taska")
    reference = keys.from_untrained("onlyx")
    assert reference.identity == ("reference", "onlyx", ("onlyy",))
    assert reference.name == "reference onlyy -> onlyx"
    assert keys.from_untrained("onlyz") is None
    assert keys.again("reference", "onlyx", ("onlyy",)) == reference
    assert keys.again("reference", "onlyx", ("onlyz",)) is None  # another one serves
    assert keys.again("reference", "taska", ("onlyy",)) is None  # a target has a transfer in its place
    assert keys.again("constant", "onlyz", ()) is None


def test_a_reference_changes_with_what_changes_a_transfer(keys_of):
    def key(**changes):
        return keys_of(facts=replace(FACTS, untrained=frozenset({"onlyz"})), **changes).from_untrained("onlyx").key

    assert len({key(), key(transfer={"epochs": 30}), key(network={"epochs": 30}), key(scratch={"epochs": 30})}) == 3
    assert key() == key(scratch={"epochs": 30})


def test_whatever_role_a_task_has_its_results_are_those_of_its_other_roles(keys_of, project):
    keys = keys_of(facts=replace(FACTS, untrained=frozenset({"onlyz"})))
    unused = {name: replace(task, role="unused") for name, task in project.roster.tasks.items()}
    idle = keys_of(roster=replace(project.roster, tasks=unused))
    jobs = [keys.network("taska"), keys.scratch("taska"), keys.constant("onlyx"), keys.from_untrained("onlyx")]
    for job in (*jobs, keys.transfer(("taskc", "taskb"), "taska")):
        assert idle.whatever_role(*job.identity) == job
    assert idle.whatever_role("transfer", "taska", ("gone",)) is None
    assert idle.whatever_role("network", "gone", ()) is None


def test_details_say_what_stands_behind_the_hashes(keys_of):
    keys = keys_of(transfer={"epochs": 30})
    network, transfer = keys.network("taska").details, keys.transfer(("taskb",), "taska").details
    assert network["data"] == transfer["data"] == {"source": "rooms"}
    assert (network["sources"], transfer["sources"]) == ({}, {"taskb": 1})
    assert network["recipe"]["network.epochs"] == transfer["recipe"]["network.epochs"] == 2
    assert transfer["recipe"]["transfer.epochs"] == 30
    assert not [name for name in network["recipe"] if name.startswith("transfer.")]


def test_names(keys_of):
    assert keys_of().transfer(("taskc", "taskb"), "taska").name == "transfer taskb + taskc -> taska"
    assert job_name("network", "taska", ()) == "network of taska"


def test_unknown_facts_are_not_known():
    assert not Facts().known
    assert not Facts("fingerprint").known
    assert FACTS.known
