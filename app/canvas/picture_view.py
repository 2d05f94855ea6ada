"""A widget that shows a picture to zoom and pan; it knows no boxes.

`viewport` and all positions handed on are in device pixels; `unit` of them make a screen pixel.
"""

from enum import Enum

from PySide6.QtCore import QEvent, QPointF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QMouseEvent, QNativeGestureEvent, QResizeEvent, QWheelEvent
from PySide6.QtWidgets import QGestureEvent, QPinchGesture, QWidget

from app.canvas.navigation import Navigation
from app.canvas.pyramid import Pyramid
from app.canvas.viewport import ZOOM_STEP, Place, Viewport
from app.placement import BoxArray


class ZoomMode(Enum):
    """What happens to the zoom when another picture comes."""

    FIT = "fit"
    SAME = "same"
    REMEMBER = "remember"


class PictureView(QWidget):
    """Shows one picture at any zoom, and follows wheel, touchpad and drags."""

    zoom_changed = Signal(float)
    view_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.viewport = Viewport()
        self.navigation = Navigation(self.viewport)
        self.zoom_mode = ZoomMode.FIT
        self._picture: Pyramid | None = None
        self._name: str | None = None
        self._places: dict[str, Place | None] = {}
        self._place_before_box: Place | None = None
        self._was_fit_before_box = False
        self._cursor: QPointF | None = None
        self.setMouseTracking(True)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self.grabGesture(Qt.GestureType.PinchGesture)

    # ---- the picture ----

    @property
    def picture(self) -> Pyramid | None:
        """What is shown."""
        return self._picture

    def set_image(self, image: QImage | Pyramid | None, name: str | None = None) -> None:
        """Shows another picture.

        Args:
            image: a `Pyramid` made in another thread spares this one the work.
            name: tells pictures apart for "each picture remembers its own zoom".
        """
        if self.zoom_mode is ZoomMode.REMEMBER and self._name is not None:
            self._places[self._name] = self._place_now()
        if isinstance(image, QImage):
            image = None if image.isNull() else Pyramid(image)
        place, size_before = self._place_now(), self.viewport.picture_size
        self._picture, self._name = image, name
        self._place_before_box = None
        size = (0, 0) if image is None else image.size
        self.viewport.set_picture(*size)
        if self.zoom_mode is ZoomMode.REMEMBER and name is not None:
            place = self._places.get(name)
        elif self.zoom_mode is ZoomMode.FIT or size != size_before:
            place = None
        self._show(place)

    def _place_now(self) -> Place | None:
        return None if self.viewport.is_fit else self.viewport.place

    def _show(self, place: Place | None) -> None:
        """Shows a place, or all of the picture."""
        if place is None:
            self.viewport.fit()
        else:
            self.viewport.show(place)
        self._on_view_changed()

    def _on_view_changed(self) -> None:
        self.zoom_changed.emit(self.viewport.zoom)
        self.view_changed.emit()
        self.update()

    # ---- zoom and pan ----

    @property
    def zoom(self) -> float:
        """Device pixels of one picture pixel."""
        return self.viewport.zoom

    @property
    def unit(self) -> int:
        """Device pixels of a line one screen pixel thick."""
        return max(round(self.devicePixelRatioF()), 1)

    def fit(self) -> None:
        """Shows the whole picture."""
        self._show(None)

    def fit_width(self) -> None:
        """Shows the picture's whole width."""
        self.viewport.fit_width()
        self._on_view_changed()

    def zoom_to(self, factor: float) -> None:
        """Zooms to a factor, 1 is 100 %, at the cursor if it is over the picture's view."""
        height, width = self.viewport.view_size
        at = QPointF(width / 2, height / 2) if self._cursor is None else self._cursor
        self.viewport.zoom_at(at.x(), at.y(), factor)
        self._on_view_changed()

    def zoom_by(self, steps: float) -> None:
        """Zooms in, or out if negative, by steps of a quarter."""
        self.zoom_to(self.viewport.zoom * ZOOM_STEP**steps)

    def show_place(self, place: Place) -> None:
        """Shows a place at its zoom."""
        self._show(place)

    def show_box(self, xyxy: BoxArray) -> None:
        """Brings a `[4]` box to the middle, large; `show_before_box` leads back."""
        if self._place_before_box is None:
            self._place_before_box = self.viewport.place
            self._was_fit_before_box = self.viewport.is_fit
        x0, y0, x1, y1 = (float(value) for value in xyxy)
        self.viewport.show_box(x0, y0, x1, y1)
        self._on_view_changed()

    def show_before_box(self) -> bool:
        """Goes back to what was seen before `show_box`; False where there was none."""
        place, self._place_before_box = self._place_before_box, None
        if place is None:
            return False
        self._show(None if self._was_fit_before_box else place)
        return True

    def centre_on(self, x: float, y: float) -> None:
        """Brings a picture point to the middle without zooming."""
        self.viewport.show(Place(self.viewport.zoom, (x, y)))
        self._on_view_changed()

    def show_as(self, other: "PictureView") -> None:
        """Shows what another view of the same picture shows."""
        self._show(None if other.viewport.is_fit else other.viewport.place)

    def pan(self, dx: float, dy: float) -> None:
        """Moves the picture by screen pixels."""
        ratio = self.devicePixelRatioF()
        self.viewport.pan(dx * ratio, dy * ratio)
        self._on_view_changed()

    def to_picture_length(self, screen_px: float) -> float:
        """How many picture pixels a length on the screen covers."""
        return screen_px * self.devicePixelRatioF() / self.viewport.zoom

    # ---- events ----

    def sizeHint(self) -> QSize:
        return QSize(800, 600)

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._take_size()

    def _take_size(self) -> None:
        ratio = self.devicePixelRatioF()
        self.viewport.resize(round(self.height() * ratio), round(self.width() * ratio))
        self._on_view_changed()

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._take_size()
        elif isinstance(event, QNativeGestureEvent):
            if self.navigation.native_gesture(event, self.devicePixelRatioF()):
                self._on_view_changed()
                return True
        elif isinstance(event, QGestureEvent):
            return self._pinch(event)
        return super().event(event)

    def _pinch(self, event: QGestureEvent) -> bool:
        gesture = event.gesture(Qt.GestureType.PinchGesture)
        if not isinstance(gesture, QPinchGesture):
            return False
        centre = self.mapFromGlobal(gesture.centerPoint()) * self.devicePixelRatioF()
        self.navigation.pinch(centre, gesture.scaleFactor())
        self._on_view_changed()
        return True

    def wheelEvent(self, event: QWheelEvent) -> None:
        self.navigation.wheel(event, self.devicePixelRatioF())
        self._on_view_changed()
        event.accept()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        self.navigation.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._cursor = event.position() * self.devicePixelRatioF()
        if self.navigation.is_panning:
            self.navigation.drag(event, self.devicePixelRatioF())
            self._on_view_changed()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        self.navigation.release(event)

    def leaveEvent(self, event: QEvent) -> None:
        self._cursor = None
