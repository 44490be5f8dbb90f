"""Rules on `decoder`."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from taskonomy_core.contract.checks.bench import Trial, require, same, told
from taskonomy_core.contract.specs import FeatureSpec
from taskonomy_core.contract.task import MAX_VIEWS

# Channels per view of the two towers of a readout, per source (facts 3.2).
_READOUT_CHANNELS = 16


def decoder_takes_any_sources_and_views(trial: Trial) -> None:
    """For 1, 2, 3 sources and 1 to 9 views, a batch of one in eval mode gives finite numbers of the output's shape."""
    views = trial.task.views
    cases = [(sources, views) for sources in (1, 2, 3)] + [(1, count) for count in range(1, MAX_VIEWS + 1)]
    for sources, count in dict.fromkeys(cases):
        module, features = _built(trial, sources, count)
        prediction = module(_features(trial, features, batch=1))
        expected = (1, *trial.task.output.shape(trial.bench.size.image))
        case = f"With {sources} source{'s' * (sources > 1)} and {count} view{'s' * (count > 1)}"
        require(
            isinstance(prediction, Tensor) and tuple(prediction.shape) == expected,
            f"{case} the decoder gives {told(getattr(prediction, 'shape', ()))}; output={trial.task.output} with "
            f"{trial.bench.size.image}-pixel images asks for {told(expected)}.",
        )
        require(
            prediction.is_floating_point() and bool(torch.isfinite(prediction).all()),
            f"{case} the untrained decoder gives numbers that are not finite: look at its initial weights.",
        )


def decoder_scores_alone_as_in_a_batch(trial: Trial) -> None:
    """In eval mode a prediction depends on nothing but its own features."""
    module, features = _built(trial, 1, trial.task.views)
    batch = _features(trial, features, batch=3)
    together = module(batch)
    again, alone = module(batch), module(batch[:1])
    require(
        same(together, again),
        "In eval mode the decoder gives another prediction the second time: let it keep no state, and switch its "
        "randomness off when it is not training.",
    )
    require(
        same(together[:1], alone, tolerance=1e-3),
        "In eval mode the decoder gives an image another prediction alone than in a batch: normalise with running "
        "statistics, not with the batch's own.",
    )


def _built(trial: Trial, sources: int, views: int) -> tuple[nn.Module, FeatureSpec]:
    size = trial.bench.size
    features = FeatureSpec(_READOUT_CHANNELS * sources, size.code_side, size.code_side, views)
    module = trial.task.decoder(features, trial.task.output, size)
    require(
        isinstance(module, nn.Module),
        f"`decoder` returns a {type(module).__name__}: let it return a torch.nn.Module.",
    )
    return module.to(trial.device).eval(), features


def _features(trial: Trial, features: FeatureSpec, batch: int) -> Tensor:
    return trial.random(batch, features.channels, features.height, features.width, stream="features")
