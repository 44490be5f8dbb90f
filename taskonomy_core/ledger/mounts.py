"""Whether a folder lies on a network file system, as far as the system's table of mounts tells (Linux alone)."""

from __future__ import annotations

import re
from pathlib import Path

TABLE = Path("/proc/self/mountinfo")

# Of kernel file systems and FUSE (fuse.NAME) those whose files another machine may change at the same time.
_KERNEL = (
    "9p afs beegfs ceph cifs coda gfs gfs2 gpfs lustre ncpfs nfs nfs4 ocfs2 orangefs panfs pvfs2 smb2 smb3 smbfs wekafs"
)
_FUSE = "blobfuse blobfuse2 gcsfuse glusterfs goofys juicefs mfs moosefs rclone s3fs sshfs"
_NETWORK = frozenset(f"{_KERNEL} {_FUSE}".split())


def network_file_system(folder: Path, table: Path | None = None) -> str:
    """The type of the network file system that a folder lies on, or would; "" for a local one, or where nothing tells.

    `table` is another one than this system's, in the format of /proc/PID/mountinfo (proc(5)).
    """
    try:
        lines = (table or TABLE).read_text(encoding="utf-8", errors="surrogateescape").splitlines()
    except OSError:
        return ""
    place, found, deepest = folder.resolve(), "", 0
    for line in lines:
        mount, _, source = line.partition(" - ")
        words = mount.split(" ")
        if len(words) < 5 or not source:
            continue
        point = Path(_unescaped(words[4]))
        # Of two mounts at one point the later one covers the earlier.
        if len(point.parts) >= deepest and place.is_relative_to(point):
            deepest, found = len(point.parts), source.split(" ")[0]
    return found if found.removeprefix("fuse.") in _NETWORK else ""


def network_warning(folder: Path, table: Path | None = None) -> str:
    """A sentence for people whose ledger lies on a network file system; "" for all others."""
    kind = network_file_system(folder, table)
    if not kind:
        return ""
    return (
        f"The ledger in {folder} lies on a network file system ({kind}): use it from one machine at a time. "
        "Two that train at once may do the same job twice."
    )


def _unescaped(point: str) -> str:
    """Blanks and the like are written as octal numbers there."""
    return re.sub(r"\\([0-7]{3})", lambda code: chr(int(code[1], 8)), point)
