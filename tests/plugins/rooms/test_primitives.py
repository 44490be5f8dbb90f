"""A ray against each shape, by hand; normals and curvatures against differences of the surface itself."""

from __future__ import annotations

import math

import pytest
import torch

from taskonomy_plugins.rooms.materials import plain
from taskonomy_plugins.rooms.parts import ball, block, rod, turned
from taskonomy_plugins.rooms.primitives import (
    hit_box,
    hit_ellipsoid,
    hit_frustum,
    length,
    pack,
    select,
    surface_at,
)

GREY = plain((0.5, 0.5, 0.5))


def vector(x, y, z):
    return tuple(torch.tensor([[float(value)]]) for value in (x, y, z))


@pytest.mark.parametrize(
    ("origin", "direction", "distance"),
    [
        ((5, 0, 0), (-1, 0, 0), 4.0),
        ((5, 0, 0), (-2, 0, 0), 2.0),  # in units of the direction
        ((5, 0, 0), (1, 0, 0), math.inf),  # behind
        ((5, 2, 0), (-1, 0, 0), math.inf),  # beside, parallel to a face
        ((0, 0, 0), (1, 0, 0), math.inf),  # inside: only entries count
        ((3, 3, 0), (-1, -1, 0), 2.0),
    ],
)
def test_a_box_is_hit_where_the_ray_enters_it(origin, direction, distance):
    assert hit_box(vector(*origin), vector(*direction)).item() == distance


@pytest.mark.parametrize(
    ("origin", "direction", "distance"),
    [
        ((5, 0, 0), (-1, 0, 0), 4.0),
        ((5, 0.6, 0), (-1, 0, 0), 4.2),
        ((5, 1.1, 0), (-1, 0, 0), math.inf),
        ((-5, 0, 0), (-1, 0, 0), math.inf),
    ],
)
def test_a_sphere_is_hit_at_its_near_side(origin, direction, distance):
    assert hit_ellipsoid(vector(*origin), vector(*direction)).item() == pytest.approx(distance, abs=1e-5)


@pytest.mark.parametrize(
    ("origin", "direction", "taper", "distance"),
    [
        ((5, 0, 0.5), (-1, 0, 0), 0.0, 4.0),  # the side of a cylinder
        ((0.5, 0, 5), (0, 0.001, -1), 0.0, 4.0),  # its upper cap
        ((0.5, 0, -5), (0, 0.001, 1), 0.0, 4.0),  # its lower cap
        ((5, 0, 1.5), (-1, 0, 0), 0.0, math.inf),  # above it
        ((5, 0, 0), (-1, 0, 0), 0.5, 4.5),  # a cone of radius (1 + z) / 2, at half height
        ((5, 0, 1), (-1, 0, -0.2), 0.5, 40 / 9),  # its slope: 5 - t = (1 + 1 - 0.2 t) / 2
        ((5, 0, -3), (-1, 0, 0), 0.5, math.inf),  # its mirror image below the tip does not exist
        ((0.9, 0, -5), (0, 0.0001, 1), 0.5, 5.8),  # from below, onto the slope: 0.9 = (1 + z) / 2
    ],
)
def test_a_frustum_is_hit_at_its_side_or_its_caps(origin, direction, taper, distance):
    found = hit_frustum(vector(*origin), vector(*direction), torch.tensor([[taper]])).item()
    assert found == pytest.approx(distance, abs=1e-3)


def test_a_pose_stretches_turns_and_moves_a_box():
    primitives = pack([block((2.0, 0.4, 1.0), (3.0, 0.0, 0.0), GREY, turned("z", 90))])
    of = torch.tensor([0])
    eye = torch.tensor([[0.0]]), torch.tensor([[0.5]]), torch.tensor([[0.5]])
    ahead = torch.tensor([[1.0]]), torch.tensor([[0.0]]), torch.tensor([[0.0]])
    t = hit_box(primitives.unit(eye, of), primitives.inward(ahead, of))
    assert t.item() == pytest.approx(2.8)  # turned by a quarter, it is 0.4 m deep along x
    surface = surface_at(primitives, of, torch.tensor([[2.8], [0.5], [0.5]]))
    assert surface.normal[:, 0].tolist() == pytest.approx([-1, 0, 0], abs=1e-6)
    assert surface.curvature[:, 0].tolist() == [0, 0]


def test_the_edge_of_a_thin_board_has_the_normal_of_the_edge():
    primitives = pack([block((2.0, 1.0, 0.02), (0, 0, 0), GREY)])
    surface = surface_at(primitives, torch.tensor([0]), torch.tensor([[1.0], [0.0], [0.019]]))
    assert surface.normal[:, 0].tolist() == [1, 0, 0]


def test_curvatures_of_a_sphere_and_a_cylinder_are_one_over_the_radius():
    primitives = pack([ball((0.5, 0.5, 0.5), (0, 0, 0), GREY), rod(0.2, 2.0, (0, 0, -1.0), GREY)])
    points = torch.tensor([[0.3, 0.2, 0.1], [0.4, 0.0, 0.0], [0.0, 0.5, 1.0]])
    surface = surface_at(primitives, torch.tensor([0, 1, 1]), points)
    torch.testing.assert_close(surface.curvature, torch.tensor([[2.0, 5.0, 0.0], [2.0, 0.0, 0.0]]), atol=1e-3, rtol=0)
    torch.testing.assert_close(surface.normal, torch.tensor([[0.6, 1.0, 0.0], [0.8, 0.0, 0.0], [0.0, 0.0, 1.0]]))


def test_curvatures_at_the_poles_of_an_ellipsoid_are_those_of_its_osculating_circles():
    a, b, c = 0.5, 0.2, 0.3
    primitives = pack([ball((a, b, c), (0, 0, 0), GREY)])
    surface = surface_at(primitives, torch.tensor([0, 0]), torch.tensor([[a, 0.0], [0.0, b], [0.0, 0.0]]))
    expected = torch.tensor([[a / b**2, b / c**2], [a / c**2, b / a**2]])
    torch.testing.assert_close(surface.curvature, expected, rtol=1e-3, atol=1e-3)


@pytest.mark.parametrize("shape", ["ellipsoid", "cone"])
def test_normals_turn_as_fast_as_the_curvatures_say(shape):
    # Along a surface, |dn|^2 = k1^2 ds1^2 + k2^2 ds2^2; the sum over two orthogonal steps is k1^2 + k2^2 in any basis.
    if shape == "ellipsoid":
        part = ball((0.5, 0.2, 0.3), (0, 0, 0), GREY)
        start, unit = (
            (1.1, 0.7),
            lambda s, t: torch.tensor(
                [math.sin(s) * math.cos(t), math.sin(s) * math.sin(t), math.cos(s)], dtype=torch.float64
            ),
        )
    else:
        part = rod(0.5, 0.8, (0, 0, -0.4), GREY, taper=-0.3)
        start, unit = (
            (0.2, 0.7),
            lambda s, t: torch.tensor(
                [(0.7 - 0.3 * s) * math.cos(t), (0.7 - 0.3 * s) * math.sin(t), s], dtype=torch.float64
            ),
        )
    half = torch.tensor(part.half, dtype=torch.float64)
    step, (s, t) = 0.02, start
    points = [unit(s, t) * half, unit(s + step, t) * half, unit(s, t + step) * half]
    surface = surface_at(pack([part]), torch.zeros(3, dtype=torch.int64), torch.stack(points, 1).float())
    n = surface.normal.double()
    along, across = points[1] - points[0], points[2] - points[0]
    # The shape operator in the (generally oblique) basis of the two steps: W = inverse(G) L.
    first = torch.tensor([[along @ along, along @ across], [along @ across, across @ across]])
    steps = torch.stack([along, across])
    second = steps @ torch.stack([n[:, 1] - n[:, 0], n[:, 2] - n[:, 0]], 1)
    found = torch.linalg.eigvals(torch.linalg.solve(first, second)).real.abs().sort(descending=True).values
    torch.testing.assert_close(found.float(), surface.curvature[:, 0], rtol=0.06, atol=0.06)


def test_a_curvature_pair_is_ordered_by_absolute_value():
    draw = torch.Generator().manual_seed(0)
    unit = torch.nn.functional.normalize(torch.randn(3, 200, generator=draw), dim=0)
    part = ball((0.1, 0.4, 0.25), (0, 0, 0), GREY)
    points = unit * torch.tensor(part.half)[:, None]
    k1, k2 = surface_at(pack([part]), torch.zeros(200, dtype=torch.int64), points).curvature
    assert (k1 >= k2).all()
    assert (k2 > 0).all()


def test_select_and_length_agree_with_the_plain_way():
    draw = torch.Generator().manual_seed(0)
    values, index = torch.randn(2, 3, 7, generator=draw), torch.tensor([6, 0, 3])
    torch.testing.assert_close(select(values, index), values[:, :, index])
    torch.testing.assert_close(length(values[0]), torch.linalg.vector_norm(values[0], dim=0))
