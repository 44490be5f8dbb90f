"""Calls that are carried out in another process: they and their answers travel pickled."""

from __future__ import annotations

import pickle
import traceback
from typing import Any


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
