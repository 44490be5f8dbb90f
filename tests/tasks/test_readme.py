"""tasks/README.md is what the tasks say of themselves."""

from __future__ import annotations

import runpy
from functools import partial
from pathlib import Path

import pytest

from taskonomy_core.blocks import DenseDecoder, PairwiseDecoder, VectorDecoder, cross_entropy
from taskonomy_core.taxonomy.aliases import EXTRA_SOURCE, PUBLISHED_NAMES, TASK_BANK_NAMES
from taskonomy_core.taxonomy.published_tasks import PUBLISHED_TASKS

ROOT = Path(__file__).parents[2]
FILE = ROOT / "tasks" / "README.md"


@pytest.fixture(scope="module")
def dictionary():
    """What docs/dictionary.py defines."""
    return runpy.run_path(str(ROOT / "docs" / "dictionary.py"))


def rows():
    """The table: the cells of every task by its name."""
    lines = [line for line in FILE.read_text(encoding="utf-8").splitlines() if line.startswith("|")]
    head, _, *body = [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]
    assert {len(cells) for cells in body} == {len(head)}
    return {cells[0].strip("[").partition("]")[0]: dict(zip(head, cells, strict=True)) for cells in body}


def test_it_is_what_the_tasks_say(dictionary):
    assert dictionary["FILE"] == FILE
    assert FILE.read_text(encoding="utf-8") == dictionary["page"](), (
        "tasks/README.md is not up to date; type: make docs"
    )


def test_every_task_of_the_paper_is_in_it_under_its_code_names():
    names = {name: ours for name, ours in (PUBLISHED_NAMES | TASK_BANK_NAMES).items() if name != "class_selected"}
    listed = {name: task for task, row in rows().items() for name in row["the paper's code name"].split("`")[1::2]}
    assert listed == names
    assert len(rows()) == 26


def test_the_authors_files_are_read_with_the_titles_and_groups_of_our_tasks():
    said = {name: facts for name, facts in PUBLISHED_TASKS.items() if name != EXTRA_SOURCE}
    assert said == {name: (row["title"], row["group"]) for name, row in rows().items()}


def test_some_rows():
    table = rows()
    assert table["normals"] == {
        "task": "[normals](#normals)",
        "title": "Normals",
        "the paper's code name": "`rgb2sfnorm`",
        "group": "3d",
        "input": "1 picture",
        "labels": "`normal`, `mask_valid`",
        "output": "3 x H x W",
        "loss": "`l1_loss`",
        "head": "`DenseDecoder(tanh=True)`",
        "metrics": "mean angle (degrees); median angle (degrees); within 11.25 degrees (%); within 22.5 degrees (%); "
        "within 30 degrees (%)",
        "used as": "source and target",
        "version": "1",
    }
    assert table["jigsaw"]["input"] == "9 altered pieces of 1 picture"
    assert table["denoising"]["input"] == "1 picture, altered"
    assert table["colorization"]["input"] == "1 picture, altered; its encoder sees `lightness`, 1 channel"
    assert table["egomotion"]["input"] == "3 pictures (triplets)"
    assert (table["egomotion"]["output"], table["segmentation_2d"]["output"]) == ("12 numbers", "64 x H/2 x W/2")
    # Facts 1.1: the four that are never a target.
    assert {name: row["used as"] for name, row in table.items() if "target" not in row["used as"]} == {
        "colorization": "source",
        "inpainting": "source",
        "jigsaw": "source",
        "random_projection": "source, never trained",
    }


def test_what_parts_are_called(dictionary):
    called = dictionary["called"]
    assert called(DenseDecoder()) == "DenseDecoder()"
    assert called(DenseDecoder(centre=0.5)) == "DenseDecoder(centre=0.5)"
    assert called(VectorDecoder()) == "VectorDecoder(layers=2)"
    assert called(PairwiseDecoder(pairs=((0, 1),))) == "PairwiseDecoder(layers=3, pairs=((0, 1),))"
    assert called(partial(cross_entropy, weights=(1.0, 2.0))) == "cross_entropy(weights=...)"
    assert called(dict) == "dict"
