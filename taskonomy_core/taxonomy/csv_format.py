"""Measurements as CSV: one line per transfer; docs/measurements.md describes it."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.registry.naming import listed, nearest, shortened
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.measurements import CORRECT, SCORES, Measurements, Row, whole_measurements

NEEDED = ("target", "sources", "order", "affinity", "gain", "quality")
COLUMNS = (*NEEDED, "over_constant", "images")
# Between the sources of a transfer: no name of a task has it.
JOIN = "+"

_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,4})?")
_WHOLE = re.compile(r"[0-9]{1,15}")
_NOT_FINITE = re.compile(r"[+-]?(nan|inf|infinity)", re.IGNORECASE)


def csv_text(affinity: Affinity) -> str:
    """Every edge as a line; numbers are written so that they are read back as they were."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(COLUMNS)
    for edge in affinity.edges:
        scores = ["" if (score := getattr(edge, name)) is None else repr(float(score)) for name in SCORES]
        images = affinity.images.get(edge.target, "")
        writer.writerow([edge.target, JOIN.join(edge.sources), edge.order, *scores, images])
    return out.getvalue()


def read_csv(file: str, text: str) -> Measurements:
    """What a CSV file says. `file` is its name for messages. Errors: TaxonomyError with the line."""
    rows, images = [], []
    for where, cells in _lines(file, text):
        rows.append(
            Row(
                where,
                cells["target"],
                tuple(source.strip() for source in cells["sources"].split(JOIN)) if cells["sources"] else (),
                {score: _number(file, where, score, cells.get(score, "")) for score in SCORES},
                order=_whole(file, where, "order", cells["order"], 0),
            )
        )
        if cells.get("images"):
            images.append((where, cells["target"], _whole(file, where, "images", cells["images"], 1)))
    return whole_measurements(file, rows, images)


def _lines(file: str, text: str) -> Iterator[tuple[str, dict[str, str]]]:
    """("line 2", column -> cell without the spaces around it), past the head; empty lines are passed over."""
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    columns: list[str] = []
    try:
        for line in reader:
            where = f"line {reader.line_num}"
            cells = [cell.strip() for cell in line]
            if not any(cells) and len(cells) < 2:
                continue
            if not columns:
                _check_columns(file, where, cells)
                columns = cells
            elif len(cells) != len(columns):
                raise TaxonomyError(f"{file}, {where}: it has {len(cells)} cells, not {len(columns)}.", CORRECT)
            else:
                yield where, dict(zip(columns, cells, strict=True))
    except csv.Error as error:
        raise TaxonomyError(f"{file}, line {reader.line_num}: it is not CSV ({error}).", CORRECT) from error
    if not columns:
        raise TaxonomyError(f"{file} is empty.", CORRECT)


def _check_columns(file: str, where: str, columns: list[str]) -> None:
    for column in columns:
        if column not in COLUMNS:
            raise TaxonomyError(
                f"{file}, {where}: there is no column {shortened(column)!r}.{nearest(column[:60], COLUMNS)}",
                f"The columns, with commas between them, are {listed(COLUMNS)}.",
            )
        if columns.count(column) > 1:
            raise TaxonomyError(f"{file}, {where}: the column {column} is there twice.", CORRECT)
    missing = [column for column in NEEDED if column not in columns]
    if missing:
        raise TaxonomyError(f"{file}, {where}: there is no column {listed(missing)}.", CORRECT)


def _number(file: str, where: str, column: str, cell: str) -> float | None:
    if not cell:
        return None
    if _NUMBER.fullmatch(cell) or _NOT_FINITE.fullmatch(cell):
        return float(cell)
    raise TaxonomyError(f"{file}, {where}: {column} is {shortened(cell)!r}, not a number.", CORRECT)


def _whole(file: str, where: str, column: str, cell: str, least: int) -> int:
    if _WHOLE.fullmatch(cell) and int(cell) >= least:
        return int(cell)
    raise TaxonomyError(f"{file}, {where}: {column} is {shortened(cell)!r}, not a whole number from {least}.", CORRECT)
