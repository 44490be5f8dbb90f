"""The settings name their own faults; the class names are what labels are made from."""

from __future__ import annotations

import pytest

from taskonomy_plugins.rooms.config import CAMERAS, FURNITURE, ROOM_TYPES, RoomsConfig


def test_the_names_are_distinct_and_as_many_as_asked_for():
    assert len(set(FURNITURE)) == len(FURNITURE) >= 12
    assert len(set(ROOM_TYPES)) == len(ROOM_TYPES) == 6
    assert CAMERAS == 4


def test_good_settings_have_no_faults():
    assert RoomsConfig().faults() == ()
    assert RoomsConfig(image=256, seed=2**40, antialias=4, field_of_view=75).faults() == ()


@pytest.mark.parametrize(
    ("settings", "fault"),
    [
        ({"image": 4}, "image is 4, not a whole number from 8 to 2048"),
        ({"image": 64.0}, "image is 64.0, not a whole number from 8 to 2048"),
        ({"seed": -1}, "seed is -1, not a whole number from 0 to 9223372036854775807"),
        ({"antialias": True}, "antialias is True, not a whole number from 1 to 8"),
        ({"field_of_view": 170}, "field_of_view is 170, not a whole number from 30 to 100"),
    ],
)
def test_every_setting_has_limits(settings, fault):
    assert RoomsConfig(**settings).faults() == (fault,)


def test_all_faults_are_told_at_once():
    assert len(RoomsConfig(image=0, seed=-1, antialias=0, field_of_view=0).faults()) == 4
