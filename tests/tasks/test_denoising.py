"""The noise has the stated variance, is clipped, and belongs to the example."""

import torch

from taskonomy_core.contract import Draws, Views
from taskonomy_tasks.denoising import TASK


def noise_of(rgb: torch.Tensor, seed: int = 0) -> torch.Tensor:
    example = TASK.example(Views({"rgb": rgb}), Draws.of(seed, range(len(rgb))))
    assert torch.equal(example.target, rgb[:, 0] * 2 - 1)
    return (example.inputs - (rgb * 2 - 1)) / 2  # on the [0, 1] scale


def test_the_noise_is_gaussian_with_variance_one_hundredth():
    noise = noise_of(torch.full((4, 1, 3, 64, 64), 0.5)).flatten()
    assert abs(noise.mean().item()) < 2e-3
    assert abs(noise.var().item() - 0.01) < 2e-4
    assert abs((noise.abs() < 0.1).float().mean().item() - 0.6827) < 0.01  # within one standard deviation


def test_the_noisy_picture_is_clipped():
    black = noise_of(torch.zeros(2, 1, 3, 32, 32))
    assert black.min() == 0.0
    assert abs((black == 0.0).float().mean().item() - 0.5) < 0.03


def test_two_images_get_different_noise_and_two_seeds_too():
    rgb = torch.full((2, 1, 3, 16, 16), 0.5)
    noise = noise_of(rgb)
    assert not torch.equal(noise[0], noise[1])
    assert not torch.equal(noise, noise_of(rgb, seed=1))
