import json

import pytest

from taskonomy_core.contract.executor import JobReport
from taskonomy_core.errors import PluginError
from taskonomy_plugins.journal import taskonomy_job_done

REPORT = JobReport("ab12", "transfer", "normals", ("edges_texture", "jigsaw"), "done", 1.5)


def test_every_job_is_one_line(tmp_path):
    taskonomy_job_done(REPORT, str(tmp_path))
    taskonomy_job_done(
        JobReport("cd34", "network", "jigsaw", (), "failed", 0.5, "It diverged\nat step 3."), str(tmp_path)
    )
    first, second = map(json.loads, (tmp_path / "journal.jsonl").read_text().splitlines())
    assert first == {
        "key": "ab12",
        "kind": "transfer",
        "target": "normals",
        "sources": ["edges_texture", "jigsaw"],
        "state": "done",
        "seconds": 1.5,
        "reason": "",
    }
    assert second["reason"] == "It diverged\nat step 3."


def test_a_journal_that_cannot_be_written_is_an_expected_error(tmp_path):
    (tmp_path / "journal.jsonl").mkdir()
    with pytest.raises(PluginError, match=r"journal.*cannot be written \(Is a directory\)") as caught:
        taskonomy_job_done(REPORT, str(tmp_path))
    assert caught.value.hint.endswith("tk status")
