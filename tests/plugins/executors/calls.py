"""What the tests of executors have workers do."""

from __future__ import annotations

import json
import os
import pickle
import signal
import time
from pathlib import Path

from taskonomy_core.errors import JobError, LedgerError
from taskonomy_core.ledger.objects import DamagedObjectError

ERRORS = {kind.__name__: kind for kind in (JobError, LedgerError, DamagedObjectError)}


def add(left: int, right: int = 0) -> int:
    return left + right


def where() -> tuple[int, int]:
    """This process and the one that started it."""
    return os.getpid(), os.getppid()


def variables(*names: str) -> dict[str, str | None]:
    return {name: os.environ.get(name) for name in names}


def installed() -> list[str]:
    from taskonomy_core.registry.discover import discover

    return [plugin.label for plugin in discover()]


def begin(folder: str, name: str) -> int:
    """Say that it has begun, wait until the file `go` is there, and give the process."""
    part = Path(folder, f"{name}.part")
    part.write_text(json.dumps([os.getpid(), os.environ.get("CUDA_VISIBLE_DEVICES")]))
    part.rename(part.with_suffix(".begun"))  # so that nobody reads half of it
    while not Path(folder, "go").exists():
        time.sleep(0.02)
    return os.getpid()


def raise_expected(kind: str, message: str, hint: str) -> None:
    raise ERRORS[kind](message, hint)


def stumble() -> None:
    {}["nothing"]


def raise_a_lambda() -> None:
    raise ValueError("it holds", lambda: None)


class TwoWordsError(Exception):
    """Can be pickled, but not read again."""

    def __init__(self, first: str, second: str) -> None:
        super().__init__(f"{first} {second}")


def raise_two_words() -> None:
    raise TwoWordsError("two", "words")


def give_a_lambda() -> object:
    return lambda: None


def leave(code: int) -> None:
    os._exit(code)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def count(tally: str) -> int:
    """Add a line to a file, and say how many it has."""
    path = Path(tally)
    with path.open("a") as file:
        file.write(f"{os.getpid()}\n")
    return len(path.read_text().splitlines())


def count_and_die(tally: str) -> None:
    count(tally)
    die()


def read(reply: bytes) -> tuple[Exception | None, object, str]:
    """What a worker of Parsl replied."""
    return pickle.loads(reply)
