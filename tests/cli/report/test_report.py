"""`tk report`: what stands in the file, and what it says where something is missing."""

from __future__ import annotations

import hashlib
import json
import re
from base64 import b64encode
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from taskonomy_cli.app import tk
from taskonomy_cli.commands import report as command
from taskonomy_cli.report import contents

from .conftest import HOSTILE


def invoke(folder: Path, *arguments: str) -> Result:
    given = ["--registry", str(folder / "registry.toml"), *arguments]
    return CliRunner().invoke(tk, given, prog_name="tk", catch_exceptions=False)


def rows(text: str, caption: str) -> list[list[str]]:
    """The cells of a table, without markup."""
    table = text.split(f"<caption>{caption}</caption>", 1)[1].split("</table>", 1)[0]
    found = [re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr>")[1:]]
    return [[unescape(cell) for cell in row] for row in found]


def test_the_file_is_small_and_holds_all_of_itself(report: Path) -> None:
    text = report.read_text()
    assert len(text.encode()) < command.LARGEST
    assert not re.search(r"""(src|href)=["'](?!data:|#)""", text)
    assert not re.search(r"@import|url\((?!#)", text)
    assert " style=" not in text


def test_the_policy_names_its_own_script_and_style_alone(report: Path) -> None:
    text = report.read_text()
    policy = unescape(text.split('http-equiv="Content-Security-Policy" content="')[1].split('"')[0])
    assert policy.startswith("default-src 'none'; img-src data:; ")
    for tag in ("style", "script"):
        (inside,) = re.findall(f"<{tag}>(.*?)</{tag}>", text, re.DOTALL)
        assert f"{tag}-src 'sha256-{b64encode(hashlib.sha256(inside.encode()).digest()).decode()}'" in policy
    assert "unsafe" not in policy


def test_titles_are_escaped(report: Path) -> None:
    text = report.read_text()
    assert HOSTILE not in text
    assert "<img src=x" not in text
    assert text.count("</script>") == 1
    # The page, the alternatives of pictures and the drawings all show it.
    assert "&lt;img src=x onerror" in text


def test_what_was_trained(report: Path, trained: Path) -> None:
    text = report.read_text()
    jobs = {row[0]: row[1] for row in rows(text, "Networks and transfers")}
    # 5 tasks, 4 of them targets: denoising, egomotion, normals, brightness; random_projection is never trained.
    assert (jobs["task networks"], jobs["transfers from 1 source"]) == ("5", str(4 * 4))
    assert (jobs["from-scratch networks"], jobs["constants"]) == ("4", "4")
    tasks = {row[0]: row for row in rows(text, "Tasks")[1:]}
    assert tasks["brightness"][1] == HOSTILE
    assert tasks["random_projection"][3] == "source"
    assert tasks["normals"][7].startswith("mean angle (degrees) ")
    settings = dict(rows(text, "Settings"))
    assert (settings["train_images"], settings["size.image"], settings["network.epochs"]) == ("16", "32", "1")
    assert {"taskonomy", "torch"} <= dict(rows(text, "Versions")).keys()
    assert "16 train, 16 transfer, 12 test; 32 x 32 pixels" in text


def test_its_taxonomies_are_those_of_tk_taxonomy(report: Path, trained: Path) -> None:
    text = report.read_text()
    answer = json.loads(invoke(trained, "taxonomy", "--all-budgets", "--json").stdout)
    stairs = rows(text, "What every budget buys")[1:]
    assert [row[0] for row in stairs] == [f"{step['budget']:g}" for step in answer["steps"]]
    for step in answer["steps"]:
        shown = {row[0]: row[1] for row in rows(text, f"Budget {step['budget']:g}")[1:]}
        assert shown == {
            edge["target"]: "its own labels" if edge["sources"] == [edge["target"]] else " + ".join(edge["sources"])
            for edge in step["edges"]
        }
    assert len(re.findall(r'<details class="step"[^>]* open>', text)) == 1


def test_its_sanity_table_is_that_of_tk_sanity(report: Path, trained: Path) -> None:
    expected = json.loads(invoke(trained, "sanity", "--json").stdout)
    found = rows(report.read_text(), "Share of test images on which a task&#39;s own network has the lower loss")
    assert {row[0]: row[1] for row in found[1:-1]} == {
        row["task"]: f"{row['over_constant']:.0%}".replace("%", " %") for row in expected["tasks"]
    }


def test_budget_order_and_objective_may_be_asked_for(trained: Path, tmp_path: Path) -> None:
    place = tmp_path / "deep" / "other.html"
    options = ("--budget", "1", "--order", "1", "--objective", "gain", "--examples", "0", "--draws", "5")
    done = invoke(trained, "report", "-o", str(place), *options)
    assert done.exit_code == 0
    assert done.stderr.splitlines()[-1].startswith(f"Written: {place} (")
    text = place.read_text()
    (first,) = re.findall(r'<details class="step" data-budget="([^"]*)"[^>]* open>', text)
    assert first == "1"
    assert "tk taxonomy --budget 1 --order 1 --objective gain" in text
    assert "Objective: gain, at most 1 source to a transfer." in text
    assert "Galleries" not in text


def test_what_makes_it_too_large_is_left_out_and_said(
    trained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contents, "_GRAPHS", 1)
    monkeypatch.setattr(contents, "_STAIRCASE", 1)
    place = tmp_path / "small.html"
    assert invoke(trained, "report", "-o", str(place), "--budget", "2", "--examples", "0").exit_code == 0
    text = place.read_text()
    steps = text.split('<details class="step"')[1:]
    assert ["<svg" in step.split("</details>")[0] for step in steps] == [
        step.startswith(' data-budget="2"') for step in steps
    ]
    assert text.count("Its graph is left out, to keep this file small") == len(steps) - 1
    assert "tk taxonomy --all-budgets --plot budgets.svg draws it." in text
    assert invoke(trained, "taxonomy", "--all-budgets", "--plot", str(tmp_path / "budgets.svg")).exit_code == 0


def test_a_broken_task_is_named_and_the_others_are_shown(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (project / "brightness.py").write_text("raise RuntimeError('no more')")
    done = invoke(project, "report", "--examples", "1", "--draws", "5")
    assert done.exit_code == 0
    text = (project / "report.html").read_text()
    assert "Input of Normals, example 1" in text
    assert "brightness is not shown: " in done.stderr
    assert "brightness is not shown: " in text


def test_a_project_that_is_not_trained_says_what_to_type(run, here, tiny_project) -> None:  # type: ignore[no-untyped-def]
    tiny_project(here)
    done = run("report")
    assert done.exit_code == 2
    assert "Type: tk transfer" in done.stderr
    assert not (here / "report.html").exists()


@pytest.mark.parametrize(
    ("place", "said"),
    [
        ("report.pdf", "A report cannot be written as 'report.pdf'.\nGive a name that ends in .html.\n"),
        ("file/report.html", "file/report.html cannot be written: Not a directory.\nGive another place with -o.\n"),
        ("folder.html", "is a directory"),
    ],
)
def test_a_place_that_cannot_be_written_is_refused_first(run, here, from_file, place, said) -> None:  # type: ignore[no-untyped-def]
    (here / "file").write_text("")
    (here / "folder.html").mkdir()
    done = run("report", "--from", str(from_file.with_name("scores.json")), "-o", place)
    assert done.exit_code == 2
    assert said in done.stderr


def test_an_impossible_choice_is_told_in_the_page(run, here, from_file) -> None:  # type: ignore[no-untyped-def]
    scores = json.loads(from_file.with_name("scores.json").read_text())
    for facts in scores["tasks"].values():
        facts["role"] = "target" if facts["role"] == "both" else "unused"
    (here / "scores.json").write_text(json.dumps(scores))
    done = run("report", "--from", "scores.json", "-o", "report.html")
    assert done.exit_code == 0, done.stderr
    assert "Infeasible at every budget: " in (here / "report.html").read_text()
