"""The CSV of docs/measurements.md: what is accepted, and every fault with its line."""

from __future__ import annotations

import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.csv_format import csv_text, read_csv

HEAD = "target,sources,order,affinity,gain,quality,over_constant,images\n"
FULL = HEAD + "b,,0,0.25,0.5,0.5,,7\nb,a,1,0.5,1,0,,7\nb,a+c,2,2.5e-1,.75,0.1,0.9,\n"
HINT = "docs/measurements.md describes the format; to see a file of it, type: tk export example.csv"


def scores(found):
    return [(e.target, e.sources, e.affinity, e.gain, e.quality, e.over_constant) for e in found.affinity.edges]


def test_every_column_is_read():
    found = read_csv("x.csv", FULL)
    assert scores(found) == [
        ("b", (), 0.25, 0.5, 0.5, None),
        ("b", ("a",), 0.5, 1.0, 0.0, None),
        ("b", ("a", "c"), 0.25, 0.75, 0.1, 0.9),
    ]
    assert (found.affinity.images, found.tasks, found.origin, found.notes) == ({"b": 7}, {}, "x.csv", ())


@pytest.mark.parametrize(
    "text",
    [
        FULL.replace("\n", "\r\n"),
        FULL.replace("\n", "\r"),
        FULL.removesuffix("\n"),
        "\n" + FULL.replace("\n", "\n\n"),
        FULL.replace(",", " , "),
        FULL.replace("a+c", '"c + a"'),
        "\n".join([FULL.splitlines()[0], *reversed(FULL.splitlines()[1:])]),
    ],
)
def test_the_same_in_another_dress(text):
    assert scores(read_csv("x.csv", text)) == scores(read_csv("x.csv", FULL))


def test_columns_stand_in_any_order_and_two_may_be_left_out():
    text = "quality,gain,sources,order,target,affinity\n0.5,0.6,rgb2sfnorm+denoise,2,rgb2depth,1\n"
    assert scores(read_csv("x.csv", text)) == [("depth_zbuffer", ("denoising", "normals"), 1.0, 0.6, 0.5, None)]


def test_affinities_may_all_be_missing_and_rounded():
    assert scores(read_csv("x.csv", HEAD + "b,,0,,,,,\nb,a,1,,0.5,,,\n"))[1][2:4] == (None, 0.5)
    assert read_csv("x.csv", HEAD + "b,,0,0.333,,,,\nb,a,1,0.333,,,,\nb,c,1,0.333,,,,\n").affinity.targets == ("b",)


def test_numbers_are_written_in_full():
    text = HEAD.strip() + "\nb,,0,0.1,,0.5,,\nb,a,1,0.9,0.30000000000000004,1e-300,,\n"
    assert csv_text(read_csv("x.csv", text).affinity) == text


A = "b,a,1,0.5,,,,\n"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (HEAD, "x.csv holds no transfer."),
        ("\n\n", "x.csv is empty."),
        ("target,sources\n", "x.csv, line 1: there is no column order, affinity, gain and quality."),
        (HEAD.replace("gain", "gian"), "x.csv, line 1: there is no column 'gian'. Did you mean gain?"),
        (HEAD.replace("gain", "target"), "x.csv, line 1: the column target is there twice."),
        (
            HEAD.replace(",", ";"),
            "x.csv, line 1: there is no column 'target;sources;order;affinity;gain;quality;over_co",
        ),
        ("b,a,1,0.5,,\n", "x.csv, line 1: there is no column 'b'."),
        (HEAD + A + "b,c,1,0.5\n", "x.csv, line 3: it has 4 cells, not 8."),
        (HEAD + A + "b,c,1,0,5,,,,\n", "x.csv, line 3: it has 9 cells, not 8."),
        (HEAD + A + 'b,"c,1,0.5\n', "x.csv, line 3: it is not CSV (unexpected end of data)."),
        (HEAD + 'b,"a"c,1,0.5,,,,\n', "x.csv, line 2: it is not CSV (',' expected after '\"')."),
        (HEAD + "b," + "a" * 200_000 + ",1,1,,,,\n", "x.csv, line 2: it is not CSV (field larger than field limit"),
        (HEAD + A + "b,a,1,0.5,,,,\n", "x.csv, line 3: a -> b is there already, at line 2."),
        (HEAD + "b,a+c,2,0.5,,,,\nb,c+a,2,0.5,,,,\n", "x.csv, line 3: a + c -> b is there already, at line 2."),
        (
            HEAD + "b,denoise,1,0.5,,,,\nb,denoising,1,0.5,,,,\n",
            "x.csv, line 3: denoising -> b is there already, at line 2.",
        ),
        (
            HEAD + "b,inpainting_whole+impainting_whole,2,1,,,,\n",
            "x.csv, line 2: the source inpainting is there twice.",
        ),
        (HEAD + "b,,0,1,,,,\n", "x.csv holds no transfer into b."),
        (HEAD + "b,a,2,1,,,,\n", "x.csv, line 2: the order is 2, the sources are 1."),
        (HEAD + "b,a,,1,,,,\n", "x.csv, line 2: order is '', not a whole number from 0."),
        (HEAD + "b,a,1.0,1,,,,\n", "x.csv, line 2: order is '1.0', not a whole number from 0."),
        (HEAD + "b,a,1,half,,,,\n", "x.csv, line 2: affinity is 'half', not a number."),
        (HEAD + "b,a,1,1_0,,,,\n", "x.csv, line 2: affinity is '1_0', not a number."),
        (HEAD + "b,a,1,1,\u0661,,,\n", "x.csv, line 2: gain is '\u0661', not a number."),
        (HEAD + 'b,a,1,"0,5",,,,\n', "x.csv, line 2: affinity is '0,5', not a number."),
        (HEAD + "b,a,1,-0.1,,,,\n", "x.csv, line 2: the affinity of a -> b is -0.1; it must be a number from 0 to 1."),
        (HEAD + "b,a,1,1,1.1,,,\n", "x.csv, line 2: the gain of a -> b is 1.1; it must be a number from 0 to 1."),
        (HEAD + "b,a,1,1,,nan,,\n", "x.csv, line 2: the quality of a -> b is nan; it must be a number from 0 to 1."),
        (HEAD + "b,a,1,1,,,inf,\n", "x.csv, line 2: the over_constant of a -> b is inf; it must be a number from 0 to"),
        (HEAD + "b,a,1,1e999,,,,\n", "x.csv, line 2: the affinity of a -> b is inf; it must be a number from 0 to 1."),
        (HEAD + A + "b,c,1,0.4,,,,\n", "x.csv: the affinities of b sum to 0.9, not to 1."),
        (HEAD + A + "b,c,1,,,,,\n", "x.csv: c -> b has no affinity, but others of b have one."),
        (HEAD + A + "d,c,1,,,,,\nb,,0,0.5,,,,\nd,e,1,0.5,,,,\n", "x.csv: c -> d has no affinity, but others of d have"),
        (
            HEAD + ",a,1,1,,,,\n",
            "x.csv, line 2: '' is not the name of a task (a-z, 0-9, single underscores; at most 100",
        ),
        (HEAD + "b,a+,2,1,,,,\n", "x.csv, line 2: '' is not the name of a task"),
        (HEAD + "B,a,1,1,,,,\n", "x.csv, line 2: 'B' is not the name of a task"),
        (HEAD + "b,a\x1b[2J,1,1,,,,\n", r"x.csv, line 2: 'a\x1b[2J' is not the name of a task"),
        (HEAD + "b,a\x00,1,1,,,,\n", "x.csv, line 2: "),
        (HEAD + "b," + "a" * 101 + ",1,1,,,,\n", f"x.csv, line 2: '{'a' * 60}...' is not the name of a task"),
        (HEAD + "b,a__c,1,1,,,,\n", "x.csv, line 2: 'a__c' is not the name of a task"),
        (
            HEAD + "b,self,1,1,,,,\n",
            "x.csv, line 2: self and pixels are no tasks; a target's own network is a transfer of order 0 without",
        ),
        (HEAD + "pixels,a,1,1,,,,\n", "x.csv, line 2: self and pixels are no tasks"),
        (HEAD + "b,a,1,0.5,,,,7\nb,c,1,0.5,,,,8\n", "x.csv, line 3: b has 8 images here and 7 before."),
        (HEAD + "b,a,1,1,,,,0\n", "x.csv, line 2: images is '0', not a whole number from 1."),
        (HEAD + "b,a,1,1,,,,many\n", "x.csv, line 2: images is 'many', not a whole number from 1."),
        (
            HEAD + "b,a,1,1,,,," + "9" * 5000 + "\n",
            f"x.csv, line 2: images is '{'9' * 60}...', not a whole number from 1.",
        ),
    ],
)
def test_faults_are_told_with_the_line(text, said):
    with pytest.raises(TaxonomyError) as refused:
        read_csv("x.csv", text)
    assert refused.value.message.startswith(said)
    unknown = (
        "The columns, with commas between them, are target, sources, order, affinity, gain, quality, over_constant"
    )
    assert refused.value.hint == HINT or (said.count("no column '") and refused.value.hint.startswith(unknown))


def test_every_truncated_file_is_refused():
    # But for the last line's last digits: whether more should follow, nothing tells.
    text = HEAD + "b,,0,0.25,0.5,0.5,,7\nb,a,1,0.75,1,0,1,7\n"
    for kept in range(len(text) - 2):
        with pytest.raises(TaxonomyError):
            read_csv("x.csv", text[:kept])
