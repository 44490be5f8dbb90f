"""What `tk gc` takes and what it never touches."""

import errno
import os
import sqlite3
from collections import Counter
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fake_trainer import UNTRAINED, write_registry

from taskonomy_core.errors import LedgerError, RosterError
from taskonomy_core.learning.outcome import Outcome
from taskonomy_core.ledger import garbage
from taskonomy_core.ledger.features import is_damaged
from taskonomy_core.ledger.garbage import AGAIN, DAMAGED, FAILED, FEATURES, OUTDATED, PARTIAL, UNNAMED, UNREGISTERED
from taskonomy_core.ledger.objects import DamagedObjectError
from taskonomy_core.ledger.owner import Owner
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Card
from taskonomy_core.ledger.schedule import next_unit
from taskonomy_core.ledger.store import Store
from taskonomy_core.ledger.worker import stored

SMALL = {"taska": "both", "taskb": "both", "onlyx": "source", UNTRAINED: "source"}
ALL = 4 + 6 + 6 + 2 + 3 + 1  # networks, transfers of either order, scratch, constants, the reference of onlyx


class Bench:
    """A small project that is trained, and changed, in an instant."""

    def __init__(self, folder):
        self.path = folder / "registry.toml"
        self.register()
        self.store = Store.open(self.project.folder)
        self.store._db.execute("PRAGMA synchronous = OFF")
        self.store.record_cards([Card(UNTRAINED, 1, "Z", "other", (), trainable=False)])

    def register(self, tasks=SMALL, path=None, **others):
        """Write registry.toml, by default as it was."""
        others["recipe"] = {"order": 2, **others.get("recipe", {})}
        self.project = Project.read(write_registry(path or self.path, tasks, **others))

    def opened(self):
        """Record what opening the plugins would."""
        self.store.record_facts({self.project.data_fact: "fingerprint", self.project.encoder_fact: "1"})

    def train(self, fail=()):
        """Train all that is new or stale; losses follow from keys, weights are all the same file."""
        self.opened()
        owner = Owner.this()
        while unit := next_unit(self.project.plan(self.store), ("new", "stale"), 6):
            for job in self.store.claim(unit, owner, -1):
                if job.name in fail:
                    self.store.fail(job, "It diverged.", owner, "run")
                else:
                    losses = np.full(5, float(int(job.key[:8], 16)))
                    self.store.finish(
                        job, stored(self.store.objects, Outcome(np.arange(5), losses, {}, seconds=2.0)), owner, "run"
                    )

    def states(self):
        return Counter(planned.state for planned in self.project.plan(self.store).jobs)

    def survey(self, everything=False, **options):
        return garbage.survey(self.project, self.store, everything, **options)

    def collect(self, everything=False):
        """Remove, and look whether all that is left is whole; gives what was removed as `heaps` says it."""
        removed = garbage.collect(self.project, self.store, self.survey(everything))
        results = self.store.snapshot().results.values()
        files = [file for result in results for file in self.store.verify(result)]
        assert files
        assert not any(file.fault for file in files)
        return heaps(removed.removed)

    def network(self, name):
        return self.project.planner(self.store).keys.network(name)

    def file(self, *parts, content=b"content"):
        """A file below the store's folder, two hours old."""
        path = self.project.folder.joinpath(*parts)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        old = path.stat().st_mtime - 7200
        os.utime(path, (old, old))
        return path

    def features(self, key, name="plain-transfer-400.npy", content=None):
        path = self.file("features", key[:2], key, name)
        if content is None:
            np.save(path, np.zeros((4, 3)))
        else:
            path.write_bytes(content)
        return path


def heaps(found):
    """{what: (results, files)}"""
    return {heap.what: (len(heap.results), len(heap.files)) for heap in found}


@pytest.fixture
def bench(tmp_path):
    made = Bench(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def trained(bench):
    bench.train()
    assert bench.states() == {"done": ALL}
    return bench


def test_of_a_whole_project_nothing_is_to_be_removed(trained):
    assert trained.survey(everything=True) == garbage.Garbage((), (), everything=True)
    assert trained.collect(everything=True) == {}
    assert trained.states() == {"done": ALL}


@pytest.mark.parametrize("everything", [False, True])
def test_roles_costs_and_order_are_no_reason_to_remove_anything(trained, everything):
    roles = {"taska": "source", "taskb": "unused", "onlyx": "target", UNTRAINED: "unused"}
    trained.register(roles, recipe={"order": 1, "beam": 2})
    assert trained.collect(everything) == {}
    trained.register()
    assert trained.states() == {"done": ALL}


def test_an_earlier_version_goes_once_it_is_replaced(trained):
    trained.register(versions={"taskb": 2})
    # Its network, scratch and constant; the three transfers to it and the one from it; its three pairs, and the two of
    # taska that it is in: the beam may choose them again.
    assert heaps(trained.survey().kept) == {AGAIN: (3 + 4 + 5, 12)}
    assert trained.collect() == {}
    trained.train()
    assert trained.collect() == {OUTDATED: (12, 12)}
    assert trained.states() == {"done": ALL}
    trained.register()
    # None of version 1 is there any more; of version 2 those that are found under their names.
    assert trained.states() == {"done": ALL - 7 - 6, "stale": 7}


@pytest.mark.parametrize("change", [{"seed": 1}, {"recipe": {"train_images": 20}}])
def test_under_other_settings_all_goes_once_it_is_replaced(trained, change):
    trained.register(**change)
    trained.opened()
    found = trained.survey()
    assert (found.removed, [heap.what for heap in found.kept]) == ((), [AGAIN])
    trained.train()
    known = len(trained.store.snapshot().results) - ALL
    (removed,) = trained.survey().removed
    assert (removed.what, len(removed.results), removed.seconds) == (OUTDATED, known, 2.0 * known)
    assert removed.size == sum(file.path.stat().st_size for file in removed.files) > 0
    assert trained.collect()[OUTDATED][0] == known > 10
    assert trained.states() == {"done": ALL}


def test_everything_takes_what_waits_to_be_trained_again(trained):
    trained.register(versions={"taskb": 2})
    assert trained.collect(everything=True) == {AGAIN: (12, 12)}
    assert trained.states() == {"done": ALL - 7 - 6, "new": 7}


def test_an_unregistered_task_comes_back_without_training(trained):
    without = {name: role for name, role in SMALL.items() if name != "taskb"}
    trained.register(without)
    found = trained.survey()
    assert (found.removed, heaps(found.kept)) == ((), {UNREGISTERED: (3 + 3 + 1 + 5, 12)})
    trained.train()
    assert trained.collect() == {}
    trained.register()
    assert trained.states() == {"done": ALL}
    trained.register(without)
    assert trained.collect(everything=True) == {UNREGISTERED: (12, 12)}
    trained.register()
    assert trained.states()["new"] > 0


def test_of_an_unregistered_task_the_last_version_counts(trained):
    trained.register(versions={"taskb": 2})
    trained.train()
    trained.register({"taska": "both", "onlyx": "source", UNTRAINED: "source"})
    assert trained.collect() == {OUTDATED: (12, 12)}
    trained.register(versions={"taskb": 2})
    assert trained.states() == {"done": ALL}


def test_failures_stay_while_they_can_be_tried_again(bench):
    bench.train(fail=["scratch of taskb"])
    assert bench.collect(everything=True) == {}
    bench.register(versions={"taskb": 2})
    bench.train()
    assert bench.collect()[FAILED] == (1, 0)


def test_registries_that_share_the_ledger_are_asked(trained):
    beside = trained.path.with_name("before.toml")
    beside.write_bytes(trained.path.read_bytes())
    trained.path.with_name("pyproject.toml").write_text("[project]\nname = 'zoo'\n")
    trained.register(seed=1)
    trained.train()
    assert trained.collect(everything=True) == {}
    beside.unlink()
    assert trained.collect()[OUTDATED][0] == ALL


def test_one_that_cannot_be_read_is_told(trained):
    beside = trained.path.with_name("broken.toml")
    beside.write_text("[tasks.")
    with pytest.raises(RosterError, match=r"broken\.toml is not valid TOML"):
        trained.survey()


def test_settings_under_which_nothing_was_trained_are_refused(trained):
    trained.register(seed=1)
    with pytest.raises(LedgerError) as caught:
        trained.survey()
    assert caught.value.message == (
        f"Nothing was trained yet under the settings of {trained.path}: it would need no result at all."
    )
    assert caught.value.hint == "Type: tk transfer, or change it back; then: tk gc"


def test_of_an_empty_ledger_nothing_is_removed(bench):
    assert bench.survey().removed == ()


def test_without_a_ledger_nothing_is_known_of_files(trained):
    trained.store.close()
    (trained.project.folder / "ledger.sqlite").rename(trained.path.with_name("aside"))
    with Store.open(trained.project.folder, create=False) as none:
        assert garbage.survey(trained.project, none, everything=True).removed == ()
    assert list(trained.store.objects.files())


def test_a_run_under_other_settings_is_left_alone(trained):
    running, dead = Owner.this(), replace(Owner.this(), born="another boot", token="dead")
    with_more = {**SMALL, "taskc": "both"}
    trained.register(with_more)
    network = trained.network("taskc")
    trained.store.claim([network], running, -1)
    assert trained.survey().removed == ()
    trained.register()
    with pytest.raises(LedgerError) as caught:
        trained.survey()
    assert caught.value.message == (
        f"Process {running.pid} on {running.host.split()[0]} trains the network of taskc as no registry.toml here asks "
        "for it now: what it needs is not known."
    )
    assert caught.value.hint == "Wait until it ends (type: tk status), or stop it; then type: tk gc"
    trained.store.release(running)
    trained.store.claim([network], dead, -1)
    assert trained.survey().removed == ()


def test_files_that_nobody_names_go(trained):
    stray = "ab" + "0" * 126
    unnamed = trained.file("objects", "ab", f"{stray}.safetensors")
    partial = trained.file("objects", "ab", ".ab000000.123.0a0b.part")
    foreign = trained.file("objects", "ab", "notes.txt")
    assert trained.collect() == {UNNAMED: (0, 1), PARTIAL: (0, 1)}
    assert (unnamed.exists(), partial.exists(), foreign.exists()) == (False, False, True)


def test_while_somebody_trains_fresh_and_half_written_files_stay(trained):
    trained.register({**SMALL, "taskc": "both"})
    trained.store.claim([trained.network("taskc")], Owner.this(), -1)
    stray = "ab" + "0" * 126
    unnamed = trained.file("objects", "ab", f"{stray}.safetensors")
    trained.file("objects", "ab", ".ab000000.123.0a0b.part")
    written = unnamed.stat().st_mtime
    assert trained.survey(clock=lambda: written + 3599).removed == ()
    assert trained.survey(clock=lambda: written - 1e6).removed == ()  # a clock that jumped
    assert trained.collect() == {UNNAMED: (0, 1)}


def test_a_file_that_is_swept_before_its_row_is_written_is_missed(trained):
    """Another process finds a file that no row names yet, at the worst moment: the job is trained again."""
    trained.register({**SMALL, "taskc": "both"})
    job, store = trained.network("taskc"), trained.store
    end, swept = store._end, []

    def end_late(job, owner, run, state, reason, stored):
        with Store.open(store.folder) as other:
            swept.extend(other.sweep([stored.losses, stored.weights]))
        return end(job, owner, run, state, reason, stored)

    made = stored(store.objects, Outcome(np.arange(3), np.full(3, 0.25), {}))
    store._end = end_late
    with pytest.raises(DamagedObjectError) as caught:
        store.finish(job, made, Owner.this(), "run")
    assert caught.value.message == f"The stored file {store.objects.path(made.losses)} is missing."
    assert swept == [made.losses]  # other results name the same weights
    assert job.key not in store.snapshot().results


def test_a_result_that_is_written_anew_meanwhile_stays(bench):
    bench.train(fail=["scratch of taskb"])
    bench.register(versions={"taskb": 2})
    bench.train()
    agreed = bench.survey()
    (failed,) = [result for result in agreed.results if not result.done]
    bench.register()
    job = bench.project.planner(bench.store).keys.scratch("taskb")
    bench.store.fail(job, "It diverged again.", Owner.this(), "run")
    bench.register(versions={"taskb": 2})
    garbage.collect(bench.project, bench.store, agreed)
    kept = bench.store.snapshot().results
    assert (kept[failed.key].reason, len(kept)) == ("It diverged again.", ALL + 1)
    bench.store.remove([failed])
    assert failed.key in bench.store.snapshot().results


def test_what_nobody_agreed_to_stays(trained):
    trained.register(versions={"taskb": 2})
    trained.train()
    agreed = trained.survey()
    trained.file("objects", "ab", ".ab000000.123.0a0b.part")
    trained.register(versions={"taska": 2, "taskb": 2})
    trained.train()
    removed = garbage.collect(trained.project, trained.store, agreed)
    assert heaps(removed.removed) == heaps(agreed.removed)
    assert trained.survey().removed


def test_what_has_come_back_into_use_meanwhile_stays(trained):
    trained.register(versions={"taskb": 2})
    trained.train()
    agreed = trained.survey()
    trained.register()
    assert garbage.collect(trained.project, trained.store, agreed).results == ()
    assert trained.states() == {"done": ALL}


def test_a_kill_in_the_middle_leaves_files_alone_which_the_next_time_takes(trained, monkeypatch):
    trained.register(versions={"taskb": 2})
    trained.train()
    agreed = trained.survey()
    with monkeypatch.context() as killed:
        killed.setattr(Store, "sweep", lambda self, digests: (_ for _ in ()).throw(KeyboardInterrupt))
        with pytest.raises(KeyboardInterrupt):
            garbage.collect(trained.project, trained.store, agreed)
    assert trained.states() == {"done": ALL}
    with closing(sqlite3.connect(trained.project.folder / "ledger.backup")) as backup:
        assert backup.execute("SELECT count(*) FROM result").fetchone() == (ALL,)
    assert trained.collect() == {UNNAMED: (0, 12)}
    assert trained.survey().removed == ()


def test_serials_are_not_given_twice(trained):
    last = trained.store.snapshot().serial
    trained.store.remove([result for result in trained.store.snapshot().results.values() if result.serial > last - 5])
    trained.train()
    assert trained.store.snapshot().serial == last + 5


def test_a_disk_that_refuses_is_a_sentence(trained, monkeypatch):
    trained.register(versions={"taskb": 2})
    trained.train()

    def forbidden(path, missing_ok=False):
        raise OSError(errno.EROFS, "Read-only file system")

    agreed = trained.survey()
    trained.store.back_up = lambda: None
    with monkeypatch.context() as refusing:
        refusing.setattr(Path, "unlink", forbidden)
        with pytest.raises(LedgerError, match=r"cannot be written \(Read-only file system\)\."):
            garbage.collect(trained.project, trained.store, agreed)
    assert trained.collect() == {UNNAMED: (0, 12)}


def test_features_of_networks_that_are_gone_or_unused_go_and_damaged_ones(trained):
    kept = trained.features(trained.network("taska").key)
    whole = kept.read_bytes()
    cut = trained.features(trained.network("taska").key, "plain-test-400.npy", whole[:-1])
    empty = trained.features(trained.network("onlyx").key, content=b"")
    gone = trained.features("ab" + "0" * 30)
    begun = trained.file("features", "ab", "ab" + "0" * 30, ".plain.npy.x1")
    assert [is_damaged(path) for path in (kept, cut, empty)] == [False, True, True]
    assert not is_damaged(kept.with_name("none.npy"))
    assert trained.collect() == {PARTIAL: (0, 1), FEATURES: (0, 1), DAMAGED: (0, 2)}
    assert kept.read_bytes() == whole
    assert not any(path.exists() for path in (cut, empty, gone, begun, gone.parent))
    trained.register({**SMALL, "taska": "target"})
    assert trained.collect() == {FEATURES: (0, 1)}


def test_features_that_a_run_reads_stay(trained):
    used = trained.features(trained.network("taska").key)
    job = trained.project.planner(trained.store).keys.transfer(("taska",), "taskb")
    trained.store._db.execute("DELETE FROM result WHERE key = ?", (job.key,))
    trained.store.claim([job], Owner.this(), -1)
    trained.register({**SMALL, "taska": "unused"})
    begun = trained.file("features", "ab", "ab" + "0" * 30, ".plain.npy.x1")
    assert trained.survey().removed == ()
    assert used.exists()
    assert begun.exists()
