"""Lines and arrows over pictures.

Places on a picture are given as x to the right and y up, from -1 to 1 between its edges, so that a drawing does not
depend on how large the picture is.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor

from taskonomy_core.blocks.pictures import enlarged, from_pil, rgb_picture


def clipped(segments: Tensor, normal: Sequence[float], least: float) -> Tensor:
    """What lies of segments where x . normal >= least; a segment with nothing there becomes NaN.

    Shapes: segments float [..., 2, D], start and end; `normal` D numbers. Output: as the segments.

    >>> clipped(torch.tensor([[[0.0, 0.0], [4.0, 2.0]]]), (-1.0, 0.0), -2.0)
    tensor([[[0., 0.],
             [2., 1.]]])
    """
    heights = (segments * segments.new_tensor(normal)).sum(-1) - least
    inside = heights >= 0
    share = heights[..., 0] / (heights[..., 0] - heights[..., 1])  # used only where the segment crosses the border
    start, end = segments.unbind(-2)
    crossing = (start + share[..., None] * (end - start))[..., None, :]
    kept = torch.where(inside[..., None], segments, crossing)
    return torch.where(inside.any(-1)[..., None, None], kept, torch.nan)


def projected(points: Tensor, field_of_view: float) -> Tensor:
    """Where a camera with this field of view (degrees, of a square picture) sees points in its frame.

    Formula: (x, y) / (-z tan(fov / 2)); the camera looks along -z. Shapes: [..., 3] in front of it -> [..., 2].
    """
    return points[..., :2] / (-points[..., 2:] * math.tan(math.radians(field_of_view) / 2))


def lines_over(pictures: Tensor, segments: Tensor, colours: Sequence[str], arrows: bool = False) -> Tensor:
    """Pictures, enlarged, with lines or arrows drawn over them, the last uppermost.

    Shapes: pictures [B, 3, h, w] in [-1, 1]; segments float [B, N, 2, 2], start and end; `colours`: N names or
    "#rrggbb". Output: [B, 3, H, W] in [0, 1]. Segments are cut off at the picture's edge; those with a NaN are left
    out.
    """
    from PIL import Image, ImageDraw  # heavy, and only for pictures

    device = pictures.device
    base = enlarged(rgb_picture(pictures, pictures)).cpu()
    height, width = base.shape[-2:]
    ends = segments.detach().double().cpu()  # far outside, single precision is coarser than a pixel
    for normal in ((1.0, 0.0), (-1.0, 0.0), (0.0, 1.0), (0.0, -1.0)):
        ends = clipped(ends, normal, -1.0)  # Pillow is slow, and wrong, far outside
    places = (ends * ends.new_tensor([0.5, -0.5]) + 0.5) * ends.new_tensor([width, height]) - 0.5
    drawn = []
    for picture, lines in zip(base, places, strict=True):
        image = Image.fromarray((picture.movedim(0, -1) * 255).round().numpy().astype(np.uint8))
        pen = ImageDraw.Draw(image)
        for line, colour in zip(lines, colours, strict=True):
            if line.isfinite().all():
                _draw(pen, line.tolist(), colour, width / 80, arrows)
        drawn.append(from_pil(image))
    return torch.stack(drawn).to(device)


def _draw(pen: Any, line: list[list[float]], colour: str, unit: float, arrow: bool) -> None:
    """One line or arrow, 2 units wide, with a dark rim to stand out from any picture."""
    (x, y), (tip_x, tip_y) = line
    length = max(math.hypot(tip_x - x, tip_y - y), 1e-6)
    head = min(6 * unit, length) / length if arrow else 0.0
    dx, dy = (tip_x - x) * head, (tip_y - y) * head
    shaft = [(x, y), (tip_x - dx, tip_y - dy)]
    pen.line(shaft, fill="black", width=round(2 * unit) + 2)
    if arrow:
        barbs = [(tip_x - dx + turn * 0.6 * dy, tip_y - dy - turn * 0.6 * dx) for turn in (1, -1)]
        pen.polygon([(tip_x, tip_y), *barbs], fill=colour, outline="black")
    pen.line(shaft, fill=colour, width=round(2 * unit))
