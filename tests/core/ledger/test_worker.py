"""What a worker does with a unit: it stores files, answers for each job, and never opens the ledger."""

import pickle
import socket

import numpy as np
import pytest
from fake_trainer import FakeTrainer, write_registry

from taskonomy_core.errors import DataError, JobError
from taskonomy_core.ledger import opening, worker
from taskonomy_core.ledger.networks import StoredNetworks
from taskonomy_core.ledger.objects import DamagedObjectError, Objects
from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.store import Store
from taskonomy_core.ledger.unit import NetworkFile, Unit
from taskonomy_core.ledger.worker import train


@pytest.fixture
def small(tmp_path):
    return Project.read(
        write_registry(tmp_path / "registry.toml", {"taska": "both", "taskb": "both", "onlyx": "source"})
    )


@pytest.fixture(autouse=True)
def _nothing_kept():
    worker._kept.clear()


def unit(project, *jobs, run="run", networks=None):
    return Unit(project, run, "cpu", "fingerprint", "fake_trainer:open_fake", jobs, networks or {})


def trained(project, *names):
    answers = [train(unit(project, ("network", name, ())))[0] for name in names]
    return {name: NetworkFile(f"key of {name}", answer.weights) for name, answer in zip(names, answers, strict=True)}


def test_files_are_stored_and_their_digests_answered(small):
    (answer,) = train(unit(small, ("network", "taska", ())))
    objects = Objects(small.objects)
    assert objects.get_tensors(answer.weights)["weight"].shape == (2, 3)
    assert objects.get_arrays(answer.losses)["losses"].shape == (40,)
    assert (answer.metrics, answer.seconds) == ({"L1": 0.5}, 2.0)
    assert answer.host == socket.gethostname()
    assert not (small.folder / "ledger.sqlite").exists()


def test_an_untrained_network_has_weights_and_no_losses(small):
    (answer,) = train(unit(small, ("network", "onlyz", ())))
    assert answer.weights is not None
    assert answer.losses is None


def test_readouts_of_one_target_are_answered_each_in_order(small):
    networks = trained(small, "taska", "onlyx")
    (small.folder.parent / "fail").write_text("transfer onlyx -> taskb")
    good, bad = train(
        unit(small, ("transfer", "taskb", ("taska",)), ("transfer", "taskb", ("onlyx",)), networks=networks)
    )
    losses = Objects(small.objects).get_arrays(good.losses)["losses"]
    assert np.isnan(losses[-2:]).all()
    assert isinstance(bad, JobError)
    assert bad.message == "The transfer onlyx -> taskb diverged."


def test_a_trainer_that_gives_up_a_whole_unit_answers_for_each_job(small, monkeypatch):
    def refuse(self, target, candidates):
        raise JobError(f"Task {target!r} raised in its example.")

    monkeypatch.setattr(FakeTrainer, "transfers", refuse)
    answers = train(unit(small, ("transfer", "taskb", ("taska",)), ("transfer", "taskb", ("onlyx",))))
    assert [answer.message for answer in answers] == ["Task 'taskb' raised in its example."] * 2


def test_a_damaged_network_is_told_as_such(small):
    networks = trained(small, "taska")
    Objects(small.objects).path(networks["taska"].weights).write_bytes(b"another")
    with pytest.raises(DamagedObjectError):
        train(unit(small, ("transfer", "taskb", ("taska",)), networks=networks))


def test_the_trainer_is_opened_once_a_run(small, monkeypatch):
    opened = []

    def open_counted(project, device, data, networks):
        opened.append((device, data))
        return FakeTrainer(project.folder.parent)

    monkeypatch.setattr("fake_trainer.open_fake", open_counted)
    for name in ("taska", "taskb"):
        train(unit(small, ("network", name, ())))
    assert opened == [("cpu", "fingerprint")]
    train(unit(small, ("network", "onlyx", ()), run="another"))
    assert len(opened) == 2
    assert len(worker._kept) == 1


def test_units_and_answers_can_be_carried(small):
    given = unit(small, ("transfer", "taskb", ("taska",)), networks={"taska": NetworkFile("key", "digest")})
    assert pickle.loads(pickle.dumps(given)) == given
    assert given.name == "transfer taska -> taskb"
    assert unit(small, ("network", "a", ()), ("network", "b", ())).name == "network of a and 1 more"


def test_other_data_than_the_coordinators_is_refused(small, monkeypatch):
    class Data:
        fingerprint = "another"

    monkeypatch.setattr(opening, "open_plugins", lambda project: opening.Opened({}, Data(), None))
    with pytest.raises(DataError) as caught:
        opening.open_for_work(small, "cpu", "fingerprint", None)
    assert caught.value.message == (
        f"The data source 'rooms' of a worker on {socket.gethostname()} is not the one that this run began with."
    )
    assert caught.value.hint == (
        "Install the same versions and give the same data on every machine; then type the same command again."
    )


def test_networks_of_the_ledger(small):
    with Store.open(small.folder) as store:
        store.record_facts({small.data_fact: "fingerprint", small.encoder_fact: "1"})
        keys = small.planner(store).keys
        networks, owner, job = StoredNetworks(store, keys), Owner.this(), keys.network("taska")
        assert networks.key("taska") == job.key
        with pytest.raises(KeyError):
            networks.state("taska")
        store.claim([job], owner, -1)
        store.finish(job, train(unit(small, job.identity))[0], owner, "run")
        assert networks.state("taska")["weight"].shape == (2, 3)
