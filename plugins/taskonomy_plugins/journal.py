"""The listener `journal`: one line of JSON for every job that ended, in journal.jsonl beside the ledger."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

from taskonomy_core.contract.executor import JobReport
from taskonomy_core.contract.hookspecs import hookimpl
from taskonomy_core.errors import PluginError

FILE = "journal.jsonl"


@hookimpl
def taskonomy_job_done(report: JobReport, folder: str) -> None:
    """Append the report to FOLDER/journal.jsonl; PluginError where that cannot be written (the run need not stop)."""
    path = Path(folder) / FILE
    try:
        with path.open("a", encoding="utf-8") as journal:
            journal.write(json.dumps(asdict(report)) + "\n")
    except OSError as error:
        raise PluginError(
            f"The journal {path} cannot be written ({error.strerror or error}); the results are stored all the same.",
            "Free the disk or its permissions, then type: tk status",
        ) from error
