"""Drawings of matplotlib become elements that a strict page may hold."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree as Xml

from taskonomy_cli.report.inline_svg import drawn, inlined
from taskonomy_core.report.canvas import new_figure, save
from taskonomy_core.report.taxonomy_picture import draw_taxonomy
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.taxonomy import OPTIMAL, Taxonomy

HOSTILE = "</svg><script>alert(1)</script>"
ANSWER = Taxonomy(
    OPTIMAL,
    budget=1.0,
    max_order=1,
    objective_name="sqrt",
    sources=("normals",),
    cost=1.0,
    edges=(Edge("normals", (), 0.9, 0.8, 0.5), Edge("depth", ("normals",), 0.1, 0.7, 0.4)),
    objective=1.0,
    bound=1.0,
)


def picture(prefix: str = "a", themed: bool = True) -> str:
    return drawn(lambda path: draw_taxonomy(ANSWER, path, titles={"depth": HOSTILE}), HOSTILE, prefix, themed=themed)


def elements(svg: str) -> list[Xml.Element]:
    return list(Xml.fromstring(svg).iter())


def test_no_style_no_script_no_foreign_name_space() -> None:
    found = elements(picture())
    assert not [element for element in found if "style" in element.attrib]
    assert {element.tag for element in found} <= {"svg", "g", "path", "text", "defs", "use", "clipPath", "rect"}
    assert not [name for element in found for name in element.attrib if "}" in name or ":" in name]
    assert "<script" not in picture()


def test_words_stay_words_and_titles_are_escaped() -> None:
    root, *rest = elements(picture())
    assert root.get("aria-label") == HOSTILE
    said = [element.text for element in rest if element.tag == "text"]
    assert "Taxonomy at budget 1" in said
    assert any(text and text.startswith("</svg><script>") for text in said)


def test_ids_are_its_own_and_all_are_referred_to() -> None:
    one, other = (
        {element.get("id") for element in elements(picture(prefix)) if element.get("id")} for prefix in ("a", "b")
    )
    assert one
    assert not one & other
    referred = set(re.findall(r'url\(#([^)]+)\)|href="#([^"]+)"', picture("a")))
    assert {first or second for first, second in referred} == one


def test_colours_become_variables_of_the_page_unless_it_is_a_sheet() -> None:
    assert 'stroke="var(--c0)"' in picture()
    assert "#0072b2" not in picture()
    assert 'stroke="#0072b2"' in picture(themed=False)
    assert "var(" not in picture(themed=False)
    # Digits and an e, which a careless eye takes for a number.
    assert 'fill="#5e0e10"' in inlined('<svg viewBox="0 0 1 1"><path style="fill: #5e0e10"/></svg>', "", "a")


def test_numbers_keep_what_can_be_seen() -> None:
    given = (
        '<svg viewBox="0 0 100.5 50"><path d="M 1.23456 -0.0000001 L 1e-07 20.96 z" '
        'style="stroke-width: 1.26; font: bold 9.04px sans-serif" transform="scale(0.123456)"/></svg>'
    )
    path = elements(inlined(given, "label", "a"))[1]
    assert path.get("d") == "M1.2 0L0 21z"
    assert (path.get("stroke-width"), path.get("transform")) == ("1.3", "scale(0.123)")
    assert (path.get("font-size"), path.get("font-weight")) == ("9", "bold")


def test_it_is_as_large_in_pixels_as_it_was_in_points(tmp_path: Path) -> None:
    found = Xml.fromstring(drawn(lambda path: save(new_figure(3, 1.5), path), "empty", "a"))
    assert (found.get("width"), found.get("height"), found.get("viewBox")) == ("288", "144", "0 0 216 108")
