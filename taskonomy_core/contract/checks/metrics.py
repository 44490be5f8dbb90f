"""Rules on `metrics`: what people quote."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from torch import Tensor

from taskonomy_core.contract.checks.bench import IMAGES, Trial, require
from taskonomy_core.contract.checks.masks import altered, first_labelled, partly_hidden
from taskonomy_core.contract.task import Metric


def metric_says_what_it_is(trial: Trial) -> None:
    """Every metric has a name, a unit and a direction, and each call of its factory gives a fresh accumulator."""
    names: list[str] = []
    for factory in trial.task.metrics:
        metric = factory()
        name, unit = getattr(metric, "name", None), getattr(metric, "unit", None)
        require(isinstance(name, str) and bool(name), f"A metric ({metric!r}) has no name: give it a `name`.")
        require(isinstance(unit, str), f'The metric {name} has no `unit`: give it one, "" where it has none.')
        require(
            isinstance(getattr(metric, "higher_is_better", None), bool),
            f"The metric {name} does not say whether higher is better: give it `higher_is_better`, True or False.",
        )
        require(
            factory() is not metric,
            f"The metric {name} is the same object each time: let the factory make a fresh one at every call.",
        )
        names.append(metric.name)
    twice = sorted({name for name in names if names.count(name) > 1})
    require(not twice, f"Several metrics are named {', '.join(twice)}: give each a name of its own.")


def metric_is_finite(trial: Trial) -> None:
    """Every metric gives a finite number for a plain prediction."""
    target, mask = trial.example.target, trial.example.scored
    for factory in trial.task.metrics:
        figure = _figure(factory, trial.prediction, target, mask)
        require(
            isinstance(figure, float) and math.isfinite(figure),
            f"The metric {factory().name} gives {figure!r} for a plain prediction: compute() must give a finite float.",
        )


def metric_accumulates(trial: Trial) -> None:
    """Two updates give what one update with both batches gives."""
    target, mask = trial.example.target, trial.example.scored
    prediction = trial.prediction.clone()
    # Batches of unequal size and unequal quality, so that a mean of means gives itself away.
    prediction[0] = 3.1 - 1.7 * prediction[0]
    for factory in trial.task.metrics:
        whole = _figure(factory, prediction, target, mask)
        parts = _figure(factory, prediction, target, mask, batches=(slice(0, 1), slice(1, IMAGES)))
        require(
            _alike(whole, parts),
            f"The metric {factory().name} gives {whole:.6g} for one batch and {parts:.6g} for the same images in two: "
            "let update() keep sums and counts, and compute() divide them.",
        )


def metric_ignores_what_is_masked(trial: Trial) -> None:
    """Predictions and targets under the mask, and images with nothing to score, do not change a metric."""
    target, mask = trial.example.target, partly_hidden(trial)
    image = first_labelled(trial)
    others = [other for other in range(IMAGES) if other != image]
    without = trial.example.scored.clone()
    without[image] = False
    for factory in trial.task.metrics:
        before = _figure(factory, trial.prediction, target, mask)
        for what, prediction, changed in (
            ("prediction", altered(trial.prediction, mask), target),
            ("target", trial.prediction, altered(target, mask)),
        ):
            after = _figure(factory, prediction, changed, mask)
            require(
                _alike(before, after),
                f"Changing the {what} where the mask is False changes the metric {factory().name} from {before:.6g} to "
                f"{after:.6g}: leave out what is masked.",
            )
        with_it = _figure(factory, trial.prediction, target, without)
        alone = _figure(factory, trial.prediction[others], target[others], without[others])
        require(
            _alike(with_it, alone),
            f"An image with nothing to score changes the metric {factory().name} from {alone:.6g} to {with_it:.6g}: "
            "leave it out.",
        )


def _figure(
    factory: Callable[[], Metric],
    prediction: Tensor,
    target: Tensor,
    mask: Tensor,
    batches: Sequence[slice] = (slice(None),),
) -> float:
    metric = factory()
    for batch in batches:
        metric.update(prediction[batch].clone(), target[batch].clone(), mask[batch].clone())
    return metric.compute()


def _alike(first: float, second: float) -> bool:
    return math.isclose(first, second, rel_tol=1e-3, abs_tol=1e-5) or (math.isnan(first) and math.isnan(second))
