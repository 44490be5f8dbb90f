"""The JSON of docs/measurements.md: what is accepted, and every fault with its key."""

from __future__ import annotations

import json

import pytest

from taskonomy_core.errors import TaxonomyError
from taskonomy_core.taxonomy.json_format import json_text, json_value, read_json
from taskonomy_core.taxonomy.measurements import TaskFacts

HINT = "docs/measurements.md describes the format; to see a file of it, type: tk export example.csv"


def edge(**parts):
    return {"target": "b", "sources": ["a"], "order": 1, "affinity": 1.0, "gain": None, "quality": None} | parts


def file(*edges, **parts):
    return {"format": "taskonomy-measurements", "version": 1, "edges": list(edges) or [edge()]} | parts


OWN = edge(sources=[], order=0, affinity=0.75, quality=0.5)
FULL = file(
    OWN,
    edge(sources=["denoise", "a"], order=2, affinity=0.25, gain=1, over_constant=0.5),
    images={"b": 7},
    tasks={"b": {"title": "B \u00e9", "group": "3d", "weight": 3}, "denoise": {"cost": 0.5}, "a": {"role": "both"}},
)


def read(value):
    return read_json("x.json", json.dumps(value))


def test_every_key_is_read():
    found = read(FULL)
    assert [(e.sources, e.affinity, e.gain, e.quality, e.over_constant) for e in found.affinity.edges] == [
        ((), 0.75, None, 0.5, None),
        (("a", "denoising"), 0.25, 1.0, None, 0.5),
    ]
    assert (found.affinity.images, found.origin, found.notes) == ({"b": 7}, "x.json", ())
    assert found.tasks == {
        "b": TaskFacts("B \u00e9", "3d", "both", weight=3.0),
        "denoising": TaskFacts(role="source", cost=0.5),  # nothing is transferred into it
        "a": TaskFacts(role="both"),  # as the file says
    }


def test_what_is_written_is_plain_json():
    found = read(FULL)
    assert json.loads(json_text(found)) == json_value(found)
    assert read_json("x.json", json_text(found)) == found
    assert json_value(found)["edges"][1]["sources"] == ["a", "denoising"]


HUGE = 10**400


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ([], 'x.json does not say "format": "taskonomy-measurements".'),
        ({}, 'x.json does not say "format": "taskonomy-measurements".'),
        (file(format="other"), 'x.json does not say "format": "taskonomy-measurements".'),
        (file(version="1"), 'x.json: version is "1", not a whole number from 1.'),
        (file(version=None), "x.json: version is null, not a whole number from 1."),
        (file(version=True), "x.json: version is true, not a whole number from 1."),
        (file(edgse=[]), "x.json: there is no key 'edgse'. Did you mean edges?"),
        ({k: v for k, v in file().items() if k != "edges"}, "x.json: edges is missing."),
        (file(edges={}), "x.json: edges is an object, not a list."),
        (file(edges=[]), "x.json holds no transfer."),
        (file(edge(), []), "x.json, edges[1]: it is a list, not an object."),
        (file({}), "x.json, edges[0]: target, sources, order, affinity, gain and quality are missing."),
        (file(edge(), edge(supervised=True)), "x.json, edges[1]: there is no key 'supervised'."),
        (file(edge(target=1)), "x.json, edges[0]: target is 1, not a text."),
        (file(edge(sources="a")), 'x.json, edges[0]: sources is "a", not a list of texts.'),
        (file(edge(sources=["a", 1])), "x.json, edges[0]: sources is a list, not a list of texts."),
        (file(edge(order=1.0)), "x.json, edges[0]: order is 1.0, not a whole number from 0."),
        (file(edge(order=2)), "x.json, edges[0]: the order is 2, the sources are 1."),
        (file(edge(affinity="1")), 'x.json, edges[0]: affinity is "1", not a number or null.'),
        (file(edge(gain=True)), "x.json, edges[0]: gain is true, not a number or null."),
        (file(edge(gain=HUGE)), f"x.json, edges[0]: gain is 1{'0' * 59}..., not a number or null."),
        (
            file(edge(gain=float("nan"))),
            "x.json, edges[0]: the gain of a -> b is nan; it must be a number from 0 to 1.",
        ),
        (
            file(edge(gain=float("inf"))),
            "x.json, edges[0]: the gain of a -> b is inf; it must be a number from 0 to 1.",
        ),
        (file(edge(quality=-1)), "x.json, edges[0]: the quality of a -> b is -1.0; it must be a number from 0 to 1."),
        (file(edge(affinity=0.5)), "x.json: the affinities of b sum to 0.5, not to 1."),
        (file(edge(), edge()), "x.json, edges[1]: a -> b is there already, at edges[0]."),
        (file(edge(sources=["a", "a"], order=2)), "x.json, edges[0]: the source a is there twice."),
        (file(edge(target="\ud800")), r"x.json, edges[0]: '\ud800' is not the name of a task"),
        (file(edge(sources=["self"])), "x.json, edges[0]: self and pixels are no tasks; a target's own network is"),
        (file(edge(sources=[], order=0)), "x.json holds no transfer into b."),
        (file(images=[]), "x.json, images: it is a list, not an object."),
        (file(images={"b": 0}), "x.json, images.b: it is 0, not a whole number from 1."),
        (file(images={"a": 5}), "x.json, images.a: no transfer has this target."),
        (
            file(edge(target="normals"), images={"rgb2sfnorm": 5, "normals": 6}),
            "x.json, images.normals: normals has 6 images here and 5 before.",
        ),
        (file(tasks=None), "x.json, tasks: it is null, not an object."),
        (file(tasks={"b": 1}), "x.json, tasks.b: it is 1, not an object."),
        (file(tasks={"b": {"costs": 1}}), "x.json, tasks.b: there is no key 'costs'. Did you mean cost?"),
        (file(tasks={"b": {"cost": -1}}), "x.json, tasks.b: cost is -1, not a finite number from 0."),
        (file(tasks={"b": {"cost": HUGE}}), "x.json, tasks.b: cost is 1000"),
        (file(tasks={"b": {"weight": float("nan")}}), "x.json, tasks.b: weight is NaN, not a finite number from 0."),
        (
            file(tasks={"b": {"transfer_cost": "1"}}),
            'x.json, tasks.b: transfer_cost is "1", not a finite number from 0.',
        ),
        (
            file(tasks={"b": {"group": "4d"}}),
            'x.json, tasks.b: group is "4d", not one of 2d, 3d, geometric, semantic, o',
        ),
        (file(tasks={"b": {"role": ["x"]}}), "x.json, tasks.b: role is a list, not one of "),
        (file(tasks={"b": {"title": 1}}), "x.json, tasks.b: title is 1, not a text of at most 200 characters."),
        (file(tasks={"b": {"title": "x" * 201}}), 'x.json, tasks.b: title is "xxx'),
        (file(tasks={"bb": {}}), "x.json, tasks.bb: no transfer has this target or source."),
        (
            file(edge(target="normals"), tasks={"normal": {}}),
            "x.json, tasks.normal: no transfer has this target or source. Did you mean normals?",
        ),
        (
            file(tasks={"a": {"role": "target"}}),
            "x.json, tasks.a: its role is target, and there is no transfer into it.",
        ),
        (
            file(edge(sources=["denoise"]), tasks={"denoise": {}, "denoising": {}}),
            "x.json, tasks.denoising: denoising is there already, under another name.",
        ),
    ],
)
def test_faults_are_told_with_the_key(value, said):
    with pytest.raises(TaxonomyError) as refused:
        read(value)
    assert refused.value.message.startswith(said)
    assert refused.value.hint == HINT or ("there is no key" in said and refused.value.hint.startswith("The keys are "))


def test_a_newer_version_is_told_before_its_keys():
    with pytest.raises(TaxonomyError) as refused:
        read(file(version=2, news={}))
    assert str(refused.value) == (
        "x.json is of version 2 of the format; this tk reads up to version 1.\n"
        "Update tk; type: pip install --upgrade taskonomy"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "x.json is not JSON (Expecting property name enclosed in double quotes: line 1 column 2 (char 1))."),
        ("[" * 200_000, "x.json is not JSON (it is nested too deeply)."),
        ('{"version": ' + "9" * 5000 + "}", "x.json is not JSON (Exceeds the limit"),
        ('{"format": 1, "format": 2}', "x.json is not JSON (the key 'format' is there twice)."),
        (json.dumps(file()) + "x", "x.json is not JSON (Extra data: "),
    ],
)
def test_what_is_no_json_is_refused(text, said):
    with pytest.raises(TaxonomyError) as refused:
        read_json("x.json", text)
    assert refused.value.message.startswith(said)
    assert refused.value.hint == HINT


def test_every_truncated_file_is_refused():
    text = json_text(read(FULL)).strip()
    for kept in range(len(text)):
        with pytest.raises(TaxonomyError, match=r"^x\.json is not JSON"):
            read_json("x.json", text[:kept])
