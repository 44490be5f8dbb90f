from __future__ import annotations

import pytest
import torch

from taskonomy_core.errors import TaskonomyError
from taskonomy_core.learning.computing import Computing


def test_unknown_and_absent_devices_are_told_in_a_sentence() -> None:
    with pytest.raises(TaskonomyError, match="There is no device 'abacus'; taskonomy knows cpu and cuda"):
        Computing.of("abacus", "float32")
    if not torch.cuda.is_available():
        with pytest.raises(TaskonomyError, match="offers torch no CUDA device"):
            Computing.of("cuda", "float32")


def test_auto_precision_is_one_of_the_two() -> None:
    assert Computing.of("cpu", "auto").dtype in (torch.float32, torch.bfloat16)


def test_autocast_runs_convolutions_in_the_chosen_type() -> None:
    layer = torch.nn.Conv2d(1, 1, 1)
    with Computing.of("cpu", "bfloat16").autocast():
        assert layer(torch.ones(1, 1, 2, 2)).dtype is torch.bfloat16
    with Computing.of("cpu", "float32").autocast():
        assert layer(torch.ones(1, 1, 2, 2)).dtype is torch.float32
