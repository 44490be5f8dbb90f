"""What a plugin author touches. Names are loaded on first use: importing this package imports no torch."""

from typing import TYPE_CHECKING

from taskonomy_core.lazy import lazy_names

if TYPE_CHECKING:
    from taskonomy_core.contract.checks import (
        Check,
        CheckBench,
        CheckResult,
        check_task,
        parametrize_with_checks,
        task_checks,
    )
    from taskonomy_core.contract.data import (
        SPLITS,
        DataRequest,
        DataSource,
        DataSourceKind,
        Modality,
        Progress,
        no_progress,
    )
    from taskonomy_core.contract.draws import Draws, seed_of
    from taskonomy_core.contract.encoder import EncoderKind
    from taskonomy_core.contract.example import Example, Views
    from taskonomy_core.contract.executor import ExecutorKind, JobReport, Workplace
    from taskonomy_core.contract.hookspecs import hookimpl, hookspec
    from taskonomy_core.contract.specs import FeatureSpec, NetworkSize, OutputSpec
    from taskonomy_core.contract.task import (
        ARRANGEMENTS,
        GROUPS,
        MAX_VIEWS,
        Decoder,
        Loss,
        MakeExample,
        Metric,
        Picture,
        Task,
        as_seen,
    )

__all__ = [
    "ARRANGEMENTS",
    "GROUPS",
    "MAX_VIEWS",
    "SPLITS",
    "Check",
    "CheckBench",
    "CheckResult",
    "DataRequest",
    "DataSource",
    "DataSourceKind",
    "Decoder",
    "Draws",
    "EncoderKind",
    "Example",
    "ExecutorKind",
    "FeatureSpec",
    "JobReport",
    "Loss",
    "MakeExample",
    "Metric",
    "Modality",
    "NetworkSize",
    "OutputSpec",
    "Picture",
    "Progress",
    "Task",
    "Views",
    "Workplace",
    "as_seen",
    "check_task",
    "hookimpl",
    "hookspec",
    "no_progress",
    "parametrize_with_checks",
    "seed_of",
    "task_checks",
]

_HOME = "taskonomy_core.contract."
__getattr__ = lazy_names(
    __name__,
    {
        **dict.fromkeys(
            (
                "Check",
                "CheckBench",
                "CheckResult",
                "check_task",
                "parametrize_with_checks",
                "task_checks",
            ),
            _HOME + "checks",
        ),
        **dict.fromkeys(
            (
                "DataRequest",
                "DataSource",
                "DataSourceKind",
                "Modality",
                "Progress",
                "SPLITS",
                "no_progress",
            ),
            _HOME + "data",
        ),
        **dict.fromkeys(
            (
                "Draws",
                "seed_of",
            ),
            _HOME + "draws",
        ),
        **dict.fromkeys(("EncoderKind",), _HOME + "encoder"),
        **dict.fromkeys(
            (
                "Example",
                "Views",
            ),
            _HOME + "example",
        ),
        **dict.fromkeys(
            (
                "ExecutorKind",
                "JobReport",
                "Workplace",
            ),
            _HOME + "executor",
        ),
        **dict.fromkeys(
            (
                "hookimpl",
                "hookspec",
            ),
            _HOME + "hookspecs",
        ),
        **dict.fromkeys(
            (
                "FeatureSpec",
                "NetworkSize",
                "OutputSpec",
            ),
            _HOME + "specs",
        ),
        **dict.fromkeys(
            (
                "ARRANGEMENTS",
                "Decoder",
                "GROUPS",
                "Loss",
                "MAX_VIEWS",
                "MakeExample",
                "Metric",
                "Picture",
                "Task",
                "as_seen",
            ),
            _HOME + "task",
        ),
    },
)
