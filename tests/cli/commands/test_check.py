from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from click.testing import Result

from taskonomy_core.contract.checks import task_checks

Run = Callable[..., Result]
RULES = [check.name for check in task_checks()]


def test_every_rule_of_a_sound_task(run: Run, brightness: str) -> None:
    result = run("check", brightness)
    assert result.exit_code == 0
    head, *rows = [line.split() for line in result.stdout.splitlines()]
    assert head == ["TASK", "RULE", "RESULT", "WHY"]
    assert [row[:2] for row in rows] == [["brightness", rule] for rule in RULES]
    assert {row[2] for row in rows} <= {"passed", "skipped"}


def test_json_of_a_task_that_fails(run: Run, brightness: str, here: Path) -> None:
    file = here / brightness
    file.write_text(file.read_text().replace("loss=l1_loss", "loss=lambda p, t, m: l1_loss(p, t, m).mean()"))
    result = run("check", brightness, "--json")
    assert result.exit_code == 2
    found = {row["rule"]: row for row in json.loads(result.stdout)}
    assert list(found) == RULES
    assert found["loss_is_one_number_per_image"]["result"] == "failed"
    assert found["loss_is_one_number_per_image"]["message"]
    assert found["loss_is_best_at_the_ideal"]["result"] == "skipped"
    assert [rule for rule, row in found.items() if row["result"] == "failed"] == ["loss_is_one_number_per_image"]


def test_unknown(run: Run) -> None:
    result = run("check", "normal")
    assert result.exit_code == 2
    assert result.stderr.startswith("There is no task 'normal'. Did you mean normals?")
