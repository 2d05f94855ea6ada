"""The tiles of crowd mode in a corner of the canvas: which are checked, which one is seen."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt, Signal
from PySide6.QtGui import QColor, QFontMetrics, QMouseEvent, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QWidget

from app.canvas.painter import paint_double_line
from app.loop.tiles import Tiles

SIDE = 120
MARGIN = 12
GROUND = QColor(20, 22, 26, 215)
CHECKED = QColor(53, 201, 165, 90)
LINES = QColor(255, 255, 255, 120)
TEXT = QColor(255, 255, 255)


class Minimap(QWidget):
    """One cell a tile; a click looks at it.

    Signals:
        tile_wanted: number of the tile that was clicked.
    """

    tile_wanted = Signal(int)

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self._tiles: Tiles | None = None
        self._picture = (1, 1)
        self._checked: frozenset[int] = frozenset()
        self._tile = 0
        self._caption = ""
        self.setAccessibleName(self.tr("Tiles of the picture"))
        self.hide()

    def show_tiles(
        self,
        tiles: Tiles,
        picture: tuple[int, int],
        checked: frozenset[int],
        tile: int,
        boxes: int,
    ) -> None:
        """Shows the tiles of a picture of this height and width."""
        self._tiles, self._picture, self._checked, self._tile = tiles, picture, checked, tile
        locale = self.locale()
        self._caption = self.tr("Tile {tile} of {count}, boxes: {boxes}").format(
            tile=locale.toString(tile + 1),
            count=locale.toString(len(tiles)),
            boxes=locale.toString(boxes),
        )
        self.setAccessibleDescription(self._caption)
        self.resize(self.sizeHint())
        self.show()
        self.raise_()
        self.update()

    def sizeHint(self) -> QSize:
        height, width = self._picture
        scale = SIDE / max(height, width, 1)
        caption = QFontMetrics(self.font())
        return QSize(
            max(round(width * scale), caption.horizontalAdvance(self._caption)) + 12,
            round(height * scale) + caption.height() + 14,
        )

    def _cell(self, tile: int) -> QRectF:
        """Where the tile's own share lies, in this widget."""
        assert self._tiles is not None
        height, width = self._picture
        scale = SIDE / max(height, width, 1)
        columns, rows = len(self._tiles.lefts), len(self._tiles.tops)
        row, column = divmod(tile, columns)
        cell_width, cell_height = width * scale / columns, height * scale / rows
        return QRectF(6 + column * cell_width, 6 + row * cell_height, cell_width, cell_height)

    def paintEvent(self, event: QPaintEvent) -> None:
        if self._tiles is None:
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(GROUND)
        painter.drawRoundedRect(QRectF(self.rect()), 6, 6)
        for tile in range(len(self._tiles)):
            cell = self._cell(tile)
            is_checked = tile in self._checked
            painter.setPen(QPen(LINES, 1))
            painter.setBrush(CHECKED if is_checked else Qt.BrushStyle.NoBrush)
            painter.drawRect(cell)
            if is_checked:
                painter.setPen(TEXT)
                painter.drawText(cell, Qt.AlignmentFlag.AlignCenter, "✓")
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        paint_double_line(painter, self._cell(self._tile).adjusted(2, 2, -2, -2), 1)
        painter.setPen(TEXT)
        metrics = QFontMetrics(self.font())
        at = QPointF(6, self.height() - 4 - metrics.descent())
        painter.drawText(at, self._caption)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if self._tiles is not None:
            for tile in range(len(self._tiles)):
                if self._cell(tile).contains(event.position()):
                    self.tile_wanted.emit(tile)
        event.accept()
