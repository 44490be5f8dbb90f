"""The executor `parsl`: workers of this machine or of a cluster, by Parsl. Needs the extra `taskonomy[parsl]`."""

from __future__ import annotations

import runpy
import traceback
from collections.abc import Iterator
from concurrent.futures import Executor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from taskonomy_core.contract.executor import ExecutorKind, Workplace
from taskonomy_core.contract.hookspecs import hookimpl
from taskonomy_core.errors import TaskonomyError


@contextmanager
def open_parsl(workplace: Workplace) -> Iterator[Executor]:
    """Workers as `workplace.config` says, a Python file with a parsl.Config named `config`; by default of this machine.

    Errors: TaskonomyError where Parsl is not installed, cannot begin, or the file is faulty.
    """
    try:
        from taskonomy_plugins.executors._parsl_pool import Pool
    except ImportError as error:
        hint = 'Type: pip install "taskonomy[parsl]"'
        raise TaskonomyError(f"The executor parsl needs Parsl, which is not there: {error}.", hint) from error
    pool = Pool(workplace, read_config)
    try:
        yield pool
    finally:
        pool.close()


def read_config(path: Path) -> Any:
    """The parsl.Config that a file defines as `config`. Errors: TaskonomyError."""
    from parsl.config import Config

    again = f"Correct it; to see it fail, type: python {path}"
    try:
        config = runpy.run_path(str(path)).get("config")
    except OSError as error:
        if error.filename != str(path):  # not this file, but one that it opens
            raise TaskonomyError(_fault(path, error), again) from error
        raise TaskonomyError(f"{path} cannot be read: {error.strerror}.", "Type: --parsl-config FILE") from error
    except (Exception, SystemExit) as error:
        raise TaskonomyError(_fault(path, error), again) from error
    if not isinstance(config, Config):
        found = "defines no config" if config is None else f"defines a config of type {type(config).__name__}"
        raise TaskonomyError(f"{path} {found}, but a parsl.Config is needed.", "Add: config = parsl.Config(...)")
    return config


def _fault(path: Path, error: BaseException) -> str:
    """Where in its own lines a file fails, and how."""
    said = traceback.format_exception_only(error)[-1].strip().rstrip(".")
    if isinstance(error, SyntaxError) and error.filename == str(path):
        return f"{path} fails in line {error.lineno}: {said}."
    lines = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(path)]
    where = f" in line {lines[-1].lineno} ({lines[-1].line})" if lines else ""
    return f"{path} fails{where}: {said}."


PARSL = ExecutorKind("parsl", "Workers of this machine or of a cluster, by Parsl", open_parsl)


@hookimpl
def taskonomy_executors() -> list[ExecutorKind]:
    """The executor `parsl`."""
    return [PARSL]
