"""One run with the fake trainer, as a process of its own: python one_run.py REGISTRY EXECUTOR JOBS [--new-only]."""

import sys
from dataclasses import replace
from pathlib import Path

from taskonomy_core.ledger.project import Project
from taskonomy_core.ledger.run import RunSummary, new_order, run
from taskonomy_core.ledger.store import Store
from taskonomy_core.registry.load import Loaded
from taskonomy_core.registry.resolve import executor as executor_of


def one_run(registry: Path, executor: str = "inline", jobs: int = 1, **options) -> RunSummary:
    """Train all that is left, as `tk transfer` would."""
    project = Project.read(registry)
    with Store.open(project.folder) as store:
        store.record_facts({project.data_fact: "fingerprint", project.encoder_fact: "1"})
        plan = project.plan(store, retry_since=store.snapshot().serial)
        order = new_order(store, plan, "cpu", jobs, 6, new_only=False, fail_fast=False)
        order = replace(order, opener="fake_trainer:open_fake")
        return run(project, store, order, executor_of(executor), Loaded(), **options)


if __name__ == "__main__":
    one_run(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3]))
