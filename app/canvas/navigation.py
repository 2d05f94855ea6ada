"""Moving about in the picture: wheel, touchpad, pinch, and drags with the middle or right button.

Nothing here knows boxes; it turns events into calls of the viewport and says whether it moved.
"""

from PySide6.QtCore import QPointF, Qt
from PySide6.QtGui import QMouseEvent, QNativeGestureEvent, QWheelEvent

from app.canvas.viewport import ZOOM_STEP, Viewport

NOTCH = 120
"""`angleDelta` of one click of a wheel."""
LINE_PX = 60
"""Screen pixels that one click of a wheel scrolls."""
DRAG_PX = 3
"""A right press that moves less is a click for the context menu."""

_PAN_BUTTONS = Qt.MouseButton.MiddleButton | Qt.MouseButton.RightButton


class Navigation:
    """Gestures that zoom and pan one viewport.

    Attributes:
        wheel_zooms: else the wheel scrolls and Ctrl+wheel zooms, as in labelme.
    """

    def __init__(self, viewport: Viewport) -> None:
        self.wheel_zooms = True
        self._viewport = viewport
        self._button = Qt.MouseButton.NoButton
        self._last = QPointF()
        self._travelled = 0.0

    @property
    def is_panning(self) -> bool:
        """Whether a drag pans the picture."""
        return self._button != Qt.MouseButton.NoButton

    def wheel(self, event: QWheelEvent, scale: float) -> None:
        """Zooms at the cursor or scrolls; `scale` is device pixels a screen pixel."""
        pixels, angle = event.pixelDelta(), event.angleDelta()
        modifiers = event.modifiers()
        wants_other = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        is_touchpad = not pixels.isNull() or event.phase() != Qt.ScrollPhase.NoScrollPhase
        if wants_other or (self.wheel_zooms and not is_touchpad and not _is_sideways(event)):
            steps = (angle.y() or angle.x() or pixels.y()) / NOTCH
            at = event.position() * scale
            self._viewport.zoom_at(at.x(), at.y(), self._viewport.zoom * ZOOM_STEP**steps)
            return
        dx, dy = float(pixels.x()), float(pixels.y())
        if pixels.isNull():
            dx, dy = angle.x() / NOTCH * LINE_PX, angle.y() / NOTCH * LINE_PX
        if modifiers & Qt.KeyboardModifier.ShiftModifier and not dx:
            dx, dy = dy, 0.0
        self._viewport.pan(dx * scale, dy * scale)

    def native_gesture(self, event: QNativeGestureEvent, scale: float) -> bool:
        """Follows a pinch on a touchpad; False for gestures that mean nothing here."""
        if event.gestureType() is not Qt.NativeGestureType.ZoomNativeGesture:
            return False
        self.pinch(event.position() * scale, 1 + event.value())
        return True

    def pinch(self, at: QPointF, factor: float) -> None:
        """Zooms by a factor around a view point in device pixels."""
        self._viewport.zoom_at(at.x(), at.y(), self._viewport.zoom * factor)

    def press(self, event: QMouseEvent) -> bool:
        """Starts to pan if the button is one that pans."""
        if not event.button() & _PAN_BUTTONS or self.is_panning:
            return False
        self._button, self._last, self._travelled = event.button(), event.position(), 0.0
        return True

    def drag(self, event: QMouseEvent, scale: float) -> None:
        """Lets the picture follow the mouse."""
        step = event.position() - self._last
        self._last = event.position()
        self._travelled += abs(step.x()) + abs(step.y())
        self._viewport.pan(step.x() * scale, step.y() * scale)

    def release(self, event: QMouseEvent) -> bool:
        """Ends the pan; True if it was a click of the right button, which asks for the menu."""
        if event.button() != self._button:
            return False
        button, self._button = self._button, Qt.MouseButton.NoButton
        return button is Qt.MouseButton.RightButton and self._travelled <= DRAG_PX


def _is_sideways(event: QWheelEvent) -> bool:
    return bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier) or (
        event.angleDelta().y() == 0 and event.angleDelta().x() != 0
    )
