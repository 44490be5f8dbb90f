"""What the tasks on camera poses share: relative poses as six numbers, their scale, composition, errors and picture.

The relative pose of camera j in camera i's frame is T_ij = P_i^-1 P_j, P camera-to-world. Six numbers describe it:
Euler angles about the fixed axes x, y, z in this order ("sxyz": R = Rz Ry Rx), in radians, then the translation in
metres (facts 1.3). Nothing here uses matrix products that autocast would round to bf16.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from taskonomy_core.blocks import MetricFactory, mean_of, plan_picture
from taskonomy_core.contract import Draws, Example, Views
from taskonomy_tasks._scores import ZScores


def times(first: Tensor, second: Tensor) -> Tensor:
    """The matrix product, [..., n, m] with [..., m, k] -> [..., n, k]."""
    return (first[..., :, :, None] * second[..., None, :, :]).sum(-2)


def relative_pose(first: Tensor, second: Tensor) -> Tensor:
    """The pose of the second camera in the frame of the first; both camera-to-world, [..., 4, 4] -> six [..., 6]."""
    back = first[..., :3, :3].transpose(-1, -2)
    offset = times(back, second[..., :3, 3:] - first[..., :3, 3:])[..., 0]
    return torch.cat((euler_angles(times(back, second[..., :3, :3])), offset), dim=-1)


def euler_angles(rotation: Tensor) -> Tensor:
    """The angles about x, y, z of R = Rz Ry Rx: [..., 3, 3] -> [..., 3]; the one about x lies within 90 degrees.

    Two triples mean the same rotation: (x, y, z) and (x - 180, 180 - y, z - 180) degrees. Usual is the one with y
    within 90 degrees; but cameras turn about y and hardly tilt, so that there x and z would jump by 180 at y = 90. With
    x within 90 degrees nothing jumps until y = 180.
    """
    # The tiny addends keep gradients finite where both arguments of atan2 vanish (looking straight along an axis).
    tiny = 1e-12
    side = torch.where(rotation[..., 2, 2] < 0, -1.0, 1.0)  # the sign of cos y; R_22 = cos x cos y
    flat = (rotation[..., 0, 0].square() + rotation[..., 1, 0].square() + tiny).sqrt()
    about_x = torch.atan2(side * rotation[..., 2, 1], side * rotation[..., 2, 2] + tiny)
    about_y = torch.atan2(-rotation[..., 2, 0], side * flat)
    about_z = torch.atan2(side * rotation[..., 1, 0], side * rotation[..., 0, 0] + tiny)
    return torch.stack((about_x, about_y, about_z), dim=-1)


def rotation_matrix(angles: Tensor) -> Tensor:
    """R = Rz Ry Rx of angles about x, y, z: [..., 3] -> [..., 3, 3]."""
    (sx, sy, sz), (cx, cy, cz) = angles.sin().unbind(-1), angles.cos().unbind(-1)
    rows = (
        torch.stack((cz * cy, cz * sy * sx - sz * cx, cz * sy * cx + sz * sx), dim=-1),
        torch.stack((sz * cy, sz * sy * sx + cz * cx, sz * sy * cx - cz * sx), dim=-1),
        torch.stack((-sy, cy * sx, cy * cx), dim=-1),
    )
    return torch.stack(rows, dim=-2)


def compose(first: Tensor, second: Tensor) -> Tensor:
    """T_ik from T_ij and T_jk, as six numbers each: [..., 6] with [..., 6] -> [..., 6]."""
    turn = rotation_matrix(first[..., :3])
    offset = times(turn, second[..., 3:, None])[..., 0] + first[..., 3:]
    return torch.cat((euler_angles(times(turn, rotation_matrix(second[..., :3]))), offset), dim=-1)


# Of pairs of cameras that fixate one point: the 3,600 of 600 rendered rooms.
FIXATED = ZScores(mean=(0.05, 0.0, 0.0, 0.0, 0.06, -0.38), std=(0.17, 0.53, 0.23, 1.34, 0.3, 0.84))


def rotation_error(pose: Tensor, truth: Tensor) -> Tensor:
    """The angle of the rotation between two poses, in degrees: six numbers [..., 6] -> [...]."""
    gap = rotation_matrix(pose[..., :3]) - rotation_matrix(truth[..., :3])
    chord = torch.linalg.matrix_norm(gap) / 8.0**0.5  # sin of half the angle; exact for small ones, where arccos is not
    return torch.rad2deg(2.0 * torch.asin(chord.clamp(max=1.0)))


def translation_error(pose: Tensor, truth: Tensor) -> Tensor:
    """The distance between the places of two poses, in metres: [..., 6] -> [...]."""
    distance: Tensor = torch.linalg.vector_norm(pose[..., 3:] - truth[..., 3:], dim=-1)
    return distance


def plan_of(chain: Tensor, metres: float) -> Tensor:
    """A plan of cameras, each given in the frame of the one before: six numbers [B, n, 6] -> pictures [B, 3, H, W].

    Seen from above in the first camera's frame: it stands in the middle and looks up the page. `metres`: half the page.
    """
    poses = [torch.zeros_like(chain[:, 0])]
    for step in chain.unbind(1):
        poses.append(compose(poses[-1], step))
    stacked = torch.stack(poses, dim=1)
    forward = -rotation_matrix(stacked[..., :3])[..., 2]  # a camera looks along its -z
    return plan_picture(
        stacked[..., (3, 5)] * stacked.new_tensor((1.0, -1.0)),
        forward[..., (0, 2)] * forward.new_tensor((1.0, -1.0)),
        metres,
    )


@dataclass(frozen=True)
class Steps:
    """How tasks speak of poses: z-scores of `count` steps, each the pose of a camera in the frame of the one before.

    A prediction or a target is [B, 6 * count or more]; what lies beyond the steps (egomotion's third pose) is left out.
    `metres` is half the side of the plan that is drawn.
    """

    scale: ZScores
    count: int = 1
    metres: float = 3.0

    def pair(self, views: Views, draws: Draws) -> Example:
        """The example of two views: the pose of the second camera in the frame of the first, target [B, 6]."""
        first, second = views["camera_pose"].unbind(1)
        return Example(inputs=views.images(), target=self.scale.score(relative_pose(first, second)))

    def poses(self, shown: Tensor) -> Tensor:
        """The steps in radians and metres: [B, count, 6]."""
        return self.scale.values(shown[:, : 6 * self.count].reshape(-1, self.count, 6))

    def turned(self, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        """Rotation errors of all steps of the scored examples, in degrees."""
        return rotation_error(self.poses(prediction[mask]), self.poses(target[mask])).flatten()

    def moved(self, prediction: Tensor, target: Tensor, mask: Tensor) -> Tensor:
        """Translation errors of all steps of the scored examples, in metres."""
        return translation_error(self.poses(prediction[mask]), self.poses(target[mask])).flatten()

    def metrics(self) -> tuple[MetricFactory, MetricFactory]:
        """The mean rotation error and the mean translation error."""
        return mean_of("rotation error", self.turned, "degrees"), mean_of("translation error", self.moved, "m")

    def plan(self, shown: Tensor, inputs: Tensor) -> Tensor:
        """The cameras from above, as arrows; the first is black."""
        return plan_of(self.poses(shown), self.metres)
