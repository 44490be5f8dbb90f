from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import Result

from taskonomy_cli import examine
from taskonomy_cli.session import Session

Run = Callable[..., Result]


def test_all_is_well(run: Run, here: Path) -> None:
    run("init", "--empty")
    result = run("doctor")
    assert result.exit_code == 0, result.stdout
    head, *rows = result.stdout.splitlines()
    assert head.split() == ["WHAT", "STATE", "FOUND"]
    assert not [row for row in rows if " broken " in row]
    assert any(row.startswith("registry.toml") and row.endswith("registry.toml: 0 tasks, preset nano") for row in rows)
    # Looking leaves nothing behind.
    assert [file.name for file in here.iterdir()] == ["registry.toml"]


def test_json_names_every_examination(run: Run) -> None:
    findings = json.loads(run("doctor", "--json").stdout)
    names = {finding["what"] for finding in findings}
    expected = {"python", "taskonomy", "numpy", "torch import", "device", "torchvision fits torch", "solvers"}
    assert expected | {"cache folder", "plugins", "registry.toml"} <= names
    assert set(findings[0]) == {"what", "state", "found", "hint"}


def test_a_broken_registry_is_told_with_what_to_type(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine, "_EXAMINATIONS", [("registry.toml", examine._registry)])
    (here / "registry.toml").write_text("format = 2\n")
    result = run("doctor")
    assert result.exit_code == 2
    assert result.stdout == (
        "WHAT           STATE   FOUND\n"
        f"registry.toml  broken  {here / 'registry.toml'} has format 2, but this taskonomy reads format 1.\n"
    )
    assert result.stderr == "registry.toml: Type: pip install --upgrade taskonomy\n"


def test_a_registry_of_an_unknown_encoder(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run("init", "--empty")
    path = here / "registry.toml"
    path.write_text('encoder = "resnet5"\n' + path.read_text())
    monkeypatch.setattr(examine, "_EXAMINATIONS", [("registry.toml", examine._registry)])
    finding = json.loads(run("doctor", "--json").stdout)[0]
    assert finding["state"] == "broken"
    assert finding["found"].startswith("There is no encoder 'resnet5'. Did you mean resnet50?")


def test_a_changed_version_is_doubtful(run: Run, here: Path, brightness: str, monkeypatch: pytest.MonkeyPatch) -> None:
    run("init", "--empty")
    run("register", brightness, "--no-check")
    path = here / "registry.toml"
    path.write_text(path.read_text().replace("version = 1", "version = 3"))
    monkeypatch.setattr(examine, "_EXAMINATIONS", [("registry.toml", examine._registry)])
    result = run("doctor", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)[1] == {
        "what": "registry.toml",
        "state": "doubtful",
        "found": "brightness is now version 1, but was registered as version 3.",
        "hint": "Type: tk register brightness",
    }


def test_an_examination_that_breaks_hides_no_other(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def breaks(session: Session) -> Iterator[examine.Finding]:
        raise ImportError("libcuda\x1b[31m is not there")

    monkeypatch.setattr(examine, "_EXAMINATIONS", [("torch import", breaks), ("python", examine._python)])
    result = run("doctor")
    assert result.exit_code == 2
    lines = result.stdout.splitlines()
    assert lines[1] == "torch import  broken  ImportError: libcuda\\x1b[31m is not there"
    assert lines[2].startswith("python        ok      3.")


def test_a_missing_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine.metadata, "requires", lambda name: ["zebra-x>=1", "numpy>=1", 'mypy; extra == "dev"'])
    found = [(finding.what, finding.state, finding.hint) for finding in examine._packages(Session())]
    assert found == [
        ("taskonomy", "ok", ""),
        ("numpy", "ok", ""),
        ("zebra-x", "broken", "Type: pip install zebra-x"),
    ]


@pytest.mark.parametrize("pin", ["torch==2.15.0", "torch (==2.15.0)"])
def test_a_torchvision_for_another_torch(monkeypatch: pytest.MonkeyPatch, pin: str) -> None:
    versions = {"torch": "2.14.1+cpu", "torchvision": "0.29.2+cpu"}
    monkeypatch.setattr(examine.metadata, "version", versions.__getitem__)
    monkeypatch.setattr(examine.metadata, "requires", lambda name: ["numpy", pin])
    assert list(examine._torchvision(Session())) == [
        examine.Finding(
            "torchvision fits torch",
            "broken",
            "torchvision 0.29.2+cpu was built for torch 2.15.0, but torch 2.14.1 is installed",
            "Type: pip install torch==2.15.0 torchvision==0.29.2",
        )
    ]


def test_no_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    from taskonomy_core.taxonomy import engines

    monkeypatch.setattr(engines, "available_solvers", lambda: ())
    assert list(examine._solvers(Session())) == [
        examine.Finding("solvers", "broken", "none", "Type: pip install highspy")
    ]


def test_a_folder_that_cannot_be_written(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(**_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(examine.tempfile, "TemporaryFile", refuse)
    assert list(examine._folder("store folder", here / "a" / "b")) == [
        examine.Finding(
            "store folder",
            "broken",
            f"{here / 'a' / 'b'} cannot be written: Permission denied",
            "Give yourself the right to write there.",
        )
    ]


def test_little_space(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(examine.shutil, "disk_usage", lambda folder: examine.shutil._ntuple_diskusage(9, 9, 2**29))
    assert list(examine._folder("store folder", here)) == [
        examine.Finding(
            "store folder", "doubtful", f"{here}, 0.5 GiB free", "Free some disk space; nano needs about 1 GiB."
        )
    ]


def test_broken_plugins_are_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    from taskonomy_core.registry import discover

    found = (discover.FoundPlugin("zoo", "zebra", "nowhere_to_be_found"),)
    monkeypatch.setattr(discover, "discover", lambda: found)
    counts, zebra = examine._plugins(Session())
    assert counts == examine.Finding("plugins", "ok", "0 sound, 1 broken")
    assert (zebra.what, zebra.state) == ("zoo[zebra]", "broken")
    assert zebra.found.startswith("zoo[zebra] cannot be imported from 'nowhere_to_be_found'")
    assert zebra.hint == "Tell its author, or type: pip install --upgrade zoo"


def test_a_damaged_ledger(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from taskonomy_core.ledger.store import FILE

    run("init", "--empty")
    (here / ".taskonomy").mkdir()
    (here / ".taskonomy" / FILE).write_bytes(b"this is no database, and long enough to be looked at " * 40)
    monkeypatch.setattr(examine, "_EXAMINATIONS", [("ledger", examine._ledger)])
    result = run("doctor", "--json")
    assert result.exit_code == 2
    finding = json.loads(result.stdout)[0]
    assert (finding["what"], finding["state"]) == ("ledger", "broken")
    assert finding["hint"]


def test_a_ledger_on_a_network_file_system_is_doubtful(run: Run, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from taskonomy_core.ledger import mounts

    run("init", "--empty")
    table = here / "mountinfo"
    table.write_text(f"1 0 0:1 / / rw - ext4 disk rw\n2 1 0:2 / {here} rw - nfs4 server:/home rw\n")
    monkeypatch.setattr(mounts, "TABLE", table)
    monkeypatch.setattr(examine, "_EXAMINATIONS", [("ledger", examine._ledger)])
    result = run("doctor", "--json")
    assert result.exit_code == 0
    assert json.loads(result.stdout)[0] == {
        "what": "ledger's disk",
        "state": "doubtful",
        "found": f"The ledger in {here}/.taskonomy lies on a network file system (nfs4): use it from one machine at a "
        "time. Two that train at once may do the same job twice.",
        "hint": "Keep projects on a disk of the machine that trains.",
    }
