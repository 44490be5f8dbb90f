from __future__ import annotations

import os
from pathlib import Path

import pytest

from taskonomy_core.errors import RosterError
from taskonomy_core.registry.roster import Roster, RosterTask, read_roster

TOP = 'format = 1\npreset = "nano"\nseed = 3\nbudget = 4\n'
DATA = '[data]\nsource = "rooms"\n'
TASK = '[tasks.normals]\nplugin = "taskonomy[normals]"\nversion = 2\nrole = "both"\n'
CORRECT = "Correct the file, then type: tk doctor"


def fault(path: Path, text: str) -> str:
    """What is said of a registry.toml of this text, without the file's name in front."""
    path.write_text(text, encoding="utf-8")
    with pytest.raises(RosterError) as caught:
        read_roster(path)
    assert caught.value.hint == CORRECT
    assert caught.value.message.startswith(f"{path} ")
    return caught.value.message.removeprefix(f"{path} ")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.toml"


def test_reads_everything(path: Path) -> None:
    path.write_text(
        'format = 1\npreset = "small"\nseed = 7\nbudget = 2.5\norder = 3\nencoder = "resnet50"\n'
        '[data]\nsource = "rooms"\nantialias = 1\n[recipe]\ntrain_images = 20\n[recipe.network]\nepochs = 2\n'
        '[tasks.normals]\nplugin = "taskonomy[normals]"\nversion = 2\nrole = "target"\ncost = 0\nweight = 2.5\n'
        "transfer_cost = 0.25\n"
        '[tasks.brightness]\nplugin = "mine/brightness.py"\nversion = 1\nrole = "source"\n'
        '[tasks.jigsaw]\nplugin = "taskonomy[jigsaw]"\nversion = 1\nrole = "unused"\n'
    )
    roster = read_roster(path)
    assert roster == Roster(
        path=path,
        format=1,
        preset="small",
        seed=7,
        budget=2.5,
        order=3,
        encoder="resnet50",
        data={"source": "rooms", "antialias": 1},
        recipe={"train_images": 20, "network": {"epochs": 2}},
        tasks={
            "normals": RosterTask("normals", "taskonomy[normals]", 2, "target", 0.0, 0.25, 2.5),
            "brightness": RosterTask("brightness", "mine/brightness.py", 1, "source", 1.0, 0.0, 1.0),
            "jigsaw": RosterTask("jigsaw", "taskonomy[jigsaw]", 1, "unused"),
        },
    )
    assert roster.data_options == {"antialias": 1}
    normals, brightness, jigsaw = roster.tasks.values()
    assert (normals.is_source, normals.is_target, normals.is_file) == (False, True, False)
    assert (brightness.is_source, brightness.is_target, brightness.is_file) == (True, False, True)
    assert (jigsaw.is_source, jigsaw.is_target, jigsaw.is_used) == (False, False, False)
    assert roster.used == {"normals": normals, "brightness": brightness}
    # Plain values: what goes into job keys must print as JSON prints it.
    assert {type(value) for value in roster.data.values()} == {str, int}


def test_what_may_be_left_out(path: Path) -> None:
    path.write_text(TOP + DATA)
    roster = read_roster(path)
    assert (roster.order, roster.encoder, roster.recipe, roster.tasks) == (None, None, {}, {})


@pytest.mark.parametrize(("written", "budget"), [("0", 0.0), ("0.0", 0.0), ("0.5", 0.5), ("1e3", 1000.0)])
def test_a_budget_is_any_number_from_0(path: Path, written: str, budget: float) -> None:
    path.write_text(TOP.replace("4", written) + DATA)
    assert read_roster(path).budget == budget


def test_a_byte_order_mark_is_let_pass(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbf" + (TOP + DATA).encode())
    assert read_roster(path).seed == 3


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (TOP + "presett = 1\n" + DATA, "has an unknown key presett. Did you mean preset?"),
        (TOP + "zebra = 1\n" + DATA, "has an unknown key zebra."),
        (TOP + DATA + TASK + "wieght = 1\n", "has an unknown key tasks.normals.wieght. Did you mean weight?"),
        (TOP, "lacks the key data, a table."),
        (TOP + "[data]\n", "lacks the key data.source, the name of a data source."),
        (DATA, "lacks the key format, a whole number."),
        (TOP.replace("seed = 3\n", "") + DATA, "lacks the key seed, a whole number from 0."),
        (TOP + DATA + TASK.replace("version = 2\n", ""), "lacks the key tasks.normals.version, a whole number from 1."),
        (TOP.replace("3", "true") + DATA, "gives seed = true, but it must be a whole number from 0."),
        (TOP.replace("3", "-1") + DATA, "gives seed = -1, but it must be a whole number from 0."),
        (TOP.replace("3", "1.5") + DATA, "gives seed = 1.5, but it must be a whole number from 0."),
        (TOP.replace("4", "-2") + DATA, "gives budget = -2, but it must be a finite number from 0."),
        (TOP.replace("4", "nan") + DATA, "gives budget = nan, but it must be a finite number from 0."),
        (TOP.replace("4", "inf") + DATA, "gives budget = inf, but it must be a finite number from 0."),
        (TOP.replace("4", '"six"') + DATA, 'gives budget = "six", but it must be a finite number from 0.'),
        (TOP.replace("4", "true") + DATA, "gives budget = true, but it must be a finite number from 0."),
        (TOP.replace('"nano"', "5") + DATA, "gives preset = 5, but it must be the name of a preset."),
        (TOP.replace("format = 1", "format = 0") + DATA, "gives format = 0, but it must be a whole number."),
        (TOP.replace("format = 1", 'format = "1"') + DATA, 'gives format = "1", but it must be a whole number.'),
        (TOP + "order = 0\n" + DATA, "gives order = 0, but it must be a whole number from 1."),
        (TOP + 'encoder = ""\n' + DATA, 'gives encoder = "", but it must be the name of an encoder.'),
        (TOP + "data = 1\n", "gives data = 1, but it must be a table."),
        (TOP + "recipe = 1\n" + DATA, "gives recipe = 1, but it must be a table."),
        (TOP + "[data]\nsource = 1\n", "gives data.source = 1, but it must be the name of a data source."),
        (TOP + DATA + "[tasks]\nnormals = 1\n", "gives tasks = a table, but it must be a table of tables."),
        (
            TOP + DATA + TASK.replace('"both"', '"sauce"'),
            'gives tasks.normals.role = "sauce", but it must be "source", "target", "both" or "unused".',
        ),
        (
            TOP + DATA + TASK + "cost = -1\n",
            "gives tasks.normals.cost = -1, but it must be a finite number from 0.",
        ),
        (
            TOP + DATA + TASK + "transfer_cost = inf\n",
            "gives tasks.normals.transfer_cost = inf, but it must be a finite number from 0.",
        ),
        (
            TOP + DATA + TASK + "transfer_cost = -0.5\n",
            "gives tasks.normals.transfer_cost = -0.5, but it must be a finite number from 0.",
        ),
        (
            TOP + DATA + TASK + "weight = nan\n",
            "gives tasks.normals.weight = nan, but it must be a finite number from 0.",
        ),
        (
            TOP + DATA + TASK.replace("version = 2", "version = true"),
            "gives tasks.normals.version = true, but it must be a whole number from 1.",
        ),
        (
            TOP + f"order = {[1] * 40}\n" + DATA,
            f"gives order = {str([1] * 40)[:57]}..., but it must be a whole number from 1.",
        ),
    ],
)  # fmt: skip
def test_every_fault_names_the_key(path: Path, text: str, message: str) -> None:
    assert fault(path, text) == message


@pytest.mark.parametrize("plugin", ["normals", "/abs/normals.py", "C:\\\\normals.py", "[normals]", "taskonomy[]", ""])
def test_a_plugin_is_a_label_or_a_relative_file(path: Path, plugin: str) -> None:
    text = TOP + DATA + TASK.replace("taskonomy[normals]", plugin)
    assert fault(path, text).endswith('but it must be "package[entry]", or the relative path of a .py file.')


def test_a_newer_format_comes_first(path: Path) -> None:
    path.write_text(TOP.replace("format = 1", "format = 2") + "new_key = 1\n" + DATA)
    with pytest.raises(RosterError) as caught:
        read_roster(path)
    assert caught.value.message == f"{path} has format 2, but this taskonomy reads format 1."
    assert caught.value.hint == "Type: pip install --upgrade taskonomy"


def test_not_toml(path: Path) -> None:
    path.write_text("format = \n")
    with pytest.raises(RosterError) as caught:
        read_roster(path)
    assert caught.value.message.startswith(f"{path} is not valid TOML: ")
    assert "line 1" in caught.value.message


@pytest.mark.parametrize("text", [TOP + TOP + DATA, TOP + DATA + TASK + TASK, "\x00", "[tasks", "a = 1\na.b = 2\n"])
def test_broken_toml_of_many_kinds_is_a_sentence(path: Path, text: str) -> None:
    path.write_text(text)
    with pytest.raises(RosterError, match="is not valid TOML"):
        read_roster(path)


def test_not_utf8(path: Path) -> None:
    path.write_bytes(b"preset = \xff")
    with pytest.raises(RosterError) as caught:
        read_roster(path)
    assert str(caught.value) == f"{path} is not UTF-8 text (byte 9).\nSave it as UTF-8, then type: tk doctor"


def test_missing(path: Path) -> None:
    with pytest.raises(RosterError) as caught:
        read_roster(path)
    assert str(caught.value) == f"There is no file {path}.\nType: tk init"


def test_a_folder(path: Path) -> None:
    path.mkdir()
    with pytest.raises(RosterError) as caught:
        read_roster(path)
    assert str(caught.value) == (f"{path} is a folder, not a file.\nGive the registry.toml in it, or type: tk init")


def test_unreadable(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(self: Path) -> bytes:
        raise PermissionError(13, os.strerror(13))

    monkeypatch.setattr(Path, "read_bytes", refuse)
    with pytest.raises(RosterError) as caught:
        read_roster(path)
    assert str(caught.value) == f"{path} cannot be read: Permission denied.\nMake it readable, then type: tk doctor"
