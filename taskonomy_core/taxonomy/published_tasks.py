"""How the paper's figures call the tasks of the authors' files, which hold code names alone (facts 1.1, 6.11)."""

from __future__ import annotations

# Our task -> its title and group. The 26 tasks say the same of themselves (tested), but only torch can read them.
PUBLISHED_TASKS = {
    "autoencoding": ("Autoencoding", "2d"),
    "colorization": ("Colorization", "2d"),
    "denoising": ("Denoising", "2d"),
    "edges_texture": ("2D Edges", "2d"),
    "inpainting": ("In-painting", "2d"),
    "keypoints_2d": ("2D Keypoints", "2d"),
    "segmentation_2d": ("2D Segm.", "2d"),
    "curvature": ("Curvature", "3d"),
    "depth_euclidean": ("Distance", "3d"),
    "depth_zbuffer": ("Z-Depth", "3d"),
    "edges_occlusion": ("Occlusion Edges", "3d"),
    "keypoints_3d": ("3D Keypoints", "3d"),
    "normals": ("Normals", "3d"),
    "reshading": ("Reshading", "3d"),
    "segmentation_25d": ("2.5D Segm.", "3d"),
    "egomotion": ("Egomotion", "geometric"),
    "jigsaw": ("Jigsaw", "geometric"),
    "point_matching": ("Matching", "geometric"),
    "pose_fixated": ("Cam. Pose (fix)", "geometric"),
    "pose_nonfixated": ("Cam. Pose (nonfix)", "geometric"),
    "room_layout": ("Layout", "geometric"),
    "vanishing_points": ("Vanishing Pts.", "geometric"),
    "object_class": ("Object Class.", "semantic"),
    "object_class_100": ("Object Class. (100)", "semantic"),
    "scene_class": ("Scene Class.", "semantic"),
    "segmentation_semantic": ("Semantic Segm.", "semantic"),
    "random_projection": ("Random Projection", "other"),
}
