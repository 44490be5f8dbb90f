"""One run with the fake trainer, as a process of its own.

`python one_run.py REGISTRY EXECUTOR JOBS` runs it once. `python one_run.py` reads commands, and forks runs from a
process that has imported everything already: "go REGISTRY EXECUTOR JOBS" is answered by a process number, "end NUMBER"
by the exit status once that process has ended (negative: the signal).
"""

import os
import sys
import traceback
from dataclasses import replace
from pathlib import Path

import fake_trainer  # noqa: F401 - imported before the fork

from taskonomy_core.contract.executor import Workplace
from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.run import RunSummary, new_order, run
from taskonomy_core.ledger.store import Store
from taskonomy_core.registry.load import Loaded
from taskonomy_core.registry.resolve import executor as executor_of


def one_run(registry: Path, executor: str = "inline", jobs: int = 1, **options) -> RunSummary:
    """Train all that is left, as `tk transfer` would."""
    project = Project.read(registry)
    kind = executor_of(executor)
    with Store.open(project.folder) as store:
        store.record_facts({project.data_fact: "fingerprint", project.encoder_fact: "1"})
        plan = project.plan(store, retry_since=store.snapshot().serial)
        order = new_order(store, plan, "cpu", jobs, 6, new_only=False, fail_fast=False)
        order = replace(order, opener="fake_trainer:open_fake")
        with kind.open(Workplace(jobs, project.folder)) as pool:
            return run(project, store, order, pool, Loaded(), **options)


def _forked(words: list[str]) -> int:
    pid = os.fork()
    if pid == 0:
        status = 1
        try:
            one_run(Path(words[0]), words[1], int(words[2]))
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    return pid


def _serve() -> None:
    for line in sys.stdin:
        command, *words = line.split()
        if command == "go":
            print(_forked(words), flush=True)
        else:
            print(os.waitstatus_to_exitcode(os.waitpid(int(words[0]), 0)[1]), flush=True)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        one_run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
    else:
        _serve()
