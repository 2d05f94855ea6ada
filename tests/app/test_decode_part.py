"""A part of a picture is the same, whether it alone is decoded or the whole picture."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtCore import QRect

from app.canvas.raster import pixels_of
from app.images import decode, decode_part
from tinaface.errors import DatasetError


def picture(path: Path, orientation: int = 1) -> Path:
    """A smooth picture of 640 x 480, so that shrinking in another way changes little."""
    y, x = np.mgrid[0:480, 0:640]
    rgb = np.stack([x / 640 * 255, y / 480 * 255, (x + y) / 1120 * 255], axis=-1)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(rgb.astype(np.uint8)).save(path, quality=95, exif=exif)
    return path


def rgb_of(image) -> np.ndarray:
    pixels = np.ascontiguousarray(pixels_of(image)).view(np.uint8)
    return pixels.reshape(image.height(), image.width(), 4)[..., 2::-1].astype(int)


@pytest.mark.parametrize("suffix", [".jpg", ".png"])
@pytest.mark.parametrize("orientation", [1, 6])
def test_a_part_is_what_the_whole_picture_shows_there(
    tmp_path: Path, suffix: str, orientation: int
) -> None:
    path = picture(tmp_path / f"a{suffix}", orientation)
    part = QRect(37, 61, 100, 100)

    found = decode_part(path, part, 100)

    whole = rgb_of(decode(path).image.copy(part))
    assert np.abs(rgb_of(found) - whole).max() <= 4


@pytest.mark.parametrize("part", [QRect(200, 100, 300, 300), QRect(-60, -40, 400, 400)])
def test_a_large_part_is_shrunk_to_the_side_that_is_wanted(tmp_path: Path, part: QRect) -> None:
    path = picture(tmp_path / "a.jpg")

    found = decode_part(path, part, 100)

    assert (found.width(), found.height()) == (100, 100)
    side = part.width()
    at = [(found.width() * 3) // 4, (found.height() * 3) // 4]
    x, y = part.x() + at[0] * side / 100, part.y() + at[1] * side / 100
    expected = [x / 640 * 255, y / 480 * 255, (x + y) / 1120 * 255]
    np.testing.assert_allclose(rgb_of(found)[at[1], at[0]], expected, atol=4)


def test_what_lies_outside_is_black(tmp_path: Path) -> None:
    found = decode_part(picture(tmp_path / "a.jpg"), QRect(-50, -50, 100, 100), 100)

    assert rgb_of(found)[:49, :49].max() == 0
    assert rgb_of(found)[60, 60].max() > 0


def test_a_part_wholly_outside_is_black(tmp_path: Path) -> None:
    found = decode_part(picture(tmp_path / "a.jpg"), QRect(900, 900, 50, 50), 100)

    assert rgb_of(found).max() == 0


def test_no_picture_is_a_dataset_error(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(b"\xff\xd8no picture\xff\xd9")

    with pytest.raises(DatasetError):
        decode_part(tmp_path / "a.jpg", QRect(0, 0, 10, 10), 10)
