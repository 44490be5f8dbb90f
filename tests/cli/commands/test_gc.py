from __future__ import annotations

import json

import pytest
from click.testing import CliRunner
from fake_trainer import write_registry

from taskonomy_cli.app import tk
from taskonomy_cli.commands import gc
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.store import Store

SMALL = {"taska": "both", "taskb": "both", "onlyx": "source"}


@pytest.fixture
def raised(registry, transfer):
    """A project whose taskb was raised to version 2 and trained again."""
    transfer("--order", "1")
    write_registry(registry, SMALL, versions={"taskb": 2})
    transfer("--order", "1")
    return registry


def rows(text):
    lines = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in text.splitlines()]
    return {line[0]: line[1:] for line in lines if line}


def results(registry):
    with Store.open(Project.read(registry).folder) as store:
        return len(store.snapshot().results)


def test_nothing_to_remove(run, registry, transfer):
    untouched = run("gc")
    assert (untouched.exit_code, untouched.stdout, untouched.stderr) == (0, "Nothing to remove.\n", "")
    assert not (registry.parent / ".taskonomy").exists()
    transfer("--order", "1")
    assert run("gc", "--yes").stdout == "Nothing to remove.\n"


def test_it_is_shown_and_removed(run, raised):
    # Of version 1: network 2 s, scratch 2 s, constant 2 s, two transfers to it and one from it of 3 s. The losses of
    # the made-up tasks do not depend on versions, so that all files are named still.
    assert results(raised) == 12 + 6
    stray = raised.parent / ".taskonomy" / "objects" / "00" / f"{'0' * 128}.safetensors"
    stray.parent.mkdir(exist_ok=True)
    stray.write_bytes(bytes(3 * 2**20))
    shown = run("gc", "--dry-run")
    expected = {
        "TO REMOVE": ["RESULTS", "FILES", "SIZE", "TRAINED FOR"],
        "results of an earlier version, recipe, data set, seed or encoder": ["6", "0", "0.0 MiB", "15 s"],
        "stored files that no result names": ["1", "3.0 MiB"],
    }
    assert (shown.exit_code, rows(shown.stdout), shown.stderr) == (0, expected, "")
    assert results(raised) == 18
    removed = run("gc", "--yes")
    assert (removed.exit_code, removed.stderr) == (0, "")
    assert removed.stdout == shown.stdout + "Removed: 6 results and 1 file (3.0 MiB).\n"
    assert (results(raised), stray.exists()) == (12, False)
    assert run("gc", "--yes").stdout == "Nothing to remove.\n"


def test_where_nobody_can_be_asked_nothing_is_removed(run, raised):
    refused = run("gc")
    assert refused.exit_code == 2
    assert refused.stderr == "Nothing was removed: there is nobody to ask.\nType: tk gc --yes\n"
    assert "TO REMOVE" in refused.stdout
    assert results(raised) == 18


@pytest.mark.parametrize(("answer", "left"), [("y\n", 12), ("n\n", 18), ("\n", 18)])
def test_at_a_terminal_it_is_asked(raised, monkeypatch, answer, left):
    monkeypatch.setattr(gc, "at_terminal", lambda: True)
    asked = CliRunner().invoke(tk, ["gc"], input=answer)
    assert "Remove 6 results and 0 files (0.0 MiB)? [y/N]: " in asked.stderr
    if left == 18:
        assert asked.exit_code == 2
        assert asked.stderr.endswith("Nothing was removed.\nType: tk gc --dry-run to look again\n")
    else:
        assert asked.stdout.endswith("Removed: 6 results and 0 files (0.0 MiB).\n")
    assert results(raised) == left


def test_what_could_count_again_is_told_and_goes_with_all(run, registry, transfer):
    transfer("--order", "1")
    write_registry(registry, {"taska": "both", "onlyx": "source"}, versions={"onlyx": 2})
    kept = run("gc", "--dry-run")
    # The transfer from onlyx to taskb would be stale if taskb were registered again.
    assert [line[0] for line in rows(kept.stdout).values()] == ["RESULTS", "1"]
    assert [line.partition(" (")[0] for line in kept.stderr.splitlines()] == [
        "Kept: 5 results of unregistered tasks",
        "Kept: 3 stale results that nothing has replaced yet",
    ]
    assert kept.stderr.endswith("). To remove them too, type: tk gc --all\n")
    gone = run("gc", "--all", "--yes")
    assert gone.stdout.splitlines()[-1].startswith("Removed: 9 results and ")
    assert gone.stderr == ""
    assert results(registry) == 12 - 9


def test_json(run, raised):
    refused = run("gc", "--json")
    assert (refused.exit_code, refused.stdout) == (2, "")
    shown = json.loads(run("gc", "--json", "--dry-run").stdout)
    (heap,) = shown["to_remove"]
    assert (shown["removed"], shown["kept"], shown["bytes"], heap["files"]) == (False, [], 0, [])
    assert (len(heap["results"]), heap["seconds"]) == (6, 15.0)
    assert {"kind": "transfer", "target": "taska", "sources": ["taskb"], "state": "done"}.items() <= next(
        result for result in heap["results"] if result["target"] == "taska"
    ).items()
    done = json.loads(run("gc", "--json", "--yes").stdout)
    assert (done["removed"], done["to_remove"]) == (True, shown["to_remove"])
    assert results(raised) == 12
    nothing = json.loads(run("gc", "--json").stdout)
    assert (nothing["removed"], nothing["to_remove"]) == (False, [])


def test_settings_that_were_never_trained_are_refused(run, registry, transfer):
    transfer("--order", "1")
    write_registry(registry, SMALL, seed=1)
    refused = run("gc", "--all", "--yes")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == (
        f"Nothing was trained yet under the settings of {registry}: it would need no result at all.\n"
        "Type: tk transfer, or change it back; then: tk gc\n"
    )
