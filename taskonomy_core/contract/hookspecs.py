"""The hooks, in the order in which a run meets them. A plugin implements any of them with `hookimpl`.

Plugins are found by their entry points in the group `taskonomy`, loaded one at a time and called one at a time; a
plugin that fails is named as `package[entry]` and the others go on.
"""

from __future__ import annotations

import pluggy

from taskonomy_core.contract.data import DataSourceKind
from taskonomy_core.contract.encoder import EncoderKind
from taskonomy_core.contract.executor import ExecutorKind, JobReport
from taskonomy_core.contract.task import Task

PROJECT = "taskonomy"

hookspec = pluggy.HookspecMarker(PROJECT)
hookimpl = pluggy.HookimplMarker(PROJECT)


@hookspec
def taskonomy_tasks() -> list[Task]:  # type: ignore[empty-body]
    """Called once when the plugin is loaded: the tasks it brings. Its entry point is named after its task."""


@hookspec
def taskonomy_data_sources() -> list[DataSourceKind]:  # type: ignore[empty-body]
    """Called once when the plugin is loaded: the data sources it brings. Its entry point is named `data.NAME`."""


@hookspec
def taskonomy_encoders() -> list[EncoderKind]:  # type: ignore[empty-body]
    """Called once when the plugin is loaded: the encoders it brings. Its entry point is named `encoder.NAME`."""


@hookspec
def taskonomy_executors() -> list[ExecutorKind]:  # type: ignore[empty-body]
    """Called once when the plugin is loaded: the executors it brings. Its entry point is named `executor.NAME`."""


@hookspec
def taskonomy_job_done(report: JobReport, folder: str) -> None:
    """Called in the coordinating process after each job has ended and its result is stored.

    `folder` is the store beside registry.toml. Its entry point is named `listener.NAME`.
    """
