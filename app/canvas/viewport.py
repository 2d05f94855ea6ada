"""Which part of a picture is seen, and how large: zoom and offset, without any widget.

All lengths are device pixels, so that 100 % means one picture pixel on one screen pixel at
every scale factor. The picture's point p appears at `p * zoom + offset`.
"""

from collections.abc import Sequence
from dataclasses import dataclass

MIN_ZOOM = 0.02
MAX_ZOOM = 64.0
ZOOM_STEP = 1.25
MAX_FIT_ZOOM = 4.0
"""A small picture is not blown up beyond this when it is fitted."""

_BOX_SHARE = 0.4
"""Of the view's shorter side, how much a box takes when one zooms to it."""
_RIM = 12
"""Device pixels around a box that stay in view: its line and handles."""


@dataclass(frozen=True)
class Place:
    """A zoom and the picture point in the middle of the view: what "same place" restores."""

    zoom: float
    centre: tuple[float, float]


class Viewport:
    """The zoom and place of one picture in one view.

    Sizes are height, width. Before a picture and a view size are set, everything is 0 and
    harmless.
    """

    def __init__(self) -> None:
        self.zoom = 1.0
        self.offset = (0.0, 0.0)
        self.is_fit = True
        self._picture = (0, 0)
        self._view = (0, 0)

    @property
    def picture_size(self) -> tuple[int, int]:
        """Height and width of the picture; 0, 0 where there is none."""
        return self._picture

    @property
    def view_size(self) -> tuple[int, int]:
        """Height and width of the view in device pixels."""
        return self._view

    # ---- coordinates ----

    def to_picture(self, x: float, y: float) -> tuple[float, float]:
        """The picture point under a view point."""
        return (x - self.offset[0]) / self.zoom, (y - self.offset[1]) / self.zoom

    def to_view(self, x: float, y: float) -> tuple[float, float]:
        """The view point of a picture point."""
        return x * self.zoom + self.offset[0], y * self.zoom + self.offset[1]

    @property
    def place(self) -> Place:
        """What is seen now, to be restored with `show`."""
        return Place(self.zoom, self.to_picture(self._view[1] / 2, self._view[0] / 2))

    # ---- sizes ----

    def set_picture(self, height: int, width: int) -> None:
        """Takes another picture; the zoom stays until `fit` or `show` is called."""
        self._picture = (height, width)

    def resize(self, height: int, width: int) -> None:
        """Takes the view's new size: keeps the fit if it was fit, else the point in the middle."""
        place = self.place
        self._view = (height, width)
        if self.is_fit:
            self.fit()
        else:
            self.show(place)

    # ---- zoom ----

    @property
    def fit_zoom(self) -> float:
        """The zoom at which the whole picture is seen, at most 400 %."""
        return self._zoom_for(*self._picture)

    def _zoom_for(self, height: float, width: float) -> float:
        if height <= 0 or width <= 0:
            return 1.0
        zoom = min(self._view[0] / height, self._view[1] / width, MAX_FIT_ZOOM)
        return min(max(zoom, MIN_ZOOM), MAX_ZOOM)

    def fit(self) -> None:
        """Shows the whole picture in the middle."""
        self.show(Place(self.fit_zoom, self._middle()))
        self.is_fit = True

    def fit_width(self) -> None:
        """Shows the picture's whole width."""
        zoom = min(self._view[1] / max(self._picture[1], 1), MAX_FIT_ZOOM)
        self.show(Place(zoom, self._middle()))

    def _middle(self) -> tuple[float, float]:
        return self._picture[1] / 2, self._picture[0] / 2

    def show(self, place: Place) -> None:
        """Shows a place: its point in the middle of the view."""
        self.is_fit = False
        self.zoom = min(max(place.zoom, MIN_ZOOM), MAX_ZOOM)
        height, width = self._view
        self.offset = (
            width / 2 - place.centre[0] * self.zoom,
            height / 2 - place.centre[1] * self.zoom,
        )
        self.offset = self._kept_in_view(*self.offset)

    def zoom_at(self, x: float, y: float, zoom: float) -> None:
        """Zooms so that the picture point under the view point x, y stays there."""
        self.is_fit = False
        px, py = self.to_picture(x, y)
        edge = 0.5 / self.zoom  # a cursor on the very edge counts as on the picture
        self.zoom = min(max(zoom, MIN_ZOOM), MAX_ZOOM)
        self.offset = (x - px * self.zoom, y - py * self.zoom)
        # A picture with the cursor on it cannot get lost; only beside it the limits are needed,
        # and there they win over the fixed point.
        height, width = self._picture
        if not (-edge <= px <= width + edge and -edge <= py <= height + edge):
            self.offset = self._kept_in_view(*self.offset)

    def show_box(self, x0: float, y0: float, x1: float, y1: float) -> None:
        """Shows a box, large enough to be judged and with its surroundings."""
        side = max(x1 - x0, y1 - y0, 1.0) / _BOX_SHARE
        self.show(self.around((x0, y0, x1, y1), min(self._view) / side))

    def around(self, xyxy: Sequence[float], zoom: float) -> Place:
        """The place with a box as near to the middle as the picture can fill the view.

        Beyond the picture's edge there is nothing to judge by. Along a side where the picture is
        smaller than the view it stands in the middle, and of a box at the edge the rim is seen.
        """
        zoom = min(max(zoom, MIN_ZOOM), MAX_ZOOM)
        x0, y0, x1, y1 = xyxy
        height, width = self._picture
        rim = _RIM / zoom

        def centre(start: float, end: float, side: float, view: float) -> float:
            low, high = min(0.0, start - rim), max(side, end + rim)
            half = view / zoom / 2
            if high - low <= 2 * half:
                return (low + high) / 2
            return min(max((start + end) / 2, low + half), high - half)

        view_height, view_width = self._view
        return Place(zoom, (centre(x0, x1, width, view_width), centre(y0, y1, height, view_height)))

    # ---- pan ----

    def pan(self, dx: float, dy: float) -> None:
        """Moves the picture by view pixels, until its edge reaches the middle of the view."""
        before = self.offset
        x, y = self._kept_in_view(before[0] + dx, before[1] + dy)
        # Zooming at the cursor may leave the picture beyond the limits. Panning does not take
        # it further out, and it does not jump back either.
        x = max(x, before[0]) if dx >= 0 else min(x, before[0])
        y = max(y, before[1]) if dy >= 0 else min(y, before[1])
        if (x, y) != before:
            self.offset = (x, y)
            self.is_fit = False

    def _kept_in_view(self, x: float, y: float) -> tuple[float, float]:
        height, width = self._view
        low_x = width / 2 - self._picture[1] * self.zoom
        low_y = height / 2 - self._picture[0] * self.zoom
        return min(max(x, low_x), width / 2), min(max(y, low_y), height / 2)
