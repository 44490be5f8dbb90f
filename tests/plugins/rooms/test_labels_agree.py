"""Edges, keypoints and segments of rendered rooms against scikit-image's and SciPy's on the same pictures.

The pictures are those that the data source hands out, in 256 grey levels, while labels were made before rounding.
"""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import ndimage
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from skimage import feature, filters, metrics, segmentation
from skimage.color import rgb2gray

from taskonomy_plugins.rooms.labels import KEYPOINT_SIGMAS
from taskonomy_plugins.rooms.materials import plain
from taskonomy_plugins.rooms.parts import block
from taskonomy_plugins.rooms.segments import segment_unsup2d

# Sigmas are given for pictures of side 512, segments for 64.
FINE, AREA = 96 / 512, (96 / 64) ** 2


def agreement(one, other):
    """The adjusted Rand F-score of two ways of cutting a picture, 1 where they are the same."""
    return 1 - metrics.adapted_rand_error(one, other)[0]


@pytest.fixture(scope="module")
def greys(rooms):
    return [rgb2gray(np.moveaxis(rgb, 0, -1)) for rgb in rooms["rgb"]]


def test_texture_edges_are_scikit_images_sobel_of_its_smoothed_picture(rooms, greys):
    for grey, label in zip(greys, rooms["edge_texture"][:, 0], strict=True):
        smooth = filters.gaussian(grey, 3 * FINE, mode="nearest", truncate=4)
        # Its slopes are twice those per pixel. One of 256 levels is 0.004.
        np.testing.assert_allclose(label, np.hypot(filters.sobel_h(smooth), filters.sobel_v(smooth)) / 2, atol=0.002)


def test_occlusion_edges_are_scipys_sobel_of_the_smoothed_root_of_depth(rooms):
    sigma = 3 * FINE
    for depth, known, label in zip(
        rooms["depth_zbuffer"][:, 0], rooms.known, rooms["edge_occlusion"][:, 0], strict=True
    ):
        weight = ndimage.gaussian_filter(known * 1.0, sigma, mode="nearest")
        roots = ndimage.gaussian_filter(np.sqrt(depth) * known, sigma, mode="nearest") / np.maximum(weight, 1e-9)
        down, along = (ndimage.sobel(roots, axis, mode="nearest") / 8 for axis in (0, 1))
        near = ndimage.minimum_filter(weight, 3) > 0.05
        np.testing.assert_allclose(label[near], np.hypot(down, along)[near], atol=5e-4)


def test_occlusion_edges_are_strong_where_depth_jumps_and_weak_inside_surfaces(rooms):
    logs, label = np.log(rooms["depth_zbuffer"]), rooms["edge_occlusion"]
    around = (1, 1, 3, 3)
    jump = ndimage.maximum_filter(logs, around) - ndimage.minimum_filter(logs, around) > 0.25
    assert 0.01 < jump.mean() < 0.3
    assert np.percentile(label[jump], 5) > np.percentile(label[~jump], 90)


def test_keypoints_are_scikit_images_determinants_of_the_hessian(rooms, greys):
    found = []
    for grey, label in zip(greys, rooms["keypoints2d"][:, 0], strict=True):
        response = np.zeros_like(grey)
        for sigma in np.array(KEYPOINT_SIGMAS) * FINE:
            rows, mixed, columns = feature.hessian_matrix(grey, sigma, "nearest", use_gaussian_derivatives=True)
            response = np.maximum(response, sigma**4 * (rows * columns - mixed**2))
        inner = np.s_[6:-6, 6:-6]  # at borders it cuts kernels off otherwise
        assert np.corrcoef(label[inner].ravel(), response[inner].ravel())[0, 1] > 0.99
        assert (label * response).sum() / (label**2).sum() == pytest.approx(1, rel=0.25)
        ours = feature.peak_local_max(label, min_distance=3, num_peaks=10, exclude_border=4)
        theirs = feature.peak_local_max(response, min_distance=3, num_peaks=20, exclude_border=4)
        found += [np.linalg.norm(theirs - peak, axis=1).min() < 1.5 for peak in ours]
    assert np.mean(found) > 0.95


def test_surface_keypoints_are_the_smaller_eigenvalue_of_scikit_images_structure_tensor(rooms):
    for normal, depth, known, label in zip(
        rooms["normal"], rooms["depth_zbuffer"][:, 0], rooms.known, rooms["keypoints3d"][:, 0], strict=True
    ):
        tensors = [feature.structure_tensor(part, 12 * FINE, mode="nearest", order="rc") for part in normal]
        # Its Sobel slopes are eight times those per pixel, in both factors; the label is four times the eigenvalue.
        smaller = feature.structure_tensor_eigenvalues(np.sum(tensors, 0))[1] / 64 * 4
        inverse = 1 / depth
        bends = [ndimage.convolve1d(inverse, [1, -2, 1], axis) / inverse for axis in (0, 1)]
        gap = np.where(known, np.hypot(*bends), 1)
        whole = ndimage.maximum_filter(gap, 13) < 0.05  # far from occlusions, which damp the label
        assert whole.mean() > 0.2
        assert np.corrcoef(label[whole], smaller[whole])[0, 1] > 0.98
        assert (label[whole] <= 1.01 * smaller[whole] + 1e-4).all()


def test_the_corners_of_a_cube_that_show_three_faces_are_the_keypoints_of_its_surface(staged):
    cube = block((1.0, 1.0, 1.0), (3.0, 3.0, 0.0), plain((0.8, 0.3, 0.2)))
    pictures = staged([cube], [(5.2, 4.9, 1.7), (1.0, 4.4, 1.6)], [(3.0, 3.0, 0.6)] * 2)
    nearest = [(3.5, 3.5), (2.5, 3.5)]
    for image, (x, y) in enumerate(nearest):
        label = pictures["keypoints3d"][image, 0]
        corners = pictures.places(pictures.into(image, np.array([[x, y, 0.0], [x, y, 1.0]]).T)).T
        found = feature.peak_local_max(label, min_distance=4, num_peaks=2)
        # Three faces of the cube meet above, two of them and the floor below.
        assert np.linalg.norm(found[:, None] - corners, axis=2).min(0).max() < 4  # smoothed over 2.25 pixels
        strength = label[tuple(found.T)]
        assert strength.min() > 0.2
        far = np.linalg.norm(np.indices(label.shape)[..., None] - corners.T[:, None, None], axis=0).min(-1) > 6
        assert label[far].max() < 0.5 * strength.min()


def test_patches_of_colour_are_scikit_images_felzenszwalb(rooms):
    pictures = torch.from_numpy(rooms["rgb"])
    again = segment_unsup2d(pictures[::4])[:, 0].numpy()
    theirs = [
        segmentation.felzenszwalb(np.moveaxis(rgb, 0, -1), 300 * AREA, 0, round(12 * AREA)) for rgb in rooms["rgb"]
    ]
    assert [agreement(*pair) for pair in zip(again, theirs[::4], strict=True)] == [1] * len(again)
    # What is stored was cut before rounding to 256 levels, after which the merging decides near ties otherwise.
    stored = rooms["segment_unsup2d"][:, 0].astype(int)
    assert np.mean([agreement(*pair) for pair in zip(stored, theirs, strict=True)]) > 0.8


def explained(rgb, segments):
    """The share of the colours' variance that lies between segments."""
    colours, which = rgb.reshape(3, -1), np.unique(segments, return_inverse=True)[1].ravel()
    means = np.stack([np.bincount(which, each) for each in colours]) / np.bincount(which)
    return 1 - ((colours - means[:, which]) ** 2).sum() / ((colours - colours.mean(1, keepdims=True)) ** 2).sum()


def test_patches_of_colour_tell_as_much_as_another_algorithms_and_end_where_colours_change(rooms):
    stored = rooms["segment_unsup2d"][:, 0].astype(int)
    ours, slics, strange, steps = [], [], [], []
    for image, (rgb, segments) in enumerate(zip(rooms["rgb"], stored, strict=True)):
        ours.append(explained(rgb, segments))
        count = len(np.unique(segments))
        slics.append(explained(rgb, segmentation.slic(np.moveaxis(rgb, 0, -1), count, start_label=0)))
        strange.append(explained(rgb, stored[(image + 4) % len(stored)]))  # of another scene
        step = np.sqrt(sum(ndimage.gaussian_gradient_magnitude(part, 0.7) ** 2 for part in rgb))
        ends = segmentation.find_boundaries(segments)
        steps.append(step[ends].mean() / step[~ends].mean())
    assert np.mean(ours) > np.mean(slics) - 0.05
    assert np.mean(ours) > 1.5 * np.mean(strange)
    assert np.mean(steps) > 3


def test_surface_patches_are_scipys_components_of_pixels_that_share_a_tangent_plane(rooms):
    """Neighbours are joined where their normals differ by less than 20 degrees and no step of 3 cm is between them."""
    side, scores = rooms.side, []
    numbers = np.arange(side**2).reshape(side, side)
    for points, normal, known, label in zip(
        rooms.points, rooms["normal"], rooms.known, rooms["segment_unsup25d"][:, 0].astype(int), strict=True
    ):
        links = []
        for one, other in ((np.s_[..., :-1], np.s_[..., 1:]), (np.s_[..., :-1, :], np.s_[..., 1:, :])):
            joined = (normal[one] * normal[other]).sum(0) > np.cos(np.radians(20))
            joined &= abs(((points[one] - points[other]) * normal[one]).sum(0)) < 0.03
            joined &= known[one] == known[other]
            links.append(np.stack([numbers[one][joined], numbers[other][joined]]))
        rows, columns = np.concatenate(links, 1)
        graph = coo_matrix((np.ones(len(rows)), (rows, columns)), (side**2, side**2))
        pieces = connected_components(graph, directed=False)[1]
        large = np.bincount(pieces)[pieces] >= 8 * AREA  # smaller ones are merged away
        assert large.mean() > 0.85
        scores.append(agreement(label.ravel()[large], pieces[large]))
    assert np.mean(scores) > 0.85
    assert np.min(scores) > 0.35
