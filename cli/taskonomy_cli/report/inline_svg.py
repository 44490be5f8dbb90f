"""Pictures of matplotlib as SVG that stands inside a page.

A page of several drawings has one name space and, here, a policy that allows no style attributes. So styles become
presentation attributes (the page's own style sheet may then turn ink light in the dark), ids that nothing refers to
go, others get a prefix, and numbers keep as many digits as can be seen.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory
from xml.etree import ElementTree as Xml

from markupsafe import Markup

from taskonomy_core.report.canvas import FAINT, INK, MUTED, PALETTE
from taskonomy_core.report.significance_picture import BAND, RANGE

# The colours of our drawings -> variables of the page, which has others for them in the dark.
_VARIABLES = {
    "#ffffff": "paper",
    "#000000": "ink",
    INK: "ink",
    MUTED: "muted",
    FAINT: "faint",
    RANGE: "range",
    BAND: "band",
    **{colour: f"c{number}" for number, colour in enumerate(PALETTE)},
}
_DIGITS = 1  # of lengths in points
_FINE = 3  # of what is multiplied: scales in transforms, opacities
_NUMBER = re.compile(r"-?\d+\.\d+(?:e-?\d+)?|-?\d+e-?\d+")
_REFERENCE = re.compile(r"url\(#([^)]+)\)")
# font: [style] [weight] 9px 'DejaVu Sans', ...; the page has its own family.
_FONT = re.compile(r"(?:(?:italic|oblique) )?(?:(?P<weight>bold|\d00) )?(?P<size>[\d.]+)px\b")
_LENGTHS = frozenset({"d", "x", "y", "width", "height", "points", "font-size", "stroke-width", "stroke-dasharray"})
_FACTORS = frozenset({"transform", "opacity", "fill-opacity", "stroke-opacity", "stroke-dashoffset"})


def drawn(draw: Callable[[Path], object], label: str, prefix: str, *, themed: bool = True) -> Markup:
    """What a function draws to a path that ends in .svg, as an element of a page.

    Args:
        draw: one of report's draw_ functions, all but its place given.
        label: what it shows, for those who do not see it.
        prefix: of its ids, unique in the page.
        themed: whether the page may change its colours; else it stays as it was drawn, on white.
    """
    with TemporaryDirectory() as folder:
        path = Path(folder) / "drawing.svg"
        draw(path)
        return inlined(path.read_text(encoding="utf-8"), label, prefix, themed=themed)


def inlined(svg: str, label: str, prefix: str, *, themed: bool = True) -> Markup:
    """An SVG document of matplotlib as an element of a page; all that it says is escaped."""
    root = Xml.fromstring(svg)
    _drop(root, {"metadata", "style", "title", "desc"})
    _unwrap(root)
    used = {name for element in root.iter() for name in _referred(element)}
    ids = {name: f"{prefix}-{number}" for number, name in enumerate(sorted(used))}
    for element in root.iter():
        element.tag = _local(element.tag)
        _restyle(element, ids)
        if themed:
            _theme(element)
    _, _, width, height = root.get("viewBox", "0 0 1 1").split()
    # matplotlib counts in points; a point is 4/3 pixels of a page.
    size = {"width": f"{float(width) * 4 / 3:.0f}", "height": f"{float(height) * 4 / 3:.0f}"}
    kind = "drawing themed" if themed else "drawing"
    kept = {"viewBox": root.get("viewBox", "")} | size | {"role": "img", "aria-label": label, "class": kind}
    root.attrib.clear()
    root.attrib.update(kept)
    # The serialiser escapes text and attributes.
    return Markup(Xml.tostring(root, encoding="unicode", short_empty_elements=True))


def _local(name: str) -> str:
    return name.rpartition("}")[2]


def _drop(root: Xml.Element, tags: set[str]) -> None:
    for parent in list(root.iter()):
        for child in list(parent):
            if _local(child.tag) in tags:
                parent.remove(child)
            child.tail = None
        if _local(parent.tag) not in ("text", "tspan"):
            parent.text = None


def _unwrap(root: Xml.Element) -> None:
    """Groups that hold one thing and say nothing themselves make way for it."""
    for parent in list(root.iter()):
        for place, child in enumerate(list(parent)):
            while _local(child.tag) == "g" and len(child) == 1 and not set(child.attrib) - {"id"}:
                (child,) = child
            parent[place] = child


def _referred(element: Xml.Element) -> list[str]:
    found = [name for value in element.attrib.values() for name in _REFERENCE.findall(value)]
    return found + [
        value[1:] for name, value in element.attrib.items() if _local(name) == "href" and value.startswith("#")
    ]


def _restyle(element: Xml.Element, ids: dict[str, str]) -> None:
    attributes: dict[str, str] = {}
    for name, value in element.attrib.items():
        name = _local(name)
        if name == "style":
            attributes |= _presentation(value)
        elif name == "id":
            attributes |= {"id": ids[value]} if value in ids else {}
        elif name == "href":
            attributes[name] = f"#{ids[value[1:]]}" if value.startswith("#") else value
        elif name != "space":
            attributes[name] = value
    element.attrib.clear()
    for name, value in attributes.items():
        element.set(name, _short(name, _REFERENCE.sub(lambda found: f"url(#{ids[found[1]]})", value)))


def _theme(element: Xml.Element) -> None:
    """Variables reach what is drawn by reference (`use`), where no selector of the page does."""
    for name in ("fill", "stroke"):
        variable = _VARIABLES.get(element.get(name, "").lower())
        if variable:
            element.set(name, f"var(--{variable})")


def _presentation(style: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for part in style.split(";"):
        name, _, value = (piece.strip() for piece in part.partition(":"))
        if name == "font":
            font = _FONT.match(value)
            assert font is not None, value
            found["font-size"] = font["size"]
            if font["weight"]:
                found["font-weight"] = font["weight"]
        elif name:
            found[name] = value
    return found


def _short(name: str, value: str) -> str:
    if name not in _LENGTHS | _FACTORS:
        return value
    digits = _DIGITS if name in _LENGTHS else _FINE
    if name == "d":
        value = re.sub(r"\s*([A-DF-Za-df-z])\s*", r"\1", value.strip())
    return _NUMBER.sub(lambda found: _rounded(float(found[0]), digits), value)


def _rounded(number: float, digits: int) -> str:
    text = f"{number:.{digits}f}".rstrip("0").rstrip(".")
    return "0" if text == "-0" else text
