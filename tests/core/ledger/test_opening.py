"""What registry.toml names is opened and recorded, left out, or refused in a sentence."""

from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch
from fake_trainer import write_registry

from taskonomy_core.errors import JobError, PluginError, TaskonomyError
from taskonomy_core.ledger import opening
from taskonomy_core.ledger.left_out import LeftOut
from taskonomy_core.ledger.networks import StoredNetworks
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.store import Store


@pytest.fixture
def small(tmp_path):
    return Project.read(write_registry(tmp_path / "registry.toml", {"taska": "both", "taskb": "source"}))


@pytest.fixture
def plugins(monkeypatch):
    """What the registry would load; the test may change it."""
    tasks = {
        "taska": SimpleNamespace(
            name="taska",
            version=1,
            title="A",
            group="2d",
            needs=("depth",),
            modalities=("rgb", "depth"),
            trainable=True,
        ),
        "taskb": SimpleNamespace(
            name="taskb", version=1, title="B", group="3d", needs=(), modalities=("rgb",), trainable=False
        ),
    }
    resolved = SimpleNamespace(tasks=tasks, stale={}, faults={})
    data = SimpleNamespace(modalities={"rgb": None, "depth": None}, fingerprint="fingerprint")
    asked = []
    kind = SimpleNamespace(open=lambda request: asked.append(request) or data)
    monkeypatch.setattr(opening, "resolve", lambda roster: resolved)
    monkeypatch.setattr(opening, "data_source", lambda name: kind)
    monkeypatch.setattr(opening, "encoder", lambda name: SimpleNamespace(name=name, version=3))
    offered = {"rooms": {"rgb", "depth"}}
    monkeypatch.setattr(opening, "offers", lambda request: offered)
    return SimpleNamespace(resolved=resolved, data=data, asked=asked, offered=offered)


def test_what_was_opened_is_recorded_for_commands_without_torch(small, plugins):
    opened = opening.open_plugins(small)
    (request,) = plugins.asked
    assert (request.image, request.counts, request.seed, request.options) == (64, small.recipe.counts, 0, {})
    with Store.open(small.folder) as store:
        assert not small.plan(store).known
        opening.record(small, store, opened)
        facts = small.facts(store)
        assert (facts.data, facts.encoder) == ("fingerprint", "resnet_compact@3")
        assert small.plan(store).known
        assert store.cards()["taska"].needs == ("depth",)
        assert store.cards()["taskb"].group == "3d"
        assert facts.untrained == {"taskb"}


def test_a_task_of_another_version_than_registered_is_refused(small, plugins):
    plugins.resolved.stale = {"taska": (1, 2), "taskb": (1, 5)}
    with pytest.raises(PluginError) as caught:
        opening.open_plugins(small)
    assert caught.value.message == (
        "The installed versions of taska and taskb are not those that registry.toml registers: "
        "taska 2 for 1; taskb 5 for 1."
    )
    assert caught.value.hint == "Type: tk register taska && tk register taskb"


@pytest.mark.parametrize(
    ("others", "does", "hint"),
    [
        ({}, "no installed one does.", ""),
        ({"scans": {"rgb", "depth"}}, "scans does.", 'Set source = "scans" under [data] in registry.toml.'),
        (
            {"scans": {"rgb", "depth"}, "maps": {"depth"}, "lidar": {"depth", "rgb", "normal"}},
            "scans and lidar do.",
            'Set source = "scans" under [data] in registry.toml.',
        ),
    ],
)
def test_a_task_whose_modality_the_data_lacks_is_left_out_and_named(small, plugins, others, does, hint):
    del plugins.data.modalities["depth"]
    plugins.offered.update(others)
    opened = opening.open_plugins(small)
    assert list(opened.tasks) == ["taskb"]
    assert opened.left_out == {
        "taska": LeftOut("taska", f"it needs depth, which the data source 'rooms' does not offer; {does}", hint)
    }


def test_a_broken_task_is_left_out_and_asked_for_all_the_same_it_says_why(small, plugins):
    del plugins.resolved.tasks["taska"]
    plugins.resolved.faults["taska"] = PluginError("zoo[taska] is not installed.", "Type: pip install zoo")
    opened = opening.open_plugins(small)
    assert list(opened.tasks) == ["taskb"]
    with pytest.raises(JobError) as caught:
        opened.tasks["taska"]
    assert str(caught.value) == "taska is left out: zoo[taska] is not installed.\nType: pip install zoo"
    with pytest.raises(KeyError, match="taskc"):
        opened.tasks["taskc"]


def test_who_is_left_out_is_recorded_with_the_data_source_and_taken_back(small, plugins):
    offered = plugins.data.modalities
    with Store.open(small.folder) as store:
        plugins.data.modalities = {"rgb": None}
        opening.record(small, store, opening.open_plugins(small))
        assert list(small.facts(store).left_out) == ["taska"]
        plan = small.plan(store)
        assert {planned.job.target for planned in plan.of("new")} == {"taskb"}
        assert {planned.state for planned in plan.jobs if "taska" in planned.job.name} == {"blocked"}
        elsewhere = replace(small, roster=replace(small.roster, data={"source": "scans"}))
        assert elsewhere.facts(store).left_out == {}
        assert elsewhere.plan(store).of("blocked") == ()
        plugins.data.modalities = offered
        opening.record(small, store, opening.open_plugins(small))
        assert small.facts(store).left_out == {}
        assert small.plan(store).of("blocked") == ()


def test_the_trainer_is_given_the_networks_of_the_store(small, plugins, monkeypatch):
    import taskonomy_core.learning.session as session

    given = {}
    monkeypatch.setattr(session, "open_trainer", lambda *arguments: given.update(enumerate(arguments)) or "trainer")
    with Store.open(small.folder) as store:
        keys = small.planner(store).keys
        assert opening.open_registered(small, "cpu", StoredNetworks(store, keys)) == "trainer"
        assert given[5] == "cpu"
        assert given[6] == small.folder / "features"
        assert given[8]("taska") == keys.network("taska").key
        with pytest.raises(KeyError):
            given[7]("taska")  # not trained yet


def test_gpus_are_those_that_this_process_may_use(monkeypatch):
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 3)
    monkeypatch.delenv("CUDA_VISIBLE_DEVICES", raising=False)
    assert opening.visible_gpus() == ("0", "1", "2")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3, GPU-8f2")
    assert opening.visible_gpus() == ("3", "GPU-8f2")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    assert opening.visible_gpus() == ()


def test_devices(monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    assert opening.checked_device("auto") == "cpu"
    assert opening.checked_device("cpu") == "cpu"
    with pytest.raises(TaskonomyError, match="This machine offers torch no CUDA device"):
        opening.checked_device("cuda")
    with pytest.raises(TaskonomyError, match="There is no device 'tpu'"):
        opening.checked_device("tpu")
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    assert opening.checked_device("auto") == "cuda"
