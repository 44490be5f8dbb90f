import pickle

import pytest

from taskonomy_core import errors
from taskonomy_core.errors import LedgerError, TaskonomyError

# Those of the core: the page has one of its own, for HTTP.
CHILDREN = [kind for kind in TaskonomyError.__subclasses__() if kind.__module__.startswith("taskonomy_core.")]


def test_an_error_prints_its_sentence_and_then_its_hint():
    error = LedgerError("The ledger is locked.", "Close the other program, then type: tk status")
    assert error.message == "The ledger is locked."
    assert error.hint == "Close the other program, then type: tk status"
    assert str(error) == "The ledger is locked.\nClose the other program, then type: tk status"


def test_without_a_hint_there_is_one_line():
    assert str(LedgerError("The ledger is locked.")) == "The ledger is locked."


@pytest.mark.parametrize("kind", [TaskonomyError, *CHILDREN])
def test_an_error_comes_out_of_a_worker_process_whole(kind):
    back = pickle.loads(pickle.dumps(kind("A sentence.", "A hint.")))
    assert type(back) is kind
    assert (back.message, back.hint) == ("A sentence.", "A hint.")


@pytest.mark.parametrize("kind", CHILDREN)
def test_every_kind_says_when_it_is_raised_and_belongs_to_the_family(kind):
    assert kind.__module__ == errors.__name__
    assert kind.__doc__
    assert issubclass(kind, TaskonomyError)
