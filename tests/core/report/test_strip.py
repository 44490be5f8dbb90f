from __future__ import annotations

import io

import numpy as np
from PIL import Image

from taskonomy_core.report.strip import png, strip


def picture(height, width, colour):
    return np.full((height, width, 3), colour, np.uint8)


def test_small_pictures_are_enlarged_by_a_whole_factor_and_stand_side_by_side():
    chess = (np.indices((64, 64)).sum(0) % 2 * 255).astype(np.uint8)[..., None].repeat(3, axis=2)
    made = strip([chess, picture(64, 64, 100)])
    assert made.shape == (256, 256 + 8 + 256, 3)
    np.testing.assert_array_equal(made[:256, :256], np.kron(chess, np.ones((4, 4, 1), np.uint8)))
    assert (made[:, 256:264] == 255).all()
    assert (made[:, 264:] == 100).all()


def test_what_is_lower_is_filled_up_with_white():
    made = strip([picture(256, 256, 10), picture(218, 160, 20)])
    assert made.shape == (256, 256 + 8 + 160, 3)
    assert (made[:218, 264:] == 20).all()
    assert (made[218:, 264:] == 255).all()


def test_wide_ones_stay_on_a_screen():
    assert strip([picture(32, 288, 0)]).shape == (96, 864, 3)  # nine tiles of jigsaw
    assert strip([picture(64, 192, 0)]).shape == (256, 768, 3)  # three views
    assert strip([picture(512, 2048, 0)]).shape == (512, 2048, 3)  # never made smaller


def test_a_png_is_the_same_picture_and_the_same_file():
    made = np.random.default_rng(0).integers(0, 256, (20, 30, 3), dtype=np.uint8)
    np.testing.assert_array_equal(np.asarray(Image.open(io.BytesIO(png(made)))), made)
    assert png(made) == png(made)
