"""Metrics against values worked out by hand and against scikit-image and numpy."""

import doctest
import math
import subprocess
import sys

import numpy as np
import pytest
import torch
from skimage.metrics import peak_signal_noise_ratio as skimage_psnr
from skimage.metrics import structural_similarity as skimage_ssim

from taskonomy_core.blocks import metrics
from taskonomy_core.blocks.metrics import (
    MedianFactory,
    f_score,
    mean_absolute_error,
    mean_iou,
    mean_of,
    peak_signal_noise_ratio,
    scored_classes,
    scored_elements,
    scored_pixels,
    share_below,
    structural_similarity,
    top_accuracy,
)

ALL = torch.tensor([True, True])


def score(make, prediction, target, mask=ALL):
    metric = make()
    metric.update(prediction, target, mask)
    return metric.compute()


def elements(prediction, target, mask):
    return (prediction - target).abs()[mask].flatten()


def test_the_example_in_the_docstring_holds():
    result = doctest.testmod(metrics)
    assert (result.attempted, result.failed) == (1, 0)


def test_importing_the_module_does_not_import_torchmetrics():
    code = "import sys, taskonomy_core.blocks.metrics as m; m.mean_iou(3); sys.exit('torchmetrics' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_scored_elements_and_pixels_follow_the_mask():
    maps = torch.arange(8.0).reshape(1, 2, 2, 2)
    mask = torch.tensor([[[[True, False], [False, True]]]])
    ours, theirs = scored_elements(maps, -maps, mask)
    assert ours.tolist() == [0.0, 3.0, 4.0, 7.0]
    assert theirs.tolist() == [0.0, -3.0, -4.0, -7.0]
    assert scored_pixels(maps, mask).tolist() == [[0.0, 4.0], [3.0, 7.0]]
    assert scored_pixels(torch.tensor([[1.0, 2.0], [3.0, 4.0]]), torch.tensor([False, True])).tolist() == [[3.0, 4.0]]


def test_scored_classes_of_images_pixels_and_distributions():
    logits = torch.tensor([[0.1, 0.9], [0.8, 0.2]])
    assert scored_classes(logits, torch.tensor([1, 0]), torch.tensor([True, False]))[1].tolist() == [1]
    assert scored_classes(logits, torch.tensor([[0.3, 0.7], [0.6, 0.4]]), ALL)[1].tolist() == [1, 0]
    dense, classes = scored_classes(
        torch.arange(8.0).reshape(1, 2, 2, 2), torch.tensor([[[[0, 1], [-1, 1]]]]), torch.ones(1, 1, 2, 2).bool()
    )
    assert dense.shape == (4, 2)
    assert classes.tolist() == [0, 1, -1, 1]


def test_l1_is_pooled_over_scored_elements_and_scaled():
    prediction, target = torch.tensor([[1.0, 2.0], [5.0, 5.0]]), torch.zeros(2, 2)
    metric = mean_absolute_error(scale=0.5)()
    metric.update(prediction, target, ALL)
    metric.update(prediction, target, torch.tensor([False, True]))
    assert metric.compute() == pytest.approx(0.5 * (1 + 2 + 5 + 5 + 5 + 5) / 6)
    assert (metric.name, metric.unit, metric.higher_is_better) == ("L1", "", False)


def test_psnr_and_ssim_agree_with_scikit_image():
    torch.manual_seed(0)
    target = torch.rand(2, 3, 32, 32) * 2 - 1
    prediction = (target + 0.2 * torch.randn_like(target)).clamp(-1, 1)
    pairs = [(t.numpy(), p.numpy()) for t, p in zip(target, prediction, strict=True)]
    psnr = np.mean([skimage_psnr(t, p, data_range=2.0) for t, p in pairs])
    assert score(peak_signal_noise_ratio(), prediction, target) == pytest.approx(psnr, rel=1e-4)
    window = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False}
    ssim = np.mean([skimage_ssim(t, p, data_range=2.0, channel_axis=0, **window) for t, p in pairs])
    assert score(structural_similarity(), prediction, target) == pytest.approx(
        ssim, abs=5e-3
    )  # they treat the border differently


def test_psnr_counts_what_is_not_scored_as_right():
    target = torch.zeros(2, 1, 2, 2)
    prediction = torch.full((2, 1, 2, 2), 1.0)
    mask = torch.zeros(2, 1, 2, 2, dtype=torch.bool)
    mask[0, 0, 0, 0] = True  # one wrong pixel of four in the first image, no label in the second
    assert score(peak_signal_noise_ratio(), prediction, target, mask) == pytest.approx(10 * math.log10(4 / (1 / 4)))


def test_accuracies_by_hand():
    logits = torch.tensor([[3.0, 2.0, 1.0], [1.0, 2.0, 3.0]])
    assert score(top_accuracy(3), logits, torch.tensor([0, 1])) == 50.0
    assert score(top_accuracy(3, 2), logits, torch.tensor([0, 1])) == 100.0
    assert top_accuracy(3, 2)().name == "top-2"
    assert score(top_accuracy(3), logits, torch.tensor([[0.6, 0.4, 0.0], [0.0, 0.1, 0.9]])) == 100.0


def test_mean_iou_by_hand_leaves_out_classes_that_do_not_occur():
    best = torch.tensor([[0, 0, 1, 1]])
    logits = torch.nn.functional.one_hot(best, 3).movedim(-1, 1)[:, :, None].float()  # [1, 3, 1, 4]
    target = torch.tensor([[[[0, 1, 1, 1]]]])
    # Class 0: 1 of 2, class 1: 2 of 3, class 2 never.
    assert score(mean_iou(3), logits, target, torch.ones(1, 1, 1, 4).bool()) == pytest.approx(100 * (1 / 2 + 2 / 3) / 2)


def test_f_score_by_hand():
    prediction = torch.tensor([[0.9, 0.9, 0.9, 0.1]])
    target = torch.tensor([[0.8, 0.8, 0.0, 0.8]])
    # 2 hits, 1 false alarm, 1 miss: F1 = 2 * 2 / (2 * 2 + 1 + 1).
    assert score(f_score(0.5), prediction, target, torch.tensor([True])) == pytest.approx(100 * 2 / 3)
    assert f_score(0.5)().name == "F-score at 0.5"


def test_means_shares_and_medians_of_values():
    prediction = torch.tensor([[1.0, 2.0], [3.0, 10.0]])
    target = torch.zeros(2, 2)
    assert score(mean_of("mean", elements, "m"), prediction, target) == 4.0
    assert score(share_below("near", elements, 3.0), prediction, target) == 50.0
    median = MedianFactory("median", elements, top=20.0, unit="m")
    assert score(median, prediction, target) == pytest.approx(2.0, abs=20 / 2**16)
    assert score(median, prediction, target, torch.tensor([False, True])) == pytest.approx(3.0, abs=20 / 2**16)


def test_the_median_agrees_with_numpy():
    torch.manual_seed(0)
    values = torch.rand(5001, 1) * 180
    median = MedianFactory("median", elements, top=180.0)
    ours = score(median, values, torch.zeros_like(values), torch.ones(5001, dtype=torch.bool))
    assert ours == pytest.approx(float(np.median(values)), abs=180 / 2**16)


@pytest.mark.parametrize(
    "make",
    [mean_absolute_error(), peak_signal_noise_ratio(), mean_of("mean", elements), MedianFactory("m", elements, 1.0)],
)
def test_nothing_scored_is_nan_and_without_a_warning(make):
    prediction = torch.rand(2, 3, 4, 4)
    assert math.isnan(score(make, prediction, prediction, torch.tensor([False, False])))
