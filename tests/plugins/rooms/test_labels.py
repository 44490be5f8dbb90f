import numpy as np
import pytest
import torch
from scipy import ndimage
from skimage.color import rgb2gray

from taskonomy_plugins.rooms.config import RoomsConfig
from taskonomy_plugins.rooms.labels import (
    computed_labels,
    depth_gap,
    edge_occlusion,
    edge_texture,
    grey,
    keypoints2d,
    keypoints3d,
    scaled,
)


@pytest.fixture
def rgb():
    return torch.rand(2, 3, 64, 64, generator=torch.Generator().manual_seed(0))


def halves(left, right, side=64):
    picture = torch.full((1, 1, side, side), float(left))
    picture[..., side // 2 :] = right
    return picture


def everywhere(maps):
    return torch.ones_like(maps[:, :1], dtype=torch.bool)


def scipy_gradient(plane, sigma):
    smooth = ndimage.gaussian_filter(plane.astype(np.float64), sigma, mode="nearest")
    return np.hypot(*(ndimage.sobel(smooth, axis, mode="nearest") / 8 for axis in (0, 1)))


def test_grey_is_scikit_images(rgb):
    expected = np.stack([rgb2gray(picture.permute(1, 2, 0).numpy()) for picture in rgb])
    np.testing.assert_allclose(grey(rgb)[:, 0].numpy(), expected, rtol=1e-5)


@pytest.mark.parametrize("side", [64, 128])
def test_edge_texture_is_scipys_gradient_of_the_grey_picture(side):
    rgb = torch.rand(2, 3, side, side, generator=torch.Generator().manual_seed(0))
    expected = [scipy_gradient(rgb2gray(picture.permute(1, 2, 0).numpy()), 3 * side / 512) for picture in rgb]
    np.testing.assert_allclose(edge_texture(rgb)[:, 0].numpy(), np.stack(expected), atol=1e-6)


def test_an_edge_is_three_pixels_wide_at_side_512_and_keeps_its_share_of_smaller_sides():
    # A step smoothed by a Gaussian has a gradient of that Gaussian's shape; the central difference adds 1/4.
    for side, sigma in ((512, 3.0), (256, 1.5)):
        row = edge_texture(halves(0.0, 1.0, side).expand(1, 3, side, side))[0, 0, side // 2].double()
        x = torch.arange(side, dtype=torch.float64)
        mean = (row * x).sum() / row.sum()
        assert mean.item() == pytest.approx(side / 2 - 0.5)
        assert ((row * (x - mean) ** 2).sum() / row.sum()).item() == pytest.approx(sigma**2 + 0.25, rel=0.01)


def test_edges_turn_with_the_picture(rgb):
    assert torch.allclose(edge_texture(rgb.rot90(1, (2, 3))), edge_texture(rgb).rot90(1, (2, 3)), atol=1e-6)


def test_edge_occlusion_is_scipys_gradient_of_the_root_of_depth():
    depth = torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(0)) * 5 + 0.5
    expected = np.stack([scipy_gradient(picture[0].sqrt().numpy(), 0.5) for picture in depth])
    np.testing.assert_allclose(edge_occlusion(depth, everywhere(depth))[:, 0].numpy(), expected, atol=2e-6)


def test_a_step_from_one_to_four_metres_sums_to_one():
    # sqrt(4) - sqrt(1), along any row, however the smoothing spreads it.
    label = edge_occlusion(halves(1.0, 4.0), everywhere(halves(1.0, 4.0)))
    torch.testing.assert_close(label.sum(-1), torch.ones(1, 1, 64))


def test_what_lies_behind_a_window_makes_no_edge():
    depth = torch.full((1, 1, 32, 32), 3.0)
    known = everywhere(depth)
    known[..., 10:20, 10:20] = False
    depth[~known] = torch.inf
    assert edge_occlusion(depth, known).abs().max() < 1e-5


@pytest.mark.parametrize("sigma", [1.0, 2.0, 4.0])
def test_a_gaussian_blob_answers_one_sixteenth_at_its_own_scale(sigma):
    # G_s * exp(-r^2 / 2t^2) has L_xx = L_yy = -t^2 / (t^2 + s^2)^2 at its centre, so s^4 det = (st / (t^2 + s^2))^4,
    # which is greatest at s = t: 1/16.
    x = torch.arange(65.0) - 32.0
    blob = torch.exp(-(x[:, None] ** 2 + x[None] ** 2) / (2 * sigma**2))
    response = keypoints2d(blob.expand(1, 3, 65, 65))[0, 0]
    assert response[32, 32].item() == pytest.approx(1 / 16, rel=0.02)
    assert response.argmax() == 32 * 65 + 32


def test_keypoints2d_is_the_greatest_of_scipys_determinants(rgb):
    side = 256
    rgb = torch.nn.functional.interpolate(rgb[:1], (side, side), mode="bicubic").clamp(0, 1)
    picture = rgb2gray(rgb[0].permute(1, 2, 0).numpy()).astype(np.float64)
    expected = np.zeros((side, side))
    for sigma in (4.0, 5.65, 8.0, 11.3, 16.0):
        yy, xx, xy = (
            ndimage.gaussian_filter(picture, sigma, order=orders, mode="nearest") for orders in ((2, 0), (0, 2), (1, 1))
        )
        expected = np.maximum(expected, sigma**4 * (yy * xx - xy**2))
    np.testing.assert_allclose(keypoints2d(rgb)[0, 0].numpy(), expected, atol=0.01 * expected.max())


def test_a_straight_edge_and_a_saddle_are_no_keypoints():
    assert keypoints2d(halves(0.0, 1.0).expand(1, 3, 64, 64)).max() < 1e-6
    x = torch.linspace(-1, 1, 64)
    saddle = 0.5 + 0.25 * (x[:, None] ** 2 - x[None] ** 2)
    assert keypoints2d(saddle.expand(1, 3, 64, 64))[..., 20:44, 20:44].max() < 1e-6


def test_a_plane_has_no_gap_however_slanted():
    x = torch.linspace(-0.6, 0.6, 48)
    inverse = 0.3 + 0.25 * x[None] + 0.1 * x[:, None]
    depth = inverse.reciprocal()[None, None]
    assert depth.max() / depth.min() > 5
    assert depth_gap(depth, everywhere(depth)).max() < 1e-4


def test_a_gap_is_measured_as_a_share_of_the_depth():
    # 1/2 against 1/4: a difference of 1/4, which is half of 1/2 and all of 1/4.
    gap = depth_gap(halves(2.0, 4.0), everywhere(halves(2.0, 4.0)))
    assert gap[0, 0, 5, 30:34].tolist() == [0.0, 0.5, 1.0, 0.0]


def room_corner(side=64):
    """A camera that looks straight into the corner of three walls: depth and normals, corner in the middle."""
    x = torch.linspace(-0.6, 0.6, side)
    rays = torch.stack([x[None].expand(side, side), -x[:, None].expand(side, side), -torch.ones(side, side)])
    # Three unit normals at right angles, as many degrees from the line of sight; the walls meet 3 m ahead.
    angles = torch.tensor([90.0, 210.0, 330.0]).deg2rad()
    normals = torch.stack(
        [(2 / 3) ** 0.5 * angles.cos(), (2 / 3) ** 0.5 * angles.sin(), torch.full((3,), (1 / 3) ** 0.5)], dim=1
    )
    depths = (normals @ torch.tensor([0.0, 0.0, -3.0]))[:, None, None] / torch.einsum("kc,chw->khw", normals, rays)
    depth, wall = torch.where(depths > 0, depths, torch.inf).min(0)
    return depth[None, None], normals[wall].permute(2, 0, 1)[None]


def test_three_walls_meet_in_a_keypoint_and_two_do_not():
    depth, normal = room_corner()
    label = keypoints3d(normal, depth, everywhere(depth))[0, 0]
    row, column = divmod(int(label.argmax()), 64)
    assert abs(row - 31.5) <= 1.5
    assert abs(column - 31.5) <= 1.5
    assert label.max() > 0.2
    far = torch.ones(64, 64, dtype=torch.bool)
    far[24:40, 24:40] = False
    assert label[far].max() < 0.25 * label.max()


def test_a_corner_that_only_occludes_is_damped():
    # A square in front of another plane, turned against it: its corners are corners of the picture alone.
    normal = torch.zeros(1, 3, 64, 64)
    normal[:, 2] = 1.0
    normal[..., 20:44, 20:44] = torch.tensor([0.8, 0.0, 0.6])[:, None, None]
    near, far = torch.full((1, 1, 64, 64), 2.0), torch.full((1, 1, 64, 64), 2.0)
    near[..., 20:44, 20:44] = 1.0
    touching = keypoints3d(normal, far, everywhere(far)).max()
    assert keypoints3d(normal, near, everywhere(near)).max() < 0.01 * touching
    assert touching > 0.05


def test_scales_shrink_with_the_side_down_to_a_least():
    assert scaled(3.0, 512) == 3.0
    assert scaled(3.0, 64) == 0.375
    assert scaled(3.0, 64, least=0.5) == 0.5


def test_all_labels_of_a_batch_have_the_form_of_their_modality(render):
    rendered = render(RoomsConfig(image=32), [0, 1])
    labels = computed_labels(rendered)
    assert sorted(labels) == [
        "edge_occlusion",
        "edge_texture",
        "keypoints2d",
        "keypoints3d",
        "segment_unsup25d",
        "segment_unsup2d",
    ]
    for name, label in labels.items():
        assert label.shape == (8, 1, 32, 32)
        assert label.dtype == (torch.int64 if name.startswith("segment") else torch.float32)
        assert label.isfinite().all()
        assert label.min() >= 0
    alone = computed_labels({name: maps[3:4] for name, maps in rendered.items()})
    for name, label in alone.items():
        torch.testing.assert_close(label, labels[name][3:4])
