import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage

from app.canvas.pyramid import Pyramid
from app.canvas.raster import pixels_of
from tests.app.canvas.conftest import flat


def test_what_is_transparent_lies_over_black():
    image = QImage(4, 4, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)

    assert (pixels_of(Pyramid(image).image) == 0xFF000000).all()


def test_an_empty_image_is_the_callers_mistake():
    with pytest.raises(ValueError, match="pixels"):
        Pyramid(QImage())


@pytest.mark.parametrize("grey", [0, 90, 255])
def test_the_brightness_is_that_of_the_pixels(grey):
    assert Pyramid(flat(grey, 333, 77)).brightness == pytest.approx(grey, abs=0.5)


def test_copies_are_made_only_as_far_as_a_zoom_needs_them():
    pyramid = Pyramid(flat(9, 800, 1600))
    alone = pyramid.size_in_bytes

    pyramid.prepare(0.6)
    still_alone = pyramid.size_in_bytes
    pyramid.prepare_to_fit(400)

    assert still_alone == alone == 800 * 1600 * 4
    assert pyramid.size_in_bytes == alone * (1 + 1 / 4 + 1 / 16)


def test_a_line_of_pixels_can_be_reduced():
    pyramid = Pyramid(flat(9, 1, 20_000))

    pyramid.prepare(0.02)

    assert pyramid.size == (1, 20_000)
