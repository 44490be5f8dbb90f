from __future__ import annotations

import pytest
import torch
from torch import nn

from taskonomy_core.learning.readout import ClippedBatchRenorm, Readout, Transfer


def test_early_renorm_is_batch_norm_without_outliers() -> None:
    torch.manual_seed(0)
    x = torch.randn(8, 4, 6, 6) * 3 + 1
    torch.testing.assert_close(ClippedBatchRenorm(4)(x), nn.BatchNorm2d(4)(x))


def test_outliers_are_clipped_to_five_sigma_in_training_only() -> None:
    x = torch.zeros(100, 1, 4, 4)
    x[0, 0, 0, 0] = 1000.0
    sigma = x.std(correction=0)
    norm = ClippedBatchRenorm(1)
    most = norm(x).max().item()
    assert most == pytest.approx(5.0, rel=0.01)
    # In evaluation the picture stays as it is: (1000 - mean) / sigma.
    assert norm.eval()(x).max().item() == pytest.approx(((1000 - x.mean()) / sigma).item(), rel=0.01)


def test_late_renorm_uses_the_running_moments_within_its_bounds() -> None:
    norm = ClippedBatchRenorm(1)
    norm.steps.fill_(10_000)
    norm.mean.fill_(1.0)
    norm.var.fill_(4.0)
    torch.manual_seed(0)
    x = torch.randn(50, 1, 8, 8) * 2.5 + 2.0
    # r = 2.5 / 2 and d = 0.5 lie inside the bounds, where batch renormalisation equals the running moments.
    clipped = x.clamp(x.mean() - 5 * x.std(), x.mean() + 5 * x.std())
    torch.testing.assert_close(norm(x), (clipped - 1.0) / 2.0, atol=1e-3, rtol=1e-3)


def test_evaluation_uses_moments_learnt_from_the_first_batch_on() -> None:
    torch.manual_seed(0)
    x = torch.randn(64, 2, 4, 4) * 7 - 3
    norm = ClippedBatchRenorm(2)
    trained = norm(x)
    torch.testing.assert_close(norm.eval()(x), trained, atol=1e-4, rtol=1e-4)


def test_the_two_towers_do_not_see_each_other() -> None:
    torch.manual_seed(0)
    readout = Readout(8).eval()
    codes = torch.randn(2, 8, 5, 5)
    before = readout(codes)
    with torch.no_grad():
        readout.first.weight[8:] += 1.0  # the second tower's first layer
        readout.second.weight[8:] -= 1.0
    after = readout(codes)
    torch.testing.assert_close(before[:, :8], after[:, :8])
    assert not torch.allclose(before[:, 8:], after[:, 8:])


def test_views_share_the_readout_and_stand_channel_wise() -> None:
    torch.manual_seed(0)
    transfer = Transfer(Readout(8), nn.Identity()).eval()
    features = torch.randn(2, 3, 8, 4, 4)
    joined = transfer(features)
    assert joined.shape == (2, 48, 4, 4)
    torch.testing.assert_close(joined[:, 16:32], transfer(features[:, 1:2]))
