from dataclasses import FrozenInstanceError, replace

import pytest
import torch

from taskonomy_core.contract import OutputSpec, Task, as_seen
from taskonomy_core.errors import TaskDefinitionError


def nothing(*arguments):
    return None


TASK = Task(
    name="depth_zbuffer",
    version=2,
    title="Depth",
    group="3d",
    output=OutputSpec.dense(1),
    example=nothing,
    decoder=nothing,
    loss=nothing,
    picture=nothing,
    needs=("depth_zbuffer", "rgb", "mask_valid"),
    arrangement="triplets",
)


def test_a_task_knows_its_views_and_modalities():
    assert TASK.views == 3
    assert TASK.modalities == ("rgb", "depth_zbuffer", "mask_valid")
    assert replace(TASK, arrangement="single", needs=()).modalities == ("rgb",)
    assert replace(TASK, arrangement="single").views == 1


def test_a_task_is_frozen():
    with pytest.raises(FrozenInstanceError):
        TASK.version = 3


def test_an_encoder_sees_the_pictures_unless_told_otherwise():
    images = torch.rand(2, 3, 4, 4)
    assert TASK.sees is as_seen
    assert as_seen(images) is images


@pytest.mark.parametrize(
    ("part", "value", "fault"),
    [
        ("name", "Depth", "name 'Depth' is not snake_case (a-z, 0-9, single underscores; at most 100 characters)"),
        ("name", "depth__z", "name 'depth__z' is not snake_case"),
        ("name", "2d_edges", "name '2d_edges' is not snake_case"),
        ("name", "depth\n", r"name 'depth\n' is not snake_case"),
        ("name", "a" * 101, "is not snake_case (a-z, 0-9, single underscores; at most 100 characters)"),
        ("name", None, "name None is not snake_case"),
        ("version", 0, "version is 0, not a whole number from 1"),
        ("version", 1.5, "version is 1.5, not a whole number from 1"),
        ("version", True, "version is True, not a whole number from 1"),
        ("title", "  ", "title is empty"),
        ("group", "4d", "group is '4d', not one of 2d, 3d, geometric, semantic, other"),
        ("output", (1, 64, 64), "output is not an OutputSpec"),
        ("output", OutputSpec.dense(0), "output.channels is 0"),
        ("example", None, "example cannot be called"),
        ("decoder", "dense", "decoder cannot be called"),
        ("loss", 1, "loss cannot be called"),
        ("picture", 1, "picture cannot be called"),
        ("sees", 1, "sees cannot be called"),
        ("metrics", [nothing], "metrics is not a tuple of factories"),
        ("metrics", (1,), "metrics is not a tuple of factories"),
        ("needs", "depth", "needs is not a tuple of modality names"),
        ("needs", (1,), "needs is not a tuple of modality names"),
        ("arrangement", "quartets", "arrangement is 'quartets', not one of single, fixated_pairs"),
        ("arrangement", ["single"], "arrangement is ['single'], not one of single"),
        ("channels", 0, "channels is 0, not a whole number from 1"),
    ],
)
def test_a_fault_is_told_in_words(part, value, fault):
    with pytest.raises(TaskDefinitionError) as caught:
        replace(TASK, **{part: value})
    assert fault in caught.value.message
    assert "(1 fault):" in caught.value.message


def test_every_fault_is_told_at_once():
    with pytest.raises(TaskDefinitionError) as caught:
        replace(TASK, name="Depth", version=0, title="", output=OutputSpec("map", 0, 3), source=False, target=False)
    assert caught.value.message == (
        "Task 'Depth' is built wrong (7 faults): name 'Depth' is not snake_case (a-z, 0-9, single underscores; at most "
        "100 characters); "
        "version is 0, not a whole number from 1; title is empty; output.kind is 'map', not 'dense' or 'vector'; "
        "output.channels is 0, not a whole number from 1; output.stride is 3, not a power of two; "
        "it is neither a source nor a target."
    )
    assert caught.value.hint == "Correct its definition, then type: tk check NAME"


def test_a_target_must_be_trainable():
    with pytest.raises(TaskDefinitionError, match="it is a target but not trainable"):
        replace(TASK, trainable=False)
    assert not replace(TASK, trainable=False, target=False).trainable
