"""Poses against SciPy's rotations; egomotion's loss by hand."""

import math

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from taskonomy_core.contract import Draws
from taskonomy_tasks import _poses
from taskonomy_tasks._poses import FIXATED as SCALE
from taskonomy_tasks.egomotion import STEPS, TASK, triplet_loss

YES = torch.tensor([True])


def random_six(count: int, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(count, 6, generator=generator) * 2.4 - 1.2


def matrices(six: torch.Tensor) -> np.ndarray:
    """Poses as 4 x 4 matrices, made by SciPy."""
    poses = np.tile(np.eye(4), (len(six), 1, 1))
    poses[:, :3, :3] = Rotation.from_euler("xyz", six[:, :3].double().numpy()).as_matrix()
    poses[:, :3, 3] = six[:, 3:]
    return poses


def test_matrices_and_angles_agree_with_scipy():
    six = random_six(50)
    np.testing.assert_allclose(_poses.rotation_matrix(six[:, :3]), matrices(six)[:, :3, :3], atol=1e-6)
    np.testing.assert_allclose(_poses.euler_angles(_poses.rotation_matrix(six[:, :3])), six[:, :3], atol=1e-5)


def test_relative_poses_and_composition_agree_with_matrix_algebra():
    one, two, three = (matrices(random_six(20, seed)) for seed in (1, 2, 3))
    as_tensors = [torch.from_numpy(pose).float() for pose in (one, two, three)]
    first, second = _poses.relative_pose(*as_tensors[:2]), _poses.relative_pose(*as_tensors[1:])
    np.testing.assert_allclose(matrices(first), np.linalg.inv(one) @ two, atol=1e-5)
    both = _poses.compose(first, second)
    np.testing.assert_allclose(matrices(both), np.linalg.inv(one) @ three, atol=1e-4)


def test_a_step_to_the_right_and_a_turn_by_hand():
    """The second camera stands 2 m to the right of the first and looks 90 degrees to its left, back at it."""
    one = torch.eye(4)
    two = torch.tensor([[0.0, 0, 1, 2], [0, 1, 0, 0], [-1, 0, 0, 0], [0, 0, 0, 1]])
    six = _poses.relative_pose(one, two)
    torch.testing.assert_close(six, torch.tensor([0.0, math.pi / 2, 0.0, 2.0, 0.0, 0.0]), atol=1e-5, rtol=0)


def test_rotation_errors_agree_with_scipy_down_to_small_angles():
    six = random_six(30)
    near = six.clone()
    near[:, 2] += 1e-4
    for other in (random_six(30, 5), near):
        ours = _poses.rotation_error(six, other)
        a, b = (Rotation.from_euler("xyz", pose[:, :3].double().numpy()) for pose in (six, other))
        np.testing.assert_allclose(ours, np.degrees((a.inv() * b).magnitude()), rtol=2e-3, atol=1e-5)


def test_translation_errors_are_distances():
    assert _poses.translation_error(torch.zeros(6), torch.tensor([1.0, 1, 1, 3, 4, 0])).item() == 5.0


def test_gradients_stay_finite_where_the_camera_looks_along_an_axis():
    straight_up = torch.tensor([[0.0, math.pi / 2, 0.0, 0, 0, 0]], requires_grad=True)
    _poses.compose(straight_up, torch.zeros(1, 6)).sum().backward()
    assert straight_up.grad.isfinite().all()


@pytest.fixture
def triplet(make_views):
    return TASK.example(make_views(views=3), Draws.of(0, [1, 2, 3]))


def test_the_target_is_three_poses_in_z_scores(triplet, make_views):
    assert triplet.target.shape == (3, 18)
    poses = make_views(views=3)["camera_pose"].double().numpy()
    for place, (i, j) in enumerate(((0, 1), (1, 2), (0, 2))):
        truth = np.linalg.inv(poses[:, i]) @ poses[:, j]
        ours = SCALE.values(triplet.target[:, 6 * place : 6 * place + 6])
        np.testing.assert_allclose(matrices(ours), truth, atol=1e-4)


def test_the_true_moves_cost_nothing(triplet):
    values = triplet_loss(triplet.target[:, :12], triplet.target, triplet.scored)
    torch.testing.assert_close(values, torch.zeros(3), atol=2e-4, rtol=0)


def test_the_loss_by_hand():
    """Cameras at one place: an error of one standard deviation in the first step's x is one in the cycle's as well."""
    still = SCALE.score(torch.zeros(1, 3, 6)).flatten(1)
    guess = still[:, :12].clone()
    guess[0, 3] += 1.0
    assert triplet_loss(guess, still, YES).item() == pytest.approx(1.0 + 0.5, abs=1e-4)
    guess[0, 9] -= 1.0  # the second step takes it back: the cycle closes
    assert triplet_loss(guess, still, YES).item() == pytest.approx(1.0 + 1.0 + 0.0, abs=1e-4)


def test_the_metrics_are_in_degrees_and_metres():
    still = SCALE.score(torch.zeros(1, 3, 6)).flatten(1)
    moves = torch.zeros(1, 2, 6)
    moves[0, 0, 1] = math.radians(30.0)
    moves[0, 1, 3:] = torch.tensor([0.0, 3.0, 4.0])
    guess = SCALE.score(moves).flatten(1)
    torch.testing.assert_close(STEPS.turned(guess, still, YES), torch.tensor([30.0, 0.0]), atol=1e-3, rtol=0)
    torch.testing.assert_close(STEPS.moved(guess, still, YES), torch.tensor([0.0, 5.0]), atol=1e-4, rtol=0)


def test_the_plan_shows_cameras_from_above(triplet):
    """A step 1.5 m to the right of a first camera that looks up the page."""
    moves = torch.zeros(1, 2, 6)
    moves[0, 0, 3] = 1.5
    page = TASK.picture(SCALE.score(moves).flatten(1), triplet.inputs[:1])
    side = page.shape[-1]
    assert page[0, :, side // 2, side // 2].tolist() == [0.0, 0.0, 0.0]
    assert page[0, :, side // 2, side * 3 // 4].tolist() != [1.0, 1.0, 1.0]  # 1.5 of 3 m
    assert page[0, :, side // 2, side // 4].tolist() == [1.0, 1.0, 1.0]
    assert torch.equal(
        page, TASK.picture(torch.nn.functional.pad(SCALE.score(moves).flatten(1), (0, 6)), triplet.inputs)
    )
