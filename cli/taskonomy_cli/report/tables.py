"""Tables of a report: rows of text, as the terminal has them, for a page that a screen reader can read too."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Table:
    """A table whose first column names its rows.

    Attributes:
        caption: what it shows.
        columns: their names.
        rows: as many cells each as there are columns.
        numbers: the columns that hold numbers, which stand on the right.
        note: a sentence below; may be empty.
    """

    caption: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    numbers: Sequence[str] = ()
    note: str = ""

    def is_number(self, place: int) -> bool:
        """Whether a column, counted from 0, holds numbers."""
        return self.columns[place] in self.numbers
