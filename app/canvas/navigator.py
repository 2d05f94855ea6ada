"""The whole picture, small, with a frame around what the canvas shows of it."""

from PySide6.QtCore import QPointF, QRectF, QSize, Qt
from PySide6.QtGui import QMouseEvent, QPainter, QPaintEvent, QWheelEvent
from PySide6.QtWidgets import QWidget

from app.canvas.layers import Layers
from app.canvas.painter import paint_double_line
from app.canvas.view import Canvas
from app.canvas.viewport import Viewport

_NOTCH = 120


class Navigator(QWidget):
    """Follows one canvas, and moves it where one clicks or drags."""

    def __init__(self, canvas: Canvas, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._canvas = canvas
        self._viewport = Viewport()
        self._layers = Layers()
        self.setAccessibleName(self.tr("Navigator"))
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        canvas.view_changed.connect(self.update)
        canvas.scene_changed.connect(self.update)

    def sizeHint(self) -> QSize:
        return QSize(240, 160)

    def _fit(self) -> None:
        picture = self._canvas.picture
        ratio = self.devicePixelRatioF()
        self._viewport.set_picture(*((0, 0) if picture is None else picture.size))
        self._viewport.resize(round(self.height() * ratio), round(self.width() * ratio))
        self._viewport.fit()

    def seen(self) -> QRectF:
        """What the canvas shows, in picture pixels, cut to the picture."""
        height, width = self._canvas.viewport.view_size
        left, top = self._canvas.viewport.to_picture(0, 0)
        right, bottom = self._canvas.viewport.to_picture(width, height)
        picture_height, picture_width = self._canvas.viewport.picture_size
        whole = QRectF(0, 0, picture_width, picture_height)
        return QRectF(left, top, right - left, bottom - top) & whole

    def paintEvent(self, event: QPaintEvent) -> None:
        self._fit()
        canvas = self._canvas
        image = self._layers.update(
            canvas.picture, canvas.scene(), self._viewport, canvas.look(), canvas.theme.surround
        )
        ratio = self.devicePixelRatioF()
        painter = QPainter(self)
        painter.scale(1 / ratio, 1 / ratio)
        painter.drawImage(0, 0, image)
        if canvas.picture is not None and not canvas.viewport.is_fit:
            seen = self.seen()
            corners = QRectF(
                QPointF(*self._viewport.to_view(seen.left(), seen.top())),
                QPointF(*self._viewport.to_view(seen.right(), seen.bottom())),
            )
            paint_double_line(painter, corners, canvas.unit)
        painter.end()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self._go_to(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        if event.buttons() & Qt.MouseButton.LeftButton:
            self._go_to(event)

    def _go_to(self, event: QMouseEvent) -> None:
        if self._canvas.picture is not None:
            self._fit()
            at = event.position() * self.devicePixelRatioF()
            self._canvas.centre_on(*self._viewport.to_picture(at.x(), at.y()))

    def wheelEvent(self, event: QWheelEvent) -> None:
        self._canvas.zoom_by(event.angleDelta().y() / _NOTCH)
        event.accept()
