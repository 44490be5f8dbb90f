from __future__ import annotations

import re

from taskonomy_core.taxonomy.aliases import EXTRA_SOURCE, PUBLISHED_NAMES, TASK_BANK_NAMES, our_name


def test_twenty_six_tasks_and_one_extra_source_have_names_of_their_own():
    ours = list(PUBLISHED_NAMES.values())
    assert len(set(ours)) == len(ours) == 27
    assert EXTRA_SOURCE in ours
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) for name in ours)


def test_the_task_bank_names_the_same_tasks():
    assert set(TASK_BANK_NAMES.values()) < set(PUBLISHED_NAMES.values())
    assert our_name("inpainting_whole") == our_name("impainting_whole") == "inpainting"


def test_an_unknown_name_stays():
    assert our_name("rgb2sfnorm") == "normals"
    assert our_name("self") == "self"
    assert our_name("mytask") == "mytask"
