"""Calls that are carried out in another process: they and their answers travel pickled; what such a process has."""

from __future__ import annotations

import pickle
import traceback
from collections.abc import Sequence
from typing import Any

# Two OpenMP threads beside any other load slow torch 3 to 50 times (facts, labels_and_rooms).
ONE_THREAD = {"OMP_NUM_THREADS": "1", "MKL_NUM_THREADS": "1"}


def own_gpu(gpus: Sequence[str], rank: int) -> dict[str, str]:
    """The environment variable by which a worker sees its own of several GPUs alone; none where there are none."""
    return {"CUDA_VISIBLE_DEVICES": gpus[rank % len(gpus)]} if gpus else {}


def carry_out(call: bytes) -> bytes:
    """Carry out a pickled (function, arguments, keyword arguments): the pickled (exception or None, answer, traceback).

    What cannot travel, the answer or the exception, comes as a RuntimeError that says what it was.
    """
    try:
        fn, args, kwargs = pickle.loads(call)
        return pickle.dumps((None, fn(*args, **kwargs), ""))
    except Exception as error:
        trace = traceback.format_exc()
        try:
            sent = pickle.dumps((error, None, trace))
            pickle.loads(sent)
        except Exception:
            said = "".join(traceback.format_exception_only(error)).strip()
            sent = pickle.dumps((RuntimeError(said), None, trace))
        return sent


def answer_of(reply: bytes, where: str) -> Any:
    """What a reply of `carry_out` answers or raises; the traceback of what it raises is added as a note."""
    error, answer, trace = pickle.loads(reply)
    if error is not None:
        error.add_note(f"In {where}:\n{trace}")
        raise error
    return answer
