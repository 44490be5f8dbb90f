"""What everybody can see and use: windows, colours, axe-core, reasons, hostile titles, a hundred tasks."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

TITLE = "<img src=x onerror=\"document.title='owned'\"></script><script>alert(1)</script>"


@pytest.fixture(scope="session")
def axe():
    """The text of axe-core, which arrives in a package."""
    package = pytest.importorskip("axe_playwright_python", reason="axe-core is in: pip install axe-playwright-python")
    return (Path(package.__file__).parent / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def faults(axe):
    """Gives what axe-core finds wrong with a page."""

    def find(driven):
        driven.page.evaluate(axe)
        found = driven.page.evaluate("() => axe.run().then(found => found.violations)")
        return [(fault["id"], [node["html"][:200] for node in fault["nodes"]]) for fault in found]

    return find


@pytest.fixture(scope="session")
def hundred(tmp_path_factory):
    """Scores of 100 tasks, each with a transfer from every other."""
    draws, names = np.random.default_rng(1), [f"task_{n:03d}" for n in range(100)]
    edges = []
    for place, target in enumerate(names):
        sources = [(), *((source,) for source in names if source != target)]
        # Tasks are of four kinds, and every ninth serves well.
        near = [4 if not used else (1 + 3 * (int(used[0][-3:]) % 4 == place % 4)) for used in sources]
        good = [1 + (int(used[0][-3:]) % 9 == 0) if used else 1 for used in sources]
        worth = np.array(near) * good * draws.uniform(0.2, 1.0, len(sources))
        for used, affinity in zip(sources, (worth / worth.sum()).tolist(), strict=True):
            scores = {"affinity": affinity, "gain": 0.9, "quality": 0.5 if not used else 0.4}
            edges.append({"target": target, "sources": list(used), "order": len(used), **scores})
    facts = {name: {"title": f"The task of number {name[-3:]}", "group": "2d", "role": "both"} for name in names}
    value = {"format": "taskonomy-measurements", "version": 1, "edges": edges, "images": {}, "tasks": facts}
    path = tmp_path_factory.mktemp("hundred") / "hundred.json"
    path.write_text(json.dumps(value))
    return path


def too_wide(driven):
    """By how many pixels the page is wider than its window."""
    return driven.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")


@pytest.mark.parametrize(
    ("width", "height", "scheme"), [(360, 740, "dark"), (1440, 900, "light"), (3840, 2160, "dark")]
)
def test_every_window_and_both_colours_are_legible(drive, faults, width, height, scheme):
    driven = drive(width=width, height=height, color_scheme=scheme).open("budget=3")
    driven.page.wait_for_selector(".next-best")
    driven.page.wait_for_selector(".matrix")
    assert too_wide(driven) <= 0
    sizes = "texts => texts.map(text => parseFloat(getComputedStyle(text).fontSize))"
    letters = driven.page.eval_on_selector_all(".graph text", sizes)
    assert min(letters) >= (10 if width < 3840 else 16)
    overlap = """names => names.filter((one, n) => names.some((other, m) => {
        const [a, b] = [one.getBoundingClientRect(), other.getBoundingClientRect()];
        return n < m && a.left < b.right - 1 && b.left < a.right - 1 && a.top < b.bottom - 3 && b.top < a.bottom - 3;
    })).map(text => text.textContent)"""
    assert driven.page.eval_on_selector_all(".graph .name", overlap) == []
    assert faults(driven) == []


def test_axe_finds_nothing_in_any_state(drive, faults):
    driven = drive(width=1100).open("budget=0&have=jigsaw&cost=normals:2")
    assert faults(driven) == []
    driven.page.get_by_role("button", name="My new task").click()
    driven.page.get_by_role("tab", name="Similarity").click()
    driven.page.wait_for_selector(".tree")
    assert faults(driven.wait()) == []
    driven.page.get_by_role("button", name="I already have labels").click()
    driven.page.get_by_role("tab", name="Significance").click()
    driven.page.wait_for_selector(".measure")
    driven.page.locator("summary", has_text="scores").click()
    assert faults(driven.wait()) == []
    driven.chip("reshading").click()
    driven.page.wait_for_selector(".advice table")
    assert faults(driven) == []


def test_dark_and_light_may_be_chosen_and_stay(drive):
    driven = drive(color_scheme="light").open()
    ground = "getComputedStyle(document.body).backgroundColor"
    light = driven.page.evaluate(ground)
    driven.page.get_by_label("Colours").select_option("dark")
    dark = driven.page.evaluate(ground)
    driven.page.reload()
    driven.wait()
    assert (light, driven.page.evaluate(ground)) == ("rgb(255, 255, 255)", dark) != (light, light)
    driven.page.get_by_label("Colours").select_option("")
    assert driven.page.evaluate(ground) == light


def test_nothing_moves_for_those_who_asked_for_stillness(drive):
    moves = "getComputedStyle(document.querySelector('.graph .line')).transitionDuration"
    assert drive(reduced_motion="reduce").open().page.evaluate(moves) == "0s"
    assert drive(reduced_motion="no-preference").open().page.evaluate(moves) != "0s"


def test_kinds_of_tasks_differ_in_shape(drive):
    driven = drive().open("budget=3&source=reshading&forced=reshading&transfer_cost=denoising:50")
    shapes = "nodes => nodes.map(node => [node.classList[1], node.querySelector('.mark').tagName])"
    kinds = driven.page.eval_on_selector_all(".graph .node", shapes)
    assert {tuple(kind) for kind in kinds} >= {("supervised", "circle"), ("source", "rect"), ("transferred", "circle")}
    fill = "kind => getComputedStyle(document.querySelector(`.node.${kind} .mark`)).fill"
    assert driven.page.evaluate(fill, "supervised") != driven.page.evaluate(fill, "transferred")
    assert driven.page.locator(".idle .mark.unused").first.evaluate("mark => mark.tagName") == "path"


def test_a_transfer_of_several_sources_joins_before_its_target(drive):
    driven = drive().open("budget=3")
    _, served = driven.graph()
    several = [target for target, sources in served.items() if len(sources) > 1]
    assert several
    assert driven.page.locator(".graph .join").count() == len(several)


def test_what_cannot_be_had_is_told_with_the_reason(drive):
    driven = drive().open("budget=0")
    said = driven.page.locator("#graph").inner_text()
    assert "Nothing within the budget of 0 serves autoencoding" in said
    assert driven.page.locator(".infeasible li").count() == 5
    assert driven.page.get_by_role("status").first.inner_text() == "No choice of labels serves every target."
    driven.page.get_by_role("spinbutton", name="Budget").fill("3")
    assert driven.wait().page.locator(".graph").count() == 1


def test_what_the_api_refuses_is_a_sentence_with_what_to_do(drive):
    driven = drive()
    driven.page.goto(f"{driven.home}#forced=normals&ruled_out=normals")
    alert = driven.page.locator(".refused[role=alert]")
    assert "normals cannot be --forbid and --force at once." in alert.inner_text()
    assert "Leave one of the two out." in alert.inner_text()
    driven.complaints.clear()


def test_a_server_that_has_ended_is_told(drive):
    driven = drive().open("budget=2")
    driven.page.context.set_offline(True)
    driven.chip("reshading").press("u")
    driven.page.get_by_text("Is tk serve still running?").first.wait_for()
    driven.page.context.set_offline(False)
    driven.chip("reshading").press("s")
    driven.wait()
    assert driven.page.locator(".graph").count() == 1
    driven.complaints.clear()


def test_the_answer_is_announced(drive):
    driven = drive().open("budget=2")
    status = driven.page.locator("#answer[role=status]")
    first = status.inner_text()
    assert first.startswith("Label ")
    assert "Proved best." in first
    driven.page.get_by_role("spinbutton", name="Budget").fill("4")
    driven.wait()
    assert "of 4:" in status.inner_text()


def test_a_title_of_html_and_script_is_words(drive):
    driven = drive().open("budget=3")
    assert driven.chip("normals").locator(".title").inner_text() == TITLE
    driven.chip("normals").click()
    assert driven.page.locator("#details h2").inner_text() == TITLE
    driven.page.keyboard.press("Escape")
    for tab in ("Similarity", "Significance", "Affinity matrix"):
        driven.page.get_by_role("tab", name=tab).click()
    driven.page.wait_for_selector(".matrix")
    assert driven.page.locator("img, body script").count() == 0
    assert driven.page.title() == "Taxonomy · scores.json"


def test_a_hundred_tasks(drive, faults, hundred):
    driven = drive(hundred).open("budget=9")
    labelled, served = driven.graph()
    assert (len(labelled), len(served)) == (9, 100)
    driven.page.get_by_label("Find a task").fill("number 07")
    assert driven.page.locator(".chip:visible").count() == 10
    driven.page.wait_for_selector(".matrix")
    assert driven.page.locator(".matrix .cell").count() == 10_000
    assert too_wide(driven) <= 0
    narrow = drive(hundred, width=360).open("budget=9")
    assert narrow.graph() == (labelled, served)
    assert too_wide(narrow) <= 0
