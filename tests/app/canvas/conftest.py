"""A canvas of 400x300 screen pixels that shows a small picture with three boxes."""

import numpy as np
import pytest
from PySide6.QtCore import QPoint, QPointF, Qt
from PySide6.QtGui import QImage
from PySide6.QtTest import QTest

from app.canvas.view import Canvas
from tests.app.documents import document_of

WIDTH, HEIGHT = 200, 150
BIG, SMALL, FAR = 0, 1, 2
BOXES = [[20, 20, 100, 110], [40, 40, 70, 80], [140, 90, 180, 130]]


def noise(height=HEIGHT, width=WIDTH):
    """A picture in which every pixel differs from its neighbours."""
    rng = np.random.default_rng(3)
    pixels = rng.integers(0, 1 << 24, (height, width)).astype(np.uint32) | 0xFF000000
    return QImage(pixels.tobytes(), width, height, width * 4, QImage.Format.Format_RGB32).copy()


def flat(grey, height=HEIGHT, width=WIDTH):
    """A picture of one grey."""
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(0xFF000000 | grey * 0x010101)
    return image


class Mouse:
    """Drives a canvas by events, at picture coordinates."""

    def __init__(self, canvas):
        self.canvas = canvas

    def at(self, x, y):
        """The widget position of a picture point."""
        ratio = self.canvas.devicePixelRatioF()
        return (QPointF(*self.canvas.viewport.to_view(x, y)) / ratio).toPoint()

    def press(self, x, y, button=Qt.MouseButton.LeftButton, keys=Qt.KeyboardModifier.NoModifier):
        QTest.mousePress(self.canvas, button, keys, self.at(x, y))

    def move(self, x, y):
        QTest.mouseMove(self.canvas, self.at(x, y))

    def release(self, x, y, button=Qt.MouseButton.LeftButton, keys=Qt.KeyboardModifier.NoModifier):
        QTest.mouseRelease(self.canvas, button, keys, self.at(x, y))

    def click(self, x, y, keys=Qt.KeyboardModifier.NoModifier, shift=(0, 0)):
        where = self.at(x, y) + QPoint(*shift)
        QTest.mouseClick(self.canvas, Qt.MouseButton.LeftButton, keys, where)

    def drag(self, start, end, keys=Qt.KeyboardModifier.NoModifier):
        """Presses at one picture point, moves in two steps, releases at another."""
        self.press(*start, keys=keys)
        self.move((start[0] + end[0]) / 2, (start[1] + end[1]) / 2)
        self.move(*end)
        self.release(*end, keys=keys)


@pytest.fixture
def document():
    return document_of(BOXES, size=(HEIGHT, WIDTH))


@pytest.fixture
def canvas(qtbot, document):
    shown = Canvas()
    qtbot.addWidget(shown)
    shown.resize(400, 300)
    shown.set_image(noise())
    shown.set_document(document)
    shown.show()
    qtbot.waitExposed(shown)
    shown.setFocus()
    return shown


@pytest.fixture
def mouse(canvas):
    return Mouse(canvas)
