"""`tk transfer` with made-up tasks and a trainer that takes no time; its wording is behaviour."""

from __future__ import annotations

import json
import re
import signal
from concurrent.futures import BrokenExecutor
from dataclasses import replace

import pytest
from click.testing import CliRunner
from fake_trainer import FakeData, FakeTrainer, write_registry

from taskonomy_cli import retraining
from taskonomy_cli.app import tk
from taskonomy_core.contract.executor import Workplace
from taskonomy_core.ledger import coordinator, mounts, owner
from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.store import Store
from taskonomy_core.registry import resolve
from taskonomy_plugins.executors.inline import INLINE

SMALL = {"taska": "both", "taskb": "both", "taskc": "both", "onlyx": "source"}


def test_everything_is_trained_and_a_second_time_nothing(transfer):
    first = transfer()
    assert (first.exit_code, first.stdout) == (
        0,
        "Trained: 4 task networks, 18 transfers, 3 from-scratch networks, 4 constants.\n",
    )
    assert first.stderr.splitlines() == [
        "To train: 4 task networks, 9 transfers, 3 from-scratch networks, 4 constants.",
        "pictures: 3 of 3",
        "task networks: 4 of 4",
        "transfers from 1 source: 9 of 9",
        "transfers from 2 sources: 9 of 9",
        "constants: 4 of 4",
        "from-scratch networks: 3 of 3",
        "Type: tk affinity",
    ]
    second = transfer()
    assert (second.exit_code, second.stdout) == (0, "")
    assert second.stderr == "Nothing to train: all 29 jobs are done. Type: tk affinity\n"
    assert len(FakeData.prepared) == 1


def test_new_only_trains_the_network_row_and_column_of_a_new_task(transfer, registry):
    transfer("--order", "1")
    write_registry(registry, {**SMALL, "taskd": "both"})
    assert transfer("--new-only", "--order", "1").stdout == (
        "Trained: 1 task network, 7 transfers, 1 from-scratch network, 1 constant.\n"
    )
    again = transfer("--new-only", "--order", "1")
    assert (again.exit_code, again.stdout, again.stderr) == (0, "", "Nothing new to train. Type: tk affinity\n")


def test_references_are_trained_once_the_untrained_encoder_is_there(transfer, registry):
    write_registry(registry, {**SMALL, "onlyz": "source"})
    assert transfer("--order", "1").stdout == (
        "Trained: 5 task networks, 12 transfers, 3 from-scratch networks, 4 constants, 1 reference readout.\n"
    )


def test_an_unused_task_is_not_trained_and_back_in_use_not_retrained(transfer, run, registry, here):
    write_registry(registry, {**SMALL, "taskc": "unused"})
    assert transfer("--order", "1").stdout == (
        "Trained: 3 task networks, 4 transfers, 2 from-scratch networks, 3 constants.\n"
    )
    assert "taskc" not in (here / "log").read_text()
    write_registry(registry, SMALL)
    transfer("--order", "1")
    write_registry(registry, {**SMALL, "taskb": "unused"})
    assert transfer("--order", "1").stderr == "Nothing to train: all 12 jobs are done. Type: tk affinity\n"
    assert "taskb" not in run("plan", "--full", "--json", "--order", "1").stdout
    write_registry(registry, SMALL)
    assert transfer("--order", "1").stderr == "Nothing to train: all 20 jobs are done. Type: tk affinity\n"
    write_registry(registry, dict.fromkeys(SMALL, "unused"))
    refused = transfer()
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == (
        f"{registry} registers unused tasks alone.\n"
        "Type: tk tasks, then: tk register NAME --role both, or source, or target\n"
    )


def test_new_only_says_what_waits_for_a_stale_network(transfer, registry):
    transfer("--order", "1")
    write_registry(registry, {**SMALL, "taskd": "both"}, versions={"taskb": 2})
    first = transfer("--new-only", "--order", "1")
    assert "Left, because of failed or stale networks: 1 job.\n" in first.stdout
    assert "Type: tk status, or tk transfer to train what is stale and try again what failed\n" in first.stderr
    assert transfer("--new-only", "--order", "1").stderr == (
        "Nothing new to train; 1 new job would wait for stale or failed networks. Type: tk transfer\n"
    )


def test_new_only_refuses_what_could_not_be_compared(transfer, registry):
    transfer("--order", "1")
    write_registry(registry, {**SMALL, "taskd": "both"}, seed=1)
    refused = transfer("--new-only", "--order", "1")
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr == (
        "New results could not be compared with 12 that are there: the seed changed since.\n"
        "Type: tk transfer --retrain (trains the old ones again too), or change registry.toml back.\n"
    )


RETRAIN = (
    "Type: tk transfer --retrain to train them again, tk transfer --new-only to leave them, tk plan to look; or change "
    "registry.toml back.\n"
)


def test_another_seed_is_told_with_its_cost_before_anything_is_spent(transfer, registry, here):
    transfer("--order", "1")
    trained = (here / "log").read_text()
    write_registry(registry, SMALL, seed=1)
    told = "The seed changed: 0 -> 1. So 20 finished results would be made anew, which took 49 s of one core.\n"
    refused = transfer("--order", "1")
    assert (refused.exit_code, refused.stdout, refused.stderr) == (2, "", told + RETRAIN)
    assert (here / "log").read_text() == trained
    done = transfer("--order", "1", "--retrain")
    assert done.exit_code == 0
    assert done.stderr.startswith(told + "To train: 4 task networks, 9 transfers, ")
    assert len((here / "log").read_text().splitlines()) == 40
    write_registry(registry, SMALL)
    assert transfer("--order", "1").stderr == "Nothing to train: all 20 jobs are done. Type: tk affinity\n"


def test_what_was_agreed_to_is_not_asked_again_after_a_stop(transfer, registry, monkeypatch):
    transfer("--order", "1")
    write_registry(registry, SMALL, seed=1)
    with monkeypatch.context() as stopped:
        stopped.setattr(FakeData, "prepare", lambda self, progress, processes=1: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            transfer("--order", "1", "--retrain")
    again = transfer("--order", "1")
    assert again.exit_code == 0
    assert again.stderr.startswith("The seed changed: 0 -> 1. So 20 finished results would be made anew, ")
    write_registry(registry, SMALL, seed=2)
    assert transfer("--order", "1").exit_code == 2


@pytest.mark.parametrize(("answer", "code"), [("y\n", 0), ("n\n", 2), ("\n", 2)])
def test_at_a_terminal_it_is_asked(transfer, registry, monkeypatch, answer, code):
    transfer("--order", "1")
    write_registry(registry, SMALL, seed=1)
    monkeypatch.setattr(retraining, "at_terminal", lambda: True)
    asked = CliRunner().invoke(tk, ["transfer", "--executor", "inline", "--order", "1"], input=answer)
    assert asked.exit_code == code
    assert "Train them again? [y/N]: " in asked.stderr
    if code:
        assert asked.stderr.endswith("Nothing was trained.\n" + RETRAIN)
    else:
        assert asked.stdout.startswith("Trained: 4 task networks, ")


def test_a_raised_version_is_not_asked_for(transfer, registry):
    transfer("--order", "1")
    write_registry(registry, SMALL, versions={"taskb": 2})
    assert transfer("--order", "1").stderr.startswith("To train: 1 task network, 5 transfers, ")


def test_failures_are_told_with_their_reasons_and_the_rest_goes_on(transfer, here):
    (here / "fail").write_text("network of onlyx\nscratch of taskb")
    failed = transfer("--order", "1")
    assert failed.exit_code == 1
    assert failed.stdout == (
        "Trained: 3 task networks, 6 transfers, 2 from-scratch networks, 4 constants.\n"
        "Failed: 1 task network, 1 from-scratch network.\n"
        "  network of onlyx: The network of onlyx diverged.\n"
        "  scratch of taskb: The scratch of taskb diverged.\n"
        "Left, because of failed or stale networks: 3 jobs.\n"
    )
    (here / "fail").write_text("scratch of taskb")
    again = transfer("--order", "1")
    assert again.stdout == (
        "Trained: 1 task network, 3 transfers.\n"
        "Failed: 1 from-scratch network.\n"
        "  scratch of taskb: The scratch of taskb diverged.\n"
    )
    assert again.stderr.endswith("Type: tk transfer to try again what failed, or: tk affinity\n")
    assert transfer("--new-only", "--order", "1").stderr == (
        "Nothing new to train; 1 job failed before. Type: tk transfer\n"
    )


def test_the_time_is_told_where_it_was_measured_before(transfer, registry):
    transfer()
    write_registry(registry, {**SMALL, "taskd": "both"})
    # A network of 2 s, seven transfers of 3.5 s, two baselines of 2 s; at most 15 transfers more; two at once.
    assert transfer("--jobs", "2").stderr.splitlines()[0] == (
        "To train: 1 task network, 7 transfers, 1 from-scratch network, 1 constant. About 15 s to 42 s."
    )


def test_a_project_without_tasks_is_a_sentence(run, here, monkeypatch):
    path = write_registry(here / "registry.toml", {})
    refused = run("transfer")
    assert (refused.exit_code, refused.stderr) == (
        2,
        f"{path} registers no task.\nType: tk tasks, then: tk register NAME\n",
    )


def test_json_lists_every_job(transfer):
    shown = json.loads(transfer("--order", "1", "--json").stdout)
    assert len(shown["jobs"]) == 4 + 9 + 3 + 4
    assert shown["left"] == []
    assert {job["state"] for job in shown["jobs"]} == {"done"}


def test_jobs_of_another_process_are_not_waited_for_when_nothing_else_is_left(transfer, registry):
    transfer("--order", "1")
    project = Project.read(registry)
    with Store.open(project.folder) as store:
        key = project.planner(store).keys.scratch("taska")
        store._db.execute("DELETE FROM result WHERE key = ?", (key.key,))
        store.claim([key], Owner.this(), -1)
    assert transfer("--order", "1").stderr == "Nothing to start: another process trains 1 job. Type: tk status\n"


def test_after_one_ctrl_c_what_is_in_training_is_finished(transfer, monkeypatch, here):
    whole = FakeTrainer.network

    def pressed(self, task):
        if task == "taskb":
            signal.raise_signal(signal.SIGINT)
        return whole(self, task)

    with monkeypatch.context() as once:
        once.setattr(FakeTrainer, "network", pressed)
        stopped = transfer("--order", "1")
    assert (stopped.exit_code, stopped.stdout) == (
        130,
        "Trained: 3 task networks.\nStopped as asked; 17 jobs left.\n",
    )
    assert "Stopping: what is in training is finished first. Press Ctrl-C again to drop it.\n" in stopped.stderr
    assert stopped.stderr.endswith("Type the same command to go on.\n")
    assert transfer("--order", "1").exit_code == 0
    assert len((here / "log").read_text().splitlines()) == 20


def test_fail_fast_ends_after_the_first_failed_job(transfer, here):
    (here / "fail").write_text("network of onlyx")
    ended = transfer("--order", "1", "--fail-fast")
    assert ended.exit_code == 1
    assert "Failed: 1 task network.\n  network of onlyx: The network of onlyx diverged.\n" in ended.stdout
    assert re.search(r"^Stopped by --fail-fast; \d+ jobs left\.$", ended.stdout, re.MULTILINE)


def test_what_a_lost_worker_took_along_is_told(transfer, monkeypatch):
    monkeypatch.setattr(coordinator, "BACK_OFF", 0.01)
    whole, lost = FakeTrainer.constant, []

    def dies(self, target):
        if not lost:
            lost.append(target)
            raise BrokenExecutor("worker 1 was killed by SIGKILL")
        return whole(self, target)

    monkeypatch.setattr(FakeTrainer, "constant", dies)
    done = transfer("--order", "1")
    assert done.exit_code == 0
    assert (
        f"The worker of the constant of {lost[0]} was lost (worker 1 was killed by SIGKILL); it is tried again in "
        "0.01 s.\n"
    ) in done.stderr


def test_what_another_machine_holds_is_waited_for_and_taken_over(transfer, registry, monkeypatch):
    """Only time can tell whether that one still lives."""
    monkeypatch.setattr(owner, "SILENCE", 0.05)
    monkeypatch.setattr(coordinator, "LOOK", 0.02)
    project = Project.read(registry)
    with Store.open(project.folder) as store:
        store.record_facts({project.data_fact: "fingerprint", project.encoder_fact: "1"})
        jobs = [planned.job for planned in project.plan(store, 1).jobs]
        store.claim(jobs, replace(Owner.this(), host="node7 pid:[1]"), -1)
    done = transfer("--order", "1")
    assert "Nothing to start; waiting to see whether node7 still trains the rest.\n" in done.stderr
    assert done.stdout == "Trained: 4 task networks, 9 transfers, 3 from-scratch networks, 4 constants.\n"


def test_a_network_file_system_is_warned_of(transfer, monkeypatch):
    monkeypatch.setattr(mounts, "network_warning", lambda folder: "The ledger lies on a network file system (nfs4).")
    assert transfer("--order", "1").stderr.startswith("The ledger lies on a network file system (nfs4).\n")


def test_the_executor_is_given_its_file(transfer, here, monkeypatch):
    missing = transfer("--executor-config", "nothing.py")
    assert missing.exit_code == 2
    assert "File 'nothing.py' does not exist." in missing.stderr
    (here / "mine.py").write_text("")
    asked = []
    listening = replace(INLINE, open=lambda place: asked.append(place) or INLINE.open(place))
    monkeypatch.setattr(resolve, "executor", lambda name: listening)
    assert transfer("--order", "1", "--jobs", "3", "--parsl-config", str(here / "mine.py")).exit_code == 0
    assert asked == [Workplace(3, here.resolve() / ".taskonomy", (), here / "mine.py")]


def test_an_executor_that_cannot_begin_says_so_before_anything_is_rendered(transfer, here):
    (here / "mine.py").write_text("config = 1")
    refused = transfer("--executor", "parsl", "--parsl-config", str(here / "mine.py"))
    assert refused.exit_code == 2
    assert "mine.py" in refused.stderr
    assert FakeData.prepared == []


def test_no_more_train_at_once_than_there_are_jobs(transfer):
    transfer("--order", "1", "--jobs", "500")
    assert FakeData.prepared == [4 + 9 + 3 + 4]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--order", "9"), "There is no order 9: a transfer has 1 to 3 of the registered sources."),
        (("--device", "tpu"), "There is no device 'tpu'; taskonomy knows cpu and cuda."),
        (("--executor", "inlin"), "There is no executor 'inlin'. Did you mean inline?"),
    ],
)
def test_bad_input_is_a_sentence(run, registry, options, message):
    refused = run("transfer", *options)
    assert (refused.exit_code, refused.stdout) == (2, "")
    assert refused.stderr.startswith(message)
    assert len(refused.stderr.splitlines()) == 2


@pytest.mark.parametrize(
    ("option", "value"),
    [("--order", "0"), ("--order", "-1"), ("--order", "two"), ("--group", "-3"), ("--group", "0"), ("--group", "nan")],
)
def test_numbers_that_make_no_sense_are_named(run, registry, option, value):
    refused = run("transfer", option, value)
    assert refused.exit_code == 2
    assert f"Invalid value for '{option}': " in refused.stderr
    assert "Try 'tk transfer -" in refused.stderr


def test_a_ledger_of_a_newer_version_is_a_sentence(transfer, registry):
    with Store.open(registry.parent / ".taskonomy") as store:
        store._db.execute("PRAGMA user_version = 9")
    refused = transfer()
    assert refused.exit_code == 2
    assert refused.stderr.endswith("Type: pip install --upgrade taskonomy\n")
