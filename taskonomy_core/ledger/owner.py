"""Who holds a claim, and whether that process still lives. Nothing here asks what time it is.

On one machine the process table decides. Of another machine's (or container's) process there is its heartbeat alone: a
counter in the ledger that it raises. Who looks on measures by his own clock for how long he saw it unchanged.
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# A process on another machine that has not been heard of for so long is taken for dead.
SILENCE = 300.0
HEARTBEAT = 20.0

# A claim, by the key of its job and the token of its owner.
ClaimId = tuple[str, str]


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

    @property
    def by_heartbeat(self) -> bool:
        """Whether the process table of this machine cannot tell if it lives."""
        return not (self._here and self.born)

    @property
    def _here(self) -> bool:
        # Where it is not POSIX, os.kill(pid, 0) is no question but a signal.
        return self.host == _host() and os.name == "posix"

    def lives(self, silence: float) -> bool:
        """Whether the process is still there; `silence` is for how many seconds its heartbeat was seen to rest.

        On the same machine the process table knows (a process number that was given again has another birth);
        elsewhere, and where the system does not tell births, a long silence means death.
        """
        if self._here and not _exists(self.pid):
            return False
        return silence <= SILENCE if self.by_heartbeat else self.born == _birth(self.pid)


class Silences:
    """What one onlooker has seen of heartbeats: for how long each was the same, in seconds of his own `clock`.

    Between two looks no more than HEARTBEAT counts: an onlooker that was asleep itself (suspended, stopped, its clock
    set) has not listened meanwhile. So only one that goes on looking ever takes anybody for dead.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._looked = clock()
        self._seen: dict[ClaimId, tuple[float, float]] = {}

    def look(self, heartbeats: Mapping[ClaimId, float]) -> Mapping[ClaimId, float]:
        """The silence of each claim that is there now; claims that are gone are forgotten."""
        now = self._clock()
        passed = min(max(now - self._looked, 0.0), HEARTBEAT)
        self._looked = now
        old = self._seen
        self._seen = {
            claim: (beat, old[claim][1] + passed if claim in old and old[claim][0] == beat else 0.0)
            for claim, beat in heartbeats.items()
        }
        return {claim: silence for claim, (_, silence) in self._seen.items()}


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
