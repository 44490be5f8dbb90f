"""A whole run by Parsl gives the ledger that a run in one process gives, also when a worker is killed under it."""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from waiting import alive, needs_parsl

from taskonomy_core.contract.executor import ExecutorKind, Workplace
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.records import Result
from taskonomy_core.ledger.run import RunSummary, new_order, run
from taskonomy_core.ledger.store import Store
from taskonomy_plugins.executors.inline import INLINE
from taskonomy_plugins.executors.parsl import PARSL

LEDGER_TESTS = Path(__file__).parents[2] / "core" / "ledger"
sys.path.insert(0, str(LEDGER_TESTS))

from fake_trainer import write_registry  # noqa: E402

TASKS = {"taska": "both", "taskb": "both", "taskc": "both", "onlyx": "source"}
# Of a result: where and when it was made, and not what it is.
PLACE = {"serial": 0, "run": "", "host": "", "process": 0, "finished": ""}


class Ears:
    """Listeners that hear nothing."""

    def tell(self, report: object, folder: str) -> list[object]:
        return []


@pytest.fixture(autouse=True)
def _found(monkeypatch: pytest.MonkeyPatch) -> None:
    """Workers find the module `fake_trainer`."""
    paths = [str(LEDGER_TESTS), *filter(None, [os.environ.get("PYTHONPATH")])]
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join(paths))


def trained(
    folder: Path, kind: ExecutorKind, jobs: int, say: Callable[[str], None] = lambda text: None
) -> tuple[dict[str, Result], RunSummary]:
    """What the ledger of a project has after a run."""
    project = Project.read(write_registry(folder / "registry.toml", TASKS))
    with Store.open(project.folder) as store:
        store.record_facts({project.data_fact: "fingerprint", project.encoder_fact: "1"})
        order = new_order(store, project.plan(store), "cpu", jobs, 6, False, False)
        order = replace(order, opener="fake_trainer:open_fake")
        with kind.open(Workplace(jobs, project.folder)) as pool:
            summary = run(project, store, order, pool, Ears(), on_trouble=lambda trouble: say(trouble.message))
        results = store.snapshot().results
    return {key: replace(one, **PLACE) for key, one in results.items()}, summary


@needs_parsl
def test_it_gives_what_a_run_in_one_process_gives(tmp_path: Path) -> None:
    for name in ("here", "parsl"):
        (tmp_path / name).mkdir()
    expected, alone = trained(tmp_path / "here", INLINE, 1)
    found, together = trained(tmp_path / "parsl", PARSL, 2)
    assert found == expected
    assert len(together.done) == len(alone.done) == len(expected) > 20
    assert (together.failed, together.left, together.stopped) == ((), (), False)
    begun = [line.split(" ", 1) for line in (tmp_path / "parsl" / "log").read_text().splitlines()]
    assert str(os.getpid()) not in {pid for pid, _ in begun}
    assert len({name for _, name in begun}) == len(begun)  # nothing was trained twice


@needs_parsl
def test_a_worker_that_is_killed_costs_its_unit_alone(tmp_path: Path) -> None:
    for name in ("here", "parsl"):
        (tmp_path / name).mkdir()
    expected, _ = trained(tmp_path / "here", INLINE, 1)
    (tmp_path / "parsl" / "slow").write_text("0.1")
    log, said = tmp_path / "parsl" / "log", []

    def kill_one() -> None:
        while not log.exists() or len(log.read_text().splitlines()) < 8:
            time.sleep(0.02)
        os.kill(int(log.read_text().splitlines()[-1].split()[0]), signal.SIGKILL)

    killer = threading.Thread(target=kill_one)
    killer.start()
    found, summary = trained(tmp_path / "parsl", PARSL, 2, said.append)
    killer.join()
    assert found == expected
    assert (summary.failed, summary.left) == ((), ())
    (lost,) = said
    assert lost.startswith("The worker of the ")
    assert lost.endswith("it is tried again in 1 s.")
    assert not any(alive(int(line.split()[0])) for line in log.read_text().splitlines())
