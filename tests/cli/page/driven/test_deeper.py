"""The matrix before and after AHP, the tree, significance, stability and the pictures."""

from __future__ import annotations

import base64

import pytest

from taskonomy_cli.page.looking import affinity, similarity

# One white pixel.
PIXEL = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAWk1v8QAAAABJRU5ErkJggg==")


@pytest.fixture
def deeper(drive):
    def open_(tab, path=None, choice="budget=3"):
        driven = (drive(path) if path else drive()).open(choice)
        driven.page.get_by_role("tab", name=tab).click()
        return driven

    return open_


def names(driven, place):
    """The names beside the rows (end) or above the columns (start) of the matrix."""
    driven.page.wait_for_selector(".matrix")
    chosen = "end" if place == "rows" else "start"
    said = """(texts, chosen) => texts.filter(text => (text.getAttribute('text-anchor') ?? 'start') === chosen)
                .map(text => text.querySelector('title').textContent)"""
    return driven.page.eval_on_selector_all(".matrix .name", said, chosen)


def test_the_matrix_tells_of_each_cell_by_pointer_and_by_keys(deeper, of_file):
    known = affinity(of_file)
    driven = deeper("Affinity matrix")
    readout = driven.page.locator(".readout")
    driven.page.get_by_label("name", exact=True).check()
    driven.page.locator(".matrix").focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowDown"):
        driven.page.keyboard.press(key)
    target, source = names(driven, "rows")[1], names(driven, "columns")[1]
    said = readout.inner_text()
    row, column = known["targets"].index(target), known["sources"].index(source)
    own = f"{target}, its own network"
    assert said.startswith(own if target == source else f"{source} → {target}")
    assert f"{known['affinity'][row][column]:.3g}".rstrip("0") in said
    driven.page.locator(".matrix .cell").nth(2).hover()
    assert readout.inner_text() != said


def test_drawings_are_made_once_for_each_width_of_the_window(drive):
    counted = """(() => {
        window.drawn = [];
        const take = node => node.classList?.contains("matrix") && drawn.push(Number(node.getAttribute("width")));
        new MutationObserver(all => all.forEach(one => one.addedNodes.forEach(take)))
            .observe(document, { subtree: true, childList: true });
    })()"""
    driven = drive(width=1200)
    driven.page.add_init_script(counted)
    driven.open("budget=3").page.wait_for_selector(".matrix")
    driven.page.wait_for_timeout(200)
    driven.page.set_viewport_size({"width": 700, "height": 900})
    driven.page.wait_for_function("() => drawn.length > 1")
    driven.page.wait_for_timeout(200)
    wide, narrow = driven.page.evaluate("drawn")
    assert wide > narrow


def test_before_ahp_stand_the_gains(deeper, of_file):
    known = affinity(of_file)
    driven = deeper("Affinity matrix")
    driven.page.get_by_label("Before AHP").check()
    driven.page.get_by_label("name", exact=True).check()
    driven.page.locator(".matrix .cell").nth(len(known["sources"]) + 2).hover()
    target, source = names(driven, "rows")[1], names(driven, "columns")[2]
    gain = known["before"][known["targets"].index(target)][known["sources"].index(source)]
    assert f"gain {float(f'{gain:.3g}'):g}, rank" in driven.page.locator(".readout").inner_text()


def test_the_matrix_is_sorted_as_asked(deeper, of_file):
    driven = deeper("Affinity matrix")
    orders = {}
    for by in ("group", "similarity", "value", "name"):
        driven.page.get_by_label(by, exact=True).check()
        orders[by] = names(driven, "columns")
    titles = {name: facts.title or name for name, facts in of_file.facts.items()}
    assert orders["similarity"] == [titles[name] for name in similarity(of_file, ())["order"]]
    assert orders["name"] == sorted(titles.values())
    assert [of_file.facts[name].group for name in of_file.facts if titles[name] == orders["group"][0]] == ["2d"]
    assert len({tuple(order) for order in orders.values()}) == 4
    ranks = affinity(of_file)["ranks"]
    means = {}
    for place, source in enumerate(affinity(of_file)["sources"]):
        known = [row[place] for row in ranks if row[place] == row[place]]
        means[titles[source]] = sum(known) / len(known)
    assert means[orders["value"][0]] == min(means.values())


def test_the_tree_has_every_task_once(deeper, of_file):
    driven = deeper("Similarity")
    driven.page.wait_for_selector(".tree")
    shown = driven.page.eval_on_selector_all(".tree .name title", "titles => titles.map(title => title.textContent)")
    assert sorted(shown) == sorted(facts.title or name for name, facts in of_file.facts.items())


def test_significance_follows_the_choice(deeper):
    driven = deeper("Significance")
    driven.page.wait_for_selector(".measure")
    panel = driven.page.locator("#panel-significance")
    assert driven.page.locator(".measure").count() == 3
    first = panel.inner_text()
    assert "p = " in first
    driven.page.locator("#objective").select_option("gain")
    panel.get_by_text("objective (gain)").wait_for()
    assert panel.inner_text() != first


def test_tabs_turn_by_arrow_keys(deeper):
    driven = deeper("Affinity matrix")
    tab = driven.page.get_by_role("tab", selected=True)
    tab.press("End")
    assert tab.inner_text() == "Significance"
    tab.press("ArrowRight")
    assert tab.inner_text() == "Affinity matrix"


def test_a_project_tells_how_stable_each_choice_is(deeper, measured):
    driven = deeper("Stability", measured / "registry.toml", "")
    driven.page.wait_for_selector("#panel-stability table")
    said = driven.page.locator("#panel-stability").inner_text()
    assert "resamples of the test images" in said
    assert driven.page.locator("#panel-stability meter").count() > 2


def test_a_file_has_no_stability_and_no_pictures(drive):
    assert drive().open().page.get_by_role("tab").all_inner_texts() == ["Affinity matrix", "Similarity", "Significance"]


def test_the_pictures_of_a_task_with_their_losses(drive, of_file):
    driven = drive()
    asked = []

    def known(route):
        said = route.fetch().json()
        route.fulfill(json=said | {"has": {"bootstrap": False, "gallery": True}})

    def gallery(route):
        asked.append(route.request.url)
        if route.request.url.endswith(".png"):
            return route.fulfill(body=PIXEL, content_type="image/png")
        said = [("own", [], 0.125), ("transfer", ["jigsaw"], 0.25), ("scratch", [], 0.5)]
        voices = [{"by": by, "sources": s, "loss": loss, "picture": f"/api/gallery/a/{by}.png"} for by, s, loss in said]
        example = {"id": 7, "input": "/api/gallery/a/i.png", "target": "/api/gallery/a/t.png", "said": voices}
        return route.fulfill(json={"task": "reshading", "title": "reshading", "examples": [example]})

    driven.page.route("**/api/measurements", known)
    driven.page.route("**/api/gallery/**", gallery)
    driven.open("budget=2&target=reshading")
    driven.page.get_by_role("tab", name="Pictures").click()
    driven.page.get_by_label("Task", exact=True).select_option("reshading")
    figures = driven.page.locator("figcaption")
    figures.nth(4).wait_for()
    wanted = ["Input", "Truth", "Its own network loss 0.125", "From jigsaw loss 0.25", "From scratch loss 0.5"]
    assert figures.all_inner_texts() == wanted
    # The transfer that is asked for is the one of the taxonomy that is shown.
    _, served = driven.graph()
    sources = next(url for url in asked if "/reshading?" in url).split("sources=")[1]
    assert set(sources.split(",")) == served["reshading"]
    assert driven.page.locator("figure img").first.get_attribute("alt") == "Input: reshading, test picture 1"
