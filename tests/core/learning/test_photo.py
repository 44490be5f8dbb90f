"""A person's own pictures: every kind becomes RGB in [0, 1]; what is no picture is refused in a sentence."""

from __future__ import annotations

import os
import struct
import zlib
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from taskonomy_core.errors import TaskonomyError
from taskonomy_core.learning.photo import read_photo, read_photos

SIDE = 32
Save = Callable[..., Path]


@pytest.fixture
def save(tmp_path: Path) -> Save:
    def write(image: Image.Image, name: str = "photo.png", **options: object) -> Path:
        path = tmp_path / name
        image.save(path, **options)
        return path

    return write


def noise(*shape: int) -> np.ndarray:
    return np.random.default_rng(0).integers(0, 256, shape, dtype=np.uint8)


def flat(mode: str, colour: object, side: int = SIDE) -> Image.Image:
    return Image.new(mode, (side, side), colour)


def colour_of(path: Path) -> list[float]:
    pixels = read_photo(path, SIDE).pixels
    assert pixels.shape == (3, SIDE, SIDE)
    assert pixels.dtype == np.float32
    middle: list[float] = pixels[:, 8:-8, 8:-8].mean((1, 2), dtype=np.float64).round(3).tolist()
    return middle


def test_a_picture_of_the_right_size_is_taken_as_it_is(save: Save) -> None:
    values = noise(SIDE, SIDE, 3)
    photo = read_photo(save(Image.fromarray(values)), SIDE)
    np.testing.assert_array_equal(photo.pixels, values.transpose(2, 0, 1).astype(np.float32) / np.float32(255))
    assert (photo.size, photo.cropped) == ((SIDE, SIDE), False)


@pytest.mark.parametrize("transposed", [False, True])
def test_of_an_oblong_picture_the_middle_square_is_taken(save: Save, transposed: bool) -> None:
    values = noise(SIDE, 3 * SIDE, 3)
    expected = values[:, SIDE : 2 * SIDE]
    if transposed:
        values, expected = values.swapaxes(0, 1), expected.swapaxes(0, 1)
    photo = read_photo(save(Image.fromarray(values)), SIDE)
    np.testing.assert_allclose(photo.pixels, expected.transpose(2, 0, 1) / 255, atol=1e-6)
    assert photo.cropped


def test_a_larger_picture_is_smoothed_before_it_is_sampled(save: Save) -> None:
    # A chessboard of single pixels, ten times too large: without antialiasing it would stay black and white.
    board = (np.indices((10 * SIDE, 10 * SIDE)).sum(0) % 2 * 255).astype(np.uint8)
    pixels = read_photo(save(Image.fromarray(board)), SIDE).pixels
    assert np.abs(pixels - 0.5).max() < 0.02
    # A ramp stays where it is: pixel centres at (i + 0.5) / side of the picture.
    ramp = np.tile(np.linspace(0, 65535, 10 * SIDE).astype(np.uint16), (10 * SIDE, 1))
    along = read_photo(save(Image.fromarray(ramp)), SIDE).pixels[0, 0]
    centres = np.linspace(0, 1, 10 * SIDE).reshape(SIDE, 10).mean(1)
    np.testing.assert_allclose(along[1:-1], centres[1:-1], atol=1e-3)


def test_a_smaller_one_is_enlarged(save: Save) -> None:
    assert colour_of(save(flat("RGB", (51, 102, 153), side=16))) == [0.2, 0.4, 0.6]


@pytest.mark.parametrize(
    ("image", "expected"),
    [
        (flat("L", 51), [0.2] * 3),
        (flat("1", 1), [1.0] * 3),
        (flat("P", 0), None),
        (flat("LA", (51, 0)), [1.0] * 3),
        (flat("LA", (51, 255)), [0.2] * 3),
        (flat("RGBA", (0, 0, 0, 0)), [1.0] * 3),
        (flat("RGBA", (255, 0, 0, 51)), [1.0, 0.8, 0.8]),
        (flat("I;16", 13107), [0.2] * 3),
    ],
    ids=["grey", "bilevel", "palette", "clear grey", "solid grey", "clear", "a fifth red on white", "16 bits"],
)
def test_every_kind_becomes_rgb(save: Save, image: Image.Image, expected: list[float] | None) -> None:
    if image.mode == "P":
        image.putpalette([0, 51, 255] + [0] * 765)
        expected = [0.0, 0.2, 1.0]
    assert colour_of(save(image)) == expected


def test_a_palette_with_a_transparent_colour_is_laid_over_white(save: Save) -> None:
    image = flat("P", 1)
    image.putpalette([10, 20, 30, 0, 0, 0])
    assert colour_of(save(image, transparency=1)) == [1.0, 1.0, 1.0]


def test_cmyk_and_tiff_of_16_bits_and_floats(save: Save) -> None:
    assert colour_of(save(flat("CMYK", (0, 255, 255, 0)), "ink.tif")) == [1.0, 0.0, 0.0]
    assert colour_of(save(flat("I;16", 65535), "deep.tif")) == [1.0] * 3
    assert colour_of(save(flat("F", 0.2), "float.tif")) == [0.2] * 3
    assert colour_of(save(flat("I", 13107), "whole.tif")) == [0.2] * 3


def test_16_bits_are_kept_not_cut_to_8(save: Save) -> None:
    assert read_photo(save(flat("I;16", 300)), SIDE).pixels[0, 0, 0] == pytest.approx(300 / 65535, rel=1e-5)


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def png(path: Path, width: int, height: int, depth: int, colour: int, content: bytes) -> Path:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(content)) + chunk(b"IEND", b""))
    return path


def test_a_png_of_16_bit_colours_has_its_colours(tmp_path: Path) -> None:
    row = b"\0" + struct.pack(">HHH", 0, 26214, 65535) * SIDE
    assert colour_of(png(tmp_path / "deep.png", SIDE, SIDE, 16, 2, row * SIDE)) == [0.0, 0.4, 1.0]


def test_exif_turns_it_upright(save: Save) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be shown turned right by a quarter: its left column is the top row
    values = np.zeros((2 * SIDE, SIDE, 3), np.uint8)
    values[:, : SIDE // 2] = 255
    photo = read_photo(save(Image.fromarray(values), "phone.jpg", exif=exif, quality=95), SIDE)
    assert photo.size == (2 * SIDE, SIDE)
    assert photo.pixels[:, : SIDE // 2 - 2].min() > 0.9
    assert photo.pixels[:, SIDE // 2 + 2 :].max() < 0.1


def test_of_several_frames_the_first_is_taken(save: Save) -> None:
    path = save(flat("RGB", (255, 0, 0)), "film.gif", save_all=True, append_images=[flat("RGB", (0, 0, 255))])
    assert colour_of(path) == [1.0, 0.0, 0.0]


def refusal(path: Path) -> str:
    with pytest.raises(TaskonomyError) as refused:
        read_photo(path, SIDE)
    assert refused.value.hint
    return refused.value.message


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.jpg"
    text.write_text("not a picture")
    (tmp_path / "empty.png").touch()
    assert refusal(text) == f"{text} is not a picture of any known kind."
    assert refusal(tmp_path / "empty.png") == f"{tmp_path / 'empty.png'} is not a picture of any known kind."
    assert refusal(tmp_path) == f"{tmp_path} is a folder, not a picture."
    assert refusal(tmp_path / "gone.png") == f"There is no file {tmp_path / 'gone.png'}."
    assert refusal(tmp_path / ("x" * 300)).endswith("cannot be read as a picture: File name too long.")


@pytest.mark.parametrize("name", ["photo.png", "photo.jpg", "photo.gif", "photo.tif"])
def test_half_a_file_is_refused(save: Save, name: str) -> None:
    path = save(Image.fromarray(noise(64, 64, 3)), name)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    assert refusal(path).startswith(f"{path} ")


def test_half_a_jpeg_says_so(save: Save) -> None:
    path = save(Image.fromarray(noise(64, 64, 3)), "photo.jpg")
    path.write_bytes(path.read_bytes()[:-100])
    assert refusal(path).startswith(f"{path} cannot be read as a picture: image file is truncated")


def test_a_tiny_one_is_refused(save: Save) -> None:
    path = save(flat("RGB", 0, side=15))
    assert refusal(path) == f"{path} is 15 x 15 pixels; a side must have 16 or more."
    thin = save(Image.new("RGB", (4000, 3)), "thin.png")
    assert refusal(thin) == f"{thin} is 4000 x 3 pixels; a side must have 16 or more."


def test_a_huge_one_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    # The files hold one row alone: decoding them would fail with another sentence.
    large = png(tmp_path / "large.png", 12000, 9000, 8, 0, b"\0" * 12001)
    assert refusal(large) == f"{large} has 12000 x 9000 pixels; more than 100 megapixels are not read."
    bomb = png(tmp_path / "bomb.png", 60000, 60000, 8, 0, b"\0" * 60001)
    assert refusal(bomb) == f"{bomb} has far too many pixels; more than 100 megapixels are not read."


def test_just_below_the_limit_it_is_read_without_a_warning(tmp_path: Path) -> None:
    # Pillow itself warns from 89 megapixels on, and warnings are errors here.
    path = png(tmp_path / "wide.png", 6_000_000, 16, 1, 0, (b"\0" + b"\xff" * 750_000) * 16)
    assert read_photo(path, SIDE).pixels.min() == 1.0


def test_numbers_without_a_white_are_refused(save: Save) -> None:
    path = save(flat("F", 7.5), "depth.tif")
    assert refusal(path) == f"{path} holds numbers from 7.5 to 7.5, which do not say what is white."
    assert "do not say what is white" in refusal(save(flat("I", -3), "minus.tif"))
    assert "do not say what is white" in refusal(save(flat("F", float("nan")), "nan.tif"))


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_forbidden_file_is_a_sentence(save: Save) -> None:
    path = save(flat("RGB", 0))
    path.chmod(0)
    assert refusal(path) == f"{path} cannot be read as a picture: Permission denied."


def test_too_little_memory_is_a_sentence(save: Save, monkeypatch: pytest.MonkeyPatch) -> None:
    def too_little(*_: object) -> None:
        raise MemoryError

    monkeypatch.setattr("taskonomy_core.learning.photo.ImageOps.exif_transpose", too_little)
    path = save(flat("RGB", 0))
    assert refusal(path) == f"There is not enough memory to read {path}."


def test_of_several_every_bad_one_is_named(save: Save, tmp_path: Path) -> None:
    good = save(flat("RGB", 0))
    assert [photo.path for photo in read_photos([good, good], SIDE)] == [good, good]
    with pytest.raises(TaskonomyError) as one:
        read_photos([good, tmp_path], SIDE)
    assert one.value.message == f"{tmp_path} is a folder, not a picture."
    with pytest.raises(TaskonomyError) as two:
        read_photos([good, tmp_path, tmp_path / "gone"], SIDE)
    assert two.value.message == (
        f"2 of 3 pictures cannot be used:\n  {tmp_path} is a folder, not a picture.\n"
        f"  There is no file {tmp_path / 'gone'}."
    )
