"""The pose of a second camera: targets against SciPy, figures by hand, and the scale of rendered rooms."""

import math

import numpy as np
import pytest
import torch
from scipy.spatial.transform import Rotation

from taskonomy_core.contract import Draws
from taskonomy_tasks import _poses, pose_fixated, pose_nonfixated

MODULES = (pose_fixated, pose_nonfixated)
YES = torch.tensor([True])


@pytest.fixture(params=MODULES, ids=lambda module: module.TASK.name)
def module(request):
    return request.param


def test_the_target_is_the_second_camera_in_the_frame_of_the_first(module, make_views):
    views = make_views(count=20, views=2)
    target = module.TASK.example(views, Draws.of(0, list(range(20)))).target
    assert target.shape == (20, 6)
    poses = views["camera_pose"].double().numpy()
    six = module.STEP.poses(target)[:, 0].double().numpy()
    relative = np.linalg.inv(poses[:, 0]) @ poses[:, 1]
    np.testing.assert_allclose(Rotation.from_euler("xyz", six[:, :3]).as_matrix(), relative[:, :3, :3], atol=1e-5)
    np.testing.assert_allclose(six[:, 3:], relative[:, :3, 3], atol=1e-5)


def test_the_target_is_in_z_scores(module, make_views):
    """A camera that is the mean plus two deviations to the right, its other numbers at the mean."""
    scale = module.STEP.scale
    six = torch.tensor(scale.mean)
    six[3] += 2.0 * scale.std[3]
    views = make_views(count=1, views=2)
    views["camera_pose"][:] = torch.eye(4)
    turn = Rotation.from_euler("xyz", six[:3].double().numpy()).as_matrix()
    views["camera_pose"][0, 1, :3, :3] = torch.from_numpy(turn).float()
    views["camera_pose"][0, 1, :3, 3] = six[3:]
    target = module.TASK.example(views, Draws.of(0, [1])).target
    torch.testing.assert_close(target, torch.tensor([[0.0, 0, 0, 2, 0, 0]]), atol=1e-5, rtol=0)


def test_a_turn_round_the_upright_axis_does_not_jump_at_90_degrees():
    """Seen by SciPy, the same rotations; x and z of a camera that tilts by 2 and 1 degrees stay small all the way."""
    yaw = np.arange(-178.0, 179.0, 4.0)
    tilted = Rotation.from_euler("yxz", np.stack([yaw, np.full_like(yaw, 2.0), np.full_like(yaw, 1.0)], 1), True)
    six = _poses.euler_angles(torch.from_numpy(tilted.as_matrix()).float())
    np.testing.assert_allclose(
        Rotation.from_euler("xyz", six.double().numpy()).as_matrix(), tilted.as_matrix(), atol=1e-5
    )
    degrees = torch.rad2deg(six)
    assert degrees[:, 0].abs().max() <= 90.0
    far = np.abs(np.abs(yaw) - 90.0) > 20.0  # beside it, sxyz angles cannot tell a tilt from a roll
    assert degrees[far][:, (0, 2)].abs().max() < 7.0
    np.testing.assert_allclose(degrees[far, 1], yaw[far], atol=1.0)


def test_the_loss_is_the_length_of_the_error(module):
    guess = torch.tensor([[0.0, 2.0, 0.0, 1.0, 0.0, 2.0]])
    assert module.TASK.loss(guess, torch.zeros(1, 6), YES).item() == pytest.approx(3.0)


def test_the_metrics_are_in_degrees_and_metres(module):
    """Two pairs: one wrong by 40 degrees about the upright axis, the other by 3 m to the right and 4 m back."""
    truth, guess = torch.zeros(2, 6), torch.zeros(2, 6)
    guess[0, 1] = math.radians(40.0)
    guess[1, 3], guess[1, 5] = 3.0, 4.0
    figures = {}
    for make in module.TASK.metrics:
        metric = make()
        metric.update(*map(module.STEP.scale.score, (guess, truth)), YES.expand(2))
        figures[metric.name, metric.unit] = metric.compute()
    assert figures == {
        ("rotation error", "degrees"): pytest.approx(20.0, abs=1e-3),
        ("translation error", "m"): pytest.approx(2.5, abs=1e-4),
    }


def test_the_plan_shows_the_second_camera_where_it_stands(module):
    """1.5 m to the left: a quarter of the 6 m page, and nothing to the right."""
    six = torch.zeros(1, 6)
    six[0, 3] = -1.5
    page = module.TASK.picture(module.STEP.scale.score(six), torch.zeros(1, 2, 3, 8, 8))
    middle = page.shape[-1] // 2
    assert page[0, :, middle, middle].tolist() == [0.0, 0.0, 0.0]
    assert page[0, :, middle, middle // 2].tolist() not in ([1.0, 1.0, 1.0], [0.0, 0.0, 0.0])
    assert page[0, :, middle, middle * 3 // 2].tolist() == [1.0, 1.0, 1.0]


def test_they_differ_in_the_pairs_and_the_scale():
    fixated, other = (module.TASK for module in MODULES)
    assert (fixated.arrangement, other.arrangement) == ("fixated_pairs", "nonfixated_pairs")
    assert pose_nonfixated.STEP.scale.std[1] > pose_fixated.STEP.scale.std[1]
