from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from taskonomy_core.errors import RosterError
from taskonomy_core.registry import editing
from taskonomy_core.registry.editing import create_roster, register_tasks, unregister_task
from taskonomy_core.registry.roster import RosterTask, read_roster

A, B, C = (RosterTask(name, f"zoo[{name}]", 1) for name in "abc")
TOP = 'format = 1\npreset = "nano"\nseed = 0\nbudget = 6\n'
DATA = '[data]\nsource = "rooms"\n'


def table(task: RosterTask) -> str:
    return f'[tasks.{task.name}]\nplugin = "{task.plugin}"\nversion = {task.version}\nrole = "{task.role}"\n'


NEW_C = '\n[tasks.c]\nplugin = "zoo[c]"\nversion = 1\nrole = "both"\ncost = 1\nweight = 1\n'


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "registry.toml"


def test_a_new_table_goes_to_the_end_and_all_else_stays(path: Path) -> None:
    text = f"# mine\n{TOP}  # six\n{DATA}\n# about a\n{table(A)}cost=3 # dear\n\n# the end\n"
    path.write_text(text)
    roster = register_tasks(path, [C])
    assert path.read_text() == text + NEW_C
    assert roster == read_roster(path)
    assert list(roster.tasks) == ["a", "c"]


def test_bringing_a_task_up_to_date_changes_only_what_differs(path: Path) -> None:
    text = f"{TOP}{DATA}\n{table(A)}cost=3 # dear\n# about b\n{table(B)}"
    path.write_text(text)
    register_tasks(path, [RosterTask("a", "zoo[a]", 2, "both", cost=3)])
    assert path.read_text() == text.replace("version = 1", "version = 2", 1)


def test_a_transfer_cost_stands_only_where_there_is_one(path: Path) -> None:
    create_roster(path, preset="nano", seed=0, tasks=[replace(A, transfer_cost=0.5), B])
    head, tables = path.read_text().split("\n\n[tasks.a]\n")
    assert "#   transfer_cost  " in head
    assert tables.count("transfer_cost") == 1
    assert 'role = "both"\ncost = 1\ntransfer_cost = 0.5\nweight = 1\n' in tables


def test_a_key_that_is_new_to_a_table_goes_to_its_end(path: Path) -> None:
    text = f"{TOP}{DATA}\n{table(A)}cost=3 # dear\n\n# about b\n{table(B)}# the end"
    path.write_text(text)
    register_tasks(path, [replace(A, cost=3, transfer_cost=2), replace(B, transfer_cost=0.25)])
    assert path.read_text() == text.replace("# dear\n", "# dear\ntransfer_cost = 2\n").replace(
        "# the end", "transfer_cost = 0.25\n# the end\n"
    )
    path.write_text(path.read_text().replace("_cost = 2\n", "_cost = 2  # to serve\n"))
    assert register_tasks(path, [replace(A, cost=3)]).tasks["a"].transfer_cost == 0
    assert "\ntransfer_cost = 0  # to serve\n\n# about b\n" in path.read_text()


def test_taking_one_out_keeps_the_comments_around_it(path: Path) -> None:
    path.write_text(f"{TOP}{DATA}\n# about a\n{table(A)}\n# about b\n{table(B)}# the end\n")
    assert list(unregister_task(path, "a").tasks) == ["b"]
    assert path.read_text() == f"{TOP}{DATA}\n# about a\n# about b\n{table(B)}# the end\n"


def test_out_and_in_again_is_where_it_began(path: Path) -> None:
    create_roster(path, preset="nano", seed=0, tasks=[A, B, C])
    text = path.read_text()
    unregister_task(path, "c")
    register_tasks(path, [C])
    assert path.read_text() == text


def test_the_last_task_may_go(path: Path) -> None:
    path.write_text(TOP + DATA + table(A))
    assert unregister_task(path, "a").tasks == {}
    assert list(register_tasks(path, [C]).tasks) == ["c"]


INLINE = "{{plugin='zoo[{0}]',version=1,role='both'}}"


@pytest.mark.parametrize(
    "text",
    [
        f"{TOP}{table(A)}\n# about data\n{DATA}\n{table(B)}",
        f"{TOP}data={{source='rooms'}}\ntasks={{a={INLINE.format('a')},b={INLINE.format('b')}}}\n",
        f"{TOP}data.source='rooms'\ntasks.a.plugin='zoo[a]'\ntasks.a.version=1\ntasks.a.role='both'\n"
        f"tasks.b={INLINE.format('b')}\n",
        f"{TOP}data.source='rooms'\n[tasks]\na={INLINE.format('a')}\nb.plugin='zoo[b]'\nb.version=1\nb.role='both'\n",
        f"{TOP}{DATA}[tasks]\n[tasks . 'a']\nplugin='zoo[a]'\nversion=1\nrole='both'\n{table(B)}".rstrip(),
    ],
    ids=["out of order", "inline", "dotted", "header and dots", "quoted"],
)
def test_every_spelling_of_the_tasks_can_be_edited(path: Path, text: str) -> None:
    path.write_text(text)
    before = read_roster(path)
    raised = replace(A, version=2, role="unused", transfer_cost=1.5)
    assert register_tasks(path, [raised]).tasks == {"a": raised, "b": B}
    assert register_tasks(path, [C]).tasks == {"a": raised, "b": B, "c": C}
    assert unregister_task(path, "b").tasks == {"a": raised, "c": C}
    after = read_roster(path)
    assert replace(after, tasks={}) == replace(before, tasks={})


def test_line_ends_stay_those_of_windows(path: Path) -> None:
    text = (TOP + DATA + table(A)).replace("\n", "\r\n")
    path.write_bytes(text.encode())
    register_tasks(path, [C])
    assert path.read_bytes().decode() == text + NEW_C.replace("\n", "\r\n")
    unregister_task(path, "c")
    assert b"\n" not in path.read_bytes().replace(b"\r\n", b"")


names = st.from_regex(r"[a-z][a-z0-9]{0,5}(_[a-z0-9]{1,4})?", fullmatch=True)
numbers = st.floats(0, 1e6, allow_nan=False)
entries = st.builds(
    RosterTask,
    names,
    st.just("zoo[x]"),
    st.integers(1, 9),
    st.sampled_from(["source", "target", "both", "unused"]),
    numbers,
    numbers,
    numbers,
)


@settings(deadline=None, max_examples=20)
@given(st.lists(entries, unique_by=lambda entry: entry.name, min_size=1, max_size=5), st.data())
def test_what_is_written_is_read(
    tmp_path_factory: pytest.TempPathFactory, tasks: list[RosterTask], data: st.DataObject
) -> None:
    path = tmp_path_factory.mktemp("roster") / "registry.toml"
    half = len(tasks) // 2
    create_roster(path, preset="nano", seed=5, tasks=tasks[:half], budget=3)
    assert list(register_tasks(path, tasks[half:]).tasks.values()) == tasks
    gone = data.draw(st.sampled_from(tasks))
    assert list(unregister_task(path, gone.name).tasks.values()) == [task for task in tasks if task != gone]


def test_an_unknown_task_cannot_be_taken_out(path: Path) -> None:
    path.write_text(TOP + DATA + table(replace(A, name="normals")))
    with pytest.raises(RosterError) as caught:
        unregister_task(path, "normal")
    assert str(caught.value) == f"{path} does not register a task 'normal'. Did you mean normals?\nType: tk tasks"


def test_an_existing_file_is_never_overwritten(path: Path) -> None:
    path.write_text("precious")
    with pytest.raises(RosterError) as caught:
        create_roster(path, preset="nano", seed=0, tasks=[])
    assert str(caught.value) == f"{path} exists already; it is left as it is.\nType: tk tasks"
    assert path.read_text() == "precious"


def full_disk(*_: object) -> None:
    raise OSError(28, os.strerror(28))


def test_a_full_disk_loses_nothing(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = TOP + DATA + table(A)
    path.write_text(text)
    monkeypatch.setattr(os, "fsync", full_disk)
    with pytest.raises(RosterError) as caught:
        register_tasks(path, [C])
    assert str(caught.value) == (
        f"{path} cannot be written: No space left on device; nothing was changed.\n"
        "Make room, or give yourself the right to write there, then type the same command again."
    )
    assert path.read_text() == text
    assert list(path.parent.iterdir()) == [path]


def test_what_cannot_be_said_is_not_written(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    text = TOP + DATA + table(A)
    path.write_text(text)
    monkeypatch.setattr(editing.tomlkit, "dumps", lambda document: "broken =")
    with pytest.raises(RosterError) as caught:
        register_tasks(path, [replace(A, version=2)])
    assert str(caught.value) == (
        f"{path} writes its tasks in a way that cannot be edited here; nothing was changed.\n"
        "Write each of them as a table [tasks.NAME], then type the same command again."
    )
    assert path.read_text() == text


def test_permissions_and_links_are_kept(path: Path) -> None:
    real = path.with_name("real.toml")
    real.write_text(TOP + DATA)
    real.chmod(0o640)
    path.symlink_to(real)
    register_tasks(path, [C])
    assert path.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o640
    assert list(read_roster(real).tasks) == ["c"]


def test_a_new_file_has_the_rights_of_any_new_file(path: Path) -> None:
    create_roster(path, preset="nano", seed=0, tasks=[])
    other = path.with_name("other")
    other.touch()
    assert path.stat().st_mode == other.stat().st_mode
