"""A rubber band: the rectangle that a drag spans over a canvas or over a grid of cells."""

from collections.abc import Iterator

from PySide6.QtCore import QObject, QPoint, QRect, QRectF, Qt, QTimer, Signal
from PySide6.QtGui import QColor, QMouseEvent, QPainter, QPen
from PySide6.QtWidgets import QAbstractScrollArea, QApplication

SCROLL_MS = 30
"""Between two steps of scrolling while the pointer is beyond an edge."""
_FILL = QColor(120, 170, 255, 50)


def paint_band(painter: QPainter, rect: QRectF, unit: float = 1.0) -> None:
    """Paints a band in black and white, to be seen on every ground.

    Args:
        unit: width of its line, in the painter's pixels.
    """
    painter.fillRect(rect, _FILL)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(QPen(QColor(0, 0, 0), unit))
    painter.drawRect(rect)
    painter.setPen(QPen(QColor(255, 255, 255), unit, Qt.PenStyle.DashLine))
    painter.drawRect(rect)


class RubberBand(QObject):
    """The band over a view that scrolls; it begins once a press has become a drag.

    Signals:
        changed: it spans something else, or has ended.
    """

    changed = Signal()

    def __init__(self, view: QAbstractScrollArea) -> None:
        super().__init__(view)
        self._view = view
        self._start: QPoint | None = None
        self._pressed = self._pointer = QPoint()
        self._is_active = False
        self._scrolling = QTimer(self, interval=SCROLL_MS)
        self._scrolling.timeout.connect(self._scroll)
        view.verticalScrollBar().valueChanged.connect(self._on_scrolled)

    @property
    def is_active(self) -> bool:
        """Whether there is a band."""
        return self._is_active

    @property
    def rect(self) -> QRect:
        """What it spans, from the top of all that the view scrolls over; at least a pixel."""
        start = self._pointer if self._start is None else self._start
        end = self._pointer + self._offset()
        corner = QPoint(min(start.x(), end.x()), min(start.y(), end.y()))
        return QRect(corner, QPoint(max(start.x(), end.x()), max(start.y(), end.y())))

    def _offset(self) -> QPoint:
        return QPoint(0, self._view.verticalScrollBar().value())

    def press(self, at: QPoint) -> None:
        """The left button goes down at a point of the viewport."""
        self.end()
        self._pressed, self._start = at, at + self._offset()

    def move(self, event: QMouseEvent) -> None:
        """The pointer moves; without the button held the band ends."""
        if self._start is None:
            return
        if not event.buttons() & Qt.MouseButton.LeftButton:
            self.end()
            return
        self._pointer = event.position().toPoint()
        # Where the press was seen: bringing a cell into view may have scrolled since.
        way = (self._pointer - self._pressed).manhattanLength()
        if self._is_active or way >= QApplication.startDragDistance():
            self._is_active = True
            if self._overshoot():
                self._scrolling.start()
            self.changed.emit()

    def end(self) -> bool:
        """The button is up, or the band was given up; False where there was none."""
        had_one, self._is_active, self._start = self._is_active, False, None
        self._scrolling.stop()
        if had_one:
            self.changed.emit()
        return had_one

    def _overshoot(self) -> int:
        """How far the pointer is above (negative) or below the view."""
        y, height = self._pointer.y(), self._view.viewport().height()
        return min(y, 0) + max(y - height, 0)

    def _scroll(self) -> None:
        bar, step = self._view.verticalScrollBar(), self._overshoot()
        bar.setValue(bar.value() + step)
        if not step or bar.value() in (bar.minimum(), bar.maximum()):
            self._scrolling.stop()

    def _on_scrolled(self) -> None:
        if self._is_active:
            self.changed.emit()

    def paint(self, painter: QPainter) -> None:
        """Paints it where it is in the viewport."""
        if self._is_active:
            paint_band(painter, QRectF(self.rect.translated(-self._offset())))


def cells_in(band: QRect, first: QRect, pitch: QPoint, columns: int, count: int) -> Iterator[int]:
    """The cells, counted row by row, that a band touches.

    Args:
        first: place of the first cell.
        pitch: from one cell to the next, to the right and down.
        count: how many cells there are.
    """
    across = _touched(band.left(), band.right(), first.left(), first.width(), pitch.x())
    down = _touched(band.top(), band.bottom(), first.top(), first.height(), pitch.y())
    for row in range(down.start, min(down.stop, -(-count // columns))):
        begin = row * columns + across.start
        yield from range(begin, min(row * columns + min(across.stop, columns), count))


def _touched(start: int, end: int, first: int, length: int, pitch: int) -> range:
    """Which of evenly placed lengths begin before `end` and end after `start`."""
    return range(max((start - first - length) // pitch + 1, 0), max((end - first) // pitch + 1, 0))
