from __future__ import annotations

import click
import pytest

from taskonomy_cli.options import Amount, Assignment, Count, Names, TaskName, TaskNames


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


def test_names_of_tasks_outside_of_a_project() -> None:
    # What is installed is known all the same.
    assert TaskName().convert("rgb2sfnorm", None, None) == "normals"
    assert TaskName().convert("rgb2sfnorm.py", None, None) == "rgb2sfnorm.py"
    assert TaskName().convert("class_selected", None, None) == "class_selected"
    assert TaskNames().convert(" random,taxonomy , taskonomy[normals],,", None, None) == (
        *("random_projection", "taxonomy", "taskonomy[normals]", "", ""),
    )
    assert TaskNames().convert(("rgb2depth",), None, None) == ("depth_zbuffer",)


def test_names_of_measured_tasks_stay_as_they_are_typed() -> None:
    assert Names().convert("rgb2sfnorm, denoise", None, None) == ("rgb2sfnorm", "denoise")
    assert Names().convert(("a",), None, None) == ("a",)
    for text in ("", "a,,b", ","):
        with pytest.raises(click.BadParameter) as caught:
            Names().convert(text, None, None)
        assert caught.value.message == f"{text!r} names no task."


def test_assignments() -> None:
    assert Assignment().convert("normals=2.5", None, None) == ("normals", 2.5)
    assert Assignment().convert(" a = 0 ", None, None) == ("a", 0.0)
    for text in ("normals", "=2", "normals=", ""):
        with pytest.raises(click.BadParameter) as caught:
            Assignment().convert(text, None, None)
        assert caught.value.message == f"{text!r} is not of the form TASK=N, for example normals=2.5."
    with pytest.raises(click.BadParameter, match="'two' is not a finite number from 0"):
        Assignment().convert("a=two", None, None)
