"""`tk demo` with a recipe so small that it takes seconds: the real tasks, the real rooms, the real solver."""

from __future__ import annotations

import json
import sys


def test_it_ends_with_a_taxonomy_its_pictures_and_what_to_type_next(run, here, monkeypatch, tiny_project):
    tiny_project(here / "small")
    done = run("demo", "--folder", "small", "--jobs", "1", "--device", "cpu")
    assert done.exit_code == 0, done.stderr
    assert done.stderr.startswith("Going on with the project in small.\n")
    assert "Label " in done.stdout
    assert "proved best" in done.stdout
    assert "tk register FILE.py" in done.stderr
    for name in ("affinity.png", "taxonomy.png", "predictions.png"):
        assert (here / "small" / name).read_bytes().startswith(b"\x89PNG")
    page = (here / "small" / "report.html").read_text()
    assert "Input of Normals, example 1" in page
    assert "small/report.html in a browser" in done.stderr
    journal = (here / "small" / ".taskonomy" / "journal.jsonl").read_text().splitlines()
    assert {json.loads(line)["state"] for line in journal} == {"done"}
    # 4 networks; 3 targets from 3 sources each, one and two at a time; scratch and constant of each target.
    assert len(journal) == 4 + 9 + 9 + 3 + 3
    again = run("demo", "--folder", "small", "--device", "cpu")
    assert again.stdout == done.stdout
    assert "Nothing to train" in again.stderr
    # A task that breaks afterwards is named; what it was trained to is still there.
    monkeypatch.setitem(sys.modules, "taskonomy_tasks.normals", None)
    without = run("demo", "--folder", "small", "--device", "cpu")
    assert (without.exit_code, without.stdout) == (0, done.stdout)
    assert "normals is left out: taskonomy[normals] cannot be imported from " in without.stderr
    assert without.stderr.count("normals is left out") == 1
    assert "Drawn: small/predictions.png" in without.stderr
