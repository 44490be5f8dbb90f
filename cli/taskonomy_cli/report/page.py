"""The page itself: one file whose policy lets nothing run or load but what it was written with."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from taskonomy_cli.report.contents import Budgets, Part
from taskonomy_cli.report.galleries import Gallery
from taskonomy_cli.report.run import Run

PACKAGE, FOLDER = "taskonomy_cli.report", "templates"


@dataclass(frozen=True)
class Report:
    """Everything that a page shows.

    Attributes:
        name: of the run or of what was read; heads the page.
        written: when, as people read it.
        version: of taskonomy.
        facts: (what, how much) for the list at the top.
        run: what was trained; None for files.
        affinity, budgets, chance, likeness: see contents.
        galleries: none for files.
        no_galleries: why there are none, or not all.
    """

    name: str
    written: str
    version: str
    facts: Sequence[tuple[str, str]]
    run: Run | None
    affinity: Part
    budgets: Budgets
    chance: Part
    likeness: Part
    galleries: Sequence[Gallery] = ()
    no_galleries: str = ""


def html(report: Report) -> str:
    """The file. Every text is escaped; what stands in it as markup are our own drawings, style and script."""
    style, script = (files(PACKAGE).joinpath(FOLDER, name).read_text(encoding="utf-8") for name in _OWN)
    policy = (
        f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )
    environment = Environment(
        loader=PackageLoader(PACKAGE, FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    template = environment.get_template("report.html")
    return template.render(report=report, policy=policy, style=Markup(style), script=Markup(script))


_OWN = ("report.css", "report.js")


def _hash(text: str) -> str:
    """As a Content-Security-Policy names what stands between two tags."""
    return f"sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}"
