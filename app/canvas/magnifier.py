"""Shows what lies under the cursor, or the selected box, several times larger.

A face of which that would show a blob of skin is shown whole.
"""

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QWidget

from app import placement
from app.canvas.layers import Layers
from app.canvas.view import Canvas
from app.canvas.viewport import Place, Viewport

ZOOM = 8.0
"""Screen pixels of one picture pixel; fewer where they would show too little of a face."""
LEAST_SHARE = 0.5
"""Of its width and height; with less it is a blob of skin, and is shown whole."""
MARGIN = 0.15
"""Around such a face on each side, of its own size."""

_CROSS_PX = 5


class Magnifier(QWidget):
    """Follows one canvas: its cursor, and without a cursor its selection."""

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._viewport = Viewport()
        self._layers = Layers()
        self._centre: tuple[float, float] | None = None
        self._sides = (0.0, 0.0)
        self.setAccessibleName(self.tr("Magnifier"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._follows_cursor = False
        canvas.cursor_moved.connect(self._on_cursor_moved)
        canvas.cursor_left.connect(self._on_cursor_left)
        canvas.scene_changed.connect(self._on_scene_changed)

    @property
    def zoom(self) -> float:
        """Device pixels of one picture pixel."""
        fitting = [
            have / side
            for have, side in zip((self.width(), self.height()), self._sides, strict=True)
            if side
        ]
        is_blob = bool(fitting) and min(fitting) < LEAST_SHARE * ZOOM
        zoom = min(fitting) / (1 + 2 * MARGIN) if is_blob else ZOOM
        return zoom * self.devicePixelRatioF()

    @property
    def centre(self) -> tuple[float, float] | None:
        """The picture point in the middle; None where there is nothing to look at."""
        return self._centre

    def sizeHint(self) -> QSize:
        return QSize(240, 240)

    def show_selection(self) -> None:
        """Looks at the selected box, wherever the cursor rests, until the cursor moves."""
        self._follows_cursor = False
        self._look_at_selection()

    def _on_cursor_moved(self, x: float, y: float) -> None:
        self._follows_cursor = True
        self._look_at(x, y, self._sides_at(x, y))

    def _on_cursor_left(self) -> None:
        self._follows_cursor = False
        self._look_at_selection()

    def _sides_at(self, x: float, y: float) -> tuple[float, float]:
        """Width and height of the smallest box around a point; 0 where there is none."""
        scene = self._canvas.scene()
        if scene is None:
            return 0.0, 0.0
        boxes, point = scene.xyxy, np.array([x, y])
        is_around = ((boxes[:, :2] <= point) & (point < boxes[:, 2:])).all(axis=1)
        sides = boxes[is_around, 2:] - boxes[is_around, :2]
        if not len(sides):
            return 0.0, 0.0
        width, height = sides[np.argmin(sides.prod(axis=1))].tolist()
        return width, height

    def _look_at(self, x: float, y: float, sides: tuple[float, float]) -> None:
        self._centre, self._sides = (x, y), sides
        self.update()

    def _look_at_selection(self) -> None:
        boxes = self._canvas.selected_boxes()
        if len(boxes):
            x0, y0, x1, y1 = placement.bounds(boxes).tolist()
            self._look_at((x0 + x1) / 2, (y0 + y1) / 2, (x1 - x0, y1 - y0))

    def _on_scene_changed(self) -> None:
        if not self._follows_cursor:
            self._look_at_selection()
        self.update()

    def resizeEvent(self, event: QResizeEvent) -> None:
        self.update()

    def paintEvent(self, event: QPaintEvent) -> None:
        picture = self._canvas.picture
        ratio = self.devicePixelRatioF()
        viewport = self._viewport
        viewport.resize(round(self.height() * ratio), round(self.width() * ratio))
        painter = QPainter(self)
        if picture is None or self._centre is None:
            painter.fillRect(self.rect(), self._canvas.theme.surround)
            if picture is not None:
                painter.setPen(self.palette().placeholderText().color())
                middle = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
                painter.drawText(
                    self.rect(), middle, self.tr("Point at the picture to see it larger")
                )
            painter.end()
            return
        viewport.set_picture(*picture.size)
        viewport.show(Place(self.zoom, self._centre))
        image = self._layers.update(
            picture,
            self._canvas.scene(),
            viewport,
            self._canvas.look(),
            self._canvas.theme.surround,
        )
        painter.scale(1 / ratio, 1 / ratio)
        painter.drawImage(0, 0, image)
        self._paint_cross(painter)
        painter.end()

    def _paint_cross(self, painter: QPainter) -> None:
        """Marks the point under the cursor, which at the picture's rim is not the middle."""
        if self._centre is None:
            return
        unit = self._canvas.unit
        x, y = (round(value) for value in self._viewport.to_view(*self._centre))
        arm = _CROSS_PX * unit
        for grow, colour in ((unit, QColor(0, 0, 0)), (0, QColor(255, 255, 255))):
            thick = unit + 2 * grow
            painter.fillRect(QRectF(x - arm - grow, y - grow, 2 * (arm + grow), thick), colour)
            painter.fillRect(QRectF(x - grow, y - arm - grow, thick, 2 * (arm + grow)), colour)
