from __future__ import annotations

import click
import pytest

from taskonomy_cli.options import Amount, Count


@pytest.mark.parametrize(("text", "number"), [("0", 0.0), ("2.5", 2.5), ("1e3", 1000.0)])
def test_amounts(text: str, number: float) -> None:
    assert Amount().convert(text, None, None) == number


@pytest.mark.parametrize("text", ["-1", "nan", "inf", "six", ""])
def test_what_is_no_amount(text: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        Amount().convert(text, None, None)
    assert caught.value.message == f"{text!r} is not a finite number from 0."


def test_above_zero() -> None:
    with pytest.raises(click.BadParameter) as caught:
        Amount(above_zero=True).convert("0", None, None)
    assert caught.value.message == "'0' is not a finite number above 0."


@pytest.mark.parametrize("text", ["0", "-3", "two", "1.5", ""])
def test_what_is_no_count(text: str) -> None:
    with pytest.raises(click.BadParameter) as caught:
        Count().convert(text, None, None)
    assert caught.value.message == f"{text!r} is not a whole number from 1."
    assert Count().convert("3", None, None) == 3
