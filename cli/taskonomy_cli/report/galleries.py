"""Test pictures in a report: beside each other the input, the truth, and what each network makes of it.

Pictures are data URIs. What is small stays as it is, pixel for pixel; what is large is made smaller until all of them
fit into the bytes that are left.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from taskonomy_core.ledger.showroom import OWN, SCRATCH

if TYPE_CHECKING:
    from taskonomy_core.ledger.showroom import Said, TaskGallery
    from taskonomy_core.taxonomy.affinity import Affinity
    from taskonomy_core.taxonomy.edges import Edge
    from taskonomy_core.taxonomy.taxonomy import Taxonomy

# Pixels: of a shown picture's shorter side, small ones enlarged by a whole factor, and of its width.
_HIGH, _WIDEST = 128, 288
# Longest side in pixels and quality of WebP, tried in this order; None: nothing is lost.
_STEPS: tuple[tuple[int, int | None], ...] = ((96, None), (256, 85), (192, 80), (128, 75), (96, 65), (64, 50), (32, 40))
_MARKUP = 400  # bytes of the page around a picture, about


@dataclass(frozen=True)
class Shown:
    """One picture: its data URI, how large it is shown in pixels, what it is in words, and what stands below it."""

    uri: str
    width: int
    height: int
    alt: str
    caption: str = ""


@dataclass(frozen=True)
class Gallery:
    """The examples of one task: columns with a heading and a line below it, rows of as many pictures."""

    task: str
    title: str
    columns: tuple[tuple[str, str], ...]
    rows: tuple[tuple[Shown, ...], ...]


def shown(found: Sequence[TaskGallery], answer: Taxonomy | None, room: int) -> list[Gallery]:
    """Galleries for a page, as large as fit into `room` bytes.

    Args:
        found: of the showroom; those without an example are passed over.
        answer: the taxonomy whose choices are marked.
        room: bytes; where even the smallest pictures are too large, the last galleries are left out.
    """
    full = [gallery for gallery in found if len(gallery.ids)]
    made: list[Gallery] = []
    for side, quality in _STEPS:
        if quality is None and any(max(picture.shape[1:3]) > 3 * side for g in full for _, picture in _columns(g)):
            continue
        made = [_gallery(gallery, answer, side, quality) for gallery in full]
        if _bytes(made) <= room:
            return made
    while made and _bytes(made) > room:
        made.pop()
    return made


def _bytes(made: Sequence[Gallery]) -> int:
    return sum(len(picture.uri) + _MARKUP for gallery in made for row in gallery.rows for picture in row)


def _columns(gallery: TaskGallery) -> Iterator[tuple[Said | None, NDArray[np.uint8]]]:
    yield None, gallery.inputs
    yield None, gallery.target
    for said in gallery.said:
        yield said, said.pictures


def transfer_of(affinity: Affinity, answer: Taxonomy | None, target: str) -> tuple[str, ...]:
    """The sources of the transfer to show of a target: as the taxonomy serves it, else the best measured; or none."""
    edge = answer.edge(target) if answer else None
    if edge is not None and not edge.supervised:
        return edge.sources
    best = (each for each in affinity.into(target) if not each.supervised and target not in each.sources)
    return next((each.sources for each in best), ())


def _gallery(gallery: TaskGallery, answer: Taxonomy | None, side: int, quality: int | None) -> Gallery:
    edge = answer.edge(gallery.task) if answer else None
    columns = [("Input", ""), ("Truth", ""), *(_heading(said, edge) for said in gallery.said)]
    rows = []
    for number in range(len(gallery.ids)):
        row = []
        for (name, _), (said, pictures) in zip(columns, _columns(gallery), strict=True):
            loss = "" if said is None else f"loss {_figure(float(said.losses[number]))}"
            alt = f"{name} of {gallery.title}, example {number + 1}" + (f", {loss}" if loss else "")
            row.append(_shown(pictures[number], alt, loss, side, quality))
        rows.append(tuple(row))
    return Gallery(gallery.task, gallery.title, tuple(columns), tuple(rows))


def _heading(said: Said, edge: Edge | None) -> tuple[str, str]:
    if said.by == SCRATCH:
        return "From scratch", ""
    chosen = edge is not None and edge.sources == said.sources
    if said.by == OWN:
        return "Own network", "chosen: it is labelled" if chosen else ""
    return "Chosen transfer" if chosen else "Best transfer", f"from {' + '.join(said.sources)}"


def _figure(loss: float) -> str:
    return "-" if np.isnan(loss) else f"{loss:.3g}"


def _shown(picture: NDArray[np.uint8], alt: str, caption: str, side: int, quality: int | None) -> Shown:
    from PIL import Image  # heavy

    image = Image.fromarray(picture)
    least = min(image.size)
    factor = min(_HIGH // least if least <= _HIGH else _HIGH / least, _WIDEST / image.width)
    width, height = (max(1, round(length * factor)) for length in image.size)
    longest = max(image.size)
    if quality is not None and longest > side:
        image = image.resize(
            [max(1, round(length * side / longest)) for length in image.size], Image.Resampling.LANCZOS
        )
    file = io.BytesIO()
    if quality is None:
        image.save(file, "WEBP", lossless=True, method=4)
    else:
        image.save(file, "WEBP", quality=quality, method=4)
    return Shown(f"data:image/webp;base64,{base64.b64encode(file.getvalue()).decode()}", width, height, alt, caption)
