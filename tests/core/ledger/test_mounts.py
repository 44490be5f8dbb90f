"""A ledger on a network file system, by made-up tables of mounts."""

import sqlite3

import pytest

from taskonomy_core.ledger import mounts
from taskonomy_core.ledger.mounts import network_file_system, network_warning
from taskonomy_core.ledger.store import Store


@pytest.fixture
def table(tmp_path):
    """Write a table of (mount point, file system type)."""

    def write(*rows):
        lines = [
            f"{number} 1 0:{number} / {point} rw,relatime shared:{number} - {kind} server:/export rw"
            for number, (point, kind) in enumerate(rows, 20)
        ]
        path = tmp_path / "mountinfo"
        path.write_text("\n".join([*lines, ""]))
        return path

    return write


@pytest.mark.parametrize("kind", ["nfs", "nfs4", "cifs", "smb3", "9p", "lustre", "beegfs", "gpfs", "ceph"])
def test_network_file_systems_are_known(tmp_path, table, kind):
    assert network_file_system(tmp_path, table(("/", "ext4"), (tmp_path, kind))) == kind


@pytest.mark.parametrize(("kind", "found"), [("fuse.sshfs", "fuse.sshfs"), ("fuse.ntfs-3g", ""), ("xfs", "")])
def test_of_fuse_only_some_are_on_the_network(tmp_path, table, kind, found):
    assert network_file_system(tmp_path, table(("/", "ext4"), (tmp_path, kind))) == found


def test_the_deepest_mount_counts_and_of_two_at_one_point_the_later(tmp_path, table):
    home = tmp_path / "home"
    rows = (("/", "nfs4"), (tmp_path, "ext4"), (home, "ext4"), (home, "nfs"), (f"{home}stead", "ext4"))
    assert network_file_system(home / "project" / ".taskonomy", table(*rows)) == "nfs"  # it need not exist yet
    assert network_file_system(tmp_path, table(*rows)) == ""
    assert network_file_system(tmp_path / "homestead", table(*rows)) == ""


def test_blanks_in_names_and_links_are_understood(tmp_path, table):
    (tmp_path / "my disk").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "my disk")
    rows = table(("/", "ext4"), (f"{tmp_path}/my\\040disk", "nfs"))
    assert network_file_system(tmp_path / "link", rows) == "nfs"


def test_where_nothing_tells_nothing_is_said(tmp_path):
    assert network_warning(tmp_path, tmp_path / "no such table") == ""
    (tmp_path / "odd").write_text("nonsense\n\n- nfs\n1 2 3 4 / - \n")
    assert network_warning(tmp_path, tmp_path / "odd") == ""


def test_the_warning_names_the_folder_and_the_kind(tmp_path, table):
    assert network_warning(tmp_path, table(("/", "ext4"))) == ""
    assert network_warning(tmp_path, table(("/", "ext4"), (tmp_path, "nfs4"))) == (
        f"The ledger in {tmp_path} lies on a network file system (nfs4): use it from one machine at a time. "
        "Two that train at once may do the same job twice."
    )


def test_a_ledger_there_needs_no_shared_memory_and_loses_nothing_by_moving(tmp_path, table, monkeypatch):
    folder = tmp_path / "store"

    def mode():
        database = sqlite3.connect(folder / "ledger.sqlite")
        try:
            return database.execute("PRAGMA journal_mode").fetchone()[0]
        finally:
            database.close()

    with Store.open(folder) as store:
        store.record_facts({"a": "1"})
    assert mode() == "wal"
    monkeypatch.setattr(mounts, "TABLE", table(("/", "ext4"), (tmp_path, "nfs4")))
    with Store.open(folder) as first, Store.open(folder) as second:
        first.record_facts({"b": "2"})
        assert second.facts() == {"a": "1", "b": "2"}
        assert not list(folder.glob("*-wal"))
        first.back_up()
    assert mode() == "delete"
    monkeypatch.setattr(mounts, "TABLE", table(("/", "ext4")))
    with Store.open(folder) as store:
        assert store.facts() == {"a": "1", "b": "2"}
    assert mode() == "wal"
