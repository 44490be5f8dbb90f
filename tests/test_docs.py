"""What the documents show is run, and what they list is there."""

from __future__ import annotations

import importlib
import multiprocessing
import os
import re
import sys
import time
import tomllib
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from dataclasses import fields, replace
from pathlib import Path

import pytest
import torch
from PIL import Image

from taskonomy_cli.app import COMMANDS
from taskonomy_core.contract import (
    SPLITS,
    CheckBench,
    DataRequest,
    JobReport,
    NetworkSize,
    Task,
    Views,
    Workplace,
    check_task,
    hookspecs,
)
from taskonomy_core.errors import DataError, JobError
from taskonomy_core.learning.recipe import PRESETS
from taskonomy_core.registry import resolve
from taskonomy_core.registry.discover import KINDS, TASK, discover
from taskonomy_core.registry.load import load_all
from taskonomy_core.taxonomy.csv_format import COLUMNS
from taskonomy_core.taxonomy.exchange import read_measurements
from taskonomy_core.taxonomy.measurements import TaskFacts

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text()
GUIDE = (ROOT / "plugins" / "README.md").read_text()
SIZE = NetworkSize(32, 8, 4, 8, (16,), ((16, 16), (8, 8), (8, 8)), 32, 0.0)


def python_blocks(text: str) -> list[str]:
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)


def pictures(task: Task, count: int) -> Views:
    # Smooth noise of different strength, so that images differ in more than detail.
    noise = torch.rand(count, 3, 4, 4, generator=torch.Generator().manual_seed(count))
    return Views({"rgb": torch.nn.functional.interpolate(noise, size=32, mode="bilinear")[:, None]})


def docstring_example() -> str:
    import taskonomy_core.contract.task as module

    text = module.__doc__ or ""
    block = text[text.index("    from taskonomy_core.contract") : text.index("and one entry point")]
    return "\n".join(line[4:] for line in block.splitlines())


@pytest.mark.parametrize(
    "source",
    [*python_blocks(README), docstring_example(), python_blocks(GUIDE)[0]],
    ids=["readme", "docstring", "guide"],
)
def test_the_example_task_keeps_the_contract(source: str) -> None:
    space: dict[str, object] = {}
    exec(compile(source, "example", "exec", dont_inherit=True), space)
    (task,) = space["taskonomy_tasks"]()  # type: ignore[operator]
    results = check_task(task, CheckBench(views=pictures, size=SIZE))
    assert [result for result in results if not result.passed] == []
    assert task.name == "brightness"


def guide_blocks() -> dict[str, str]:
    """The guide's Python by the file that it says it is."""
    return dict(re.findall(r"```python\n# (\S+)\n(.*?)```", GUIDE, re.DOTALL))


def test_the_guides_test_is_what_the_decorator_wants() -> None:
    blocks = guide_blocks()
    space: dict[str, object] = {"my_views": pictures}
    exec(blocks["brightness.py"], space)
    (space["my_task"],) = space["taskonomy_tasks"]()  # type: ignore[operator]
    exec(blocks["test_nearness.py"], space)
    assert callable(space["test_contract"])


@pytest.fixture
def guides_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The package of the guide's last part, installed: its modules, and the entry points that it shows."""
    (shown,) = re.findall(r"```toml\n(.*?)```", GUIDE, re.DOTALL)
    entries = tomllib.loads(shown)["project"]["entry-points"]["taskonomy"]
    modules = {name: text for name, text in guide_blocks().items() if name.startswith("my_package/")}
    assert {f"{name.removesuffix('.py').replace('/', '.')}" for name in modules} | {"my_package.brightness"} == {
        *entries.values()
    }
    (tmp_path / "my_package").mkdir()
    for name, text in {**modules, "my_package/brightness.py": guide_blocks()["brightness.py"]}.items():
        (tmp_path / name).write_text(text)
    info = tmp_path / "my_package-1.0.dist-info"
    info.mkdir()
    lines = [f"{name} = {target}" for name, target in entries.items()]
    (info / "entry_points.txt").write_text("\n".join(["[taskonomy]", *lines, ""]))
    monkeypatch.syspath_prepend(str(tmp_path))
    yield tmp_path
    for name in [name for name in sys.modules if name.partition(".")[0] == "my_package"]:
        del sys.modules[name]


def test_the_guides_plugins_are_all_sound(guides_package: Path) -> None:
    mine = [plugin for plugin in discover() if plugin.package == "my-package"]
    assert {plugin.kind for plugin in mine} == {TASK, *KINDS}
    assert load_all(mine).broken == {}


def test_the_guides_data_source(guides_package: Path) -> None:
    folder = guides_package / "pictures"
    folder.mkdir()
    for number in range(6):
        Image.new("RGB", (40, 30), (40 * number, 0, 255)).save(folder / f"{number}.jpg")
    options = {"folder": str(folder)}
    request = DataRequest(16, {"train": 3, "transfer": 2, "test": 1}, 0, options)
    source = resolve.data_source("photos").open(request)
    source.prepare()
    assert source.groups("train", "single").tolist() == [[0], [1], [2]]
    assert [len(source.ids(split)) for split in SPLITS] == [3, 2, 1]
    read = source.read("transfer", torch.tensor([[1], [0]]), ("rgb",))["rgb"]
    assert (read.shape, read.dtype) == ((2, 1, 3, 16, 16), torch.float32)
    assert read[:, 0, 0].mean((1, 2)).tolist() == pytest.approx([160 / 255, 120 / 255], abs=0.02)
    again = resolve.data_source("photos").open(request)
    assert again.fingerprint == source.fingerprint
    (folder / "0.jpg").write_bytes((folder / "0.jpg").read_bytes() + b"0")
    assert resolve.data_source("photos").open(request).fingerprint != source.fingerprint
    with pytest.raises(DataError, match=r"There are 6 photographs, but 7 are asked for\."):
        resolve.data_source("photos").open(replace(request, counts={"train": 4, "transfer": 2, "test": 1}))
    with pytest.raises(DataError, match="has no triplets"):
        source.groups("train", "triplets")


@pytest.mark.parametrize("preset", ["nano", "paper"])
def test_the_guides_encoder(guides_package: Path, preset: str) -> None:
    size = PRESETS[preset].size
    module = resolve.encoder("patches").build(3, size)
    code = module(torch.zeros(2, 3, size.image, size.image))
    assert code.shape == (2, size.code_channels, size.code_side, size.code_side)
    half = size.image // 2  # a tile
    assert module(torch.zeros(1, 3, half, half)).shape[2:] == (size.code_side // 2,) * 2


def test_the_guides_executor(guides_package: Path) -> None:
    # Spawned processes import what they call: it must lie in a module that they find.
    (guides_package / "my_package" / "work.py").write_text(
        "import os, time\nfrom pathlib import Path\nfrom taskonomy_core.errors import JobError\n"
        "def fail():\n    raise JobError('It diverged.', 'Lower its rate.')\n"
        "def leave():\n    os._exit(7)\n"
        "def sleep(folder):\n    Path(folder, str(os.getpid())).touch()\n    time.sleep(600)\n"
    )
    work = importlib.import_module("my_package.work")
    (guides_package / "asleep").mkdir()
    with resolve.executor("pool").open(Workplace(2, guides_package)) as executor:
        assert len({executor.submit(os.getpid).result() for _ in range(4)} - {os.getpid()}) in (1, 2)
        error = executor.submit(work.fail).exception()
        assert isinstance(error, JobError)
        assert (error.message, error.hint) == ("It diverged.", "Lower its rate.")
        assert isinstance(executor.submit(work.leave).exception(), BrokenExecutor)
        assert executor.submit(os.getpid).result() != os.getpid()
        futures = [executor.submit(work.sleep, str(guides_package / "asleep")) for _ in range(4)]
        while len(list((guides_package / "asleep").iterdir())) < 2:
            time.sleep(0.02)
    assert all(future.cancelled() or isinstance(future.exception(), BrokenExecutor) for future in futures)
    assert multiprocessing.active_children() == []


def test_the_page_on_clusters_shows_a_config_that_parsl_takes(tmp_path: Path) -> None:
    (block,) = python_blocks((ROOT / "docs" / "clusters.md").read_text())
    compile(block, "slurm.py", "exec")
    config = pytest.importorskip("parsl.config")
    from taskonomy_plugins.executors.parsl import read_config

    (tmp_path / "slurm.py").write_text(block)
    assert isinstance(read_config(tmp_path / "slurm.py"), config.Config)


def test_the_guides_listener(guides_package: Path) -> None:
    heard = resolve.listeners([plugin for plugin in discover() if plugin.package == "my-package"])
    report = JobReport("key", "transfer", "normals", ("curvature",), "done", 2.6)
    assert heard.tell(report, str(guides_package)) == []
    assert (guides_package / "tally.txt").read_text() == "transfer normals done 3 s\n"


def test_the_policy_of_versions_names_what_is_there() -> None:
    page = (ROOT / "docs" / "plugin-versions.md").read_text()
    promised = set(re.findall(r"`(taskonomy_core\.\w+)\.__all__`", page))
    assert promised == {"taskonomy_core.contract", "taskonomy_core.blocks"}
    for name in promised:
        module = importlib.import_module(name)
        assert all(hasattr(module, each) for each in module.__all__)
    rows = "".join(line for line in page.splitlines() if line.startswith("|"))
    named = {field.name for field in fields(Task)}
    assert named <= set(re.findall(r"`(\w+)`", rows))  # a new field must be decided on


def test_every_hook_is_in_the_guide_and_no_other() -> None:
    known = {name for name in vars(hookspecs) if name.startswith("taskonomy_")}
    assert set(re.findall(r"`(taskonomy_[a-z_]+)\(", GUIDE)) == known


def test_every_command_that_is_shown_is_there() -> None:
    shown = set(re.findall(r"\btk ([a-z]+)\b", README + GUIDE + (ROOT / "docs" / "architecture.md").read_text()))
    assert shown <= set(COMMANDS)
    assert set(COMMANDS) - {"demo"} <= shown


def test_the_examples_of_measurements_are_read_and_say_the_same(tmp_path: Path) -> None:
    page = (ROOT / "docs" / "measurements.md").read_text()
    found = {}
    for ending in ("csv", "json"):
        (block,) = re.findall(rf"```{ending}\n(.*?)```", page, re.DOTALL)
        (tmp_path / f"x.{ending}").write_text(block)
        found[ending] = read_measurements(tmp_path / f"x.{ending}")
    assert found["csv"].affinity == found["json"].affinity
    assert found["csv"].affinity.into("normals")[1].name == "curvature + reshading -> normals"
    normals = found["json"].tasks["normals"]
    assert normals == TaskFacts(normals.title, normals.group)  # it shows the defaults
    assert f"```csv\n{','.join(COLUMNS)}\n" in page
    assert all(f"| `{each.name}` |" in page for each in fields(TaskFacts))


@pytest.mark.parametrize(
    "page",
    [
        "docs/architecture.md",
        "docs/clusters.md",
        "docs/measurements.md",
        "docs/plugin-versions.md",
        "plugins/taskonomy-example/README.md",
        "README.md",
        "plugins/README.md",
        "tasks/README.md",
        "CONTRIBUTING.md",
    ],
)
def test_every_link_leads_somewhere(page: str) -> None:
    folder = (ROOT / page).parent
    links = re.findall(r"\]\((?!http)([^)#]+)\)", (ROOT / page).read_text())
    assert all((folder / link).exists() for link in links)


def test_every_room_of_the_architecture_is_there() -> None:
    text = (ROOT / "docs" / "architecture.md").read_text()
    rooms = re.findall(r"^ {4}(?: {2})?([a-z]+)/ ", text, re.MULTILINE)
    there = {path.name for path in (ROOT / "taskonomy_core").rglob("*") if path.is_dir() and path.name[0] != "_"}
    assert set(rooms) == there
