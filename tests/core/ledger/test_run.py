"""The coordinating process: what it hands to an executor, what it tells, what it leaves."""

from dataclasses import replace

import pytest
from fake_trainer import write_registry
from test_coordinator import Here

from taskonomy_core.errors import JobError, PluginError
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


@pytest.fixture
def small(tmp_path):
    return Project.read(write_registry(tmp_path / "registry.toml", SMALL))


@pytest.fixture
def ledger(small):
    with Store.open(small.folder) as store:
        store.record_facts({small.data_fact: "fingerprint", small.encoder_fact: "1"})
        yield store


def order_for(project, store, jobs=1, new_only=False, fail_fast=False):
    order = new_order(store, project.plan(store), "cpu", jobs, 6, new_only, fail_fast)
    return replace(order, opener="fake_trainer:open_fake")


def go(project, store, ears=None, seen=None, executor=None, jobs=1, fail_fast=False, **options):
    order = order_for(project, store, jobs, fail_fast=fail_fast)
    hear = seen.append if seen is not None else lambda progress: None
    return run(project, store, order, executor or Here(), ears or Ears(), on_progress=hear, **options)


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


def test_an_error_comes_out_after_the_finished_jobs_are_told(small, ledger):
    class Breaks(Here):
        def submit(self, fn, /, unit):
            if len(self.units) == 5:
                raise JobError("There is no worker.", "Type the same command to go on.")
            return super().submit(fn, unit)

    ears = Ears()
    with pytest.raises(JobError, match="There is no worker"):
        go(small, ledger, ears, executor=Breaks())
    assert len(ears.reports) == len(small.plan(ledger).of("done")) == 7
    assert ledger.snapshot().claims == {}


def test_an_interrupt_keeps_what_is_done(small, ledger):
    seen = []

    def interrupt(progress):
        seen.append(progress)
        if len(seen) == 4:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(small, ledger, order_for(small, ledger), Here(), Ears(), on_progress=interrupt)
    assert len(small.plan(ledger).of("done")) == 3
    assert ledger.snapshot().claims == {}


def test_asked_to_stop_a_run_says_what_is_left(small, ledger):
    summary = go(small, ledger, asked_to_stop=lambda: True)
    assert summary.stopped
    assert summary.done == ()
    assert len(summary.left) == 12


def test_fail_fast_ends_with_the_first_failure(small, ledger):
    (small.folder.parent / "fail").write_text("network of onlyx")
    summary = go(small, ledger, fail_fast=True)
    assert summary.stopped
    assert [report.target for report in summary.failed] == ["onlyx"]
    assert not go(small, ledger).stopped


def test_failures_are_counted_while_it_runs(small, ledger):
    (small.folder.parent / "fail").write_text("network of onlyx")
    seen = []
    go(small, ledger, seen=seen)
    assert seen[0].failed in (0, 1)
    assert seen[-1].failed == 1


def test_time_left_is_shared_by_the_workers(small, ledger):
    keys = small.planner(ledger).keys
    go(small, ledger)
    with Store.open(small.folder) as store:
        store._db.execute("DELETE FROM result WHERE key = ?", (keys.scratch("taska").key,))
    seen = []
    go(small, ledger, seen=seen, jobs=2)
    assert seen[0].seconds_left == 2.0 / 2


def test_two_runs_have_names_of_their_own_and_retry_what_failed_before(small, ledger):
    first, second = (order_for(small, ledger) for _ in range(2))
    assert first.run != second.run
    assert first.since == 0
    assert order_for(small, ledger, new_only=True).since == -1
