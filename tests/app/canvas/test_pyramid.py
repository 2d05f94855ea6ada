import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter

from app.canvas.pyramid import Pyramid
from app.canvas.raster import pixels_of
from app.canvas.viewport import Place, Viewport
from tests.app.canvas.conftest import flat


def painted(pyramid, board=None):
    """The pixels of a picture of 4 x 4 at 100 %."""
    view = QImage(4, 4, QImage.Format.Format_RGB32)
    view.fill(Qt.GlobalColor.red)
    viewport = Viewport()
    viewport.resize(4, 4)
    viewport.set_picture(4, 4)
    viewport.show(Place(1, (2, 2)))
    painter = QPainter(view)
    pyramid.paint(painter, viewport, view.rect(), board)
    painter.end()
    return pixels_of(view).copy()


def test_what_is_transparent_lies_over_black():
    image = QImage(4, 4, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)

    assert (painted(Pyramid(image)) == 0xFF000000).all()


def test_what_is_transparent_lies_on_a_checkerboard_on_request():
    image = QImage(4, 4, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    image.setPixelColor(1, 0, Qt.GlobalColor.white)

    shown = painted(Pyramid(image), board=2) & 0xFFFFFF

    dark, light = 0x666666, 0x9A9A9A
    assert shown[0].tolist() == [dark, 0xFFFFFF, light, light]
    assert shown[2].tolist() == [light, light, dark, dark]


def test_the_brightness_is_that_of_what_lies_behind(qapp):
    image = QImage(4, 4, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)

    pyramid = Pyramid(image)

    assert pyramid.brightness() == 0
    assert pyramid.brightness(is_checkered=True) == pytest.approx(128, abs=1)


def test_an_empty_image_is_the_callers_mistake():
    with pytest.raises(ValueError, match="pixels"):
        Pyramid(QImage())


@pytest.mark.parametrize("grey", [0, 90, 255])
def test_the_brightness_is_that_of_the_pixels(grey):
    assert Pyramid(flat(grey, 333, 77)).brightness() == pytest.approx(grey, abs=0.5)


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
