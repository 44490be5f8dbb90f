"""What a pickle that is not numbers does: nothing. Every one here would leave something behind if any of it ran."""

from __future__ import annotations

import os
import pickle
import struct
import tracemalloc

import numpy as np
import pytest

from taskonomy_core.taxonomy import unpickling
from taskonomy_core.taxonomy.unpickling import NotNumbersError, load_numbers

NUMBERS = {"a__b": np.float64(0.25), "c__b": np.float64(1e-300)}


@pytest.fixture
def trace(tmp_path):
    """A path that is only there if something ran."""
    return tmp_path / "it ran"


def refusal(content):
    with pytest.raises(NotNumbersError) as refused:
        load_numbers(content)
    return str(refused.value)


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_numbers_are_what_python_reads(protocol):
    found = load_numbers(pickle.dumps(NUMBERS, protocol))
    assert found == pickle.loads(pickle.dumps(NUMBERS, protocol))
    assert {type(number) for number in found.values()} == {float}


def test_numbers_of_python_2_are_read():
    number = struct.pack("<d", 0.25)
    dtype = b"cnumpy\ndtype\nU\x02f8K\x00K\x01\x87R(K\x03U\x01<NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb"
    content = b"\x80\x02}(U\x04a__bcnumpy.core.multiarray\nscalar\n" + dtype + b"U\x08" + number + b"\x86Ru."
    assert load_numbers(content) == {"a__b": 0.25}


class Calls:
    """Pickled, this is a call of a function, made when it is loaded."""

    def __init__(self, function, *arguments):
        self.call = function, arguments

    def __reduce__(self):
        return self.call


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("place", ["alone", "value", "key", "nested", "last"])
def test_a_call_is_named_and_not_made(trace, protocol, place):
    call = Calls(os.mkdir, str(trace))
    table = {"alone": call, "value": {"a__b": call}, "key": {call: np.float64(1)}, "nested": {"a": ({}, (call, 1))}}
    content = pickle.dumps(table.get(place, NUMBERS | {"z__b": call}), protocol)
    said = refusal(content)
    # Before protocol 3, a number of numpy is itself written with a call of codecs.
    mkdir = "_codecs.encode" if place == "last" and protocol < 3 else f"{os.mkdir.__module__}.mkdir"
    assert said == f"it names {mkdir}"
    assert not trace.exists()
    if place != "key":
        pickle.loads(content)  # proves the trap
        assert trace.exists()


def by_hand(trace):
    """Instructions that Python's own dumper does not write."""
    path = str(trace).encode()
    text = b"X" + struct.pack("<I", len(path)) + path
    touch = b"import pathlib; pathlib.Path(" + repr(str(trace)).encode() + b").touch()"
    code = b"X" + struct.pack("<I", len(touch)) + touch
    return {
        "GLOBAL": (b"cbuiltins\nexec\n" + code + b"\x85R.", "it names builtins.exec"),
        "STACK_GLOBAL": (b"\x80\x04\x8c\x08builtins\x8c\x04exec\x93" + code + b"\x85R.", "it names builtins.exec"),
        "INST": (b"(" + code + b"ibuiltins\nexec\n.", "it names builtins.exec"),
        "OBJ": (b"(cbuiltins\nexec\n" + code + b"o.", "it names builtins.exec"),
        "NEWOBJ": (b"\x80\x02cpathlib\nPath\n" + text + b"\x85\x81.", "it names pathlib.Path"),
        "NEWOBJ_EX": (b"\x80\x04\x8c\x07pathlib\x8c\x04Path\x93" + text + b"\x85}\x92.", "it names pathlib.Path"),
        "eval": (b"cbuiltins\neval\n" + code + b"\x85R.", "it names builtins.eval"),
        "os.system": (b"cposix\nsystem\n" + text + b"\x85R.", "it names posix.system"),
        "through numpy": (b"cnumpy\nf2py.os.system\n" + text + b"\x85R.", "it names numpy.f2py.os.system"),
        "dotted": (b"\x80\x04\x8c\x05numpy\x8c\x0ddtype.__new__\x93.", "it names numpy.dtype.__new__"),
        "scalar of elsewhere": (b"cnumpy.evil\nscalar\n.", "it names numpy.evil.scalar"),
        "PERSID": (b"P" + path + b"\n.", "it uses the instruction PERSID"),
        "BINPERSID": (text + b"Q.", "it uses the instruction BINPERSID"),
        "EXT1": (b"\x82\x01.", "it uses the instruction EXT1"),
        "EXT2": (b"\x83\x01\x00.", "it uses the instruction EXT2"),
        "EXT4": (b"\x84\x01\x00\x00\x00.", "it uses the instruction EXT4"),
        "NEXT_BUFFER": (b"\x97.", "it uses the instruction NEXT_BUFFER"),
        "LIST": (b"].", "it uses the instruction EMPTY_LIST"),
    }


@pytest.mark.parametrize("kind", by_hand("x"))
def test_every_way_to_call_is_refused(trace, kind):
    content, said = by_hand(trace)[kind]
    assert refusal(content) == said
    assert not trace.exists()


DTYPE = b"cnumpy\ndtype\n"
SCALAR = b"cnumpy.core.multiarray\nscalar\n"
F8 = DTYPE + b"X\x02\x00\x00\x00f8\x85R"


@pytest.mark.parametrize(
    "content",
    [
        SCALAR + b"N}X\x0c\x00\x00\x00__defaults__)s\x86b.",  # BUILD with slots would set an attribute of a function
        SCALAR + b"}X\x01\x00\x00\x00xNsb.",
        DTYPE + b"}b.",
        DTYPE + b"N\x85b.",
        F8 + b"Nb.",
        F8 + b"NN\x86b.",
        SCALAR + b"NR.",
        SCALAR + b")R.",
        b"X\x01\x00\x00\x00a)R.",
        b"}R.",
        b"}}(NNu.",
        b"}(Nu.",
        b"NNNs.",
        b"t.",
        b"u.",
        b"h\x05.",
        b"NN\x93.",
        b"N\x8c\x01a\x93.",
        b"(N.",
        b"NN.",
        b"0.",
    ],
)
def test_instructions_that_make_no_table_change_nothing(content):
    before = {name: repr(value) for name, value in vars(unpickling).items()}
    assert refusal(content)
    assert {name: repr(value) for name, value in vars(unpickling).items()} == before


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (np.float32(1), "numbers of type <f4"),
        (np.int64(1), "numbers of type <i8"),
        (np.arange(2), "it names numpy"),
        (1.5, "it uses the instruction BINFLOAT"),
        (10**30, "it uses the instruction LONG1"),
        ([], "it uses the instruction EMPTY_LIST"),
    ],
)
def test_other_values_are_refused(value, said):
    assert refusal(pickle.dumps({"a__b": value}, 3)).startswith(said)


def test_bytes_that_are_no_number_are_refused():
    little = F8 + b"(K\x03X\x01\x00\x00\x00<tb"
    assert load_numbers(SCALAR + little + b"C\x08" + struct.pack("<d", 2.5) + b"\x86R.") == 2.5
    assert refusal(SCALAR + little + b"C\x07" + bytes(7) + b"\x86R.") == "a number has not eight bytes"
    assert refusal(SCALAR + F8 + b"C\x08" + bytes(8) + b"\x86R.") == "a number is not of type <f8"
    big = F8 + b"(K\x03X\x01\x00\x00\x00>tb"
    assert refusal(SCALAR + big + b"C\x08" + bytes(8) + b"\x86R.") == "numbers of type >f8"


def test_keys_are_texts_and_there_once():
    assert refusal(b"}(NNu.") == "a key is not text"
    assert refusal(b"}(X\x01\x00\x00\x00aNX\x01\x00\x00\x00aNu.") == "the key 'a' is there twice"


HUGE = 2**40


@pytest.mark.parametrize(
    "content",
    [
        b"\x8e" + struct.pack("<Q", HUGE) + b"x.",  # BINBYTES8
        b"\x8d" + struct.pack("<Q", HUGE) + b"x.",  # BINUNICODE8
        b"\x96" + struct.pack("<Q", HUGE) + b"x.",  # BYTEARRAY8
        b"\x8e" + b"\xff" * 8 + b"x.",
        b"\x95" + struct.pack("<Q", HUGE) + b"x.",  # FRAME
        b"B" + b"\xff" * 4 + b"x.",
        b"X" + b"\xff" * 4 + b"x.",
        b"T" + b"\xff\xff\xff\x7fx.",
        b"\x8b" + b"\xff\xff\xff\x7fx.",  # LONG4
        b"I" + b"9" * 100_000 + b"\n.",
        b"",
        b".",
        b"not a pickle",
    ],
)
def test_a_length_that_is_not_there_takes_no_memory(content):
    tracemalloc.start()
    try:
        assert refusal(content)
        assert tracemalloc.get_traced_memory()[1] < 5_000_000
    finally:
        tracemalloc.stop()


def test_the_memo_takes_any_number():
    # Python's own machine makes a list as long as the number.
    assert load_numbers(b"}r\xff\xff\xff\xff.") == {}


def test_doubling_is_not_written_out():
    # 2^1000 elements, if anything were to copy, print or hash it.
    double = b")" + b"".join(b"q\x00h\x00\x86" for _ in range(1000))
    for content in (b"}" + double + b"Ns.", double + b"N\x93.", double + b")R.", F8 + double + b"b."):
        assert refusal(content)
    assert refusal(DTYPE + double + b"\x85R" + b"(K\x03X\x01\x00\x00\x00<tb.")


def test_nothing_may_follow_the_table():
    assert refusal(pickle.dumps(NUMBERS, 3) + b"x") == "something follows the table"


@pytest.mark.parametrize("protocol", [3, 4, 5])
def test_every_damaged_file_is_refused(protocol):
    content = pickle.dumps(NUMBERS, protocol)
    for kept in range(len(content)):
        assert refusal(content[:kept])
    for place in range(len(content)):
        for flip in (0x01, 0x80, 0xFF):
            damaged = content[:place] + bytes([content[place] ^ flip]) + content[place + 1 :]
            try:
                load_numbers(damaged)
            except NotNumbersError:
                continue


def test_a_long_or_odd_name_stays_on_a_line():
    assert refusal(b"\x80\x04\x8c\x03\nos\x8c\x03\x1b[m\x93.") == r"it names \nos.\x1b[m"
    assert refusal(b"c" + b"a" * 1000 + b"\nb\n.") == "it names " + "a" * 60 + "....b"
