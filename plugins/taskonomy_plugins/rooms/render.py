"""Scenes with all the labels that are exact because the scene is known; see `render_scenes`."""

from __future__ import annotations

import math
from collections.abc import Sequence

import torch
from torch import Tensor
from torch.nn import functional as F

from taskonomy_plugins.rooms.cameras import Cameras, choose_cameras
from taskonomy_plugins.rooms.config import FURNITURE, ROOM_TYPES, RoomsConfig
from taskonomy_plugins.rooms.frames import room_layout, vanishing_points
from taskonomy_plugins.rooms.primitives import length, surface_at
from taskonomy_plugins.rooms.raycast import Tiles, as_pictures, camera_tiles, first_hits
from taskonomy_plugins.rooms.scene import SEMANTIC, Scene, build_scene, random_for
from taskonomy_plugins.rooms.shading import colours, expose, reshading

# Furniture that covers a smaller share of a picture has the semantic class "uncertain".
LEAST_SEGMENT = 0.001
# A picture in which no class covers more than this share has no object class.
LEAST_OBJECT = 0.01

_ATTEMPTS = 50


@torch.no_grad()
def render_scenes(config: RoomsConfig, scenes: Sequence[int], device: torch.device | str = "cpu") -> dict[str, Tensor]:
    """Render scenes with CAMERAS pictures each; the first axis runs over (scene, camera).

    Scene k depends on (config, k) alone, byte for byte on a CPU with one thread, whichever scenes it stands with.
    Camera frame: x right, y up, z towards the viewer; world: metres, z up, the room's corner at the origin. With H =
    config.image and N = len(scenes) * CAMERAS:

    * rgb [N, 3, H, H] in 0..1, the mean of antialias^2 samples per pixel; all other pictures are exact at pixel centres
    * depth_euclidean, depth_zbuffer [N, 1, H, H] metres; mask_valid bool, False on window panes (their depth is theirs)
    * normal [N, 3, H, H] unit, camera frame; principal_curvature [N, 2, H, H] 1/m, |k1| >= |k2|, positive where convex
    * reshading [N, 1, H, H]: n.v D^2 / (D^2 + r^2) of a lamp at the camera, D = shading.RESHADING_REACH
    * segment_semantic int64 [N, 1, H, H]: 0 uncertain, 1 background, 2 + index into FURNITURE
    * instance int64 [N, 1, H, H]: 0 floor, 1 ceiling, 2..5 walls, then one number per piece of the scene
    * class_object [N, 16]: square roots of the classes' shares of the picture, sum 1, or all zero without furniture
    * class_scene [N, 6] one-hot; vanishing_points [N, 9]; room_layout [N, 9] (frames.py)
    * camera_pose [N, 4, 4] camera-to-world; center_point [N, 3], the world point where the optical axis ends
    * scene int64 [N]
    """
    done = [_render_scene(config, number, torch.device(device)) for number in scenes]
    if not done:
        raise ValueError("render_scenes needs at least one scene")
    return {name: torch.cat([each[name] for each in done]) for name in done[0]}


def furnished(config: RoomsConfig, number: int) -> tuple[Scene, Cameras]:
    """The scene with a number and its cameras; a room that leaves no place for cameras is drawn anew."""
    for attempt in range(_ATTEMPTS):
        scene = build_scene(config.seed, number, attempt)
        cameras = choose_cameras(config, scene)
        if cameras is not None:
            return scene, cameras
    raise RuntimeError(f"no room of {_ATTEMPTS} had a place for its cameras: scene {number} of {config}")


def _render_scene(config: RoomsConfig, number: int, device: torch.device) -> dict[str, Tensor]:
    scene, cameras = furnished(config, number)
    scene, cameras = scene.to(device), cameras.to(device)
    tangent = math.tan(math.radians(config.field_of_view) / 2)
    count = len(cameras.eye)
    exact = _geometry(scene, cameras, tangent, config.image)
    instance, semantic = exact["instance"], exact.pop("semantic")
    size = torch.tensor(scene.size, device=device)
    axis = -cameras.rotation[:, :, 2].T[:, :, None]
    everything = torch.ones(count, scene.primitives.centre.shape[1], dtype=torch.bool, device=device)
    reach, _ = first_hits(scene.primitives, Tiles(cameras.eye.T, axis, everything))
    return {
        "rgb": _photographs(config, scene, cameras, tangent),
        **exact,
        "segment_semantic": _visible_enough(semantic, instance),
        "class_object": _class_object(semantic),
        "class_scene": F.one_hot(torch.tensor([scene.kind] * count, device=device), len(ROOM_TYPES)).float(),
        "vanishing_points": vanishing_points(cameras.rotation),
        "room_layout": room_layout(cameras.rotation, cameras.eye, size),
        "camera_pose": cameras.pose(),
        "center_point": cameras.eye + axis[:, :, 0].T * reach,
        "scene": torch.full((count,), number, device=device),
    }


def _geometry(scene: Scene, cameras: Cameras, tangent: float, pixels: int) -> dict[str, Tensor]:
    """What is exact at pixel centres."""
    found: dict[str, list[Tensor]] = {}
    count = len(cameras.eye)
    whole = camera_tiles(scene.primitives, cameras.rotation, cameras.eye, tangent, pixels)
    per_camera = whole.direction.shape[1] // count
    rotation = cameras.rotation.permute(1, 2, 0).repeat_interleave(per_camera, 2)
    for some, tiles in whole.chunks():
        depth, primitive = first_hits(scene.primitives, tiles)
        points = (tiles.origin[:, :, None] + tiles.direction * depth).reshape(3, -1)
        surface = surface_at(scene.primitives, primitive.flatten(), points)
        normal = surface.normal.reshape(3, *depth.shape)
        slant = length(tiles.direction)
        cosine = -(normal * tiles.direction).sum(0) / slant
        turn = rotation[:, :, some, None]

        def take(values: Tensor, primitive: Tensor = primitive) -> Tensor:
            return values.index_select(0, primitive.flatten()).view_as(primitive)[None]

        parts = {
            "depth_euclidean": (depth * slant)[None],
            "depth_zbuffer": depth[None],
            "mask_valid": ~take(scene.pane),
            "normal": torch.stack([(turn[:, i] * normal).sum(0) for i in range(3)]),
            "principal_curvature": surface.curvature.reshape(2, *depth.shape),
            "reshading": reshading(cosine, depth * slant)[None],
            "instance": take(scene.instance),
            "semantic": take(scene.semantic),
        }
        for name, value in parts.items():
            found.setdefault(name, []).append(value)
    return {name: as_pictures(torch.cat(values, 1), count, pixels) for name, values in found.items()}


def _photographs(config: RoomsConfig, scene: Scene, cameras: Cameras, tangent: float) -> Tensor:
    """Exposed, anti-aliased colour pictures."""
    samples = config.image * config.antialias
    whole = camera_tiles(scene.primitives, cameras.rotation, cameras.eye, tangent, samples)
    linear = torch.cat([colours(scene, tiles) for _, tiles in whole.chunks()], 1)
    draw = random_for(config.seed, scene.number, "exposure")
    target = torch.tensor([min(max(draw.gauss(0.5, 0.06), 0.36), 0.64) for _ in cameras.eye], device=linear.device)
    shown = expose(as_pictures(linear, len(cameras.eye), samples), target)
    return F.avg_pool2d(shown, config.antialias) if config.antialias > 1 else shown


def _visible_enough(semantic: Tensor, instance: Tensor) -> Tensor:
    """Semantic classes [C, 1, H, W] in which pieces of furniture that cover very few pixels are uncertain."""
    pixels = instance[0].numel()
    counts = torch.zeros(len(instance), int(instance.max()) + 1, dtype=torch.int64, device=instance.device)
    flat = instance.flatten(1)
    counts.scatter_add_(1, flat, torch.ones_like(flat))
    tiny = (counts < LEAST_SEGMENT * pixels).gather(1, flat).view_as(instance)
    return torch.where(tiny & (semantic >= 2), SEMANTIC["uncertain"], semantic)


def _class_object(semantic: Tensor) -> Tensor:
    """Softened shares of the furniture classes, [C, len(FURNITURE)]; see render_scenes."""
    shares = F.one_hot(semantic.flatten(1), len(FURNITURE) + 2).float().mean(1)[:, 2:]
    seen = torch.where(shares > LEAST_SEGMENT, shares, 0.0).sqrt()
    seen = seen / seen.sum(1, keepdim=True).clamp_min(1e-12)
    return torch.where(shares.amax(1, keepdim=True) > LEAST_OBJECT, seen, 0.0)
