"""The coordinating process: what it hands to an executor, what it tells, what it leaves."""

from dataclasses import replace

import pytest
from fake_trainer import write_registry

from taskonomy_core.contract.executor import ExecutorKind
from taskonomy_core.errors import JobError, PluginError
from taskonomy_core.ledger import run as run_module
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.run import new_order, run, startable
from taskonomy_core.ledger.store import Store

SMALL = {"taska": "both", "taskb": "both", "onlyx": "source"}


class Ears:
    """Listeners: one that hears, one that always fails."""

    def __init__(self):
        self.reports = []
        self.folders = set()

    def tell(self, report, folder):
        self.reports.append(report)
        self.folders.add(folder)
        return [PluginError(f"deaf[listener.deaf] raises in taskonomy_job_done: no {len(self.reports)}.")]


def stepwise(worker, order, workers):
    """An executor that gives the caller a turn before and after one worker."""
    yield
    worker(order)
    yield


INLINE = ExecutorKind("stepwise", "One worker here", stepwise)


@pytest.fixture
def small(tmp_path, monkeypatch):
    monkeypatch.setattr(run_module, "LOOK", 0.0)
    return Project.read(write_registry(tmp_path / "registry.toml", SMALL))


@pytest.fixture
def ledger(small):
    with Store.open(small.folder) as store:
        store.record_facts({small.data_fact: "fingerprint", small.encoder_fact: "1"})
        yield store


def go(project, store, ears=None, seen=None, new_only=False, executor=INLINE, workers=1):
    plan = project.plan(store)
    order = replace(new_order(project, store, plan, "cpu", 6, new_only), opener="fake_trainer:open_fake")
    hear = seen.append if seen is not None else lambda progress: None
    return run(project, store, order, executor, workers, hear, ears or Ears())


def test_a_run_tells_of_every_job_and_sums_up(small, ledger):
    ears, seen = Ears(), []
    summary = go(small, ledger, ears, seen)
    plan = small.plan(ledger)
    assert {(report.kind, report.target, report.sources) for report in summary.done} == {
        planned.job.identity for planned in plan.jobs
    }
    assert (summary.failed, summary.left) == ((), ())
    assert ears.reports == list(summary.done)
    assert ears.folders == {str(small.folder)}
    assert {report.seconds for report in summary.done if report.kind == "network"} == {2.0}
    first, last = seen[0], seen[-1]
    assert first.parts == {
        ("constant", 0): (0, 3),
        ("network", 0): (0, 3),
        ("scratch", 0): (0, 2),
        ("transfer", 1): (0, 4),
        ("transfer", 2): (0, 2),
    }
    assert first.seconds_left is None
    assert last.parts == {part: (total, total) for part, (_, total) in first.parts.items()}
    assert last.seconds_left == 0.0


def test_a_listener_that_fails_is_reported_once_and_the_run_goes_on(small, ledger):
    summary = go(small, ledger)
    assert [error.message for error in summary.complaints] == [
        "deaf[listener.deaf] raises in taskonomy_job_done: no 1."
    ]
    assert len(summary.done) == 14


def test_failed_jobs_and_what_waits_for_them_are_in_the_summary(small, ledger):
    (small.folder.parent / "fail").write_text("network of onlyx")
    summary = go(small, ledger)
    assert [(report.target, report.reason) for report in summary.failed] == [
        ("onlyx", "The network of onlyx diverged.")
    ]
    assert sorted((planned.job.name, planned.reason) for planned in summary.left) == [
        ("transfer onlyx -> taska", "the network of onlyx failed"),
        ("transfer onlyx -> taskb", "the network of onlyx failed"),
    ]
    (small.folder.parent / "fail").write_text("")
    again = go(small, ledger)
    assert len(again.done) == 1 + 2 + 2  # the network, its first order, and a pair a target
    assert again.left == again.failed == ()


def test_a_second_run_has_nothing_to_start(small, ledger):
    assert len(startable(small.plan(ledger, retry_since=0), new_only=False)) == 12  # pairs are not known yet
    go(small, ledger)
    assert startable(small.plan(ledger), new_only=False) == ()


def test_what_waits_for_a_stale_network_is_not_startable_by_new_only(small, ledger):
    go(small, ledger)
    path = write_registry(small.roster.path, {**SMALL, "taskc": "both"}, versions={"taskb": 2})
    plan = Project.read(path).plan(ledger, 1)
    names = {planned.job.name for planned in startable(plan, new_only=True)}
    assert "transfer taska -> taskc" in names
    assert "transfer taskb -> taskc" not in names
    assert "transfer taskb -> taskc" in {planned.job.name for planned in startable(plan, new_only=False)}


def test_a_run_ends_with_a_copy_of_the_ledger(small, ledger):
    go(small, ledger)
    assert (small.folder / "ledger.backup").read_bytes().startswith(b"SQLite format 3")


def test_an_error_of_the_executor_comes_out_after_the_finished_jobs_are_told(small, ledger):
    def breaks(worker, order, workers):
        worker(order)
        yield
        raise JobError("1 of 2 workers did not end well.", "Type the same command to go on.")

    ears = Ears()
    with pytest.raises(JobError, match="1 of 2 workers"):
        go(small, ledger, ears, executor=ExecutorKind("breaks", "", breaks))
    assert len(ears.reports) == 14


def test_an_interrupt_closes_the_executor_and_keeps_what_is_done(small, ledger):
    closed = []

    def endless(worker, order, workers):
        try:
            worker(order)
            while True:
                yield
        finally:
            closed.append(True)

    def interrupt(progress):
        if progress.seconds_left == 0.0 and not closed:
            raise KeyboardInterrupt

    plan = small.plan(ledger)
    order = replace(new_order(small, ledger, plan, "cpu", 6, False), opener="fake_trainer:open_fake")
    with pytest.raises(KeyboardInterrupt):
        run(small, ledger, order, ExecutorKind("endless", "", endless), 1, interrupt, Ears())
    assert closed == [True]
    assert small.plan(ledger).of("done") == small.plan(ledger).jobs


def test_time_left_is_shared_by_the_workers(small, ledger):
    keys = small.planner(ledger).keys
    go(small, ledger)
    with Store.open(small.folder) as store:
        store._db.execute("DELETE FROM result WHERE key = ?", (keys.scratch("taska").key,))
    seen = []
    go(small, ledger, seen=seen, workers=2)
    assert seen[0].seconds_left == 2.0 / 2


def test_two_runs_have_names_of_their_own_and_retry_what_failed_before(small, ledger):
    plan = small.plan(ledger)
    first, second = (new_order(small, ledger, plan, "cpu", 6, False) for _ in range(2))
    assert first.run != second.run
    assert first.since == 0
    assert new_order(small, ledger, plan, "cpu", 6, True).since == -1
