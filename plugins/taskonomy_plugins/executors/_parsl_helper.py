"""Parsl's own programs, its interchange and its pool of workers, as processes that end with the opener of the executor.

By themselves they go on after an opener that was killed, the interchange for ever.
"""

from __future__ import annotations

import os
import runpy
import signal
import socket
import sys
import threading
import time

from taskonomy_plugins.executors._parsl_worker import LOOK_S, Opener, lives

_PROGRAMS = "parsl.executors.high_throughput."
INTERCHANGE, POOL = "interchange", "process_worker_pool"


def command(program: str, opener: Opener) -> list[str]:
    """The words that start a program on this machine."""
    return [sys.executable, "-P", "-m", __name__, program, str(opener.pid), str(opener.began)]


def _follow(program: str, opener: Opener) -> None:
    while lives(opener):
        time.sleep(LOOK_S)
    if program == POOL:  # Parsl gives it a process group of its own
        os.killpg(0, signal.SIGKILL)
    os._exit(1)


def _main() -> None:
    _, program, pid, began, *rest = sys.argv
    # Ctrl-C reaches the whole process group; the opener alone decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    opener = Opener(socket.gethostname(), int(pid), float(began))
    threading.Thread(target=_follow, args=(program, opener), daemon=True).start()
    sys.argv = [program, *rest]
    # Its workers are processes that import the main module again: it must be Parsl's.
    runpy.run_module(_PROGRAMS + program, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    _main()
