import numpy as np
import pytest
from PySide6.QtCore import QPoint, QRectF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from app.canvas.magnifier import ZOOM, Magnifier
from app.canvas.navigator import Navigator
from app.canvas.raster import pixels_of
from tests.app.canvas.conftest import FAR, HEIGHT, WIDTH


def shown_pixels(widget):
    image = widget.grab().toImage().convertToFormat(QImage.Format.Format_RGB32)
    return pixels_of(image).copy()


@pytest.fixture
def magnifier(canvas, qtbot):
    widget = Magnifier(canvas)
    qtbot.addWidget(widget)
    widget.resize(160, 160)
    widget.show()
    return widget


@pytest.fixture
def navigator(canvas, qtbot):
    widget = Navigator(canvas)
    qtbot.addWidget(widget)
    widget.resize(WIDTH, HEIGHT)
    widget.show()
    return widget


def test_the_magnifier_shows_the_pixels_around_the_cursor(canvas, magnifier, mouse):
    canvas.set_document(None)
    mouse.move(90, 70)  # Qt tells no move to where the pointer was left by an earlier test
    mouse.move(101, 76)

    shown = shown_pixels(magnifier)

    expected = pixels_of(canvas.picture.image)
    x, y = (int(value) for value in magnifier.centre)
    half = int(80 // ZOOM)
    colours = np.unique(expected[y - half - 1 : y + half + 2, x - half - 1 : x + half + 2])
    assert np.isin(shown, colours).mean() > 0.95


def test_the_magnifier_shows_the_selection_once_the_cursor_is_gone(canvas, magnifier, document):
    document.select([FAR])

    assert magnifier.centre == (160, 110)


def test_a_small_face_is_shown_eight_times_as_large(canvas, magnifier, document):
    document.add_box(np.array([100.0, 60, 110, 72]))  # which selects it

    assert magnifier.zoom == ZOOM


def test_a_face_that_would_be_a_blob_is_shown_whole(canvas, magnifier, document, mouse):
    document.add_box(np.array([40.0, 20, 140, 120]))  # which selects it
    assert magnifier.centre == (90, 70)
    assert 100 * magnifier.zoom < 160

    document.select([])
    mouse.move(90, 70)
    mouse.move(136, 116)
    assert 100 * magnifier.zoom < 160

    mouse.move(5, 5)
    assert magnifier.zoom == ZOOM


def test_the_navigator_frames_what_the_canvas_shows(canvas, navigator):
    canvas.zoom_to(4)
    canvas.centre_on(100, 75)

    assert navigator.seen() == QRectF(50, 37.5, 100, 75)


def test_a_click_in_the_navigator_moves_the_canvas_there(canvas, navigator):
    canvas.zoom_to(8)

    QTest.mouseClick(navigator, Qt.MouseButton.LeftButton, pos=QPoint(60, 50))

    assert canvas.viewport.place.centre == pytest.approx((60, 50), abs=1)


def test_companions_are_empty_without_a_picture(canvas, magnifier, navigator):
    canvas.set_document(None)
    canvas.set_image(None)

    assert len(np.unique(shown_pixels(magnifier))) == 1
    assert len(np.unique(shown_pixels(navigator))) == 1
