from __future__ import annotations

import pickle

import numpy as np
import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.exchange import published_affinity, read_published


def write(path, table, protocol=3):
    path.write_bytes(pickle.dumps(table, protocol=protocol))
    return path


def numbers(**table):
    return {key: np.float64(number) for key, number in table.items()}


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_numbers_come_back_under_our_names(tmp_path, protocol):
    table = numbers(self__rgb2sfnorm=0.5, rgb2sfnorm__curvature__room_layout=0.25, room_layout__room_layout=1e-3)
    assert read_published(write(tmp_path / "x.pkl", table, protocol)) == {
        (("self",), "normals"): 0.5,
        (("curvature", "normals"), "room_layout"): 0.25,
        (("room_layout",), "room_layout"): 1e-3,
    }


class Runs:
    def __reduce__(self):
        return print, ("it ran",)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (lambda: {"a__b": Runs()}, "is damaged or holds more than numbers: it names builtins.print."),
        (lambda: {"a__b": np.arange(2)}, "is damaged or holds more than numbers: it names numpy"),
        (lambda: {"a__b": np.float32(1)}, "is damaged or holds more than numbers: numbers of type <f4."),
        (lambda: {"a__b": 1}, "is not a table of named numbers."),
        (lambda: [np.float64(1)], "is not a table of named numbers."),
        (lambda: numbers(alone=1), "has a key without a target: 'alone'."),
    ],
)
def test_anything_but_numbers_is_refused_and_nothing_runs(tmp_path, capsys, content, said):
    with pytest.raises(TaxonomyError) as refused:
        read_published(write(tmp_path / "x.pkl", content()))
    assert f"The published file x.pkl {said}" in str(refused.value)
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("kept", [0, 10, 60, -3])
def test_a_damaged_file_is_refused(tmp_path, kept):
    path = write(tmp_path / "x.pkl", numbers(a__b=1, c__b=2))
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(TaxonomyError, match=r"^The published file x\.pkl is damaged"):
        read_published(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TaxonomyError) as refused:
        published_affinity(tmp_path)
    assert str(refused.value) == (
        f"The published file {tmp_path / 'all_affinities_16k.pkl'} cannot be read (No such file or directory).\n"
        "The files are those of results/ in the authors' repository, StanfordVL/taskonomy."
    )


def test_three_files_make_one_affinity(tmp_path):
    write(
        tmp_path / "all_affinities_1k.pkl", numbers(self__jigsaw=0.6, random__jigsaw=0.1, random__denoise__jigsaw=0.3)
    )
    write(tmp_path / "wins_vs_pixels_1k.pkl", numbers(self__jigsaw=0.9, random__jigsaw=0.2, pixels__jigsaw=0.5))
    write(tmp_path / "wins_vs_task_1k.pkl", numbers(random__jigsaw=0.3))
    scores = published_affinity(tmp_path, "1k")
    assert [(e.sources, e.affinity, e.gain, e.quality) for e in scores.edges] == [
        ((), 0.6, 0.9, 0.5),
        (("random_projection",), 0.1, 0.2, 0.3),
        (("denoising", "random_projection"), 0.3, None, None),
    ]
