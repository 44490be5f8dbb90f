"""Pictures for people: (shown, inputs) -> RGB float [B, 3, H, W] in [0, 1].

A prediction and a target of the same task are drawn by the same rule and on the same scale, never stretched to fit
their own range, so that they can be judged side by side.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np
import torch
from torch import Tensor


def rgb_picture(shown: Tensor, inputs: Tensor) -> Tensor:
    """A picture [B, 3, h, w] in [-1, 1], as it is; what lies outside is clipped."""
    return ((shown.float() + 1.0) / 2.0).clamp(0.0, 1.0)


def grey_picture(shown: Tensor, inputs: Tensor) -> Tensor:
    """A map [B, 1, h, w] in [-1, 1], black to white."""
    return rgb_picture(shown, inputs).expand(-1, 3, -1, -1)


def normals_picture(shown: Tensor, inputs: Tensor) -> Tensor:
    """Unit vectors [B, 3, h, w], x, y, z as red, green, blue; predictions are first brought to length 1."""
    return rgb_picture(torch.nn.functional.normalize(shown.float(), dim=1), inputs)


@cache
def colour_table(name: str) -> Tensor:
    """A colour map of matplotlib as float32 [256, 3]."""
    from matplotlib import colormaps  # heavy, and only for pictures

    return torch.as_tensor(colormaps[name](np.linspace(0.0, 1.0, 256))[:, :3], dtype=torch.float32)


@dataclass(frozen=True)
class ColourMap:
    """A map [B, 1, h, w] in a perceptual colour map; `low` and `high` are the values at its two ends."""

    low: float
    high: float
    colours: str = "viridis"

    def __call__(self, shown: Tensor, inputs: Tensor) -> Tensor:
        """Draw every image of the batch."""
        share = ((shown[:, 0].float() - self.low) / (self.high - self.low)).nan_to_num(0.0).clamp(0.0, 1.0)
        return colour_table(self.colours).to(shown.device)[(share * 255).round().long()].movedim(-1, 1)


@cache
def _palette() -> Tensor:
    """Black for "no label", then 20 colours that differ, repeated as needed."""
    from matplotlib import colormaps

    return torch.tensor([(0.0, 0.0, 0.0), *colormaps["tab20"](range(20))[:, :3].tolist()], dtype=torch.float32)


def segments_picture(shown: Tensor, inputs: Tensor) -> Tensor:
    """Class numbers int [B, 1, h, w], or the best of logits [B, C, h, w], each in its colour; -1 is black."""
    classes = shown.argmax(1) if shown.is_floating_point() else shown[:, 0]
    palette = _palette()
    places = torch.where(classes < 0, 0, classes % (len(palette) - 1) + 1)
    return palette.to(shown.device)[places].movedim(-1, 1)


def shares(shown: Tensor, classes: int) -> Tensor:
    """Shares per class float [B, C] of class numbers int [B], of a distribution (as it is) or of logits (softmax).

    All zero stays all zero: an image without a label.
    """
    if not shown.is_floating_point():
        return torch.nn.functional.one_hot(shown, classes).float()
    shown = shown.float()
    is_distribution = (shown.amin(1) >= 0.0) & ((shown.sum(1) - 1.0).abs() < 1e-3)
    has_none = (shown == 0.0).all(1)
    return torch.where((is_distribution | has_none)[:, None], shown, shown.softmax(1))


@dataclass(frozen=True)
class LabelPicture:
    """The picture itself with the names of its likeliest classes underneath; `names` in the order of the classes.

    Shown: logits or a distribution [B, C], or class numbers [B]. Nothing is written where a distribution is all zero.
    """

    names: tuple[str, ...]
    top: int = 3

    def __call__(self, shown: Tensor, inputs: Tensor) -> Tensor:
        """Draw every image of the batch; pictures are enlarged until the words can be read."""
        values, classes = shares(shown, len(self.names)).topk(min(self.top, len(self.names)), dim=1)
        drawn = []
        for image, row, best in zip(
            enlarged(rgb_picture(inputs[:, 0], inputs)), values.tolist(), classes.tolist(), strict=True
        ):
            lines = [f"{self.names[c]} {v:.0%}" for v, c in zip(row, best, strict=True) if v >= 0.01]
            drawn.append(_captioned(image, lines, self.top))
        return torch.stack(drawn).to(inputs.device)


_READABLE = 160  # pixels: words in 14-pixel letters fit
_LETTERS = 14 / _READABLE  # their size grows with the picture


def enlarged(pictures: Tensor, side: int = _READABLE) -> Tensor:
    """Small pictures [B, C, h, w] by a whole factor, until they are at least `side` wide."""
    factor = -(-side // pictures.shape[-1])
    return pictures.repeat_interleave(factor, 2).repeat_interleave(factor, 3)


def _captioned(picture: Tensor, lines: list[str], height: int) -> Tensor:
    """A picture [3, h, w] above a white strip with room for `height` lines of text."""
    from PIL import Image, ImageDraw, ImageFont  # heavy, and only for pictures

    size = round(_LETTERS * min(picture.shape[1:]))
    line_height = size + size // 4 + 1
    strip = Image.new("RGB", (picture.shape[2], line_height * height + 4), "white")
    pen = ImageDraw.Draw(strip)
    for number, line in enumerate(lines):
        pen.text((size // 3, 2 + line_height * number), line, fill="black", font=ImageFont.load_default(size))
    return torch.cat([picture.cpu(), from_pil(strip)], dim=1)


def from_pil(image: Any) -> Tensor:
    """A Pillow image in RGB as a picture [3, H, W]."""
    return torch.from_numpy(np.asarray(image, dtype=np.float32) / 255.0).movedim(-1, 0)


def plan_picture(places: Tensor, headings: Tensor, metres: float = 3.0, side: int = _READABLE) -> Tensor:
    """A plan seen from above: one arrow per camera, the first black, then in the palette's colours.

    Shapes: places and headings float [B, N, 2], x to the right and y up the page, places in metres from the middle
    of the page, headings of any length; `metres` is half the side of the page, the same for every page, so that two of
    them compare. What would lie outside is drawn at its edge. Output: [B, 3, side, side].
    """
    from PIL import Image, ImageDraw

    device, half, length = places.device, side / 2.0, side / 8.0
    places, headings = places.cpu(), headings.cpu()  # pages are drawn there
    starts = (places.float().nan_to_num(0.0) / metres).clamp(-1.0, 1.0) * torch.tensor([half, -half]) + half
    along = torch.nn.functional.normalize(headings.float().nan_to_num(0.0), dim=-1) * torch.tensor([1.0, -1.0])
    strong = _palette()[[0, *range(1, 21, 2)]]  # every second colour is the pale sister of the one before
    colours = [tuple(int(255 * part) for part in colour) for colour in strong.tolist()]
    pages = []
    for begin, way in zip(starts.tolist(), along.tolist(), strict=True):
        page = Image.new("RGB", (side, side), "white")
        pen = ImageDraw.Draw(page)
        for number, ((x, y), (dx, dy)) in enumerate(zip(begin, way, strict=True)):
            tip = (x + length * dx, y + length * dy)
            barbs = [(tip[0] - 6 * dx + turn * 4 * dy, tip[1] - 6 * dy - turn * 4 * dx) for turn in (1, -1)]
            pen.line([(x, y), tip], fill=colours[number], width=2)
            pen.polygon([tip, *barbs], fill=colours[number])
            pen.ellipse([x - 3, y - 3, x + 3, y + 3], fill=colours[number])
        pages.append(from_pil(page))
    return torch.stack(pages).to(device)
