"""A `concurrent.futures.Executor` on Parsl's data flow kernel, opened anew where Parsl has given up. Imports Parsl."""

from __future__ import annotations

import atexit
import logging
import os
import pickle
import shutil
import socket
import sys
import threading
import time
from collections.abc import Callable
from concurrent.futures import BrokenExecutor, Executor, Future
from contextlib import suppress
from functools import partial
from itertools import count
from pathlib import Path
from typing import Any

import psutil
from parsl.config import Config
from parsl.dataflow.dflow import DataFlowKernel
from parsl.executors import HighThroughputExecutor
from parsl.executors.errors import BadStateException
from parsl.executors.high_throughput.errors import ManagerLost, WorkerLost
from parsl.executors.high_throughput.executor import DEFAULT_INTERCHANGE_LAUNCH_CMD
from parsl.providers import LocalProvider

from taskonomy_core.contract.executor import Workplace
from taskonomy_core.errors import TaskonomyError
from taskonomy_plugins.executors import _parsl_helper as helper
from taskonomy_plugins.executors._calls import ONE_THREAD, answer_of
from taskonomy_plugins.executors._parsl_local import kill, local_config, new_folder, wait_for
from taskonomy_plugins.executors._parsl_worker import Opener, Order, holder, serve, take

LOOK_S = 0.5
# How long Parsl may take to tell of a worker of this machine that is gone. It misses one that dies between its answer
# and the answer's way out.
GRACE_S = 5.0
# How long a free worker of this machine may leave calls alone: one that dies while it waits takes the lock of the queue
# along.
STUCK_S = 60.0
# How long Parsl's interchange may take to answer; Parsl itself would wait for a dead one for ever.
ANSWER_S = 5.0

_LOGGERS = ("parsl", "concurrent.futures")


class Call(Future[Any]):
    """A call that Parsl has; until a worker takes its ticket it can be taken back."""

    def __init__(self, ticket: Path) -> None:
        super().__init__()
        self.ticket = ticket
        self.gone_since: float | None = None
        self._once = threading.RLock()

    def cancel(self) -> bool:
        """Take it back, if no worker has begun it."""
        with self._once:
            if self.done():
                return self.cancelled()
            if not take(self.ticket, ""):
                return False
            super().cancel()
            self.set_running_or_notify_cancel()
            return True

    def end(self, answer: Any, error: BaseException | None) -> None:
        """Its answer or its exception; what comes first counts."""
        with self._once:
            if not self.done():
                self.set_running_or_notify_cancel()
                self.set_result(answer) if error is None else self.set_exception(error)


class Pool(Executor):
    """See contract.ExecutorKind. `read_config` reads the file that the workplace names."""

    def __init__(self, workplace: Workplace, read_config: Callable[[Path], Config]) -> None:
        self._workplace, self._read_config = workplace, read_config
        self._folder = new_folder(workplace.folder)
        self._numbers = count()
        pid = os.getpid()
        self._opener = Opener(socket.gethostname(), pid, psutil.Process(pid).create_time())
        self._variables = {name: value for name, value in os.environ.items() if name.startswith("TASKONOMY_")}
        self._path = os.environ.get("PATH", os.defpath)
        # Parsl finds its own programs by the path, and not every tk is called in an activated environment.
        os.environ["PATH"] = os.pathsep.join((str(Path(sys.executable).parent), self._path))
        try:
            self._kernel = self._open()
        except BaseException:
            self._leave()
            raise

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        """See contract.ExecutorKind."""
        if self._kernel.broken:
            self._kernel.close()
            self._kernel = self._open()
        workplace = self._workplace
        call = Call(self._folder / f"{next(self._numbers)}.ticket")
        gpus = () if workplace.config else workplace.gpus
        payload = pickle.dumps((fn, args, kwargs))
        self._kernel.submit(call, Order(payload, call.ticket, self._opener, self._variables | ONE_THREAD, gpus))
        return call

    def close(self) -> None:
        """End all workers at once."""
        self._kernel.close()
        self._leave(keep=self._kernel.vain)

    def _open(self) -> _Kernel:
        workplace = self._workplace
        if workplace.config is None:
            config = local_config(workplace.jobs, self._folder, self._opener)
            return _Kernel(config, self._opener, workplace.jobs)
        return _Kernel(self._read_config(workplace.config), self._opener, None)

    def _leave(self, keep: bool = False) -> None:
        os.environ["PATH"] = self._path
        if not keep:
            shutil.rmtree(self._folder, ignore_errors=True)


class _Kernel:
    """One data flow kernel, until Parsl or one of its processes has given up: then it is `broken`, and has no calls.

    It is `vain` if none of its workers ever came; its files may say why. `workers` is how many it has on this
    machine, all of them the same; None where a file of the user's says so.
    """

    def __init__(self, config: Config, opener: Opener, workers: int | None) -> None:
        self.broken = self.vain = False
        self._workers = workers
        self._executors = list(config.executors)
        self._calls: set[Call] = set()
        self._begun = False
        self._idle_since: float | None = None
        self._lock = threading.Lock()
        self._ending = threading.Event()
        # The coordinating process decides what is tried again.
        config.retries, config.retry_handler = 0, None
        for executor in self._interchanged():
            if executor.interchange_launch_cmd == DEFAULT_INTERCHANGE_LAUNCH_CMD:
                executor.interchange_launch_cmd = helper.command(helper.INTERCHANGE, opener)
        try:
            self._parsl = DataFlowKernel(config)
        except Exception as error:
            self._stop_interchanges()
            raise TaskonomyError(f"Parsl cannot begin: {_told(error)}.") from error
        for executor in self._interchanged():
            executor.command_client.run = partial(executor.command_client.run, timeout_s=ANSWER_S)
        self._watch = threading.Thread(target=self._look_around, name="parsl-watch", daemon=True)
        self._watch.start()

    def submit(self, call: Call, order: Order) -> None:
        """Give Parsl a call; it ends sooner or later."""
        with self._lock:
            self._calls.add(call)
        # Our keys decide what is trained: Parsl is to remember nothing.
        future = self._parsl.submit(serve, (order,), executors="all", cache=False, ignore_for_cache=None, app_kwargs={})
        future.add_done_callback(partial(self._take_in, call))

    def close(self) -> None:
        """End its workers and its helpers, and wait until those of this machine are gone. A second time: nothing."""
        if self._ending.is_set():
            return
        self._ending.set()
        self._watch.join()
        self._fail_all(BrokenExecutor("it was stopped"))
        gone = kill(self._scripts())
        logs = self._logs()
        try:
            self._parsl.cleanup()
        except Exception:  # where its interchange is dead, it stops half-way
            atexit.unregister(self._parsl.atexit_cleanup)
            for executor in self._executors:
                with suppress(Exception):
                    executor.shutdown()
        self._stop_interchanges()
        for log in logs:  # Parsl takes its hands off them, and leaves them open
            for name in _LOGGERS:
                logging.getLogger(name).removeHandler(log)
            log.close()
        wait_for(gone + kill(self._scripts()))

    def _take_in(self, call: Call, future: Future[Any]) -> None:
        error = future.exception()
        if error is not None:
            self._end(call, None, self._trouble(error))
            return
        reply = future.result()
        if reply is None:  # it was called off, and is known to be
            self._end(call, None, BrokenExecutor("it was called off"))
            return
        self._begun = True
        answer, raised = None, None
        try:
            answer = answer_of(reply, "a worker of Parsl")
        except Exception as found:
            raised = found
        call.ticket.unlink(missing_ok=True)
        self._end(call, answer, raised)

    def _trouble(self, error: BaseException) -> Exception:
        """What a call's end means that Parsl and not a worker brought about."""
        if isinstance(error, WorkerLost):
            return BrokenExecutor(f"worker {error.worker_id + 1} of {error.hostname} died")
        if isinstance(error, ManagerLost):
            return BrokenExecutor(f"the workers of {error.hostname} were lost")
        if isinstance(error, BadStateException) or self._bad() is not None:
            return self._given_up(_told(error))
        message = f"A worker of Parsl cannot begin: {_told(error)}."
        return TaskonomyError(message, "The workers need the packages that are installed here.")

    def _given_up(self, why: str) -> Exception:
        """Of a kernel that is broken. If none of its workers ever came, another one would do no better."""
        self.broken = True
        self._begun = self._begun or any(holder(call.ticket) for call in list(self._calls))
        if self._begun:
            return BrokenExecutor(f"Parsl gave up: {why}")
        self.vain = True
        where = self._parsl.run_dir
        return TaskonomyError(f"Parsl's workers do not begin: {why}.", f"What they said is in {where}.")

    def _look_around(self) -> None:
        why = None
        while not self._ending.wait(LOOK_S):
            why = why or self._bad() or self._stuck()
            if why is not None:
                self._fail_all(self._given_up(why))  # and what is submitted in the very moment
            for call in list(self._calls):
                self._look_after(call)

    def _bad(self) -> str | None:
        """Why Parsl can go on no more; None where it can."""
        for executor in self._interchanged():
            if executor.bad_state_is_set:
                return _told(executor.executor_exception)
            if executor.interchange_proc.poll() is not None:
                executor.command_client.ok = False  # nobody is to ask it any more
                return f"its interchange ended with exit code {executor.interchange_proc.returncode}"
        return None

    def _stuck(self) -> str | None:
        """Whether workers of this machine are free, and calls are left alone all the same."""
        calls = list(self._calls)
        begun = sum(call.ticket.exists() for call in calls)
        self._begun = self._begun or begun > 0
        if self._workers is None or begun == len(calls) or begun >= self._workers:
            self._idle_since = None
            return None
        self._idle_since = self._idle_since or time.monotonic()
        return f"no worker took a call for {STUCK_S:g} s" if time.monotonic() - self._idle_since > STUCK_S else None

    def _look_after(self, call: Call) -> None:
        """End a call whose worker was on this machine and is gone, where Parsl did not notice."""
        held = holder(call.ticket)
        if held is None or held[0] != socket.gethostname() or psutil.pid_exists(held[1]):
            return
        call.gone_since = call.gone_since or time.monotonic()
        if time.monotonic() - call.gone_since > GRACE_S:
            self._end(call, None, BrokenExecutor(f"worker process {held[1]} died"))

    def _end(self, call: Call, answer: Any, error: BaseException | None) -> None:
        with self._lock:
            self._calls.discard(call)
        call.end(answer, error)

    def _fail_all(self, error: Exception) -> None:
        for call in list(self._calls):
            self._end(call, None, error)

    def _interchanged(self) -> list[Any]:
        return [executor for executor in self._executors if isinstance(executor, HighThroughputExecutor)]

    def _stop_interchanges(self) -> None:
        for executor in self._interchanged():
            if executor.interchange_proc is not None:
                executor.interchange_proc.kill()
                executor.interchange_proc.wait()

    def _logs(self) -> list[logging.FileHandler]:
        """Files that Parsl writes its log into, where a file of the user's does not say otherwise."""
        files = [log for log in logging.getLogger("parsl").handlers if isinstance(log, logging.FileHandler)]
        return [log for log in files if Path(log.baseFilename).is_relative_to(self._parsl.run_dir)]

    def _scripts(self) -> list[str]:
        """Those that started workers on this machine."""
        local = [executor.provider for executor in self._interchanged() if isinstance(executor.provider, LocalProvider)]
        return [job["script_path"] for provider in local for job in list(provider.resources.values())]


def _told(error: object) -> str:
    """The last line of what an error says, which with Parsl is the most telling one."""
    lines = [line.strip().removeprefix("STDERR: ") for line in f"{error}".splitlines() if line.strip()]
    last = lines[-1].rstrip(".") if lines else type(error).__name__
    plain = isinstance(error, (BadStateException, TaskonomyError)) or len(lines) > 1
    return last if plain else f"{type(error).__name__}: {last}"
