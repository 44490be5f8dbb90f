"""Metrics: any torchmetrics metric in the contract's shape, and those that the fields of the tasks quote.

Each function here gives a factory; calling the factory gives a fresh accumulator. torchmetrics is imported by the
accumulator and not before, because it takes seconds.
"""

from __future__ import annotations

import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import torch
from torch import Tensor

from taskonomy_core.blocks.losses import spread
from taskonomy_core.contract.task import Metric

Values = Callable[[Tensor, Tensor, Tensor], Tensor]
Prepare = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, ...]]


class TorchMetric:
    """A torchmetrics metric as the contract's Metric: `prepare` makes its arguments; batches with none are skipped."""

    def __init__(self, factory: MetricFactory) -> None:
        self.name, self.unit, self.higher_is_better = factory.name, factory.unit, factory.higher_is_better
        self._prepare, self._scale = factory.prepare, factory.scale
        self._metric = factory.make()
        self._empty = True

    def update(self, prediction: Tensor, target: Tensor, mask: Tensor) -> None:
        """Take in a batch."""
        arguments = self._prepare(prediction.detach().float(), target, mask)
        if len(arguments[0]):
            self._metric.to(prediction.device).update(*arguments)
            self._empty = False

    def compute(self) -> float:
        """Give the figure of everything taken in; NaN before anything was scored."""
        return torch.nan if self._empty else float(self._metric.compute()) * self._scale


@dataclass(frozen=True)
class MetricFactory:
    """Makes a fresh Metric at each call.

    `make` builds the torchmetrics metric; `prepare` turns (prediction, target, mask) into the arguments of its
    `update`, the first of which is empty where nothing is scored; `scale` multiplies the figure (100 for per cent).
    """

    name: str
    make: Callable[[], Any]
    prepare: Prepare
    unit: str = ""
    higher_is_better: bool = True
    scale: float = 1.0

    def __call__(self) -> Metric:
        """Give a fresh accumulator."""
        return TorchMetric(self)


def torchmetric(name: str, **options: Any) -> Callable[[], Any]:
    """How to build the torchmetrics metric `module.Name`, without importing it yet.

    >>> torchmetric("regression.MeanSquaredError", squared=False)()
    MeanSquaredError()
    """
    return partial(_build, name, options)


def _build(name: str, options: dict[str, Any]) -> Any:
    module, _, kind = name.rpartition(".")
    return getattr(importlib.import_module(f"torchmetrics.{module}"), kind)(**options)


def scored_elements(prediction: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """The scored elements of both, flat: [B, C, h, w] or [B, n] -> ([m], [m])."""
    scored = spread(mask, prediction.ndim).expand_as(prediction)
    return prediction[scored], target[scored]


def scored_pixels(values: Tensor, mask: Tensor) -> Tensor:
    """The scored pixels or vectors as rows: [B, C, h, w] or [B, C] -> [m, C]."""
    rows = values.movedim(1, -1)
    return rows[spread(mask, values.ndim).expand_as(values[:, :1])[:, 0]]


def scored_classes(prediction: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Logits and class numbers of what is scored: ([m, C], [m]). A distribution as target counts as its largest."""
    if target.shape == prediction.shape:
        target = target.argmax(1, keepdim=True)
    return scored_pixels(prediction, mask), scored_pixels(target.reshape(len(target), 1, *prediction.shape[2:]), mask)[
        :, 0
    ]


def _whole_images(prediction: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    """Images with anything scored; what is not scored counts as right, for a measure needs whole pictures."""
    prediction = torch.where(spread(mask, prediction.ndim), prediction, target)
    labelled = mask.reshape(len(mask), -1).any(1)
    return prediction[labelled], target[labelled]


def mean_of(
    name: str, values: Values, unit: str = "", higher_is_better: bool = False, scale: float = 1.0
) -> MetricFactory:
    """The mean of `values(prediction, target, mask)` -> float [m] over everything scored."""
    make = torchmetric("aggregation.MeanMetric", nan_strategy="disable")
    return MetricFactory(name, make, partial(_single, values), unit, higher_is_better, scale)


def _single(values: Values, prediction: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor]:
    return (values(prediction, target, mask),)


def share_below(name: str, values: Values, threshold: float) -> MetricFactory:
    """The share, in per cent, of `values(prediction, target, mask)` that are below a threshold."""
    return mean_of(name, partial(_below, values, threshold), "%", True, 100.0)


def _below(values: Values, threshold: float, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
    return (values(prediction, target, mask) < threshold).float()


class Median:
    """A median over any number of values in fixed memory: exact to range / 2**16, as values are counted in bins."""

    def __init__(self, factory: MedianFactory) -> None:
        self.name, self.unit, self.higher_is_better = factory.name, factory.unit, False
        self._values, self._top = factory.values, factory.top
        self._counts = torch.zeros(2**16, dtype=torch.int64)

    def update(self, prediction: Tensor, target: Tensor, mask: Tensor) -> None:
        """Take in a batch."""
        values = self._values(prediction.detach().float(), target, mask)
        bins = (values / self._top * len(self._counts)).long().clamp(0, len(self._counts) - 1)
        self._counts += torch.bincount(bins, minlength=len(self._counts)).cpu()

    def compute(self) -> float:
        """Give the (lower) median of everything taken in; NaN before anything was scored."""
        total = int(self._counts.sum())
        if total == 0:
            return torch.nan
        place = int(torch.searchsorted(self._counts.cumsum(0), (total + 1) // 2))
        return (place + 0.5) / len(self._counts) * self._top


@dataclass(frozen=True)
class MedianFactory:
    """Makes a fresh Median of `values(prediction, target, mask)` -> float [m] in [0, top]."""

    name: str
    values: Values
    top: float
    unit: str = ""

    def __call__(self) -> Metric:
        """Give a fresh accumulator."""
        return Median(self)


def mean_absolute_error(name: str = "L1", scale: float = 1.0, unit: str = "") -> MetricFactory:
    """Mean |p - t| over scored elements, times `scale` (0.5 brings a [-1, 1] target to its [0, 1] picture)."""
    make = torchmetric("regression.MeanAbsoluteError")
    return MetricFactory(name, make, scored_elements, unit, False, scale)


def peak_signal_noise_ratio(data_range: float = 2.0) -> MetricFactory:
    """PSNR in dB, the mean over images; `data_range` is 2 for pictures in [-1, 1]."""
    make = torchmetric("image.PeakSignalNoiseRatio", data_range=data_range, dim=(1, 2, 3))
    return MetricFactory("PSNR", make, _whole_images, "dB")


def structural_similarity(data_range: float = 2.0) -> MetricFactory:
    """SSIM (Wang et al. 2004), the mean over images; 1 is equal."""
    make = torchmetric("image.StructuralSimilarityIndexMeasure", data_range=data_range)
    return MetricFactory("SSIM", make, _whole_images)


def top_accuracy(classes: int, k: int = 1, name: str = "") -> MetricFactory:
    """The share, in per cent, of images or pixels whose true class is among the k highest logits."""
    make = torchmetric("classification.MulticlassAccuracy", num_classes=classes, top_k=k, average="micro")
    return MetricFactory(name or f"top-{k}", make, scored_classes, "%", True, 100.0)


def mean_iou(classes: int) -> MetricFactory:
    """Mean intersection over union, in per cent, over the classes that occur in prediction or target."""
    make = torchmetric("classification.MulticlassJaccardIndex", num_classes=classes)
    return MetricFactory("mIoU", make, scored_classes, "%", True, 100.0)


def f_score(threshold: float) -> MetricFactory:
    """F1 of the pixels above a threshold, in per cent: harmonic mean of precision and recall."""
    make = torchmetric("classification.BinaryF1Score")
    return MetricFactory(f"F-score at {threshold:g}", make, partial(_above, threshold), "%", True, 100.0)


def _above(threshold: float, prediction: Tensor, target: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
    values, truth = scored_elements(prediction, target, mask)
    return (values > threshold).long(), (truth > threshold).long()
