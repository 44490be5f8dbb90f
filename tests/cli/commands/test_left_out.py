"""Commands where one registered task cannot take part: a stranger's package, opened for real, and made-up results.

The package brings four tasks and a data source that offers what a file says; its wording is behaviour.
"""

from __future__ import annotations

import json
import re
import sys

import pytest
from fake_trainer import open_fake

from taskonomy_core.ledger import opening
from taskonomy_core.registry.editing import create_roster
from taskonomy_core.registry.roster import RosterTask

TASKS = {"bright": (), "contrast": (), "sharp": (), "slope": ("normal",)}
MODULE = """
from taskonomy_core.blocks import DenseDecoder, grey_picture, l1_loss
from taskonomy_core.contract import Example, OutputSpec, Task, hookimpl

def example(views, draws):
    return Example(inputs=views.images(), target=views.only("rgb").mean(1, keepdim=True))

@hookimpl
def taskonomy_tasks():
    return [Task(name="{name}", version=1, title="{name}", group="2d", needs={needs}, output=OutputSpec.dense(1),
                 example=example, decoder=DenseDecoder(), loss=l1_loss, picture=grey_picture)]
"""
PHOTOS = """
from pathlib import Path
from types import SimpleNamespace
from taskonomy_core.contract import DataSourceKind, hookimpl

def open_photos(request):
    offered = Path("offered").read_text().split()
    return SimpleNamespace(fingerprint="photos", modalities=dict.fromkeys(offered), prepare=lambda *_: None)

@hookimpl
def taskonomy_data_sources():
    return [DataSourceKind("photos", "Photographs", open_photos)]
"""


@pytest.fixture
def package(tmp_path, here, monkeypatch):
    """The installed package `zoo`, and a registry.toml of its tasks on its photographs."""
    site = tmp_path / "site"
    info = site / "zoo-1.0.dist-info"
    info.mkdir(parents=True)
    entries = [f"{name} = zoo_{name}" for name in TASKS] + ["data.photos = zoo_photos"]
    (info / "entry_points.txt").write_text("\n".join(["[taskonomy]", *entries, ""]))
    for name, needs in TASKS.items():
        (site / f"zoo_{name}.py").write_text(MODULE.format(name=name, needs=needs))
    (site / "zoo_photos.py").write_text(PHOTOS)
    (here / "offered").write_text("rgb normal")
    entries = [RosterTask(name, f"zoo[{name}]", 1) for name in TASKS]
    path = create_roster(here / "registry.toml", preset="nano", seed=0, tasks=entries).path
    path.write_text(path.read_text().replace('source = "rooms"', 'source = "photos"'))
    monkeypatch.syspath_prepend(str(site))
    monkeypatch.setattr(opening, "open_for_work", open_fake)
    yield site
    forget_modules()


def forget_modules():
    """As in a new process."""
    for name in [name for name in sys.modules if name.startswith("zoo_")]:
        del sys.modules[name]


@pytest.fixture
def tk(run, package):
    def invoke(*args):
        forget_modules()
        return run(*args)

    return invoke


@pytest.fixture
def transfer(tk):
    return lambda *options: tk("transfer", "--executor", "inline", "--device", "cpu", *options)


LACKS = "slope is left out: it needs normal, which the data source 'photos' does not offer; rooms does.\n"
LACKS_HINT = 'Set source = "rooms" under [data] in registry.toml.\nOr do without: tk unregister slope\n'
REST = "Trained: 3 task networks, 9 transfers, 3 from-scratch networks, 3 constants.\n"


def test_a_task_whose_modality_is_lacking_is_named_once_and_the_others_trained(transfer, tk, here):
    (here / "offered").write_text("rgb")
    done = transfer()
    assert (done.exit_code, done.stdout) == (0, REST)
    assert done.stderr.startswith(LACKS + LACKS_HINT + "To train: 3 task networks, 6 transfers, ")
    assert done.stderr.count("slope") == 2
    assert done.stderr.endswith("Type: tk affinity\n")
    again = transfer()
    assert (again.exit_code, again.stdout) == (0, "")
    assert again.stderr == (
        LACKS + LACKS_HINT + "Nothing to train: all 18 jobs that can be trained are done. Type: tk affinity\n"
    )


def test_plan_and_status_name_it_and_what_is_blocked(transfer, tk, here):
    (here / "offered").write_text("rgb")
    transfer()
    plan = tk("plan")
    assert plan.stderr == LACKS + LACKS_HINT
    # Of each: new, stale, running, failed, blocked, done.
    assert re.search(r"^task networks +0 +0 +0 +0 +1 +3$", plan.stdout, re.MULTILINE)
    assert re.search(r"^transfers from 1 source +0 +0 +0 +0 +6 +6$", plan.stdout, re.MULTILINE)
    assert plan.stdout.endswith("Nothing to train.\n")
    status = tk("status")
    assert status.stderr == (
        LACKS
        + LACKS_HINT
        + "All that can be trained is done. Type: tk affinity, or tk transfer to try again what is left out\n"
    )
    assert re.search(r"^slope +\? +both +blocked +0/3 +0/3 +0 s$", status.stdout, re.MULTILINE)
    hint = 'Set source = "rooms" under [data] in registry.toml.'
    told = [{"task": "slope", "reason": LACKS.removeprefix("slope is left out: ").rstrip(), "hint": hint}]
    for command in (("plan",), ("status",), ("transfer", "--device", "cpu")):
        assert json.loads(tk(*command, "--json").stdout)["left_out"] == told
    blocked = [job for job in json.loads(tk("plan", "--json").stdout)["jobs"] if job["state"] == "blocked"]
    assert {job["reason"] for job in blocked} == {LACKS.rstrip()}


def test_the_others_are_ranked_and_solved_for(transfer, tk, here):
    (here / "offered").write_text("rgb")
    transfer()
    ranked = tk("affinity", "--json")
    assert {edge["target"] for edge in json.loads(ranked.stdout)["edges"]} == {"bright", "contrast", "sharp"}
    assert ranked.stderr == "slope is left out, and what needs it is not all trained. Type: tk status\n"
    solved = json.loads(tk("taxonomy", "--budget", "1", "--json").stdout)
    assert {row["target"] for row in solved["edges"]} == {"bright", "contrast", "sharp"}
    assert solved["status"] == "optimal"


def test_once_the_data_source_offers_it_it_is_trained_too(transfer, tk, here):
    (here / "offered").write_text("rgb")
    transfer()
    (here / "offered").write_text("rgb normal")
    done = transfer()
    assert done.stdout.startswith("Trained: 1 task network, ")
    assert "left out" not in done.stderr + tk("status").stderr
    assert tk("status").stderr == "All is done. Type: tk affinity\n"


def test_another_data_source_is_asked_anew(transfer, tk, here):
    (here / "offered").write_text("rgb")
    transfer()
    path = here / "registry.toml"
    path.write_text(path.read_text().replace('source = "photos"', 'source = "rooms"'))
    assert tk("plan").stderr == (
        "The data changed: source photos -> rooms. So 15 finished results would be made anew, which took 36 s of one "
        "core; and then at most 12 transfers of higher order.\n"
        "Nothing is lost: change registry.toml back, and they count again.\n"
        "The data source has not been opened under these settings yet, so nothing counts as done; "
        "tk transfer opens it.\n"
    )
    assert json.loads(tk("plan", "--json").stdout)["left_out"] == []


BROKEN = {
    "import": ("import nowhere_x", "ModuleNotFoundError: No module named 'nowhere_x' ({file}, line 1)"),
    "error": ("1 / 0", "ZeroDivisionError: division by zero ({file}, line 1)"),
    "exit": ("raise SystemExit('no licence')", "SystemExit: no licence ({file}, line 1)"),
    "syntax": ("def", "SyntaxError: invalid syntax (zoo_slope.py, line 1)"),
}


def break_slope(package, source):
    (package / "zoo_slope.py").write_text(source + "\n")


@pytest.mark.parametrize(("source", "told"), BROKEN.values(), ids=BROKEN)
def test_a_task_that_breaks_at_import_is_named_with_the_reason_and_the_others_trained(transfer, package, source, told):
    break_slope(package, source)
    done = transfer()
    assert (done.exit_code, done.stdout) == (0, REST)
    assert done.stderr.startswith(
        "slope is left out: zoo[slope] cannot be imported from 'zoo_slope': "
        + told.format(file=package / "zoo_slope.py")
        + "\nTell its author, or type: pip install --upgrade zoo\nOr do without: tk unregister slope\nTo train: "
    )


def test_a_task_whose_entry_point_is_gone_is_named_and_the_others_trained(transfer, package):
    points = package / "zoo-1.0.dist-info" / "entry_points.txt"
    points.write_text(points.read_text().replace("slope = zoo_slope\n", ""))
    done = transfer()
    assert (done.exit_code, done.stdout) == (0, REST)
    assert done.stderr.startswith(
        "slope is left out: zoo is installed, but has no entry point 'slope'.\nTell its author"
    )


def test_what_was_trained_before_it_broke_is_still_used(transfer, tk, package):
    transfer()
    before = {command: tk(*command).stdout for command in (("affinity", "--json"), ("status",))}
    break_slope(package, "1 / 0")
    done = transfer()
    assert done.exit_code == 0
    assert done.stderr.startswith("slope is left out: ")
    assert done.stderr.endswith("Nothing to train: all 36 jobs are done. Type: tk affinity\n")
    assert {command: tk(*command).stdout for command in before} == before
    answer = json.loads(tk("taxonomy", "--json").stdout)
    assert "slope" in {row["target"] for row in answer["edges"]}


def test_mended_and_registered_again_it_is_to_be_trained(transfer, tk, package):
    sound = (package / "zoo_slope.py").read_text()
    break_slope(package, "1 / 0")
    transfer()
    assert "slope is left out" in tk("plan").stderr
    break_slope(package, sound)
    registered = tk("register", "slope", "--no-check")
    assert "To train: 1 network, 3 transfers to it, 3 transfers from it. Type: tk transfer" in registered.stdout
    assert tk("plan").stderr == ""
    assert transfer().stdout.startswith("Trained: 1 task network, ")


@pytest.mark.parametrize("command", ["check", "register"])
def test_a_task_that_is_checked_is_refused_with_the_sources_that_would_do(tk, here, command):
    (here / "offered").write_text("rgb")
    refused = tk(command, "slope")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == (
        "slope needs 'normal', which the data source photos does not have.\n"
        "It has: rgb. All that slope needs is offered by: rooms.\n"
    )


def test_predicting_what_is_left_out_says_why_and_what_to_type(transfer, tk, here, package):
    (here / "offered").write_text("rgb")
    transfer()
    why = LACKS.rstrip()
    hints = 'Set source = "rooms" under [data] in registry.toml.\nThen type: tk transfer\n'
    for sources in ((), ("--from", "bright")):
        refused = tk("predict", "--task", "slope", *sources, "no-such.png")
        job = "transfer bright -> slope" if sources else "network of slope"
        assert (refused.exit_code, refused.stdout) == (2, "")
        assert refused.stderr == f"The {job} cannot be trained, for {why}\n{hints}"
    refused = tk("predict", "--task", "bright", "--from", "slope", "no-such.png")
    assert refused.stderr == f"The network of slope cannot be trained, for {why}\n{hints}"
    break_slope(package, "1 / 0")
    transfer()
    refused = tk("predict", "--task", "slope", "no-such.png").stderr
    assert refused.startswith("The network of slope cannot be trained, for slope is left out: zoo[slope] cannot be ")
    assert refused.endswith("pip install --upgrade zoo\nThen type: tk transfer\n")


def test_a_broken_one_that_is_unused_is_nobodys_trouble(transfer, tk, package, here):
    break_slope(package, "1 / 0")
    path = here / "registry.toml"
    head, tail = path.read_text().split("[tasks.slope]")
    path.write_text(f"{head}[tasks.slope]{tail.replace('both', 'unused', 1)}")
    done = transfer()
    assert (done.exit_code, done.stdout) == (0, REST)
    assert "slope" not in done.stderr


def test_all_left_out_is_an_error(transfer, tk, package):
    for name in ("bright", "contrast", "sharp"):
        tk("unregister", name)
    break_slope(package, "1 / 0")
    done = transfer()
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr.startswith("slope is left out: ")
    assert done.stderr.endswith("Every registered task is left out; there is nothing to train.\nType: tk doctor\n")


def test_doctor_names_both_kinds_and_goes_on(tk, package, here, monkeypatch):
    from taskonomy_cli import examine

    monkeypatch.setattr(examine, "_EXAMINATIONS", [("registry.toml", examine._registry)])
    (here / "offered").write_text("rgb")
    break_slope(package, MODULE.format(name="slope", needs=("normal",)))
    (package / "zoo_sharp.py").write_text("1 / 0\n")
    done = tk("doctor", "--json")
    assert done.exit_code == 2
    whole, sharp, slope = json.loads(done.stdout)
    assert (whole["what"], whole["state"]) == ("registry.toml", "ok")
    assert (sharp["what"], sharp["state"]) == ("task sharp", "broken")
    assert sharp["found"].startswith("zoo[sharp] cannot be imported from 'zoo_sharp': ZeroDivisionError: ")
    assert sharp["hint"].endswith("pip install --upgrade zoo\nOr do without: tk unregister sharp")
    assert (slope["what"], slope["state"], slope["found"]) == ("task slope", "doubtful", LACKS.rstrip())
    assert slope["hint"] == LACKS_HINT.rstrip()


def test_tasks_still_lists_them_all(tk, package):
    points = package / "zoo-1.0.dist-info" / "entry_points.txt"
    points.write_text(points.read_text().replace("slope = zoo_slope\n", ""))
    break_slope(package, "1 / 0")
    listed = {task["name"]: task["state"] for task in json.loads(tk("tasks", "--json").stdout)}
    assert {name: listed[name] for name in TASKS} == {
        "bright": "registered",
        "contrast": "registered",
        "sharp": "registered",
        "slope": "missing",
    }
    assert tk("tasks").stderr == "slope is registered, but zoo[slope] is missing. Type: tk unregister slope\n"


DISABLED = (
    "slope is left out: zoo[slope] is disabled, by --disable or TASKONOMY_DISABLE.\n"
    "Type the command without --disable, or unset TASKONOMY_DISABLE.\nOr do without: tk unregister slope\n"
)


def test_a_disabled_task_is_named_and_the_others_trained(tk):
    done = tk("--disable", "slope", "transfer", "--executor", "inline", "--device", "cpu")
    assert (done.exit_code, done.stdout) == (0, REST)
    assert done.stderr.startswith(DISABLED)
    assert "zoo_slope" not in sys.modules
    plan = tk("--disable", "zoo[slope]", "plan")
    assert plan.stderr == DISABLED
    assert re.search(r"^task networks +0 +0 +0 +0 +1 +3$", plan.stdout, re.MULTILINE)


def test_it_is_left_out_of_that_command_alone(tk):
    tk("--disable", "slope", "transfer", "--executor", "inline", "--device", "cpu")
    plan = tk("plan")
    assert plan.stderr == ""
    assert re.search(r"^task networks +1 +0 +0 +0 +0 +3 ", plan.stdout, re.MULTILINE)


def test_what_a_disabled_task_was_trained_to_before_is_ranked(transfer, tk):
    transfer()
    ranked = tk("--disable", "slope", "affinity", "--json")
    assert {edge["target"] for edge in json.loads(ranked.stdout)["edges"]} == set(TASKS)


def test_without_the_data_source_nothing_is_trained(tk):
    done = tk("--disable", "data.photos", "transfer")
    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == (
        "zoo[data.photos] is disabled, by --disable or TASKONOMY_DISABLE.\n"
        "Type the command without --disable, or unset TASKONOMY_DISABLE.\n"
    )
