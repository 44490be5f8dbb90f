"""One picture beside another in a PNG, large enough to look at."""

from __future__ import annotations

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

READABLE, WIDEST = 256, 1024  # pixels: what is smaller is enlarged by a whole factor, so that its own stay visible
_GAP = 8


def strip(pictures: Sequence[Picture]) -> Picture:
    """Pictures uint8 [h, w, 3] from left to right on white, aligned at the top, each about READABLE high."""
    enlarged = [_enlarged(picture) for picture in pictures]
    height = max(len(picture) for picture in enlarged)
    columns: list[Picture] = []
    for picture in enlarged:
        below = np.full((height - len(picture), picture.shape[1], 3), 255, np.uint8)
        columns += [np.full((height, _GAP, 3), 255, np.uint8), np.concatenate([picture, below])]
    return np.concatenate(columns[1:], axis=1)


def png(picture: Picture) -> bytes:
    """The bytes of a PNG file, the same whenever they are made."""
    from PIL import Image  # heavy

    file = io.BytesIO()
    Image.fromarray(picture).save(file, "PNG")
    return file.getvalue()


def _enlarged(picture: Picture) -> Picture:
    height, width = picture.shape[:2]
    factor = max(1, min(round(READABLE / height), WIDEST // width))
    return picture.repeat(factor, 0).repeat(factor, 1)
