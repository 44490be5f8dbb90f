"""Names of the 26 tasks in the authors' code and results, and ours."""

from __future__ import annotations

# Facts 1.1: left the code name of the released results, right our task. `class_selected` (100 object classes) is a
# source of the results that is none of the 26 tasks.
PUBLISHED_NAMES = {
    "autoencoder": "autoencoding",
    "class_1000": "object_class",
    "class_places": "scene_class",
    "class_selected": "object_class_100",
    "colorization": "colorization",
    "curvature": "curvature",
    "denoise": "denoising",
    "edge2d": "edges_texture",
    "edge3d": "edges_occlusion",
    "ego_motion": "egomotion",
    "fix_pose": "pose_fixated",
    "impainting_whole": "inpainting",
    "jigsaw": "jigsaw",
    "keypoint2d": "keypoints_2d",
    "keypoint3d": "keypoints_3d",
    "non_fixated_pose": "pose_nonfixated",
    "point_match": "point_matching",
    "random": "random_projection",
    "reshade": "reshading",
    "rgb2depth": "depth_zbuffer",
    "rgb2mist": "depth_euclidean",
    "rgb2sfnorm": "normals",
    "room_layout": "room_layout",
    "segment25d": "segmentation_25d",
    "segment2d": "segmentation_2d",
    "segmentsemantic_rb": "segmentation_semantic",
    "vanishing_point_well_defined": "vanishing_points",
}

# The task bank spells four of them another way (facts 9.6, 1.1).
TASK_BANK_NAMES = {
    "inpainting_whole": "inpainting",
    "segmentsemantic": "segmentation_semantic",
    "vanishing_point": "vanishing_points",
}

EXTRA_SOURCE = "object_class_100"

# Two sources of the results that are no tasks: the target's own network, and the network trained from scratch.
OWN_NETWORK = "self"
FROM_SCRATCH = "pixels"


def our_name(name: str) -> str:
    """Our name of a task that the authors' code, results or task bank name; any other name is returned as it is."""
    return PUBLISHED_NAMES.get(name) or TASK_BANK_NAMES.get(name, name)
