"""Brings a box to the middle in a short flight, so that the eye can follow where it is."""

import math
from collections.abc import Sequence

from PySide6.QtCore import QAbstractAnimation, QEasingCurve, QObject, QVariantAnimation

from app.canvas.picture_view import PictureView
from app.canvas.viewport import Place, Viewport

FLIGHT_MS = 150
BOX_SHARE = 0.22
"""Of the view's shorter side: the box and enough around it to judge."""
MOST_ZOOM = 8.0
"""Screen pixels of one picture pixel; more shows no more of a tiny face, only less around it."""


class Flight(QObject):
    """Moves one view; another movement, as by the user's wheel, ends the flight."""

    def __init__(self, view: PictureView) -> None:
        super().__init__(view)
        self._view = view
        self._is_moving = False
        self._start = self._end = Place(1.0, (0.0, 0.0))
        self._animation = QVariantAnimation(self)
        self._animation.setStartValue(0.0)
        self._animation.setEndValue(1.0)
        self._animation.setDuration(FLIGHT_MS)
        self._animation.setEasingCurve(QEasingCurve.Type.OutCubic)
        self._animation.valueChanged.connect(self._move)
        view.view_changed.connect(self._on_view_changed)

    @property
    def is_flying(self) -> bool:
        """Whether the view is on its way."""
        return self._animation.state() is QAbstractAnimation.State.Running

    def fly_to(self, xyxy: Sequence[float], *, at_once: bool = False) -> None:
        """Shows a `[4]` box with its surroundings, as near to the middle as they allow."""
        self._animation.stop()
        self._start = self._view.viewport.place
        self._end = place_around(self._view.viewport, xyxy, self._view.unit)
        if at_once:
            self._move(1.0)
        else:
            self._animation.start()

    def _move(self, part: float) -> None:
        start, end = self._start, self._end
        # Zoom grows by factors: equal steps of its logarithm look even. The centre follows the
        # zoom, so that the box does not leave the view on the way.
        zoom = math.exp((1 - part) * math.log(start.zoom) + part * math.log(end.zoom))
        share = part
        if not math.isclose(start.zoom, end.zoom, rel_tol=0.01):
            share = (1 / start.zoom - 1 / zoom) / (1 / start.zoom - 1 / end.zoom)
        x, y = (
            (1 - share) * from_ + share * to
            for from_, to in zip(start.centre, end.centre, strict=True)
        )
        self._is_moving = True
        self._view.show_place(Place(zoom, (x, y)))
        self._is_moving = False

    def _on_view_changed(self) -> None:
        if not self._is_moving:
            self._animation.stop()


def place_around(viewport: Viewport, xyxy: Sequence[float], unit: float) -> Place:
    """Where a box is seen with its surroundings; never further away than the whole picture."""
    x0, y0, x1, y1 = xyxy
    zoom = min(viewport.view_size) * BOX_SHARE / max(x1 - x0, y1 - y0, 1.0)
    zoom = max(min(zoom, MOST_ZOOM * unit), viewport.fit_zoom)
    return viewport.around(xyxy, zoom)
