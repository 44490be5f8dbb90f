from __future__ import annotations

import pytest

from taskonomy_core.registry.naming import listed, nearest, noun, shortened


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("presett", " Did you mean preset?"),
        ("tas", " Did you mean tasks or status?"),
        ("zebra", ""),
    ],
)
def test_nearest_names_only_what_is_near(name: str, told: str) -> None:
    assert nearest(name, ["preset", "seed", "tasks", "status"]) == told


def test_names_that_share_a_prefix_do_not_crowd_in() -> None:
    assert nearest("taskonomy_task", ["taskonomy_tasks", "taskonomy_encoders"]) == " Did you mean taskonomy_tasks?"


def test_kinds_have_words() -> None:
    assert (noun("data"), noun("encoder")) == ("data source", "encoder")


@pytest.mark.parametrize(
    ("names", "told"), [(["a"], "a"), (["a", "b"], "a and b"), ({"a": 1, "b": 2, "c": 3}, "a, b and c")]
)
def test_names_in_a_row(names: list[str], told: str) -> None:
    assert listed(names) == told


def test_long_texts_are_cut() -> None:
    assert (shortened("abc", 3), shortened("abcd", 3)) == ("abc", "abc...")
