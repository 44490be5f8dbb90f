"""Reads a person's own picture as what networks are shown: RGB, square, float32 [3, side, side] in [0, 1].

Any file that Pillow opens; of several frames the first. Turned upright as its EXIF says; the largest square from its
middle; resized bilinearly, with antialiasing (facts 1.2). Grey, palette and CMYK become RGB (colour profiles are not
looked at); what is transparent is laid over white. Grey pictures of 16 bits keep them; of 16-bit colours Pillow gives
the upper 8. Numbers of 32 bits are taken where it is clear what is white: whole ones from 0 to 65535, floating ones
from 0 to 1.

The file may come from anywhere, so its size is looked at before it is decoded, and whatever Pillow raises or warns of
becomes one sentence. Imports no torch.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from taskonomy_core.errors import TaskonomyError

LEAST_SIDE = 16
MOST_MEGAPIXELS = 100
_WHITE = {"RGB": 255, "I": 65535, "F": 1}  # of each of Pillow's modes that are kept
_ADVICE = "Give the path of a picture, such as a JPEG or PNG file."


@dataclass(frozen=True)
class Photo:
    """A picture as networks are shown it: `pixels` float32 [3, side, side] in [0, 1]; `size`: its own, upright."""

    path: Path
    pixels: NDArray[np.float32]
    size: tuple[int, int]

    @property
    def cropped(self) -> bool:
        """Whether something of it was left out."""
        return self.size[0] != self.size[1]


def read_photos(paths: Sequence[Path], side: int) -> list[Photo]:
    """Read all pictures, or none. Errors: TaskonomyError that names every one that cannot be used."""
    photos, faults = [], []
    for path in paths:
        try:
            photos.append(read_photo(path, side))
        except TaskonomyError as error:
            faults.append(error)
    if len(faults) == 1:
        raise faults[0]
    if faults:
        listed = "\n".join(f"  {fault.message}" for fault in faults)
        raise TaskonomyError(f"{len(faults)} of {len(paths)} pictures cannot be used:\n{listed}", _ADVICE)
    return photos


def read_photo(path: Path, side: int) -> Photo:
    """Read one picture for networks that see pictures of this side. Errors: TaskonomyError, one sentence."""
    with _told(path):
        square, size = _square(path)
    white = _WHITE[square.mode]
    numbers = np.asarray(square)
    if not (numbers.min() >= 0 and numbers.max() <= white):  # nor where one is not a number
        raise TaskonomyError(
            f"{path} holds numbers from {numbers.min():g} to {numbers.max():g}, which do not say what is white.",
            f"Scale them to 0 to {white}, or save it as an 8-bit picture.",
        )
    if square.mode == "I":
        square = Image.fromarray(numbers.astype(np.float32))
    if square.width != side:
        square = square.resize((side, side), Image.Resampling.BILINEAR)
    pixels = np.asarray(square, dtype=np.float32) / np.float32(white)
    planes = pixels.transpose(2, 0, 1) if pixels.ndim == 3 else np.stack([pixels] * 3)
    return Photo(path, np.ascontiguousarray(planes), size)


def _square(path: Path) -> tuple[Image.Image, tuple[int, int]]:
    """The middle of the upright picture, in a mode of _WHITE, and the size of the whole."""
    if path.is_dir():
        raise TaskonomyError(f"{path} is a folder, not a picture.", "Give the pictures in it: FOLDER/*.jpg")
    if not path.is_file():
        raise TaskonomyError(f"There is no file {path}.", _ADVICE)
    with Image.open(path) as image:
        if image.width * image.height > MOST_MEGAPIXELS * 1_000_000:
            raise _too_large(path, f"{image.width} x {image.height}")
        image.load()
        upright = ImageOps.exif_transpose(image)
    width, height = upright.size
    least = min(width, height)
    if least < LEAST_SIDE:
        raise TaskonomyError(
            f"{path} is {width} x {height} pixels; a side must have {LEAST_SIDE} or more.", "Give a larger picture."
        )
    left, top = (width - least) // 2, (height - least) // 2
    return _kept_mode(upright.crop((left, top, left + least, top + least))), upright.size


def _kept_mode(image: Image.Image) -> Image.Image:
    if image.mode.startswith("I;16"):
        return Image.fromarray(np.asarray(image).astype(np.int32))
    if image.mode in ("I", "F"):
        return image
    if image.has_transparency_data:
        seen = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", seen.size, "white"), seen)
    return image.convert("RGB")


@contextmanager
def _told(path: Path) -> Iterator[None]:
    """Whatever Pillow raises is about the file, and is told in a sentence; its warnings are not for people."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    except TaskonomyError:
        raise
    except UnidentifiedImageError as error:
        raise TaskonomyError(f"{path} is not a picture of any known kind.", _ADVICE) from error
    except Image.DecompressionBombError as error:
        raise _too_large(path, "far too many") from error
    except MemoryError as error:
        raise TaskonomyError(f"There is not enough memory to read {path}.", "Give a smaller picture.") from error
    except Exception as error:  # decoders raise OSError, ValueError, SyntaxError, struct.error and more
        reason = getattr(error, "strerror", None) or str(error) or type(error).__name__
        raise TaskonomyError(f"{path} cannot be read as a picture: {reason}.", "Is it whole? Save it anew.") from error


def _too_large(path: Path, pixels: str) -> TaskonomyError:
    return TaskonomyError(
        f"{path} has {pixels} pixels; more than {MOST_MEGAPIXELS} megapixels are not read.", "Give a smaller picture."
    )
