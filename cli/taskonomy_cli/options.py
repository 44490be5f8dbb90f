"""Types of options that several commands take."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    _Number = click.ParamType[float]
    _Whole = click.ParamType[int]
else:
    _Number = _Whole = click.ParamType  # older releases of click know no type of what it gives


class Amount(_Number):
    """A finite number from 0, or above 0."""

    name = "number"

    def __init__(self, *, above_zero: bool = False) -> None:
        self._above_zero = above_zero

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """The number of a text; a usage error where it is none."""
        try:
            number = float(value)
        except ValueError:
            number = math.nan
        if not math.isfinite(number) or number < 0 or (self._above_zero and number == 0):
            self.fail(f"{value!r} is not a finite number {'above' if self._above_zero else 'from'} 0.", param, ctx)
        return number


class Count(_Whole):
    """A whole number from 1."""

    name = "number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number of a text; a usage error where it is none."""
        try:
            number = int(value)
        except ValueError:
            number = 0
        if number < 1:
            self.fail(f"{value!r} is not a whole number from 1.", param, ctx)
        return number
