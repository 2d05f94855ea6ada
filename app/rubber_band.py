"""A rubber band: the rectangle that a drag spans over a canvas or over a grid of cells."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

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


@dataclass(frozen=True)
class Cells:
    """Evenly placed cells, counted row by row.

    Attributes:
        first: place of the first cell, from the top of all that the view scrolls over.
        pitch: from one cell to the next, to the right and down.
        columns: cells side by side.
        count: how many cells there are.
    """

    first: QRect
    pitch: QPoint
    columns: int
    count: int


class RubberBand(QObject):
    """The band over the cells of a view that scrolls; it begins once a press has become a drag.

    It keeps what was picked when the button went down, in whatever form the view has its picks.

    Args:
        cells: where the view's cells are now.

    Signals:
        changed: it spans something else, or has ended.
        taken: it touches other cells, or was given up: what stays picked beside them, and they.
    """

    changed = Signal()
    taken = Signal(object, object)

    def __init__(self, view: QAbstractScrollArea, cells: Callable[[], Cells]) -> None:
        super().__init__(view)
        self._view, self._cells = view, cells
        self._before: object = None
        self._beside: object = None
        self._touched: tuple[int, ...] = ()
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

    @property
    def touched(self) -> tuple[int, ...]:
        """The cells that it touches, or touched when it ended."""
        return self._touched

    def _offset(self) -> QPoint:
        return QPoint(0, self._view.verticalScrollBar().value())

    def press(self, at: QPoint, before: object, beside: object) -> None:
        """The left button goes down at a point of the viewport.

        Args:
            before: what is picked now, and again where the band is given up.
            beside: what of it stays picked beside what the band touches.
        """
        self.end()
        self._before, self._beside, self._touched = before, beside, ()
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
            self._take()

    def end(self) -> bool:
        """The button is up, or the band was given up; False where there was none."""
        had_one, self._is_active, self._start = self._is_active, False, None
        self._scrolling.stop()
        if had_one:
            self.changed.emit()
        return had_one

    def give_up(self) -> bool:
        """Ends it with the picks as they were before; False where there was none."""
        had_one = self.end()
        if had_one:
            self._touched = ()
            self.taken.emit(self._before, ())
        return had_one

    def _take(self) -> None:
        self.changed.emit()
        touched = tuple(cells_in(self.rect, self._cells()))
        if touched != self._touched:
            self._touched = touched
            self.taken.emit(self._beside, touched)

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
            self._take()

    def paint(self, painter: QPainter) -> None:
        """Paints it where it is in the viewport."""
        if self._is_active:
            paint_band(painter, QRectF(self.rect.translated(-self._offset())))


def cells_in(band: QRect, cells: Cells) -> Iterator[int]:
    """The cells that a band touches."""
    first, pitch, columns, count = cells.first, cells.pitch, cells.columns, cells.count
    across = _touched(band.left(), band.right(), first.left(), first.width(), pitch.x())
    down = _touched(band.top(), band.bottom(), first.top(), first.height(), pitch.y())
    for row in range(down.start, min(down.stop, -(-count // columns))):
        begin = row * columns + across.start
        yield from range(begin, min(row * columns + min(across.stop, columns), count))


def _touched(start: int, end: int, first: int, length: int, pitch: int) -> range:
    """Which of evenly placed lengths begin before `end` and end after `start`."""
    return range(max((start - first - length) // pitch + 1, 0), max((end - first) // pitch + 1, 0))
