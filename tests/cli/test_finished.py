"""Which network or transfer `tk predict` takes, and why it cannot be had, on a project of made-up losses.

All of it comes before any picture is looked at; the wording is behaviour.
"""

from __future__ import annotations

import shutil

import pytest

from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.store import Store


@pytest.fixture
def project(here, measured):
    """A copy of the project of made-up losses, in `here`."""
    shutil.copytree(measured, here, dirs_exist_ok=True)
    return here


def refusal(run, *words):
    """What is refused before any picture is looked at."""
    refused = run("predict", *words, "no-such.png")
    assert (refused.exit_code, refused.stdout) == (2, "")
    return refused.stderr.splitlines()


def test_what_is_not_registered_is_refused(run, project):
    path = project / "registry.toml"
    assert refusal(run, "--task", "normls") == [
        f"{path} registers no task 'normls'. Did you mean normals?",
        "Type: tk tasks",
    ]
    assert refusal(run, "--task", "rgb2mist")[0] == f"{path} registers no task 'depth_euclidean'."
    assert refusal(run, "--task", "normals", "--from", "depth_zbuffer,jig")[0] == f"{path} registers no task 'jig'."


def test_what_is_unused_is_refused(run, project):
    path = project / "registry.toml"
    head, tail = path.read_text().split("[tasks.autoencoding]")
    path.write_text(f"{head}[tasks.autoencoding]{tail.replace('both', 'unused', 1)}")
    said = [
        f"{path} registers autoencoding as unused.",
        "Type: tk register autoencoding --role both, or source, or target",
    ]
    assert refusal(run, "--task", "autoencoding") == said
    assert refusal(run, "--task", "autoencoding", "--from", "taxonomy") == said
    assert refusal(run, "--task", "normals", "--from", "autoencoding") == said
    assert refusal(run, "--task", "normals")[0] == "There is no file no-such.png."


def test_sources_that_make_no_transfer_are_refused(run, project):
    assert refusal(run, "--task", "normals", "--from", "normals") == [
        "normals is not transferred to itself.",
        "For its own network leave out --from.",
    ]
    assert refusal(run, "--task", "normals", "--from", "autoencoding,autoencoding") == [
        "--from autoencoding,autoencoding names a source twice.",
        "Name each source once.",
    ]
    path = project / "registry.toml"
    head, tail = path.read_text().split("[tasks.autoencoding]")
    path.write_text(f"{head}[tasks.autoencoding]\n{tail.replace('both', 'target', 1)}")
    assert refusal(run, "--task", "normals", "--from", "autoencoding") == [
        "autoencoding cannot be transferred from: registered as a target alone.",
        "It may be one of: depth_zbuffer",
    ]
    path.write_text(path.read_text().replace('"target"', '"source"'))
    assert refusal(run, "--task", "autoencoding", "--from", "normals") == [
        "autoencoding is not a target: nothing is transferred to it.",
        "Leave out --from.",
    ]


def test_what_is_trained_gets_as_far_as_the_pictures(run, project):
    for sources in ((), ("--from", "depth_zbuffer"), ("--from", " depth_zbuffer, autoencoding")):
        assert refusal(run, "--task", "normals", *sources)[0] == "There is no file no-such.png."


def test_the_taxonomy_says_where_features_come_from(run, project):
    # At the budget of registry.toml all three are labelled; at 1 normals alone.
    assert refusal(run, "--task", "autoencoding", "--from", "taxonomy")[0] == (
        "The taxonomy at budget 6 serves autoencoding by its own network."
    )
    path = project / "registry.toml"
    path.write_text(path.read_text().replace("budget = 6", "budget = 1"))
    assert refusal(run, "--task", "autoencoding", "--from", "taxonomy")[:2] == [
        "The taxonomy at budget 1 serves autoencoding from normals.",
        "There is no file no-such.png.",
    ]
    path.write_text(path.read_text().replace("budget = 1", "budget = 0.5"))
    assert refusal(run, "--task", "autoencoding", "--from", "taxonomy")[0].startswith(
        "The taxonomy at budget 0.5 does not serve autoencoding. "
    )


def test_nothing_is_trained_yet(run, here):
    assert run("init").exit_code == 0
    assert refusal(run, "--task", "normals") == ["The network of normals is not trained.", "Type: tk transfer"]
    assert refusal(run, "--task", "normals", "--from", "denoising,jigsaw") == [
        "The network of denoising is not trained.",
        "Type: tk transfer",
    ]
    assert refusal(run, "--task", "normals", "--from", "taxonomy")[0].startswith("No transfer has been trained")


def test_what_is_stale_is_refused_with_its_reason(run, project):
    path = project / "registry.toml"
    path.write_text(path.read_text().replace("seed = 0", "seed = 1"))
    with Store.open(project / ".taskonomy") as store:
        store.record_facts({Project.read(path).data_fact: "data"})
    assert refusal(run, "--task", "normals") == [
        "The network of normals is stale: the seed changed: 0 -> 1.",
        "Type: tk transfer (it trains it again)",
    ]


def test_what_failed_or_is_in_training_is_refused_with_its_reason(run, project):
    path = project / "registry.toml"
    path.write_text(path.read_text().replace("version = 1", "version = 2"))
    loaded = Project.read(path)
    owner = Owner.this()
    with Store.open(loaded.folder) as store:
        keys = loaded.planner(store).keys
        failed, training = keys.network("normals"), keys.network("depth_zbuffer")
        store.claim([failed, training], owner, since=0)
        store.fail(failed, "it diverged.", owner, "run")
        assert refusal(run, "--task", "normals") == [
            "The network of normals failed: it diverged.",
            "Type: tk transfer (it tries again)",
        ]
        assert refusal(run, "--task", "depth_zbuffer") == [
            "The network of depth_zbuffer is in training now.",
            "Wait for it; type: tk status",
        ]


def test_of_transfers_outside_the_beam_others_are_named(run, project):
    # As if the beam had left one combination out: its result is forgotten, and no plan asks for it.
    loaded = Project.read(project / "registry.toml")
    with Store.open(loaded.folder) as store:
        keys = loaded.planner(store).keys
        lost = keys.transfer(("autoencoding", "depth_zbuffer"), "normals")
        store._db.execute("DELETE FROM result WHERE key = ?", (lost.key,))
    words = ("--task", "normals", "--from", "autoencoding,depth_zbuffer")
    assert refusal(run, *words) == [
        "The transfer autoencoding + depth_zbuffer -> normals is not trained.",
        "Type: tk transfer",
    ]
    path = project / "registry.toml"
    path.write_text(path.read_text().replace("[data]", "order = 1\n\n[data]", 1))
    assert refusal(run, *words)[1] == "Type: tk plan"


def test_a_picture_must_be_given(run, project):
    assert "Missing argument 'IMAGE...'" in run("predict", "--task", "normals").stderr
