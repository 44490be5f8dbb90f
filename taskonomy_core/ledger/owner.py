"""Who holds a claim, and whether that process still lives."""

from __future__ import annotations

import os
import secrets
import socket
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# A worker on another machine that has not been heard of for so long is taken for dead.
SILENCE = 300.0
HEARTBEAT = 20.0


@dataclass(frozen=True)
class Owner:
    """One worker: the machine (and process namespace) it runs on, its process, when that was born, and a token."""

    host: str
    pid: int
    born: str
    token: str

    @staticmethod
    def this() -> Owner:
        """A new worker of this process."""
        return Owner(_host(), os.getpid(), _birth(os.getpid()) or "", secrets.token_hex(8))

    def lives(self, heartbeat: float, now: float) -> bool:
        """Whether the process is still there; `heartbeat` and `now` are in seconds of the wall clock.

        On the same machine the process table knows (a process number that was given again has another birth);
        elsewhere, and where the system does not tell births, a long silence means death.
        """
        heard = now - heartbeat <= SILENCE
        if self.host != _host() or os.name != "posix":  # elsewhere os.kill(pid, 0) is no question but a signal
            return heard
        if not _exists(self.pid):
            return False
        return self.born == _birth(self.pid) if self.born else heard


@cache
def _host() -> str:
    """The machine's name and the process namespace: two containers on one machine do not see each other's processes."""
    try:
        space = os.readlink("/proc/self/ns/pid")  # noqa: PTH115 - it links to no path
    except OSError:
        space = ""
    return f"{socket.gethostname()} {space}".strip()


def _birth(pid: int) -> str | None:
    """When a process was started, unique across restarts of the machine; None where the system does not tell."""
    try:
        status = Path(f"/proc/{pid}/stat").read_text()
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    except OSError:
        return None
    # The second field is the program's name in brackets and may itself hold brackets and blanks.
    fields = status.rpartition(")")[2].split()
    if fields[0] in "ZX":  # a zombie has ended; only its parent has not looked yet
        return None
    return f"{boot} {fields[19]}"


def _exists(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
