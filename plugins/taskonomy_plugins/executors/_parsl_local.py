"""Parsl's workers of this machine: how they are set up by default, and how they are ended. Imports Parsl."""

from __future__ import annotations

import shlex
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import psutil
from parsl.config import Config
from parsl.executors import HighThroughputExecutor
from parsl.executors.high_throughput.executor import DEFAULT_LAUNCH_CMD
from parsl.jobs.error_handlers import windowed_error_handler
from parsl.providers import LocalProvider

from taskonomy_plugins.executors import _parsl_helper as helper
from taskonomy_plugins.executors._calls import ONE_THREAD
from taskonomy_plugins.executors._parsl_worker import Opener

# Beats between Parsl's processes of this machine, and silence after which the others count as dead.
BEAT_S, SILENCE_S = 1, 30


def new_folder(store: Path) -> Path:
    """A new folder for Parsl's files. Parsl puts names of files into shell scripts without quoting them."""
    parent = store / "parsl"
    if shlex.quote(str(parent)) != str(parent):
        return Path(tempfile.mkdtemp(prefix="taskonomy-parsl-"))
    parent.mkdir(exist_ok=True)
    return Path(tempfile.mkdtemp(dir=parent))


def local_config(jobs: int, folder: Path, opener: Opener) -> Config:
    """So many workers of this machine, each with one thread, that only this machine can reach."""
    one_thread = "\n".join(f"export {name}={value}" for name, value in ONE_THREAD.items())
    pool = shlex.join(helper.command(helper.POOL, opener))
    workers = HighThroughputExecutor(
        label="workers",
        launch_cmd=DEFAULT_LAUNCH_CMD.replace("process_worker_pool.py", pool, 1),
        address="127.0.0.1",
        max_workers_per_node=jobs,
        cores_per_worker=1e-6,  # else there were never more workers than cores
        heartbeat_period=BEAT_S,
        heartbeat_threshold=SILENCE_S,
        poll_period=100,
        block_error_handler=windowed_error_handler,
        provider=LocalProvider(init_blocks=1, min_blocks=1, max_blocks=1, worker_init=one_thread),
    )
    return Config(
        executors=[workers],
        run_dir=str(folder),
        strategy="simple",
        strategy_period=1,
        initialize_logging=False,
        usage_tracking=0,
    )


def kill(scripts: list[str]) -> list[psutil.Process]:
    """Kill what Parsl's scripts have started on this machine; the processes that were killed."""
    names = {Path(script).stem for script in scripts}  # each script tells its children its name
    found = [process for process in psutil.process_iter() if names and _belongs(process, scripts, names)]
    for process in found:
        with suppress(psutil.Error):
            process.kill()
    return found


def _belongs(process: psutil.Process, scripts: list[str], names: set[str]) -> bool:
    with suppress(psutil.Error):
        command = " ".join(process.cmdline())
        return any(script in command for script in scripts) or process.environ().get("JOBNAME") in names
    return False


def wait_for(processes: list[psutil.Process]) -> None:
    """Wait until they are gone. They were killed: it takes no longer than the system needs to clear them away."""
    while any(_is_there(process) for process in processes):
        time.sleep(0.01)


def _is_there(process: psutil.Process) -> bool:
    with suppress(psutil.Error):
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    return False
