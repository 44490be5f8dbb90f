import pytest

from taskonomy_cli.wording import counted, duration, estimated, failures, megabytes, part_name, several
from taskonomy_core.ledger.estimate import Estimate


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s"), (89.4, "89 s"), (90, "2 min"), (600, "10 min"), (5399, "90 min"), (5400, "1.5 h"), (360000, "100 h")],
)
def test_durations(seconds, words):
    assert duration(seconds) == words


def test_estimates():
    assert estimated(Estimate(60.0, 0)) == "60 s"
    assert estimated(Estimate(60.0, 2)) == "over 60 s"
    assert estimated(Estimate(0.0, 2)) == "unknown"


def test_jobs():
    assert counted(["transfer", "network", "transfer"]) == "1 task network, 2 transfers"
    assert counted([]) == "nothing"
    assert part_name("network", 0) == "task networks"
    assert part_name("transfer", 1) == "transfers from 1 source"
    assert part_name("transfer", 3) == "transfers from 3 sources"
    assert part_name("reference", 1) == "reference readouts"
    assert several(1, "job") == "1 job"
    assert several(0, "job") == "0 jobs"


def test_sizes():
    assert megabytes(0) == "0.0 MiB"
    assert megabytes(3 * 2**20) == "3.0 MiB"
    assert megabytes(3 * 2**30) == "3.0 GiB"


def test_failures_are_sorted():
    assert failures({"b": "why", "a": "because"}) == ["  a: because", "  b: why"]
