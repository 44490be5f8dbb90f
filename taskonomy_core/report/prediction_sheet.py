"""Many pictures on one sheet: inputs, targets and predictions side by side."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.errors import TaskonomyError
from taskonomy_core.report.canvas import FAINT, INK, new_figure, save

Picture = NDArray[np.uint8]

_GAP = 0.06
_TOP = 0.42
_LEFT = 1.75
_MARGIN = 0.12


def draw_sheet(
    pictures: Sequence[Sequence[Picture | None]],
    path: Path,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    title: str = "",
    side: float = 1.15,
) -> Path:
    """Lay pictures out in a table and write it as one file.

    Args:
        pictures: [rows][columns] of uint8 arrays [height, width, 3] or [height, width] (grey); None leaves a gap.
            They may differ in size and shape; each fills its place of `side` x `side` inches, undistorted.
        path: ends in .png or .svg.
        rows, columns: titles, one per row and column.
        title: stands above all.
        side: inches per picture.

    Raises:
        TaskonomyError: titles and pictures differ in number, or a picture is no uint8 array of such a shape.
    """
    _check(pictures, rows, columns)
    head = _TOP + (0.35 if title else 0.0)
    width = _LEFT + len(columns) * (side + _GAP) + _MARGIN
    height = head + len(rows) * (side + _GAP) + _MARGIN
    figure = new_figure(width, height)
    if title:
        figure.text(_MARGIN / width, 1 - 0.26 / height, title, fontsize=12, weight="bold", color=INK)
    for column, name in enumerate(columns):
        x = _LEFT + column * (side + _GAP) + side / 2
        figure.text(x / width, 1 - (head - 0.1) / height, name, fontsize=8.5, color=INK, ha="center", va="bottom")
    for row, name in enumerate(rows):
        bottom = height - head - row * (side + _GAP) - side
        figure.text(
            (_LEFT - 0.12) / width, (bottom + side / 2) / height, name, fontsize=8.5, color=INK, ha="right", va="center"
        )
        for column, picture in enumerate(pictures[row]):
            if picture is None:
                continue
            left = _LEFT + column * (side + _GAP)
            axes = figure.add_axes((left / width, bottom / height, side / width, side / height))
            axes.imshow(picture, cmap="gray", vmin=0, vmax=255, interpolation="nearest", aspect="equal")
            axes.set_xticks([])
            axes.set_yticks([])
            for spine in axes.spines.values():
                spine.set_color(FAINT)
    return save(figure, path)


def _check(pictures: Sequence[Sequence[Picture | None]], rows: Sequence[str], columns: Sequence[str]) -> None:
    if not rows or not columns:
        raise TaskonomyError("A sheet of pictures needs at least one row and one column.")
    if len(pictures) != len(rows):
        raise TaskonomyError(f"The sheet has titles for {len(rows)} rows and pictures for {len(pictures)}.")
    for name, line in zip(rows, pictures, strict=True):
        if len(line) != len(columns):
            raise TaskonomyError(f"Row {name!r} has pictures for {len(line)} columns; the sheet has {len(columns)}.")
        for picture in line:
            if picture is None:
                continue
            shaped = picture.ndim == 2 or (picture.ndim == 3 and picture.shape[2] == 3)
            if not shaped or picture.dtype != np.uint8:
                raise TaskonomyError(
                    f"A picture of row {name!r} is {picture.dtype} of shape {picture.shape}, not uint8 [h, w, 3]."
                )
