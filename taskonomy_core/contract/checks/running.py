"""The list of checks, and how they are run: all at once for a person, one by one for pytest."""

from __future__ import annotations

import traceback
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import torch

from taskonomy_core.contract.checks import decoders, definition, examples, learning, losses, masks, metrics, pictures
from taskonomy_core.contract.checks.bench import CheckBench, CheckResult, RuleBrokenError, RuleIdleError, Trial
from taskonomy_core.contract.task import Task

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True)
class Check:
    """One rule of the contract: `rule(trial)` raises RuleBrokenError where the task breaks it.

    `after` names the checks that must have passed for this one to mean anything.
    """

    rule: Callable[[Trial], None]
    after: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The name of the rule, for ever: what reports and test ids show."""
        return self.rule.__name__

    @property
    def title(self) -> str:
        """The rule in one sentence."""
        return (self.rule.__doc__ or "").strip().splitlines()[0]


def task_checks() -> list[Check]:
    """Every check, in the order in which they are run."""
    example = "example_is_batched"
    scored = (example, "mask_is_legal")
    loss = (*scored, "loss_is_one_number_per_image")
    metric = (*scored, "metric_says_what_it_is")
    return [
        Check(definition.definition_is_sound),
        Check(definition.sees_gives_its_channels, ("definition_is_sound",)),
        Check(examples.example_is_batched, ("definition_is_sound",)),
        Check(examples.example_repeats, (example,)),
        Check(examples.example_alone_is_as_in_a_batch, (example, "example_repeats")),
        Check(examples.example_tells_whether_it_alters_inputs, (example,)),
        Check(examples.mask_is_legal, (example,)),
        Check(decoders.decoder_takes_any_sources_and_views, ("definition_is_sound",)),
        Check(decoders.decoder_scores_alone_as_in_a_batch, ("decoder_takes_any_sources_and_views",)),
        Check(losses.loss_is_one_number_per_image, scored),
        Check(losses.loss_alone_is_as_in_a_batch, loss),
        Check(losses.loss_is_best_at_the_ideal, loss),
        Check(masks.loss_ignores_what_is_masked, (*loss, "loss_alone_is_as_in_a_batch")),
        Check(masks.loss_of_a_masked_image_is_nan, (*loss, "loss_alone_is_as_in_a_batch")),
        Check(metrics.metric_says_what_it_is, ("definition_is_sound",)),
        Check(metrics.metric_is_finite, metric),
        Check(metrics.metric_accumulates, metric),
        Check(metrics.metric_ignores_what_is_masked, metric),
        Check(pictures.picture_is_rgb, (example,)),
        Check(
            learning.learning_lowers_the_loss,
            (*loss, "loss_is_best_at_the_ideal", "sees_gives_its_channels", "decoder_takes_any_sources_and_views"),
        ),
    ]


def check_task(task: Task, bench: CheckBench) -> list[CheckResult]:
    """Try one task on every check. A failure does not stop the others, except where they would mean nothing."""
    trial = Trial(task, bench)
    results: dict[str, CheckResult] = {}
    for check in task_checks():
        blocked = next((name for name in check.after if _stands_in_the_way(results[name])), None)
        if blocked is None:
            results[check.name] = _run(check, trial)
        else:
            results[check.name] = CheckResult(check.name, True, f"Not run, because {blocked} failed.", skipped=True)
    return list(results.values())


def _stands_in_the_way(result: CheckResult) -> bool:
    return not result.passed or result.message.startswith("Not run, because")


def _run(check: Check, trial: Trial) -> CheckResult:
    """Run one check. Whatever the task's own code raises is the task's failure, and told as such."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(trial.bench.seed)
        try:
            check.rule(trial)
        except RuleBrokenError as broken:
            return CheckResult(check.name, False, str(broken))
        except RuleIdleError as idle:
            return CheckResult(check.name, True, str(idle), skipped=True)
        except Exception as error:
            return CheckResult(check.name, False, _what_was_raised(error))
    return CheckResult(check.name, True)


def _what_was_raised(error: Exception) -> str:
    """An exception of the task's own code as a sentence, with the place where the checks went into that code."""
    frames = traceback.extract_tb(error.__traceback__)
    own = Path(__file__).parent
    outside = [
        frame
        for frame in frames
        if Path(frame.filename).parent != own and Path(frame.filename).name != "functools.py"  # of cached_property
    ]
    frame = next(iter(outside), frames[-1])
    text = str(error).strip().splitlines()
    what = f"{type(error).__name__}: {text[0]}" if text else type(error).__name__
    return f"It raised {what} (line {frame.lineno} of {Path(frame.filename).name}, in {frame.name})."


def parametrize_with_checks(tasks: Iterable[Task], bench: CheckBench) -> pytest.MarkDecorator:
    """A pytest decorator: `def test_contract(task, check): check(task)` becomes one test per task and rule."""
    import pytest

    @cache
    def results(name: str) -> dict[str, CheckResult]:
        return {result.name: result for result in check_task(by_name[name], bench)}

    def bound(name: str) -> Callable[[Task], None]:
        def check(task: Task) -> None:
            result = results(task.name)[name]
            if result.skipped:
                pytest.skip(result.message)
            if not result.passed:
                pytest.fail(f"{task.name}: {result.message}", pytrace=False)

        return check

    listed: Sequence[Task] = list(tasks)
    by_name = {task.name: task for task in listed}
    cases: list[Any] = [
        pytest.param(task, bound(check.name), id=f"{task.name}-{check.name}")
        for task in listed
        for check in task_checks()
    ]
    return pytest.mark.parametrize(("task", "check"), cases)
