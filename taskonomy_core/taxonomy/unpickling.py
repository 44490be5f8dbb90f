"""An unpickler that admits numpy's float64 scalars alone: a table of numbers comes out of it, and nothing runs.

A pickle is a program for a stack machine, and Python's own machine imports and calls what the program names. This one
is another machine. It knows the instructions that a dictionary of numpy scalars is written with, and two names,
numpy's scalar and dtype, which are marks to it: there is nothing here that a pickle could import, call or change.
It is fed by `pickletools`, which reads no more bytes than there are, however many an instruction announces.
"""

from __future__ import annotations

import io
import pickletools
import struct
from collections.abc import Callable
from typing import Any

from taskonomy_core.registry.naming import shortened

_SCALAR = ("numpy", "scalar")
_DTYPE = ("numpy", "dtype")
_NAMES = {
    ("numpy.core.multiarray", "scalar"): _SCALAR,
    ("numpy._core.multiarray", "scalar"): _SCALAR,
    ("numpy", "dtype"): _DTYPE,
}
_UNFIT = "its instructions do not fit together"


class NotNumbersError(Exception):
    """The pickle holds something else, or is damaged; the text says what."""


def load_numbers(content: bytes) -> object:
    """What a pickle of numbers holds: dictionaries, tuples, texts, whole numbers and, for numpy's scalars, floats.

    Raises:
        NotNumbersError: a name or an instruction that numbers do not need, numbers of another type than little-endian
            float64, a key that is there twice, bytes behind the end, or a damaged file.
    """
    stream = io.BytesIO(content)
    machine = _Machine()
    try:
        for instruction, argument, _ in pickletools.genops(stream):
            if instruction.name == "STOP":
                break
            machine.do(instruction.name, argument)
        if len(machine.stack) != 1 or machine.marks:
            raise NotNumbersError("it ends too early")
    except NotNumbersError:
        raise
    except (IndexError, KeyError, TypeError) as error:
        raise NotNumbersError(_UNFIT) from error
    except ValueError as error:
        raise NotNumbersError(shortened(str(error), 200)) from error
    if stream.read(1):
        raise NotNumbersError("something follows the table")
    return machine.stack[0]


class _Dtype:
    """A numpy.dtype that is being described: its kind and size ("f8"), then its byte order ("<")."""

    def __init__(self, kind: object) -> None:
        self.kind = kind
        self.order: object = None


class _Machine:
    """The stack, the marks in it, and the memo."""

    def __init__(self) -> None:
        self.stack: list[Any] = []
        self.marks: list[int] = []
        self.memo: dict[int, Any] = {}

    def do(self, name: str, argument: Any) -> None:
        """Follow one instruction, or refuse it."""
        if name in _VALUES:
            self.stack.append(argument)
        elif name in _CONSTANTS:
            self.stack.append(_CONSTANTS[name])
        elif name in ("BINPUT", "LONG_BINPUT", "PUT"):
            self.memo[argument] = self.stack[-1]
        elif name in ("BINGET", "LONG_BINGET", "GET"):
            self.stack.append(self.memo[argument])
        elif name in ("GLOBAL", "INST"):
            self.stack.append(_named(*argument.split(" ", 1)))
        elif name in _OTHERS:
            _OTHERS[name](self)
        elif name not in ("PROTO", "FRAME"):
            raise NotNumbersError(f"it uses the instruction {name}")

    def since_mark(self) -> list[Any]:
        """Take everything above the last mark."""
        start = self.marks.pop()
        taken, self.stack[start:] = self.stack[start:], []
        return taken

    def last(self, count: int) -> list[Any]:
        """Take the last few."""
        return [self.stack.pop() for _ in range(count)][::-1]

    def new_dict(self) -> None:
        """DICT: everything above the last mark as a dictionary."""
        items = self.since_mark()
        self.stack.append({})
        self.set_items(items)

    def memoize(self) -> None:
        """MEMOIZE: remember the top under the next number."""
        self.memo[len(self.memo)] = self.stack[-1]

    def set_items(self, items: list[Any]) -> None:
        """SETITEM, SETITEMS: put pairs into the dictionary on top."""
        table = self.stack[-1]
        if type(table) is not dict or len(items) % 2:
            raise NotNumbersError(_UNFIT)
        for key, value in zip(items[::2], items[1::2], strict=True):
            if type(key) is not str:
                raise NotNumbersError("a key is not text")
            if key in table:
                raise NotNumbersError(f"the key {shortened(key)!r} is there twice")
            table[key] = value

    def reduce(self) -> None:
        """REDUCE: numpy.dtype("f8", 0, 1), or scalar(dtype, eight bytes) to a float."""
        what, arguments = self.last(2)
        if what is _DTYPE:
            self.stack.append(_Dtype(arguments[0]))
        elif what is _SCALAR:
            dtype, content = arguments
            if type(dtype) is not _Dtype or (dtype.kind, dtype.order) != ("f8", "<"):
                raise NotNumbersError("a number is not of type <f8")
            # Python 2 wrote bytes as text.
            content = content.encode("latin-1") if type(content) is str else content
            if type(content) is not bytes or len(content) != 8:
                raise NotNumbersError("a number has not eight bytes")
            self.stack.append(struct.unpack("<d", content)[0])
        else:
            raise NotNumbersError(_UNFIT)

    def build(self) -> None:
        """BUILD: tell a dtype its byte order."""
        (state,) = self.last(1)
        dtype = self.stack[-1]
        order = state[1]
        if type(dtype) is not _Dtype or type(dtype.kind) is not str or type(order) is not str:
            raise NotNumbersError(_UNFIT)
        if (dtype.kind, order) != ("f8", "<"):
            raise NotNumbersError(f"numbers of type {_plain(order + dtype.kind)}")
        dtype.order = order


def _named(module: object, name: object) -> tuple[str, str]:
    if type(module) is not str or type(name) is not str:
        raise NotNumbersError(_UNFIT)
    if (module, name) not in _NAMES:
        raise NotNumbersError(f"it names {_plain(module)}.{_plain(name)}")
    return _NAMES[module, name]


def _plain(text: str) -> str:
    """On one line and not too long."""
    return shortened(repr(text)[1:-1])


_WHOLE = ("INT", "BININT", "BININT1", "BININT2")
_TEXT = ("UNICODE", "BINUNICODE", "SHORT_BINUNICODE", "BINSTRING", "SHORT_BINSTRING")  # strings are of Python 2
_VALUES = frozenset((*_WHOLE, *_TEXT, "BINBYTES", "SHORT_BINBYTES"))
_CONSTANTS = {"NONE": None, "NEWTRUE": True, "NEWFALSE": False, "EMPTY_TUPLE": ()}
_OTHERS: dict[str, Callable[[_Machine], None]] = {
    "MARK": lambda machine: machine.marks.append(len(machine.stack)),
    "EMPTY_DICT": lambda machine: machine.stack.append({}),
    "DICT": _Machine.new_dict,
    "MEMOIZE": _Machine.memoize,
    "TUPLE": lambda machine: machine.stack.append(tuple(machine.since_mark())),
    "TUPLE1": lambda machine: machine.stack.append(tuple(machine.last(1))),
    "TUPLE2": lambda machine: machine.stack.append(tuple(machine.last(2))),
    "TUPLE3": lambda machine: machine.stack.append(tuple(machine.last(3))),
    "SETITEM": lambda machine: machine.set_items(machine.last(2)),
    "SETITEMS": lambda machine: machine.set_items(machine.since_mark()),
    "STACK_GLOBAL": lambda machine: machine.stack.append(_named(*machine.last(2))),
    "REDUCE": _Machine.reduce,
    "BUILD": _Machine.build,
}
