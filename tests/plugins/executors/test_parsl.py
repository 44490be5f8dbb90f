"""The executor `parsl`: files of its users, and what happens when one of Parsl's own processes dies."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import traceback
from concurrent.futures import BrokenExecutor
from pathlib import Path

import calls
import pytest
from waiting import alive, begun, needs_parsl, until

from taskonomy_core.contract.executor import Workplace
from taskonomy_core.errors import TaskonomyError
from taskonomy_plugins.executors._parsl_worker import Opener, Order, serve
from taskonomy_plugins.executors.parsl import PARSL

# One worker of this machine, as a person would write it, with what we must not let happen.
CONFIG = """
from parsl.config import Config
from parsl.dataflow.memoization import BasicMemoizer
from parsl.executors import HighThroughputExecutor
from parsl.providers import LocalProvider

config = Config(
    executors=[
        HighThroughputExecutor(
            label="mine", address="127.0.0.1", max_workers_per_node=1, heartbeat_period=1,
            provider=LocalProvider({provider}),
        )
    ],
    memoizer=BasicMemoizer(),
    retries=5,
    run_dir={run_dir!r},
    strategy_period=1,
    {more}
)
"""


def written(folder: Path, provider: str = "", more: str = "") -> Path:
    path = folder / "cluster.py"
    path.write_text(CONFIG.format(run_dir=str(folder / "mine"), provider=provider, more=more))
    return path


def test_nothing_of_parsl_is_imported_before_it_is_used() -> None:
    program = "import sys; import taskonomy_plugins.executors.parsl; print({'parsl', 'psutil', 'zmq'} & {*sys.modules})"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "set()\n"


def test_without_parsl_it_says_what_to_type(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == "parsl" or name.endswith("_parsl_pool")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "parsl.config", None)
    monkeypatch.setitem(sys.modules, "parsl", None)
    with pytest.raises(TaskonomyError, match=r"The executor parsl needs Parsl, which is not there: .+\.") as caught:
        PARSL.open(Workplace(1, tmp_path)).__enter__()
    assert caught.value.hint == 'Type: pip install "taskonomy[parsl]"'


def test_a_worker_that_does_not_see_the_folder_says_so(tmp_path: Path) -> None:
    opener = Opener(socket.gethostname(), os.getpid(), 0.0)
    order = Order(b"", tmp_path / "elsewhere" / "0.ticket", opener, {}, ())
    reply = serve(order)
    assert reply is not None
    error = calls.read(reply)[0]
    assert isinstance(error, TaskonomyError)
    assert error.message == (
        f"The worker on {socket.gethostname()} cannot write in {tmp_path / 'elsewhere'}: No such file or directory."
    )
    assert error.hint == "The project's folder must be one that all machines share."


FAULTS = {
    "x = 1\nconfig = nothing\n": "fails in line 2 (config = nothing): NameError: name 'nothing' is not defined.",
    "x = 1\nconfig = (\n": "fails in line 2: SyntaxError: '(' was never closed.",
    "import no_such_package\n": "fails in line 1 (import no_such_package): ModuleNotFoundError: "
    "No module named 'no_such_package'.",
    "open('no_such_file')\n": "fails in line 1 (open('no_such_file')): FileNotFoundError: "
    "[Errno 2] No such file or directory: 'no_such_file'.",
    "import parsl\nparsl.Config(retries='two')\n": "fails in line 2 (parsl.Config(retries='two')): ",
    "raise SystemExit('not here')": "fails in line 1 (raise SystemExit('not here')): SystemExit: not here.",
    "pass\n": "defines no config, but a parsl.Config is needed.",
    "config = []\n": "defines a config of type list, but a parsl.Config is needed.",
}


@needs_parsl
@pytest.mark.parametrize("text", FAULTS)
def test_a_faulty_config_is_one_sentence(tmp_path: Path, text: str) -> None:
    path = tmp_path / "cluster.py"
    path.write_text(text)
    with pytest.raises(TaskonomyError) as caught:
        PARSL.open(Workplace(1, tmp_path, config=path)).__enter__()
    assert caught.value.message.startswith(f"{path} {FAULTS[text]}")
    assert caught.value.message.count("\n") == 0
    assert caught.value.hint in (f"Correct it; to see it fail, type: python {path}", "Add: config = parsl.Config(...)")
    assert list((tmp_path / "parsl").iterdir()) == []


@needs_parsl
def test_a_config_that_is_not_there(tmp_path: Path) -> None:
    path = tmp_path / "cluster.py"
    with pytest.raises(TaskonomyError) as caught:
        PARSL.open(Workplace(1, tmp_path, config=path)).__enter__()
    assert caught.value.message == f"{path} cannot be read: No such file or directory."
    assert caught.value.hint == "Type: --parsl-config FILE"


@needs_parsl
def test_a_users_config_with_nothing_remembered_and_nothing_tried_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As where tk is called by its path, in no environment.
    paths = [path for path in os.environ["PATH"].split(os.pathsep) if not Path(path, "process_worker_pool.py").exists()]
    monkeypatch.setenv("PATH", os.pathsep.join(paths))
    tally = tmp_path / "tally"
    with PARSL.open(Workplace(1, tmp_path, ("5",), written(tmp_path))) as executor:
        assert [executor.submit(calls.count, str(tally)).result() for _ in range(2)] == [1, 2]
        assert isinstance(executor.submit(calls.count_and_die, str(tally)).exception(), BrokenExecutor)
        seen = executor.submit(calls.variables, "CUDA_VISIBLE_DEVICES", "OMP_NUM_THREADS").result()
    assert len(tally.read_text().splitlines()) == 3
    assert seen["CUDA_VISIBLE_DEVICES"] == os.environ.get("CUDA_VISIBLE_DEVICES")
    assert seen["OMP_NUM_THREADS"] == os.environ.get("OMP_NUM_THREADS", "1")
    assert os.environ["PATH"] == os.pathsep.join(paths)
    assert [path.name for path in (tmp_path / "mine").iterdir()] == ["000"]


@needs_parsl
def test_workers_that_never_come_end_it_with_what_they_said(tmp_path: Path) -> None:
    config = written(tmp_path, "worker_init='echo no module of that name >&2; exit 3'")
    with PARSL.open(Workplace(1, tmp_path, config=config)) as executor:
        error = executor.submit(calls.add, 1).exception()
    assert isinstance(error, TaskonomyError)
    assert error.message == "Parsl's workers do not begin: no module of that name."
    assert error.hint == f"What they said is in {tmp_path / 'mine' / '000'}."


@needs_parsl
def test_workers_of_this_machine_that_never_come_leave_their_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from taskonomy_plugins.executors import _parsl_helper, _parsl_pool

    monkeypatch.setattr(_parsl_helper, "POOL", "no_such_program")
    monkeypatch.setattr(_parsl_pool, "STUCK_S", 10.0)  # Parsl needs its time to begin what then fails
    with PARSL.open(Workplace(1, tmp_path)) as executor:
        error = executor.submit(calls.add, 1).exception()
    assert isinstance(error, TaskonomyError)
    assert error.message == "Parsl's workers do not begin: no worker took a call for 10 s."
    folder = Path(error.hint.removeprefix("What they said is in ").removesuffix("."))
    assert folder.is_relative_to(tmp_path / "parsl")
    assert any("no_such_program" in path.read_text() for path in (folder / "submit_scripts").glob("*.err"))


@needs_parsl
def test_when_a_whole_node_dies_its_call_is_lost_and_another_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from taskonomy_plugins.executors import _parsl_pool

    monkeypatch.setattr(_parsl_pool, "GRACE_S", 0.5)
    with PARSL.open(Workplace(1, tmp_path)) as executor:
        worker, manager = executor.submit(calls.where).result()
        future = executor.submit(calls.begin, str(tmp_path), "a")
        until(lambda: bool(begun(tmp_path)))
        os.kill(manager, signal.SIGKILL)
        error = future.exception()
        assert isinstance(error, BrokenExecutor)
        assert f"{error}" == f"worker process {worker} died"
        assert not alive(worker)
        again = executor.submit(calls.where).result()
        assert {worker, manager}.isdisjoint(again)


@needs_parsl
def test_when_parsl_itself_gives_up_it_is_opened_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from taskonomy_plugins.executors import _parsl_pool

    monkeypatch.setattr(_parsl_pool, "ANSWER_S", 1.0)
    with PARSL.open(Workplace(1, tmp_path)) as executor:
        worker, _ = executor.submit(calls.where).result()
        future = executor.submit(calls.begin, str(tmp_path), "a")
        until(lambda: bool(begun(tmp_path)))
        interchange = executor._kernel._executors[0].interchange_proc
        interchange.kill()
        error = future.exception()
        assert isinstance(error, BrokenExecutor)
        assert f"{error}" == "Parsl gave up: its interchange ended with exit code -9"
        assert executor.submit(calls.add, 1).result() == 1
        assert not alive(worker)


@needs_parsl
def test_workers_that_take_nothing_more_are_replaced(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from taskonomy_plugins.executors import _parsl_pool

    with PARSL.open(Workplace(1, tmp_path)) as executor:
        worker, _ = executor.submit(calls.where).result()
        monkeypatch.setattr(_parsl_pool, "STUCK_S", 2.0)
        os.kill(worker, signal.SIGSTOP)  # what it looks like to Parsl: it lives
        error = executor.submit(calls.add, 1).exception()
        assert isinstance(error, BrokenExecutor)
        assert f"{error}" == "Parsl gave up: no worker took a call for 2 s"
        monkeypatch.setattr(_parsl_pool, "STUCK_S", 60.0)
        assert executor.submit(calls.add, 1).result() == 1
        assert not alive(worker)


@needs_parsl
def test_its_files_lie_in_the_store_and_are_cleared_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store, odd, here = tmp_path / "store", tmp_path / "my store", tmp_path / "here"
    for folder in (store, odd, here):
        folder.mkdir()
    monkeypatch.chdir(here)
    # Parsl would break the second's name into two words: its files are elsewhere.
    with (
        PARSL.open(Workplace(1, store)) as first,
        PARSL.open(Workplace(1, store)) as second,
        PARSL.open(Workplace(1, odd)) as third,
    ):
        assert len({each.submit(os.getpid).result() for each in (first, second, third)}) == 3
        assert len(list((store / "parsl").iterdir())) == 2
        error = third.submit(calls.raise_two_words).exception()
    assert isinstance(error, RuntimeError)  # its own class would not come back
    assert f"{error}" == "calls.TwoWordsError: two words"
    assert "in raise_two_words" in "".join(traceback.format_exception(error))
    assert {path.name for path in tmp_path.rglob("*")} == {"store", "my store", "here", "parsl"}
