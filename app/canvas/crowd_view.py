"""Shows crowd mode on one canvas: the tile that is looked at, and the map of all in a corner."""

from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QObject, QRect

from app.canvas.minimap import MARGIN, Minimap
from app.canvas.painter import rows_in
from app.canvas.view import Canvas
from app.canvas.viewport import Place

if TYPE_CHECKING:
    from app.loop.crowd import CrowdMode


class CrowdView(QObject):
    """Follows the mode; the canvas knows nothing of it."""

    def __init__(self, canvas: Canvas, crowd: "CrowdMode") -> None:
        super().__init__(canvas)
        self._canvas, self._crowd = canvas, crowd
        self.minimap = Minimap(canvas)
        self.minimap.tile_wanted.connect(crowd.look_at)
        crowd.changed.connect(self._show_map)
        crowd.tile_changed.connect(self._show_tile)
        canvas.scene_changed.connect(self._show_map)
        canvas.installEventFilter(self)

    def toggle(self) -> None:
        """Enters the mode for the canvas as large as it is now, or leaves it."""
        if self._crowd.is_on:
            self._crowd.leave()
            self._canvas.fit()
        else:
            self._crowd.enter(self._canvas.viewport.view_size, self._canvas.unit)

    def _show_tile(self) -> None:
        tiles, view = self._crowd.tiles, self._canvas.viewport.view_size
        if tiles is None:
            return
        x0, y0, x1, y1 = tiles.box(self._crowd.tile)
        zoom = min(view[0] / (y1 - y0), view[1] / (x1 - x0))
        self._canvas.show_place(Place(zoom, ((x0 + x1) / 2, (y0 + y1) / 2)))
        self._place_map()

    def _show_map(self) -> None:
        crowd = self._crowd
        if crowd.tiles is None or self._canvas.document is None:
            self.minimap.hide()
            return
        size = self._canvas.picture_size
        boxes = crowd.boxes_in_tile()
        self.minimap.show_tiles(crowd.tiles, size, crowd.checked, crowd.tile, boxes)
        self._place_map()

    def _place_map(self) -> None:
        """Into the corner where it hides the fewest boxes."""
        right = self._canvas.width() - self.minimap.width() - MARGIN
        bottom = self._canvas.height() - self.minimap.height() - MARGIN
        corners = [(right, MARGIN), (right, bottom), (MARGIN, MARGIN), (MARGIN, bottom)]
        self.minimap.move(*min(corners, key=lambda corner: self._hidden_at(*corner)))

    def _hidden_at(self, x: int, y: int) -> int:
        """How many boxes the map would hide there."""
        scene, ratio = self._canvas.scene(), self._canvas.devicePixelRatioF()
        if scene is None:
            return 0
        left, top, width, height = (
            round(value * ratio) for value in (x, y, self.minimap.width(), self.minimap.height())
        )
        region = QRect(left, top, width, height)
        return len(rows_in(scene.xyxy, self._canvas.viewport, region))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self._canvas and event.type() == QEvent.Type.Resize:
            self._place_map()
        return False
