"""`tk why`: one result, with all that made it; its wording is behaviour."""

from __future__ import annotations

import json
import os

import pytest
from fake_trainer import losses_of, write_registry

from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.store import Store

SMALL = {"taska": "both", "taskb": "both", "taskc": "both", "taskt": "target", "onlyx": "source", "onlyz": "source"}


def said(text):
    """What is printed: the first line, and what stands beside each word."""
    first, *lines = text.splitlines()
    found: dict[str, list[str]] = {}
    for line in lines:
        if line[2] != " ":
            found[line[2:16].strip()] = []
        found[list(found)[-1]].append(line[16:])
    return first, found


def test_a_finished_transfer(run, transfer, registry):
    transfer()
    first, told = said(run("why", "taskb", "taska").stdout)
    assert first == "The transfer taskb -> taska: done"
    (when,) = told["trained"]
    assert f"Z by process {os.getpid()} on {Owner.this().host.split()[0]}, 3 s of one core, run " in when
    assert told["mean loss"] == [f"{losses_of('transfer', 'taska', ('taskb',)).mean():.4g} over 40 test images"]
    assert told["metrics"] == ["L1 0.5"]
    keys = Project.read(registry).planner(Store.open(registry.parent / ".taskonomy")).keys
    job = keys.transfer(("taskb",), "taska")
    assert told["key"][0] == job.key
    parts = {line.split(" ")[0]: line for line in told["key"][1:]}
    assert parts["version"] == "version 1"
    assert parts["data"] == 'data fingerprint (source "rooms")'
    assert parts["recipe"].startswith(f'recipe {job.parts["recipe"]} (preset "nano", transfer.epochs 3, ')
    assert parts["encoder"] == "encoder resnet_compact@1"
    assert parts["source"] == f"source taskb {keys.network('taskb').key}"
    assert told["depends on"] == ["network of taskb: done"]
    assert "transfer taskb + taskc -> taska: done" in told["for others"]
    assert [line.split(", ")[0] for line in told["files"]] == ["weights", "losses"]
    assert all(", sound: " in line for line in told["files"])


def test_losses_without_a_label_do_not_count(run, transfer):
    transfer("--order", "1")
    _, told = said(run("why", "taska", "taskb").stdout)
    assert told["mean loss"] == [f"{losses_of('transfer', 'taskb', ('taska',))[:-2].mean():.4g} over 38 test images"]


def test_a_network_its_baselines_and_a_reference(run, transfer):
    transfer("--order", "1")
    first, told = said(run("why", "onlyx").stdout)
    assert first == "The network of onlyx: done"
    assert "depends on" not in told
    assert told["for others"][:4] == [f"transfer onlyx -> task{letter}: done" for letter in "abct"]
    assert said(run("why", "taska", "--kind", "scratch").stdout)[0] == "The scratch of taska: done"
    first, told = said(run("why", "onlyz", "onlyx").stdout)
    assert (first, told["depends on"]) == ("The reference onlyz -> onlyx: done", ["network of onlyz: done"])
    untrained = said(run("why", "onlyz").stdout)[1]
    assert "mean loss" not in untrained
    assert "reference onlyz -> onlyx: done" in untrained["for others"]


def test_what_is_stale_says_from_what_and_keeps_telling_of_the_old_result(run, transfer, registry):
    transfer("--order", "1")
    write_registry(registry, SMALL, versions={"taskb": 2})
    shown = run("why", "taskb", "taska")
    first, told = said(shown.stdout)
    assert first == "The transfer taskb -> taska: stale: its source taskb changed: version 1 -> 2"
    assert told["depends on"] == ["network of taskb: stale: the task taskb went from version 1 to 2"]
    assert told["old key"] != told["key"][:1]
    assert "run " in told["trained"][0]
    assert shown.stderr == "Type: tk transfer to train it\n"


def test_what_failed_is_blocked_new_running_or_not_planned(run, transfer, registry, here):
    (here / "fail").write_text("network of onlyx")
    transfer("--order", "1")
    first, told = said(run("why", "onlyx").stdout)
    assert first == "The network of onlyx: failed: The network of onlyx diverged."
    assert "run " in told["tried"][0]
    blocked = run("why", "onlyx", "taska")
    assert said(blocked.stdout)[0] == "The transfer onlyx -> taska: blocked: the network of onlyx failed"
    assert blocked.stderr == "Type: tk transfer to try again what it needs\n"
    write_registry(registry, {**SMALL, "taskd": "both"})
    assert said(run("why", "taskd").stdout)[0] == "The network of taskd: new"
    assert said(run("why", "taskd,taskb", "taska").stdout)[0] == (
        "The transfer taskb + taskd -> taska: not planned: the results from one source, which choose, are not all there"
    )
    project = Project.read(registry)
    with Store.open(project.folder) as store:
        store.claim([project.planner(store).keys.network("taskd")], Owner.this(), -1)
    first, told = said(run("why", "taskd").stdout)
    assert first == "The network of taskd: running"
    assert told["in training"] == [f"by process {os.getpid()} on {Owner.this().host.split()[0]}"]


def test_a_combination_that_the_beam_does_not_choose(run, transfer, registry):
    write_registry(registry, SMALL, recipe={"beam": 2})
    transfer()
    done = {
        tuple(r.sources)
        for r in Store.open(registry.parent / ".taskonomy").snapshot().results.values()
        if r.target == "taska" and len(r.sources) == 2
    }
    assert len(done) == 1
    other = next(pair for pair in ("onlyx,taskb", "onlyx,taskc") if tuple(pair.split(",")) not in done)
    assert said(run("why", other, "taska").stdout)[0].endswith(
        ": not planned: of transfers from 2 sources only those of the target's best sources are trained"
    )


@pytest.mark.parametrize("part", ["weights", "losses"])
def test_a_damaged_file_is_named_and_retrained_alone(run, transfer, registry, here, part):
    transfer()
    with Store.open(registry.parent / ".taskonomy") as store:
        (result,) = [r for r in store.snapshot().results.values() if r.identity == ("network", "taskb", ())]
        path = store.objects.path(getattr(result, part))
    path.write_bytes(path.read_bytes()[:-3])
    damage = f"The stored file {path} is damaged: its content is not what its name says."
    first, told = said(run("why", "taskb").stdout)
    assert first == f"The network of taskb: failed: {damage}"
    assert [line for line in told["files"] if damage in line and line.startswith(part)]
    begun = len((here / "log").read_text().splitlines())
    assert transfer().stdout == "Trained: 1 task network.\n"
    assert len((here / "log").read_text().splitlines()) == begun + 1
    assert said(run("why", "taskb").stdout)[0] == "The network of taskb: done"


def test_json(run, transfer):
    transfer("--order", "1")
    shown = json.loads(run("why", "taskb", "taska", "--json").stdout)
    assert (shown["kind"], shown["target"], shown["sources"], shown["state"]) == (
        "transfer",
        "taska",
        ["taskb"],
        "done",
    )
    assert shown["result"]["key"] == shown["key"]
    assert shown["result"]["mean_loss"] == pytest.approx(losses_of("transfer", "taska", ("taskb",)).mean())
    assert shown["result"]["process"] == os.getpid()
    assert shown["depends_on"][0].items() >= {"kind": "network", "target": "taskb", "state": "done"}.items()
    assert {file["what"]: file["fault"] for file in shown["result"]["files"]} == {"weights": "", "losses": ""}
    assert shown["details"]["sources"] == {"taskb": 1}


def test_the_papers_names_are_understood(run, here):
    assert run("init", "--preset", "nano").exit_code == 0
    for name in ("normals", "curvature"):
        run("register", name)
    assert said(run("why", "rgb2sfnorm", "curvature").stdout)[0] == "The transfer normals -> curvature: new"


@pytest.mark.parametrize(
    ("asked", "message", "hint"),
    [
        (("only",), "registers no task 'only'. Did you mean onlyz or onlyx?", "Type: tk tasks"),
        (
            ("taska", "taskb", "taskc"),
            "The sources of one transfer have commas between them.",
            "tk why taska,taskb taskc",
        ),
        (("taska", "taska"), "taska is not transferred to itself.", "For its own network type: tk why taska"),
        (("taskb", "onlyx"), "onlyx is not a target: nothing is transferred to it.", "tk why onlyx"),
        (("taskb,taskb", "taska"), "taskb,taskb names a source twice.", "Name each source once."),
        (
            ("taskt", "taska"),
            "taskt cannot be transferred from: registered as a target alone.",
            "It may be one of: onlyx, ",
        ),
        (("--kind", "scratch", "onlyx"), "There is no scratch of onlyx: it is not a target.", "tk why onlyx"),
        (("--kind", "scratch", "taskb", "taska"), "--kind scratch has no sources.", "tk why --kind scratch taska"),
    ],
)
def test_what_makes_no_sense_is_a_sentence(run, registry, asked, message, hint):
    refused = run("why", *asked)
    assert (refused.exit_code, refused.stdout) == (2, "")
    first, second = refused.stderr.splitlines()
    assert first.endswith(message)
    assert hint in second


def test_an_untrained_task_has_no_constant(run, transfer):
    transfer("--order", "1")
    assert run("why", "onlyz", "--kind", "constant").stderr == (
        "There is no constant of onlyz: it is never trained.\nFor its own network type: tk why onlyz\n"
    )
