from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from taskonomy_core.contract import JobReport
from taskonomy_core.errors import PluginError
from taskonomy_core.registry.discover import FoundPlugin, discover
from taskonomy_core.registry.load import load_all, load_file, load_plugin

Source = Callable[..., str]
Install = Callable[..., None]
UPGRADE = "Tell its author, or type: pip install --upgrade zoo"
REPORT = JobReport("k", "network", "normals", (), "done", 1.0)


def fault(install: Install, text: str, entry: str = "normals", target: str = "plugin_x") -> PluginError:
    """The error of loading a plugin with this source."""
    install("zoo", {entry: target}, {"plugin_x": text})
    with pytest.raises(PluginError) as caught:
        load_plugin(FoundPlugin("zoo", entry, target))
    return caught.value


def test_a_sound_plugin_brings_its_tasks(install: Install, source: Source) -> None:
    install("zoo", {"normals": "plugin_x"}, {"plugin_x": source("", "normals", "depth")})
    plugin = load_plugin(FoundPlugin("zoo", "normals", "plugin_x"))
    assert plugin.label == "zoo[normals]"
    assert list(plugin.tasks) == ["normals", "depth"]
    assert plugin.tasks["normals"].name == "normals"
    assert plugin.listener is None


def test_an_entry_point_may_name_an_object(install: Install, source: Source) -> None:
    body = "class Zoo:\n    @hookimpl\n    def taskonomy_tasks(self):\n        return [task('normals')]\nPLUGIN = Zoo()"
    install("zoo", {"normals": "plugin_x:PLUGIN"}, {"plugin_x": source(body)})
    assert list(load_plugin(FoundPlugin("zoo", "normals", "plugin_x:PLUGIN")).tasks) == ["normals"]


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (
            "@hookimpl\ndef taskonomy_task():\n    return []",
            "zoo[normals] has a hook taskonomy_task that does not exist. Did you mean taskonomy_tasks?",
        ),
        (
            "@hookimpl\ndef zoo():\n    return []",
            "zoo[normals] has a hook zoo that does not exist.",
        ),
        (
            "def taskonomy_tasks():\n    return [task('normals')]",
            "zoo[normals] defines taskonomy_tasks without @hookimpl, so it is never called.",
        ),
        (
            "@hookimpl\ndef taskonomy_tasks():\n    return {'normals': 1}",
            "zoo[normals] returns a value of type dict from taskonomy_tasks, not a list of Task.",
        ),
        (
            "@hookimpl\ndef taskonomy_tasks():\n    pass",
            "zoo[normals] returns None from taskonomy_tasks, not a list of Task.",
        ),
        (
            "@hookimpl\ndef taskonomy_tasks():\n    return ['normals']",
            "zoo[normals] returns a value of type str in the list of taskonomy_tasks, not a Task.",
        ),
        (
            "@hookimpl\ndef taskonomy_tasks():\n    return [task('normals'), task('normals')]",
            "zoo[normals] brings two of the name 'normals' from taskonomy_tasks.",
        ),
        (
            "@hookimpl\ndef taskonomy_tasks():\n    return [task('depth')]",
            "zoo[normals] does not bring the task 'normals' that its entry point is named after; "
            "taskonomy_tasks gives: depth.",
        ),
        (
            "@hookimpl\ndef taskonomy_tasks():\n    return []",
            "zoo[normals] brings nothing: it has no function taskonomy_tasks (or another hook) marked with @hookimpl.",
        ),
        (
            "",
            "zoo[normals] brings nothing: it has no function taskonomy_tasks (or another hook) marked with @hookimpl.",
        ),
    ],
)
def test_what_is_wrong_is_said(install: Install, source: Source, body: str, message: str) -> None:
    error = fault(install, source(body))
    assert (error.message, error.hint) == (message, UPGRADE)


def test_wrong_arguments_of_a_hook(install: Install, source: Source) -> None:
    error = fault(install, source("@hookimpl\ndef taskonomy_tasks(views):\n    return []"))
    assert error.message.startswith("zoo[normals] has a hook with wrong arguments: ")
    assert "views" in error.message
    assert "\n" not in error.message


def test_a_raising_hook_is_told_with_its_line(install: Install, source: Source, site: Path) -> None:
    text = source("@hookimpl\ndef taskonomy_tasks():\n    raise OSError('no disk')")
    line = 1 + text.splitlines().index("    raise OSError('no disk')")
    assert fault(install, text).message == (
        f"zoo[normals] raises in taskonomy_tasks: OSError: no disk ({site / 'plugin_x.py'}, line {line})"
    )


def test_a_task_that_is_built_wrong_keeps_its_own_words(install: Install, source: Source) -> None:
    error = fault(install, source("BAD = task('normals', version=0)"))
    assert error.message.startswith(
        "zoo[normals] cannot be imported from 'plugin_x': Task 'normals' is built wrong (1 fault): "
        "version is 0, not a whole number from 1."
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("import nowhere_to_be_found", "ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("raise SystemExit(3)", "SystemExit: 3"),
        ("raise ValueError", "ValueError"),
        ("raise GeneratorExit('panic')", "GeneratorExit: panic"),  # outside of Exception, as Rust's panics are
    ],
)
def test_an_import_that_fails(install: Install, site: Path, text: str, told: str) -> None:
    assert fault(install, text).message == (
        f"zoo[normals] cannot be imported from 'plugin_x': {told} ({site / 'plugin_x.py'}, line 1)"
    )


def test_an_interrupt_is_no_fault_of_the_plugin(install: Install, site: Path) -> None:
    install("zoo", {"normals": "plugin_x"}, {"plugin_x": "raise KeyboardInterrupt"})
    with pytest.raises(KeyboardInterrupt):
        load_plugin(FoundPlugin("zoo", "normals", "plugin_x"))
    (site / "alone.py").write_text("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load_file(site / "alone.py")


@pytest.mark.parametrize("target", ["not-a-module", "nowhere_at_all", "plugin_x:NOTHING"])
def test_a_target_that_is_not_there(install: Install, source: Source, target: str) -> None:
    error = fault(install, source("", "normals"), target=target)
    assert error.message.startswith(f"zoo[normals] cannot be imported from {target!r}: ")


def test_an_unknown_kind(install: Install, source: Source) -> None:
    assert fault(install, source("", "normals"), entry="encoders.normals").message == (
        "zoo[encoders.normals] is of no kind that exists: its entry point is neither a task's name nor one of "
        "data.NAME, encoder.NAME, executor.NAME, listener.NAME. Did you mean encoder?"
    )


def test_a_data_source_must_carry_its_entrys_name(install: Install, source: Source) -> None:
    body = (
        "from taskonomy_core.contract import DataSourceKind\n"
        "@hookimpl\ndef taskonomy_data_sources():\n    return [DataSourceKind('photos', 'Photos', part)]"
    )
    install("zoo", {"data.photos": "plugin_x", "data.pictures": "plugin_x"}, {"plugin_x": source(body)})
    assert list(load_plugin(FoundPlugin("zoo", "data.photos", "plugin_x")).things["data"]) == ["photos"]
    with pytest.raises(PluginError) as caught:
        load_plugin(FoundPlugin("zoo", "data.pictures", "plugin_x"))
    assert caught.value.message == (
        "zoo[data.pictures] does not bring the data source 'pictures' that its entry point is named after; "
        "taskonomy_data_sources gives: photos."
    )


def test_a_thing_without_a_name(install: Install, source: Source) -> None:
    body = (
        "from taskonomy_core.contract import DataSourceKind\n"
        "@hookimpl\ndef taskonomy_data_sources():\n    return [DataSourceKind(7, 'Photos', part)]"
    )
    assert fault(install, source(body), entry="data.photos").message == (
        "zoo[data.photos] brings a DataSourceKind whose name is 7, not text."
    )


def test_a_listener_must_listen(install: Install, source: Source) -> None:
    error = fault(install, source("", "normals"), entry="listener.diary")
    assert error.message == "zoo[listener.diary] does not implement taskonomy_job_done."


def test_a_broken_listener_does_not_silence_the_others(install: Install, source: Source, site: Path) -> None:
    deaf = source("@hookimpl\ndef taskonomy_job_done(report):\n    raise OSError('deaf')")
    keen = source(
        "HEARD = []\n@hookimpl\ndef taskonomy_job_done(report, folder):\n    HEARD.append((report.key, folder))"
    )
    install("a", {"listener.deaf": "deaf_x"}, {"deaf_x": deaf})
    install("b", {"listener.keen": "keen_x"}, {"keen_x": keen})
    errors = load_all(discover([str(site)])).tell(REPORT, "store")
    assert [error.message.partition(" (")[0] for error in errors] == [
        "a[listener.deaf] raises in taskonomy_job_done: OSError: deaf"
    ]
    assert sys.modules["keen_x"].HEARD == [("k", "store")]


def test_a_broken_plugin_is_reported_and_the_rest_go_on(install: Install, source: Source, site: Path) -> None:
    install("a", {"depth": "broken_x"}, {"broken_x": "1 / 0"})
    install("b", {"normals": "sound_x"}, {"sound_x": source("", "normals")})
    loaded = load_all(discover([str(site)]))
    assert list(loaded.tasks) == ["normals"]
    assert list(loaded.broken) == ["a[depth]"]
    assert "ZeroDivisionError" in loaded.broken["a[depth]"].message


def test_a_clash_names_all_sides_and_takes_none(install: Install, source: Source, site: Path) -> None:
    install("a", {"normals": "first_x"}, {"first_x": source("", "normals")})
    install("b", {"normals": "second_x", "depth": "third_x"}, {"second_x": source("", "normals")})
    (site / "third_x.py").write_text(source("", "depth"))
    loaded = load_all(discover([str(site)]))
    assert list(loaded.tasks) == ["depth"]
    assert {label: str(error) for label, error in loaded.broken.items()} == dict.fromkeys(
        ["a[normals]", "b[normals]"],
        "a[normals] and b[normals] both bring the task 'normals'; none of them is used.\n"
        "Type: pip uninstall a or pip uninstall b",
    )


def test_two_entries_may_share_a_module(install: Install, source: Source, site: Path) -> None:
    install("a", {"normals": "both_x", "depth": "both_x"}, {"both_x": source("", "normals", "depth")})
    loaded = load_all(discover([str(site)]))
    assert sorted(loaded.tasks) == ["depth", "normals"]
    assert not loaded.broken


def test_a_single_file(tmp_path: Path, source: Source) -> None:
    path = tmp_path / "brightness.py"
    path.write_text(source("HOME = __name__", "brightness"))
    before = list(sys.path)
    plugin = load_file(path, "brightness.py")
    assert plugin.label == "brightness.py"
    assert list(plugin.tasks) == ["brightness"]
    assert sys.path == before
    assert "brightness" not in sys.modules
    assert list(tmp_path.iterdir()) == [path]


def test_files_of_one_name_are_different_modules(tmp_path: Path, source: Source) -> None:
    homes = set()
    for folder in ("one", "two"):
        path = tmp_path / folder / "task.py"
        path.parent.mkdir()
        path.write_text(source("", folder))
        plugin = load_file(path)
        assert list(plugin.tasks) == [folder]
        homes.add(plugin.home)
    assert len(homes) == 2


def test_a_file_is_read_anew_after_an_edit_of_equal_length(tmp_path: Path, source: Source) -> None:
    path = tmp_path / "task.py"
    for name in ("first", "other"):
        path.write_text(source("", name))
        assert list(load_file(path).tasks) == [name]


def test_a_file_may_hold_dataclasses_and_its_own_future(tmp_path: Path, source: Source) -> None:
    path = tmp_path / "task.py"
    body = (
        "from dataclasses import dataclass\n@dataclass\nclass Part:\n    side: int\nKIND = Part.__annotations__['side']"
    )
    path.write_text(source(body, "brightness"))
    home = load_file(path).home
    # The loader's own `from __future__ import annotations` must not leak into it: then KIND would be text.
    assert sys.modules[home].KIND is int


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("missing.py", None, "There is no file missing.py."),
        ("notes.txt", b"", "notes.txt is not a Python file (.py)."),
        ("bad.py", b"x = 1\ndef f(:\n", "bad.py is not valid Python: line 2: invalid syntax."),
        ("quiet.py", b"x = 1\n", "quiet.py brings nothing: it has no function taskonomy_tasks (or another hook) "
         "marked with @hookimpl."),
    ],
)  # fmt: skip
def test_a_file_that_is_no_plugin(tmp_path: Path, name: str, content: bytes | None, message: str) -> None:
    if content is not None:
        (tmp_path / name).write_bytes(content)
    before = set(sys.modules)
    with pytest.raises(PluginError) as caught:
        load_file(tmp_path / name, name)
    assert caught.value.message == message
    assert caught.value.hint
    assert not {new for new in set(sys.modules) - before if new.startswith("taskonomy_file_")} or name == "quiet.py"


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"x = 1\x00"])
def test_a_file_of_bytes(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "bytes.py").write_bytes(content)
    with pytest.raises(PluginError, match=r"^bytes\.py is not valid Python: |^bytes\.py cannot be imported: "):
        load_file(tmp_path / "bytes.py", "bytes.py")


def test_a_file_that_raises_is_told_with_its_line(tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text("x = 1\n1 / x - 1 / 0\n")
    with pytest.raises(PluginError) as caught:
        load_file(tmp_path / "bad.py", "bad.py")
    assert str(caught.value) == (
        f"bad.py cannot be imported: ZeroDivisionError: division by zero ({tmp_path / 'bad.py'}, line 2)\n"
        "Correct the file, then type the same command again, or: tk check bad.py"
    )
