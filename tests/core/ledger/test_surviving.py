"""What a ledger survives: each test makes the fault and reads the promised sentence.

Full disks: tests/test_full_disk.py.
"""

import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections import Counter
from concurrent.futures import Executor, Future
from dataclasses import replace
from pathlib import Path

import pytest
from fake_trainer import write_registry
from looking import end_of, newly_begun

from taskonomy_core.errors import LedgerError
from taskonomy_core.ledger import coordinator, worker
from taskonomy_core.ledger.jobs import job_name
from taskonomy_core.ledger.migrations import MIGRATIONS, NEWEST
from taskonomy_core.ledger.objects import Objects
from taskonomy_core.ledger.owner import HEARTBEAT, SILENCE, Owner
from taskonomy_core.ledger.project import Project, columns
from taskonomy_core.ledger.run import new_order, run
from taskonomy_core.ledger.store import Store
from taskonomy_core.registry.load import Loaded

SMALL = {"taska": "both", "taskb": "both", "onlyx": "source"}
JOBS = 3 + 2 * 2 + 2 + 2 + 3  # networks, orders 1 and 2, scratch, constants
YEAR = 365 * 86400.0


class Here(Executor):
    """Trains in this process; `before` is told of each unit."""

    def __init__(self, before):
        self.before = before

    def submit(self, fn, /, unit):
        future = Future()
        self.before(unit)
        try:
            future.set_result(fn(unit))
        except Exception as error:
            future.set_exception(error)
        return future


def train_all(project, before=lambda unit: None, new_only=False):
    """A whole run; what it told of trouble."""
    told = []
    with Store.open(project.folder) as store:
        store.record_facts({project.data_fact: "fingerprint", project.encoder_fact: "1"})
        plan = project.plan(store, retry_since=store.snapshot().serial)
        order = replace(new_order(store, plan, "cpu", 1, 6, new_only, False), opener="fake_trainer:open_fake")
        run(project, store, order, Here(before), Loaded(), on_trouble=lambda error: told.append(error.message))
    return told


TRAIN_ALL = """
import test_surviving
from taskonomy_core.ledger import mounts
table = Path(sys.argv[1]).with_name("mountinfo")
mounts.TABLE = table if table.exists() else mounts.TABLE
print("ready", flush=True)
sys.stdin.read()
test_surviving.train_all(test_surviving.Project.read(Path(sys.argv[1])))
"""


def child(code, *words, **pipes):
    """A Python process of its own; without torch, where the code imports none."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(map(str, [Path(__file__).parent, *sys.path]))}
    lines = f"import os, signal, sys\nfrom pathlib import Path\n{code}"
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True} | pipes
    return subprocess.Popen([sys.executable, "-c", lines, *map(str, words)], env=environment, **streams)


def at_once(code, *each):
    """Processes that pass `sys.stdin.read()` at the same instant, all ready by then."""
    gate, hold = os.pipe()
    with os.fdopen(gate) as held:
        processes = [child(code, *words, stdin=held) for words in each]
    for process in processes:
        assert process.stdout.readline() == "ready\n"
    os.close(hold)
    return [ended(process) for process in processes]


def ended(process):
    """Exit status (negative: the signal) and what it said on both streams."""
    out, err = process.communicate()
    return process.returncode, out, err


@pytest.fixture(autouse=True)
def _hurried(monkeypatch):
    monkeypatch.setattr(coordinator, "LOOK", 0.01)
    worker._kept.clear()


def make(folder):
    folder.mkdir(exist_ok=True)
    return Project.read(write_registry(folder / "registry.toml", SMALL))


@pytest.fixture
def small(tmp_path):
    return make(tmp_path)


@pytest.fixture
def undisturbed(tmp_path):
    """How a run ends that nothing disturbs."""
    project = make(tmp_path / "undisturbed")
    train_all(project)
    return end_of(project)


def log(project):
    """The jobs that were begun since the last look."""
    return Counter(newly_begun(project))


def told(caught):
    return caught.value.message, caught.value.hint


# Atomic writes


def test_a_kill_while_a_file_is_written_leaves_none_of_its_name(tmp_path):
    code = """
from taskonomy_core.ledger.objects import Objects
os.fsync = lambda handle: os.kill(os.getpid(), signal.SIGKILL)
Objects(Path(sys.argv[1])).put(b"content")
"""
    assert ended(child(code, tmp_path))[0] == -signal.SIGKILL
    assert [path.suffix for path in tmp_path.glob("??/*")] == [".part"]
    objects = Objects(tmp_path)
    assert objects.get(objects.put(b"content")) == b"content"


# Damage


def cut_short(path):
    path.write_bytes(path.read_bytes()[:-1])


def altered(path):
    whole = bytearray(path.read_bytes())
    whole[-1] ^= 0x10
    path.write_bytes(whole)


@pytest.mark.parametrize("part", ["weights", "losses"])
@pytest.mark.parametrize("damage", [cut_short, altered, Path.unlink])
def test_a_damaged_file_is_found_named_and_its_job_alone_is_trained_again(small, undisturbed, part, damage):
    train_all(small)
    log(small)
    with Store.open(small.folder) as store:
        job = small.planner(store).keys.network("taska")
        result = store.snapshot().results[job.key]
        path = store.objects.path(getattr(result, part))
        damage(path)
        with pytest.raises(LedgerError) as caught:
            store.weights(job.key) if part == "weights" else columns(small.roster, small.recipe, store)
    fault = "missing" if damage is Path.unlink else "damaged: its content is not what its name says"
    assert told(caught) == (
        f"The stored file {path} is {fault}. It belongs to the network of taska.",
        "Type: tk transfer (it trains that one again; all else is kept)",
    )
    train_all(small)
    assert log(small) == {"network of taska": 1}
    assert end_of(small) == undisturbed


@pytest.mark.parametrize("new_only", [False, True])
def test_a_network_that_is_damaged_in_the_run_that_trained_it_is_named_and_the_next_trains_it(
    small, undisturbed, new_only
):
    """A disk that damages what was written just now is not written to for ever: one try a run."""
    found = []

    def hurt_once(unit):
        if not found and "taska" in unit.networks:
            found.extend(job_name(*job) for job in unit.jobs)
            cut_short(Objects(small.objects).path(unit.networks["taska"].weights))

    (sentence,) = train_all(small, hurt_once, new_only)
    assert sentence.startswith("A file of the network of taska is damaged or gone; ")
    assert log(small)["network of taska"] == 1
    with Store.open(small.folder) as store:
        finished = {result.name for result in store.snapshot().results.values() if result.done}
        assert [planned.job.name for planned in small.plan(store).of("failed")] == ["network of taska"]
    assert train_all(small) == []
    begun = log(small)
    assert set(begun.values()) == {1}
    assert begun.keys() & finished == set()
    assert set(found) <= begun.keys() | finished  # the unit that found it was given back
    assert end_of(small) == undisturbed


def test_a_network_that_was_damaged_before_a_run_is_trained_again_by_it(small, undisturbed):
    train_all(small)
    with Store.open(small.folder) as store:
        results = store.snapshot().results
        keys = small.planner(store).keys
        cut_short(store.objects.path(results[keys.network("taska").key].weights))
        lost = keys.transfer(("taska",), "taskb")
        store._db.execute("DELETE FROM result WHERE key = ?", (lost.key,))
    log(small)
    assert train_all(small) == ["A file of the network of taska is damaged or gone; it is trained again."]
    assert log(small) == {"network of taska": 1, lost.name: 2}  # begun, given back, begun again
    assert end_of(small) == undisturbed


# Older and newer ledgers


def old_ledger(folder, version):
    """A ledger as an older taskonomy left it, with one fact in it."""
    folder.mkdir(parents=True)
    database = sqlite3.connect(folder / "ledger.sqlite", isolation_level=None)
    database.execute("PRAGMA journal_mode = WAL")
    for statement in (statement for step in MIGRATIONS[:version] for statement in step):
        database.execute(statement)
    database.execute("INSERT INTO fact VALUES ('data', 'old')")
    database.execute(f"PRAGMA user_version = {version}")
    database.close()
    return folder / "ledger.sqlite"


def content(path):
    """Version and all rows of all tables."""
    database = sqlite3.connect(path)
    try:
        tables = [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        (version,) = database.execute("PRAGMA user_version").fetchone()
        return version, {name: database.execute(f"SELECT * FROM {name}").fetchall() for name in sorted(tables)}
    finally:
        database.close()


@pytest.mark.parametrize("version", range(1, NEWEST))
def test_an_older_ledger_is_migrated_with_a_copy_that_the_command_names(small, version):
    path = old_ledger(small.folder, version)
    before = content(path)
    code = "from taskonomy_cli.app import main; sys.argv[:2] = ['tk', '--registry']; sys.argv += ['status']; main()"
    status, _, err = ended(child(code, "--registry", small.roster.path))
    kept = small.folder / f"ledger.v{version}.sqlite"
    assert status == 0
    sentence = f"The ledger {path} is now of version {NEWEST}; as it was, of version {version}, it is kept in {kept}.\n"
    assert err.startswith(sentence)
    assert content(kept) == before
    assert content(path)[0] == NEWEST
    assert not list(small.folder.glob("*.part*"))


def test_a_fresh_ledger_has_no_copy(small, caplog):
    Store.open(small.folder).close()
    Store.open(small.folder).close()
    assert [path.name for path in small.folder.glob("ledger*")] == ["ledger.sqlite"]
    assert caplog.messages == []


def test_a_newer_ledger_is_refused_and_not_touched(small):
    Store.open(small.folder).close()
    path = small.folder / "ledger.sqlite"
    database = sqlite3.connect(path, isolation_level=None)
    database.execute(f"PRAGMA user_version = {NEWEST + 1}")
    database.close()
    before = content(path)
    with pytest.raises(LedgerError) as caught:
        Store.open(small.folder)
    assert told(caught) == (
        f"The ledger {path} is of version {NEWEST + 1}; this taskonomy knows versions up to {NEWEST}.",
        "Type: pip install --upgrade taskonomy",
    )
    assert content(path) == before


KILLED_AT = """
from taskonomy_core.ledger import store
whole, seen = store.connect, []
def traced(folder, patience):
    database = whole(folder, patience)
    def look(statement):
        seen.append(statement)
        if len(seen) == int(sys.argv[2]):
            os.kill(os.getpid(), signal.SIGKILL)
    database.set_trace_callback(look)
    return database
store.connect = traced
store.Store.open(Path(sys.argv[1]))
"""


def test_a_kill_in_the_middle_of_a_migration_leaves_the_old_ledger_whole(tmp_path):
    """At every statement of it, from the first question to the commit."""
    before = None
    for number in range(1, 100):
        folder = tmp_path / str(number)
        path = old_ledger(folder, 1)
        before = before or content(path)
        status, _, err = ended(child(KILLED_AT, folder, number))
        if status == 0:  # fewer statements than that
            break
        assert status == -signal.SIGKILL, err
        assert content(path) == before
        Store.open(folder).close()
        assert content(path)[0] == NEWEST
        assert content(folder / "ledger.v1.sqlite") == before
    assert number > sum(map(len, MIGRATIONS[1:])) + 3  # the question, BEGIN, the steps with their numbers, COMMIT


def test_two_processes_migrate_one_ledger_once(tmp_path):
    path = old_ledger(tmp_path / "store", 1)
    before = content(path)
    code = """
from taskonomy_core.ledger.store import Store
print("ready", flush=True)
sys.stdin.read()
Store.open(Path(sys.argv[1])).close()
"""
    ends = at_once(code, *[[path.parent]] * 3)
    assert [status for status, _, _ in ends] == [0, 0, 0]
    assert sorted("is now of version" in err for _, _, err in ends) == [False, False, True]
    assert content(path.parent / "ledger.v1.sqlite") == before
    assert content(path)[0] == NEWEST


# Two programs on one ledger


@pytest.mark.parametrize("disk", ["ext4", "nfs4"])  # with a write-ahead log and without
def test_two_runs_on_one_ledger_do_no_job_twice_and_end_as_one_alone(small, undisturbed, disk):
    (small.folder.parent / "mountinfo").write_text(f"1 0 0:1 / / rw - {disk} server:/export rw\n")
    (small.folder.parent / "slow").write_text("0.05")
    ends = at_once(TRAIN_ALL, *[[small.roster.path]] * 2)
    header = (small.folder / "ledger.sqlite").read_bytes()[18:20]  # how it is journalled
    assert header == (b"\x02\x02" if disk == "ext4" else b"\x01\x01")
    assert [(status, err) for status, _, err in ends] == [(0, "")] * 2
    lines = (small.folder.parent / "log").read_text().splitlines()
    assert len({line.split(" ", 1)[0] for line in lines}) == 2  # both did some
    begun = log(small)
    assert set(begun.values()) == {1}
    assert len(begun) == JOBS
    assert end_of(small) == undisturbed


def test_the_jobs_of_a_killed_run_are_taken_over_by_the_one_beside_it(small, undisturbed):
    path, slow = small.folder.parent / "log", small.folder.parent / "slow"
    slow.write_text("600")
    first = child(TRAIN_ALL, small.roster.path, stdin=subprocess.DEVNULL)
    while not path.exists():
        assert first.poll() is None
        time.sleep(0.01)
    slow.write_text("0")
    second = child(TRAIN_ALL, small.roster.path, stdin=subprocess.DEVNULL)
    while len(path.read_text().splitlines()) < 5:
        assert second.poll() is None
        time.sleep(0.01)
    first.kill()
    assert ended(first)[0] == -signal.SIGKILL
    assert ended(second)[::2] == (0, "")
    (killed,) = [line for line in path.read_text().splitlines() if line.startswith(f"{first.pid} ")]
    begun = log(small)
    assert {name: times for name, times in begun.items() if times > 1} == {killed.split(" ", 1)[1]: 2}
    assert len(begun) == JOBS
    assert end_of(small) == undisturbed


def test_two_copies_at_the_same_instant_are_both_whole(small):
    train_all(small)
    stores = [Store.open(small.folder) for _ in range(2)]
    copies = iter(stores[1:])
    replace_ = Path.replace

    def late(self, target):
        for other in copies:
            other.back_up()
        return replace_(self, target)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Path, "replace", late)
        stores[0].back_up()
    for store in stores:
        store.close()
    assert content(small.folder / "ledger.backup")[1] == content(small.folder / "ledger.sqlite")[1]


# Clocks


class Clock:
    """Monotonic seconds as the test says."""

    def __init__(self):
        self.now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def _wall_clock_jumps(monkeypatch):
    """Each look at the wall clock is decades away from the one before."""
    jumps = iter(range(10**9))
    monkeypatch.setattr(time, "time", lambda: 1.7e9 + (-1) ** next(jumps) * 50 * YEAR)


def watched(store, clock, seconds, owner=None):
    """Look on for a while; an owner beats meanwhile."""
    for _ in range(round(seconds / HEARTBEAT)):
        clock.now += HEARTBEAT
        if owner is not None:
            store.beat(owner)
        store.snapshot()
    return set(store.snapshot().claims)


@pytest.mark.usefixtures("_wall_clock_jumps")
def test_a_process_elsewhere_is_dead_once_it_was_seen_silent_whatever_the_clocks_say(small):
    clock = Clock()
    elsewhere = replace(Owner.this(), host="elsewhere")
    with Store.open(small.folder, clock=clock) as store:
        job = small.planner(store).keys.constant("taska")
        store.claim([job], elsewhere, -1)
        assert watched(store, clock, 3 * SILENCE, owner=elsewhere) == {job.key}
        clock.now += 20 * YEAR  # this machine slept, or its clock was set: it has not listened meanwhile
        assert watched(store, clock, SILENCE - 2 * HEARTBEAT) == {job.key}
        clock.now -= 30 * YEAR
        assert store.claim([job], Owner.this(), -1) == []
        assert watched(store, clock, 3 * HEARTBEAT) == set()
        assert store.claim([job], Owner.this(), -1) == [job]
        store.beat(elsewhere)  # too late: the claim is another's now
        (claim,) = store.snapshot().claims.values()
        assert (claim.pid, claim.by_heartbeat) == (os.getpid(), False)


def test_who_looks_once_takes_nobody_elsewhere_for_dead(small):
    elsewhere = replace(Owner.this(), host="elsewhere")
    with Store.open(small.folder) as store:
        job = small.planner(store).keys.constant("taska")
        store.claim([job], elsewhere, -1)
        store._db.execute("UPDATE claim SET heartbeat = 0")  # decades ago, by the clocks of older versions
    with Store.open(small.folder) as store:
        assert [claim.by_heartbeat for claim in store.snapshot().claims.values()] == [True]


@pytest.mark.usefixtures("_wall_clock_jumps")
def test_a_run_waits_for_a_process_elsewhere_and_takes_over_when_it_is_silent(small, undisturbed, monkeypatch):
    clock = Clock()
    opened = Store.open
    monkeypatch.setattr(Store, "open", lambda folder, **options: opened(folder, clock=clock, **options))
    naps = []

    def nap(seconds):
        naps.append(clock.now)
        clock.now += HEARTBEAT

    monkeypatch.setattr(coordinator.time, "sleep", nap)
    with Store.open(small.folder) as store:
        store.record_facts({small.data_fact: "fingerprint", small.encoder_fact: "1"})
        keys = small.planner(store).keys
        store.claim([keys.network("taska")], replace(Owner.this(), host="elsewhere"), -1)
    train_all(small)
    assert SILENCE <= naps[-1] <= SILENCE + 2 * HEARTBEAT
    assert set(log(small).values()) == {1}
    assert end_of(small) == undisturbed


# registry.toml


def test_two_registers_at_the_same_instant_lose_no_task(tmp_path):
    path = write_registry(tmp_path / "registry.toml", {"taska": "both"})
    code = """
from taskonomy_core.registry.editing import register_tasks, unregister_task
from taskonomy_core.registry.roster import RosterTask
path, name = Path(sys.argv[1]), sys.argv[2]
print("ready", flush=True)
sys.stdin.read()
for number in range(15):
    register_tasks(path, [RosterTask(f"{name}{number}", f"made-up[{name}]", 1)])
    if number % 3 == 2:
        unregister_task(path, f"{name}{number}")
"""
    ends = at_once(code, [path, "left"], [path, "right"])
    assert [(status, err) for status, _, err in ends] == [(0, "")] * 2
    kept = {f"{name}{number}" for name in ("left", "right") for number in range(15) if number % 3 != 2}
    assert set(Project.read(path).roster.tasks) == {"taska"} | kept
    assert [file.name for file in tmp_path.iterdir()] == ["registry.toml"]
