"""What registry.toml names is opened and recorded, or refused in a sentence."""

from types import SimpleNamespace

import pytest
import torch
from fake_trainer import write_registry

from taskonomy_core.errors import DataError, PluginError, TaskonomyError
from taskonomy_core.ledger import opening
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
            name="taska", version=1, title="A", group="2d", needs=("depth",), modalities=("rgb", "depth")
        ),
        "taskb": SimpleNamespace(name="taskb", version=1, title="B", group="3d", needs=(), modalities=("rgb",)),
    }
    resolved = SimpleNamespace(tasks=tasks, stale={})
    data = SimpleNamespace(modalities={"rgb": None, "depth": None}, fingerprint="fingerprint")
    asked = []
    kind = SimpleNamespace(open=lambda request: asked.append(request) or data)
    monkeypatch.setattr(opening, "resolve", lambda roster: resolved)
    monkeypatch.setattr(opening, "data_source", lambda name: kind)
    monkeypatch.setattr(opening, "encoder", lambda name: SimpleNamespace(name=name, version=3))
    return SimpleNamespace(resolved=resolved, data=data, asked=asked)


def test_what_was_opened_is_recorded_for_commands_without_torch(small, plugins):
    opened = opening.open_plugins(small)
    (request,) = plugins.asked
    assert (request.image, request.counts, request.seed, request.options) == (64, small.recipe.counts, 0, {})
    with Store.open(small.folder) as store:
        assert not small.plan(store).known
        opening.record(small, store, opened)
        facts = small.facts(store.facts())
        assert (facts.data, facts.encoder) == ("fingerprint", "resnet_compact@3")
        assert small.plan(store).known
        assert store.cards()["taska"].needs == ("depth",)
        assert store.cards()["taskb"].group == "3d"


def test_a_task_of_another_version_than_registered_is_refused(small, plugins):
    plugins.resolved.stale = {"taska": (1, 2), "taskb": (1, 5)}
    with pytest.raises(PluginError) as caught:
        opening.open_plugins(small)
    assert caught.value.message == (
        "The installed versions of taska and taskb are not those that registry.toml registers: "
        "taska 2 for 1; taskb 5 for 1."
    )
    assert caught.value.hint == "Type: tk register taska && tk register taskb"


def test_a_modality_that_the_data_lacks_is_named(small, plugins):
    del plugins.data.modalities["depth"]
    with pytest.raises(DataError) as caught:
        opening.open_plugins(small)
    assert caught.value.message == "The data source 'rooms' lacks what some tasks need: taska needs depth."
    assert caught.value.hint == "Type: tk unregister taska"


def test_the_trainer_is_given_the_networks_of_the_store(small, plugins, monkeypatch):
    import taskonomy_core.learning.session as session

    given = {}
    monkeypatch.setattr(session, "open_trainer", lambda *arguments: given.update(enumerate(arguments)) or "trainer")
    with Store.open(small.folder) as store:
        keys = small.planner(store).keys
        assert opening.open_registered(small, store, "cpu", keys) == "trainer"
        assert given[5] == "cpu"
        assert given[6] == small.folder / "features"
        assert given[8]("taska") == keys.network("taska").key
        with pytest.raises(KeyError):
            given[7]("taska")  # not trained yet


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
