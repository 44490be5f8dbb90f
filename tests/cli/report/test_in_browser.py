"""The report as people meet it: opened from disk in headless Chromium, without a network."""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("playwright.sync_api", reason="playwright is not installed: pip install playwright")

SECTIONS = (
    "What was trained",
    "Sanity",
    "Affinity",
    "Taxonomies",
    "Staircase",
    "Significance",
    "Similarity",
    "Galleries",
)
Open = Callable[..., Any]


@pytest.fixture
def opened(browser: Any) -> Iterator[Open]:
    """`opened(path, width=360)` is the page; at the end, what it said and asked for is looked at."""
    contexts, said, asked = [], [], []

    def go(path: Path, address: str = "", **options: Any) -> Any:
        width = options.pop("width", 1280)
        context = browser.new_context(offline=True, viewport={"width": width, "height": 800}, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(path.resolve().as_uri() + address)
        return page

    yield go
    for context in contexts:
        context.close()
    assert said == []
    assert [url for url in asked if not url.startswith(("file:", "data:"))] == []
    assert len([url for url in asked if url.startswith("file:")]) == len(contexts)


def shown_budgets(page: Any) -> list[str]:
    found: list[str] = page.eval_on_selector_all(
        ".step", "steps => steps.filter(step => step.offsetParent && step.open).map(step => step.dataset.budget)"
    )
    return found


def test_the_slider_the_buttons_and_the_keyboard_choose_the_budget(opened: Open, report: Path) -> None:
    page = opened(report)
    budgets = page.eval_on_selector_all(".step", "steps => steps.map(step => step.dataset.budget)")
    assert len(budgets) > 2
    assert shown_budgets(page) == [budgets[-1]]  # the project's budget of 6 is beyond the last step
    page.focus("#budget")
    page.keyboard.press("Home")
    assert shown_budgets(page) == budgets[:1]
    assert page.get_attribute("#budget", "aria-valuetext") == f"Budget {budgets[0]}"
    assert page.inner_text("#chosen").startswith(f"{budgets[0]}: 1 task to label at cost 1")
    assert page.is_visible(f"text=Taxonomy at budget {budgets[0]}")
    assert page.is_disabled("#less")
    page.click("#more")
    assert shown_budgets(page) == budgets[1:2]
    assert page.evaluate("location.hash") == f"#budget={budgets[1]}"
    page.fill("#budget", "0")
    assert shown_budgets(page) == budgets[:1]


def test_the_address_carries_the_budget(opened: Open, report: Path) -> None:
    assert shown_budgets(opened(report, "#budget=1")) == ["1"]
    page = opened(report, "#budget=nonsense")
    assert len(shown_budgets(page)) == 1
    page.evaluate("location.hash = 'budget=2'")
    page.wait_for_function("document.querySelector('#chosen').value.startsWith('2:')")
    assert shown_budgets(page) == ["2"]


def test_every_picture_is_there(opened: Open, report: Path) -> None:
    page = opened(report)
    sizes = page.eval_on_selector_all(
        "img", "pictures => Promise.all(pictures.map(async p => { await p.decode(); return p.naturalWidth; }))"
    )
    # Two examples of: three targets with five columns each, and what else is trained.
    assert len(sizes) >= 2 * 3 * 5
    assert min(sizes) > 1
    heights = page.eval_on_selector_all(
        "svg.drawing", "all => all.filter(one => one.getClientRects().length).map(one => one.getBBox().height)"
    )
    assert len(heights) == 5  # affinity, the chosen taxonomy, staircase, significance, similarity
    assert min(heights) > 20


def test_hostile_titles_are_only_words(opened: Open, report: Path) -> None:
    page = opened(report)
    page.wait_for_timeout(100)
    assert page.title() == "five: taskonomy report"
    assert page.query_selector("[onerror]") is None
    assert page.evaluate("document.scripts.length") == 1
    assert "<img src=x onerror=" in page.inner_text("#galleries")


def test_its_policy_lets_nothing_else_run(browser: Any, report: Path, tmp_path: Path) -> None:
    tampered = tmp_path / "tampered.html"
    text = report.read_text().replace("</main>", "<img src='x' onerror='document.title=1'></main>")
    tampered.write_text(text.replace("<footer>", "<footer><script>document.title = 'owned'</script>"))
    assert tampered.read_text().count("owned'</script>") == 1
    context = browser.new_context(offline=True)
    page = context.new_page()
    refused: list[str] = []
    page.on("console", lambda message: refused.append(message.text))
    page.goto(tampered.as_uri())
    page.wait_for_timeout(100)
    assert page.title() == "five: taskonomy report"
    assert any("Content Security Policy" in text for text in refused)
    context.close()


def test_without_script_the_tables_and_pictures_are_there(opened: Open, report: Path) -> None:
    page = opened(report, java_script_enabled=False)
    assert page.locator(".chooser").is_hidden()
    steps = page.locator(".step > summary")
    assert steps.count() > 2
    assert all(steps.nth(number).is_visible() for number in range(steps.count()))
    assert page.locator(".step[open] svg").is_visible()
    steps.first.click()
    assert page.locator(".step").first.locator("table").is_visible()
    assert page.locator("#staircase table").is_visible()
    assert page.locator("#galleries img").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1280])
def test_axe_finds_no_violation(opened: Open, report: Path, scheme: str, width: int) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="pip install axe-playwright-python")
    page = opened(report, width=width, color_scheme=scheme)
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("width", [360, 1280, 3840])
def test_it_never_scrolls_sideways(opened: Open, report: Path, width: int) -> None:
    page = opened(report, width=width)
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def test_ink_is_light_in_the_dark_and_dark_on_paper(opened: Open, report: Path) -> None:
    page = opened(report, color_scheme="dark")
    fill = "element => getComputedStyle(element).fill"
    text = page.locator(".step[open] svg text").first
    assert text.evaluate(fill) == "rgb(230, 234, 238)"
    # What is drawn by reference, too: the rings of the targets.
    marks = page.locator(".step[open] svg use")
    assert "rgb(230, 234, 238)" in {mark.evaluate("e => getComputedStyle(e).stroke") for mark in marks.all()}
    page.emulate_media(media="print")
    assert text.evaluate(fill) == "rgb(31, 41, 51)"


def test_print_has_every_section_and_the_chosen_budget(opened: Open, report: Path) -> None:
    pypdf = pytest.importorskip("pypdf", reason="pip install pypdf")
    page = opened(report, "#budget=1")
    printed = pypdf.PdfReader(io.BytesIO(page.pdf(prefer_css_page_size=True)))
    # Its letters are joined: "fi" is one sign.
    pages = [unicodedata.normalize("NFKC", each.extract_text()) for each in printed.pages]
    begins = [next(number for number, text in enumerate(pages) if text.startswith(name)) for name in SECTIONS[1:]]
    assert SECTIONS[0] in pages[0]
    assert begins == sorted(set(begins))  # each begins a page of its own
    text = " ".join(pages)
    assert "Taxonomy at budget 1" in text
    assert "Taxonomy at budget 2" not in text
    assert sum(len(each.images) for each in printed.pages) >= 2 * 3 * 5


def test_the_report_of_a_file_has_what_needs_no_losses(opened: Open, from_file: Path) -> None:
    page = opened(from_file)
    headings = page.locator("h2").all_inner_texts()
    assert [heading.split(":")[0] for heading in headings] == ["What was read", *SECTIONS[2:-1]]
    assert "scores.json" in page.inner_text("#run")
    assert "tk taxonomy --from" in page.inner_text(".step[open]")
    assert page.title() == "scores.json: taskonomy report"
