"""A taxonomy as the file that somebody takes away."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Mapping
from pathlib import Path

from taskonomy_cli import answers
from taskonomy_cli.measured import Measured
from taskonomy_core.taxonomy.taxonomy import Taxonomy

TYPES = {"svg": "image/svg+xml", "png": "image/png", "json": "application/json", "csv": "text/csv"}


def as_csv(answer: Taxonomy) -> bytes:
    """A row per target: what serves it (itself: full supervision; several sources with + between), and its scores."""
    text = io.StringIO()
    rows = csv.writer(text, lineterminator="\n")
    rows.writerow(("target", "sources", "affinity", "gain", "quality"))
    rows.writerows((e.target, "+".join(e.needs), e.affinity, e.gain, e.quality) for e in answer.edges)
    return text.getvalue().encode()


def as_picture(measured: Measured, answer: Taxonomy, roles: Mapping[str, str], kind: str) -> bytes:
    """The picture that `tk taxonomy --plot` draws, SVG or PNG."""
    from taskonomy_core.report.taxonomy_picture import draw_taxonomy

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"taxonomy.{kind}"
        draw_taxonomy(answer, path, titles=measured.titles, unused=answers.left_unused(answer, roles))
        return path.read_bytes()
