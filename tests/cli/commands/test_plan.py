from __future__ import annotations

import json

import pytest
from fake_trainer import write_registry

SMALL = {"taska": "both", "taskb": "both", "taskc": "both", "onlyx": "source"}


def rows(text):
    """A printed table: first cell -> the others; cells are two blanks apart."""
    lines = [line for line in text.split("\n\n")[0].splitlines() if line.strip()]
    cells = [[cell.strip() for cell in line.split("  ") if cell.strip()] for line in lines]
    return {row[0]: row[1:] for row in cells}


def test_an_untouched_project(run, registry):
    shown = run("plan")
    assert shown.exit_code == 0
    assert rows(shown.stdout) == {
        "JOBS": ["NEW", "STALE", "RUNNING", "FAILED", "BLOCKED", "DONE", "TIME"],
        "task networks": ["4", "0", "0", "0", "0", "0", "unknown"],
        "transfers from 1 source": ["9", "0", "0", "0", "0", "0", "unknown"],
        "transfers from 2 sources": ["at most 9", "0", "0", "0", "0", "0", "unknown"],
        "from-scratch networks": ["3", "0", "0", "0", "0", "0", "unknown"],
        "constants": ["4", "0", "0", "0", "0", "0", "unknown"],
    }
    assert shown.stdout.endswith(
        "To train: 4 task networks, 9 transfers, 3 from-scratch networks, 4 constants and at most 9 transfers of "
        "higher order. Time: unknown, for nothing like it was measured yet. Type: tk transfer\n"
    )
    assert shown.stderr == (
        "The data source has not been opened under these settings yet, so nothing counts as done; "
        "tk transfer opens it.\n"
    )
    assert not (registry.parent / ".taskonomy").exists()


def test_a_new_task_after_everything_is_done(run, registry, transfer):
    transfer()
    assert run("plan").stdout.endswith("\n\nNothing to train.\n")
    write_registry(registry, {**SMALL, "taskd": "both"})
    shown = run("plan", "--new-only")
    # Task networks took 2 s, transfers 3 s from one source and 4 s from two, scratch and constant 2 s.
    assert rows(shown.stdout) == {
        "JOBS": ["NEW", "STALE", "RUNNING", "FAILED", "BLOCKED", "DONE", "TIME"],
        "task networks": ["1", "0", "0", "0", "0", "4", "2 s"],
        "transfers from 1 source": ["7", "0", "0", "0", "0", "9", "24 s"],
        "transfers from 2 sources": ["at most 15", "0", "0", "0", "0", "9", "at most 52 s"],
        "from-scratch networks": ["1", "0", "0", "0", "0", "3", "2 s"],
        "constants": ["1", "0", "0", "0", "0", "4", "2 s"],
    }
    assert shown.stdout.endswith(
        "To train: 1 task network, 7 transfers, 1 from-scratch network, 1 constant and at most 15 transfers of higher "
        "order. Time: at most 83 s of one core. Type: tk transfer --new-only\n"
    )
    assert shown.stderr == ""
    full = run("plan", "--full").stdout.split("\n\n")[1]
    assert rows(full)["taska"] == ["1 to 4", "0", "0", "0", "0", "9"]
    assert rows(full)["taskd"] == ["7 to 13", "0", "0", "0", "0", "0"]
    assert rows(full)["onlyx"] == ["0", "0", "0", "0", "0", "2"]


def test_a_readout_from_the_untrained_encoder_is_a_row_of_its_own(run, registry, transfer):
    write_registry(registry, {**SMALL, "onlyz": "source"})
    transfer("--order", "1")
    write_registry(registry, {**SMALL, "onlyz": "source", "onlyy": "source"})
    shown = run("plan", "--order", "1")
    # A third source-only task: its network, its column, its constant and its reference.
    assert rows(shown.stdout) == {
        "JOBS": ["NEW", "STALE", "RUNNING", "FAILED", "BLOCKED", "DONE", "TIME"],
        "task networks": ["1", "0", "0", "0", "0", "5", "2 s"],
        "transfers from 1 source": ["3", "0", "0", "0", "0", "12", "9 s"],
        "from-scratch networks": ["0", "0", "0", "0", "0", "3"],
        "constants": ["1", "0", "0", "0", "0", "4", "2 s"],
        "reference readouts": ["1", "0", "0", "0", "0", "1", "3 s"],
    }
    assert shown.stdout.endswith(
        "To train: 1 task network, 3 transfers, 1 constant, 1 reference readout. Time: 16 s of one core. "
        "Type: tk transfer\n"
    )
    jobs = json.loads(run("plan", "--order", "1", "--json").stdout)["jobs"]
    (reference,) = [job for job in jobs if job["kind"] == "reference"]
    assert reference.items() >= {"target": "onlyy", "sources": ["onlyz"], "state": "new", "reason": ""}.items()


def test_a_raised_version_is_stale(run, registry, transfer):
    transfer("--order", "1")
    write_registry(registry, SMALL, versions={"taskb": 2})
    shown = run("plan", "--order", "1")
    assert rows(shown.stdout)["transfers from 1 source"][:2] == ["0", "5"]
    assert shown.stdout.endswith(
        "To train: 1 task network, 5 transfers, 1 from-scratch network, 1 constant. Time: 21 s of one core. "
        "Type: tk transfer\n"
    )
    assert rows(shown.stdout.partition("\n\n")[2]) == {
        "WHY STALE": ["JOBS", "TIME"],
        "the task taskb went from version 1 to 2": ["6", "15 s"],
        "its source taskb changed: version 1 -> 2": ["2", "6 s"],
    }
    assert shown.stderr == ""  # no setting of the whole project changed
    assert run("plan", "--order", "1", "--new-only").stdout.endswith("Nothing to train.\n")


def test_another_recipe_makes_its_kind_stale_and_plan_says_what_that_took(run, registry, transfer):
    transfer("--order", "1")
    write_registry(registry, SMALL, recipe={"beam": 3})
    assert run("plan", "--order", "1").stderr == ""
    with registry.open("a") as file:
        file.write("\n[recipe.transfer]\nepochs = 6\n")
    shown = run("plan", "--order", "1")
    why = "the recipe changed: transfer.epochs 3 -> 6"
    assert rows(shown.stdout.partition("\n\n")[2])[why] == ["9", "unknown"]
    assert shown.stderr == (
        "The recipe changed: transfer.epochs 3 -> 6. So 9 finished results would be made anew, which took 27 s of one "
        "core.\nNothing is lost: change registry.toml back, and they count again.\n"
    )
    # What the beam will choose is to be made anew as well.
    assert run("plan").stderr.startswith(
        "The recipe changed: transfer.epochs 3 -> 6. So 9 finished results would be made anew, which took 27 s of one "
        "core; and then at most 9 transfers of higher order.\n"
    )
    assert run("plan", "--order", "1", "--new-only").stderr == ""
    stale = json.loads(run("plan", "--order", "1", "--json").stdout)["jobs"]
    assert {(job["reason"], *job["settings_changed"]) for job in stale} == {(why, "the preset or recipe")}


def test_jobs_are_listed_in_the_order_of_work_with_why_they_must_run(run, registry, transfer, here):
    fresh = run("plan", "--list").stdout.split("\n\n")[1]
    assert [line.split("  ")[0].strip() for line in fresh.splitlines()][:6] == [
        *("JOB", "network of onlyx", "network of taska", "network of taskb", "network of taskc"),
        "transfer onlyx -> taskc",  # its labels are at hand
    ]
    undecided = ["undecided", "at most 3: its results from one source choose them"]
    assert rows(fresh)["transfers from 2 sources to taska"] == undecided
    (here / "fail").write_text("network of onlyx")
    transfer("--order", "1")
    write_registry(registry, {**SMALL, "taskd": "target"}, versions={"taskc": 2})
    shown = rows(run("plan", "--list", "--order", "1").stdout.split("\n\n")[2])
    assert shown["JOB"] == ["STATE", "TIME", "WHY"]
    assert shown["network of taskd"] == ["new", "2 s", "it was never trained"]
    assert shown["network of taskc"] == ["stale", "2 s", "the task taskc went from version 1 to 2"]
    assert shown["transfer taskc -> taskb"] == ["stale", "3 s", "its source taskc changed: version 1 -> 2"]
    assert shown["network of onlyx"] == ["failed", "the earlier try failed with: The network of onlyx diverged."]
    assert shown["transfer onlyx -> taska"] == ["blocked", "the network of onlyx failed"]
    assert shown["transfer taska -> taskb"] == ["done"]
    order = list(shown)
    assert order.index("network of taskc") < order.index("transfer taskc -> taskb") < order.index("network of onlyx")


def test_many_reasons_are_cut(run, registry, transfer):
    many = {f"task{letter}": "target" for letter in "abcdefghijklmn"}
    write_registry(registry, many)
    transfer()
    write_registry(registry, many, versions=dict.fromkeys(many, 2))
    told = rows(run("plan").stdout.partition("\n\n")[2])
    assert len(told) == 1 + 12 + 1
    assert told["2 more reasons (tk plan --list)"] == ["6"]


def test_what_failed_is_listed(run, registry, transfer, here):
    (here / "fail").write_text("network of onlyx")
    transfer("--order", "1")
    shown = run("plan", "--order", "1")
    assert rows(shown.stdout)["transfers from 1 source"] == ["0", "0", "0", "0", "3", "6"]
    assert shown.stderr == (
        "1 job failed before; tk transfer tries it again:\n  network of onlyx: The network of onlyx diverged.\n"
    )


def test_new_only_tells_before_what_transfer_would_refuse(run, registry, transfer):
    transfer("--order", "1")
    write_registry(registry, {**SMALL, "taskd": "both"}, seed=1)
    refused = run("plan", "--new-only", "--order", "1")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith("New results could not be compared with 12 that are there")


def test_json(run, registry, transfer):
    shown = json.loads(run("plan", "--json").stdout)
    assert (shown["order"], shown["data_known"], shown["to_train"], shown["at_most_more"]) == (2, False, 20, 9)
    assert shown["undecided"][0] == {"target": "taska", "order": 2, "at_most": 3, "done": 0}
    assert {"kind": "transfer", "order": 2, "at_most_more": 9}.items() <= shown["parts"][2].items()
    assert len(shown["jobs"]) == 20
    first = {"kind": "network", "target": "onlyx", "sources": [], "state": "new", "reason": "", "step": 1}
    assert shown["jobs"][0].items() >= first.items()
    assert sorted(job["step"] for job in shown["jobs"]) == list(range(1, 21))
    assert {job["seconds"] for job in shown["jobs"]} == {None}
    transfer()
    done = json.loads(run("plan", "--json").stdout)
    assert (done["data_known"], done["to_train"], done["at_most_more"], done["jobs"]) == (True, 0, 0, [])
    assert len(json.loads(run("plan", "--json", "--full").stdout)["jobs"]) == 29


@pytest.mark.parametrize("order", ["0", "-2", "many", "nan"])
def test_an_order_that_makes_no_sense_is_named(run, registry, order):
    refused = run("plan", "--order", order)
    assert refused.exit_code == 2
    assert "Invalid value for '--order': " in refused.stderr


def test_an_order_beyond_the_sources_is_a_sentence(run, registry):
    refused = run("plan", "--order", "4")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == (
        "There is no order 4: a transfer has 1 to 3 of the registered sources.\nType: tk plan --order 2\n"
    )
