"""Which file is what, and what is written is read again."""

from __future__ import annotations

import os
import pickle
import stat
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.affinity import Affinity
from taskonomy_core.taxonomy.edges import Edge
from taskonomy_core.taxonomy.exchange import check_ending, read_measurements, write_measurements
from taskonomy_core.taxonomy.measurements import Measurements, TaskFacts

CSV = "target,sources,order,affinity,gain,quality\nnormals,reshading,1,1.0,,\n"
JSON = (
    '{"format": "taskonomy-measurements", "version": 1, "edges": [{"target": "normals", "sources": ["reshading"], '
    '"order": 1, "affinity": 1.0, "gain": null, "quality": null}]}'
)
LOOK = "Give a file or folder of measurements; type for example: tk affinity --from results/all_affinities_16k.pkl"
PICKLE = pickle.dumps({"reshade__rgb2sfnorm": np.float64(1)}, 3)
ALL = {
    "measurements.csv": CSV.encode(),
    "measurements.json": JSON.encode(),
    "all_affinities.pkl": PICKLE,
    "all_affinities_1k.pkl": PICKLE,
}


def refusal(path):
    with pytest.raises(TaxonomyError) as refused:
        read_measurements(path)
    return refused.value


@pytest.mark.parametrize("name", ALL)
def test_a_folder_with_one_file_is_that_file(tmp_path, name):
    (tmp_path / "other.csv").write_text("not looked at")
    (tmp_path / "wins_vs_task_9k.pkl").write_text("not looked at")
    (tmp_path / name).write_bytes(ALL[name])
    found = read_measurements(tmp_path)
    assert found.origin == name
    assert found == read_measurements(tmp_path / name)
    assert [(edge.name, edge.affinity) for edge in found.affinity.edges] == [("reshading -> normals", 1.0)]


def test_a_folder_with_several_files_is_refused_with_their_names(tmp_path):
    for name, content in ALL.items():
        (tmp_path / name).write_bytes(content)
    error = refusal(tmp_path)
    assert error.message == (
        f"{tmp_path} holds several measurements: all_affinities.pkl, all_affinities_1k.pkl, measurements.csv "
        "and measurements.json."
    )
    assert error.hint == f"Give one of them; type: tk affinity --from {tmp_path / 'all_affinities.pkl'}"


def test_a_folder_without_any_is_refused(tmp_path):
    error = refusal(tmp_path)
    assert error.message == f"{tmp_path} holds none of all_affinities*.pkl, measurements.csv, measurements.json."
    assert error.hint == LOOK


@pytest.mark.parametrize("stem", ["wins_vs_pixels", "wins_vs_task"])
def test_win_rates_alone_are_refused_with_the_file_to_give(tmp_path, stem):
    error = refusal(tmp_path / f"{stem}_1k.pkl")
    beside = tmp_path / "all_affinities_1k.pkl"
    assert error.message == f"{stem}_1k.pkl holds win rates; they are read with all_affinities_1k.pkl, beside it."
    assert error.hint == f"Type: tk affinity --from {beside}"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("x.pkl", "x.pkl is not named all_affinities*.pkl, as the authors' files are."),
        ("x.txt", "x.txt is neither all_affinities*.pkl of the authors nor a .csv or .json file."),
    ],
)
def test_other_names_are_refused(tmp_path, name, said):
    error = refusal(tmp_path / name)
    assert (error.message, error.hint) == (said, LOOK)


@pytest.mark.parametrize("name", ["x.csv", "x.json", "all_affinities.pkl"])
def test_files_that_cannot_be_read_are_told(tmp_path, name):
    path = tmp_path / name
    assert refusal(path).message == f"{path} cannot be read (No such file or directory)."
    os.mkfifo(path)  # would wait for a writer
    assert refusal(path).message == f"{path} is not a file."
    path.unlink()
    with path.open("wb") as file:
        file.truncate(100_000_001)
    most = 10 if name.endswith("pkl") else 100
    assert refusal(path).message == f"{name} is larger than {most} MB; measurements are not."


def test_a_name_that_no_file_can_have_is_told():
    assert refusal(Path("x" * 5000)).message == f"{'x' * 5000} cannot be read (File name too long)."


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "is empty."),
        (b"\xef\xbb\xbf \r\n\r\n", "is empty."),
        (b"target\xff", "is not UTF-8 text (byte 6)."),
        ("target".encode("utf-16"), "is not UTF-8 text (byte 0)."),
    ],
)
@pytest.mark.parametrize("name", ["x.csv", "x.json"])
def test_what_is_no_text_is_refused(tmp_path, name, content, said):
    (tmp_path / name).write_bytes(content)
    assert refusal(tmp_path / name).message == f"{name} {said}"


def test_the_default_dictionary_leaves_out_the_27th_source_and_readouts_of_the_own_encoder():
    edges = (
        Edge("normals", (), 0.5),
        Edge("normals", ("normals",), 0.1),
        Edge("normals", ("object_class_100",), 0.1),
        Edge("normals", ("object_class_100", "reshading"), 0.1),
        Edge("normals", ("reshading",), 0.2),
    )
    facts = {"normals": TaskFacts("Normals"), "object_class_100": TaskFacts(role="source")}
    found = Measurements(Affinity(edges, {"normals": 5}), facts, "x").default_dictionary()
    assert [edge.sources for edge in found.affinity.edges] == [(), ("reshading",)]
    assert (found.affinity.images, dict(found.tasks)) == ({"normals": 5}, {"normals": TaskFacts("Normals")})


share = st.none() | st.floats(0, 1)
amount = st.floats(0, 1e300)
roles = st.sampled_from(["unused", "source", "both"])
groups = st.sampled_from(["", "2d", "other"])


@st.composite
def measurements(draw):
    names = ["a", "b_2", "c", "normals"]
    edges, images = [], {}
    for target in draw(st.sets(st.sampled_from(names), min_size=1)):
        sources = draw(st.sets(st.sets(st.sampled_from(names), min_size=1).map(lambda s: tuple(sorted(s))), min_size=1))
        served = [(), *sources] if draw(st.booleans()) else list(sources)
        scores = np.array(draw(st.lists(st.floats(0.01, 1), min_size=len(served), max_size=len(served))))
        affinities = (scores / scores.sum()).tolist() if draw(st.booleans()) else [None] * len(served)
        edges += [
            Edge(target, s, a, draw(share), draw(share), draw(share)) for s, a in zip(served, affinities, strict=True)
        ]
        if draw(st.booleans()):
            images[target] = draw(st.integers(1, 10**14))
    affinity = Affinity(tuple(edges), images)
    known = sorted({*affinity.targets, *affinity.sources})
    facts = st.builds(TaskFacts, st.text(max_size=20), groups, roles, amount, amount, amount)
    return Measurements(affinity, draw(st.dictionaries(st.sampled_from(known), facts)), "x")


@settings(deadline=None, max_examples=60)
@given(measurements())
def test_what_is_written_is_read_again_exactly(tmp_path_factory, found):
    folder = tmp_path_factory.mktemp("x")
    write_measurements(found, folder / "x.json")
    assert read_measurements(folder / "x.json") == replace(found, origin="x.json")
    write_measurements(found, folder / "x.CSV")
    assert read_measurements(folder / "x.CSV") == replace(found, origin="x.CSV", tasks={})


def test_the_published_files_are_converted_exactly(published_folder, tmp_path):
    found = read_measurements(published_folder)
    for name in ("x.csv", "x.json"):
        write_measurements(found, tmp_path / name)
        assert read_measurements(tmp_path / name).affinity == found.affinity


SOUND = Measurements(Affinity((Edge("a", ("b",), 1.0),), {}), {"z": TaskFacts()}, "x")


def test_facts_of_other_tasks_are_not_written(tmp_path):
    write_measurements(SOUND, tmp_path / "x.json")
    assert read_measurements(tmp_path / "x.json").tasks == {}


def test_what_would_not_be_read_again_is_not_written(tmp_path):
    (tmp_path / "x.csv").write_text("old")
    with pytest.raises(TaxonomyError, match=r"^x\.csv: the affinities of a sum to 0\.25, not to 1\."):
        write_measurements(replace(SOUND, affinity=Affinity((Edge("a", ("b",), 0.25),), {})), tmp_path / "x.csv")
    with pytest.raises(
        TaxonomyError, match=r"^x\.txt ends neither in \.csv nor in \.json\.\nType for example: tk export"
    ):
        check_ending(tmp_path / "x.txt")
    assert (tmp_path / "x.csv").read_text() == "old"


def test_a_folder_that_takes_no_file_is_told(tmp_path):
    path = tmp_path / "none" / "x.csv"
    with pytest.raises(TaxonomyError) as refused:
        write_measurements(SOUND, path)
    assert str(refused.value) == f"{path} cannot be written (No such file or directory).\nChoose another place."


def test_an_old_file_is_replaced_and_its_mode_kept(tmp_path):
    path = tmp_path / "x.csv"
    path.write_text("old")
    path.chmod(0o640)
    write_measurements(SOUND, path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [file.name for file in tmp_path.iterdir()] == ["x.csv"]
    assert read_measurements(path).affinity == SOUND.affinity
