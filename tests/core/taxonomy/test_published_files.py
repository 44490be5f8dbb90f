"""The authors' files: read under our names, held against what a file must hold, and never run."""

from __future__ import annotations

import os
import pickle

import numpy as np
import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.aliases import PUBLISHED_NAMES
from taskonomy_core.taxonomy.exchange import read_measurements
from taskonomy_core.taxonomy.measurements import TaskFacts
from taskonomy_core.taxonomy.published import published_affinity

HINT = "\nThe files are those of results/ in the authors' repository, StanfordVL/taskonomy."


def write(path, table, protocol=3):
    path.write_bytes(pickle.dumps(table, protocol=protocol))
    return path


def numbers(**table):
    return {key: np.float64(number) for key, number in table.items()}


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_numbers_come_back_under_our_names(tmp_path, protocol):
    table = numbers(
        self__rgb2sfnorm=0.5, reshade__rgb2sfnorm=0.5, rgb2sfnorm__curvature__room_layout=0.75, pixels__room_layout=0.25
    )
    found = read_measurements(write(tmp_path / "all_affinities.pkl", table, protocol)).affinity
    assert [(edge.target, edge.sources, edge.affinity) for edge in found.edges] == [
        ("normals", (), 0.5),
        ("normals", ("reshading",), 0.5),
        ("room_layout", ("curvature", "normals"), 0.75),
    ]


class Runs:
    def __init__(self, path):
        self.path = str(path)

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_a_file_that_would_run_is_refused_and_nothing_runs(tmp_path):
    path = write(tmp_path / "all_affinities.pkl", numbers(a__b=1) | {"c__b": Runs(tmp_path / "it ran")})
    with pytest.raises(TaxonomyError) as refused:
        read_measurements(path)
    named = f"all_affinities.pkl is damaged or holds more than numbers: it names {os.mkdir.__module__}.mkdir."
    assert str(refused.value) == named + HINT
    assert not (tmp_path / "it ran").exists()
    pickle.loads(path.read_bytes())  # proves the trap
    assert (tmp_path / "it ran").exists()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ({"a__b": 1}, "all_affinities.pkl is not a table of named numbers."),
        ((1, 2), "all_affinities.pkl is not a table of named numbers."),
        ({"a__b": np.float32(1)}, "all_affinities.pkl is damaged or holds more than numbers: numbers of type <f4."),
        (
            numbers(alone=1),
            "all_affinities.pkl, key 'alone': it is not the names of sources and a target joined by __.",
        ),
        (numbers(self__a__b=1), "all_affinities.pkl, key 'self__a__b': self and pixels are no sources of a transfer."),
        (
            numbers(a__pixels__b=1),
            "all_affinities.pkl, key 'a__pixels__b': self and pixels are no sources of a transfer.",
        ),
        (
            numbers(a__b__c=0.5, b__a__c=0.5),
            "all_affinities.pkl, key 'b__a__c': a + b -> c is there already, at key 'a__b__c'.",
        ),
        (
            numbers(denoise__b=0.5, denoising__b=0.5),
            "all_affinities.pkl, key 'denoising__b': denoising -> b is there already, at key 'denoise__b'.",
        ),
        (numbers(a__a__b=1), "all_affinities.pkl, key 'a__a__b': the source a is there twice."),
        (
            numbers(a____b=1),
            "all_affinities.pkl, key 'a____b': '' is not the name of a task (a-z, 0-9, single underscores; at most ",
        ),
        ({"a__b\x1b": np.float64(1)}, r"all_affinities.pkl, key 'a__b\x1b': 'b\x1b' is not the name of a task"),
        (
            {"a__" + "b" * 5000: np.float64(1)},
            f"all_affinities.pkl, key 'a__{'b' * 57}...': '{'b' * 60}...' is not the name",
        ),
        (numbers(a__b=-0.5), "key 'a__b': the affinity of a -> b is -0.5; it must be a number from 0 to 1."),
        (numbers(a__b=np.nan), "the affinity of a -> b is nan; it must be a number from 0 to 1."),
        (numbers(a__b=np.inf), "the affinity of a -> b is inf; it must be a number from 0 to 1."),
        (numbers(self__b=1.5), "the affinity of own labels -> b is 1.5; it must be a number from 0 to 1."),
    ],
)
def test_faults_are_told_with_the_key(tmp_path, content, said):
    with pytest.raises(TaxonomyError) as refused:
        read_measurements(write(tmp_path / "all_affinities.pkl", content))
    assert said in refused.value.message
    assert refused.value.message.startswith("all_affinities.pkl")
    assert str(refused.value).endswith(HINT)


def test_a_missing_or_huge_file_is_named(tmp_path):
    with pytest.raises(TaxonomyError) as refused:
        published_affinity(tmp_path)
    assert str(refused.value) == (
        f"{tmp_path / 'all_affinities_16k.pkl'} cannot be read (No such file or directory).\n"
        "Give a file or folder of measurements; type for example: tk affinity --from results/all_affinities_16k.pkl"
    )
    with (tmp_path / "all_affinities_16k.pkl").open("wb") as file:
        file.truncate(10_000_001)
    with pytest.raises(TaxonomyError, match=r"^all_affinities_16k\.pkl is larger than 10 MB; measurements are not\."):
        published_affinity(tmp_path)


@pytest.mark.parametrize("ending", ["", "_1k", "_16k"])
def test_three_files_make_one(tmp_path, ending):
    table = numbers(self__jigsaw=0.6, random__jigsaw=0.1, random__denoise__jigsaw=0.2, pixels__jigsaw=0.1)
    path = write(tmp_path / f"all_affinities{ending}.pkl", table)
    # Win rates of a transfer that has no affinity are left out.
    wins = numbers(self__jigsaw=0.9, random__jigsaw=0.2, pixels__jigsaw=0.5, fix_pose__jigsaw=0.5)
    write(tmp_path / f"wins_vs_pixels{ending}.pkl", wins)
    write(tmp_path / f"wins_vs_task{ending}.pkl", numbers(random__jigsaw=0.3))
    found = read_measurements(path)
    assert [(e.sources, e.affinity, e.gain, e.quality) for e in found.affinity.edges] == [
        ((), 0.6, 0.9, 0.5),
        (("random_projection",), 0.1, 0.2, 0.3),
        (("denoising", "random_projection"), 0.2, None, None),
    ]
    assert (found.origin, found.notes) == (path.name, ())
    assert found.tasks["random_projection"] == TaskFacts("Random Projection", "other", role="source")
    assert {name: facts.role for name, facts in found.tasks.items()} == {
        "denoising": "source",
        "jigsaw": "both",
        "random_projection": "source",
    }


def test_win_rates_may_be_missing_and_are_checked_where_they_are_not(tmp_path):
    path = write(tmp_path / "all_affinities_1k.pkl", numbers(self__jigsaw=0.75, random__jigsaw=0.25))
    found = read_measurements(path)
    assert found.notes == (
        "wins_vs_pixels_1k.pkl is not beside all_affinities_1k.pkl, so that no gain is known.",
        "wins_vs_task_1k.pkl is not beside all_affinities_1k.pkl, so that no quality is known.",
    )
    assert [(edge.gain, edge.quality) for edge in found.affinity.edges] == [(None, 0.5), (None, None)]
    write(tmp_path / "wins_vs_pixels_1k.pkl", numbers(random__jigsaw=2))
    with pytest.raises(TaxonomyError) as refused:
        read_measurements(path)
    assert refused.value.message == (
        "wins_vs_pixels_1k.pkl, key 'random__jigsaw': the gain of random_projection -> jigsaw is 2.0; "
        "it must be a number from 0 to 1."
    )


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ({}, "all_affinities.pkl holds no transfer."),
        (numbers(self__b=1), "all_affinities.pkl holds no transfer into b."),
        (numbers(self__b=0.5, pixels__b=0.5), "all_affinities.pkl holds no transfer into b."),
        (numbers(self__b=0.5, a__b=0.498), "all_affinities.pkl: the affinities of b sum to 0.998, not to 1."),
        (
            numbers(self__b=0.5, a__b=0.5, pixels__b=0.1),
            "all_affinities.pkl: the affinities of b sum to 1.1, not to 1.",
        ),
    ],
)
def test_the_whole_file_must_hold_together(tmp_path, table, said):
    with pytest.raises(TaxonomyError) as refused:
        read_measurements(write(tmp_path / "all_affinities.pkl", table))
    assert str(refused.value) == said + HINT


def test_the_published_files_are_sound_and_have_the_papers_dictionary(published_folder):
    found = read_measurements(published_folder)
    assert (found.origin, found.notes, len(found.affinity.edges)) == ("all_affinities_16k.pkl", (), 1758)  # facts 3.6
    assert all(None not in (edge.affinity, edge.gain, edge.quality) for edge in found.affinity.edges)
    assert set(found.affinity.sources) == set(PUBLISHED_NAMES.values())
    assert (found.tasks["normals"].title, found.tasks["normals"].role) == ("Normals", "both")
    assert {name for name, facts in found.tasks.items() if facts.role == "source"} == {
        "colorization",
        "inpainting",
        "jigsaw",
        "object_class_100",
        "random_projection",
    }
    default = found.default_dictionary().affinity
    assert len(default.targets) == 22
    assert set(default.sources) == set(PUBLISHED_NAMES.values()) - {"object_class_100"}
    first = [edge for edge in default.edges if edge.order == 1]
    assert len(first) == 22 * 25  # facts 3.5: each target from every other source
    assert not [edge for edge in default.edges if edge.target in edge.sources]
