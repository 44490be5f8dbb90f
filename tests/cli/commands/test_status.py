from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from fake_trainer import write_registry

from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.store import Store

SMALL = {"taska": "both", "taskb": "both", "onlyx": "source"}


def parts(text):
    return [
        [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in part.splitlines()]
        for part in text.split("\n\n")
    ]


def test_an_untouched_project(run, registry):
    shown = run("status")
    assert shown.exit_code == 0
    kinds, tasks, last = parts(shown.stdout)
    assert kinds[1:] == [
        ["task networks", "0", "0", "3", "0", "0", "0"],
        ["transfers from 1 source", "0", "0", "4", "0", "0", "0"],
        ["from-scratch networks", "0", "0", "2", "0", "0", "0"],
        ["constants", "0", "0", "3", "0", "0", "0"],
    ]
    assert tasks[1:] == [
        ["taska", "?", "both", "new", "0/2", "0/1", "0 s"],
        ["taskb", "?", "both", "new", "0/2", "0/1", "0 s"],
        ["onlyx", "?", "source", "new", "-", "0/2", "0 s"],
    ]
    assert last == [["0 results stored, 0.0 MiB, 0 s of training."]]
    assert shown.stderr == "12 jobs and at most 2 more to train. Type: tk plan, or tk transfer\n"
    assert not (registry.parent / ".taskonomy").exists()


def test_a_finished_project(run, registry, transfer):
    transfer()
    shown = run("status")
    kinds, tasks, last = parts(shown.stdout)
    assert kinds[0] == ["JOBS", "DONE", "RUNNING", "NEW", "STALE", "FAILED", "BLOCKED"]
    assert [row[:2] for row in kinds[1:]] == [
        ["task networks", "3"],
        ["transfers from 1 source", "4"],
        ["transfers from 2 sources", "2"],
        ["from-scratch networks", "2"],
        ["constants", "3"],
    ]
    # A target's own jobs: 2 s each for network, scratch and constant, 3 s for each transfer, 4 s from two sources.
    assert tasks[1] == ["taska", "2d", "both", "done", "3/3", "2/2", "16 s"]
    assert tasks[3] == ["onlyx", "2d", "source", "done", "-", "4/4", "4 s"]
    assert last[0][0].startswith("14 results stored, 0.")
    assert last[0][0].endswith(" MiB, 36 s of training.")
    assert shown.stderr == "All is done. Type: tk affinity\n"


def test_an_unused_task_keeps_its_line_and_its_results(run, registry, transfer):
    transfer()
    write_registry(registry, SMALL | {"taskb": "unused"})
    kinds, tasks, last = parts(run("status").stdout)
    assert [row[:2] for row in kinds[1:]] == [
        ["task networks", "2"],
        ["transfers from 1 source", "1"],
        ["from-scratch networks", "1"],
        ["constants", "2"],
    ]
    assert tasks[1][1:] == ["2d", "both", "done", "1/1", "-", "16 s"]
    assert tasks[2] == ["taskb", "2d", "unused", "-", "-", "-", "16 s"]
    assert last[0][0].startswith("14 results stored")
    shown = json.loads(run("status", "--json").stdout)["tasks"][1]
    assert (shown["role"], shown["network"], shown["to_it"], shown["from_it"]) == ("unused", None, [0, 0], [0, 0])


def test_no_task_in_use(run, registry):
    write_registry(registry, dict.fromkeys(SMALL, "unused"))
    assert run("status").stderr == "No task takes part. Type: tk tasks\n"


def test_failures_and_running_claims(run, registry, transfer, here):
    (here / "fail").write_text("network of onlyx")
    transfer("--order", "1")
    project = Project.read(registry)
    with Store.open(project.folder) as store:
        scratch = project.planner(store).keys.scratch("taska")
        store._db.execute("DELETE FROM result WHERE key = ?", (scratch.key,))
        store.claim([scratch], Owner.this(), -1)
    shown = run("status")
    assert f"In training: scratch of taska (process {os.getpid()} on " in shown.stdout
    assert shown.stdout.endswith("Failed:\n  network of onlyx: The network of onlyx diverged.\n")
    assert "3 jobs to train" in shown.stderr  # the network and the two transfers from it


def test_json(run, registry, transfer):
    transfer("--order", "1")
    shown = json.loads(run("status", "--json").stdout)
    assert [part["done"] for part in shown["parts"]] == [3, 4, 0, 2, 3]
    assert shown["tasks"][0] == {
        "task": "taska",
        "group": "2d",
        "role": "both",
        "network": "done",
        "to_it": [2, 3],
        "from_it": [1, 2],
        "seconds": 12.0,
    }
    assert (shown["results"], shown["seconds"], shown["running"], shown["failed"]) == (12, 28.0, [], [])
    assert shown["bytes"] > 1000


def test_a_damaged_ledger_is_a_sentence(run, registry, transfer):
    transfer("--order", "1")
    path = registry.parent / ".taskonomy" / "ledger.sqlite"
    path.write_bytes(path.read_bytes()[:2000])
    refused = run("status")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"The ledger {path} is damaged: it is truncated, or no SQLite file.\nType: mkdir ")


@pytest.mark.parametrize("command", ["status", "plan"])
def test_torch_is_not_imported(registry, command):
    code = (
        "import sys\nfrom taskonomy_cli.app import tk\n"
        f"sys.argv = ['tk', {command!r}]\n"
        "try:\n    tk()\nexcept SystemExit as end:\n    assert not end.code, end.code\n"
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "False"
