"""The painted view, kept between repaints so that panning and hovering cost almost nothing.

Two images of the view's size: the picture alone, and the picture with its boxes. Panning shifts
both and paints the strips that come in; an edit paints the boxes anew over the kept picture.
"""

from collections.abc import Hashable

from PySide6.QtCore import QRect
from PySide6.QtGui import QColor, QImage, QPainter

from app.canvas.painter import Look, paint_scene
from app.canvas.pyramid import Pyramid
from app.canvas.scene import Scene
from app.canvas.viewport import Viewport

BOARD_PX = 8
"""Screen pixels of a square behind transparent pictures."""


class Layers:
    """The kept images of one canvas; all sizes in device pixels."""

    def __init__(self) -> None:
        self._picture = QImage()
        self._composed = QImage()
        self._picture_key: Hashable = None
        self._scene_key: Hashable = None
        self._offset = (0, 0)
        # Keys name objects by id; these references keep an id from being given again.
        self._shown: tuple[object, ...] = ()

    def update(
        self,
        picture: Pyramid | None,
        scene: Scene | None,
        viewport: Viewport,
        look: Look,
        surround: QColor,
    ) -> QImage:
        """The view with picture and boxes, painted as far as it is not there already."""
        height, width = viewport.view_size
        offset = (round(viewport.offset[0]), round(viewport.offset[1]))
        board = BOARD_PX * look.unit if look.is_checkered else None
        picture_key = (id(picture), viewport.zoom, height, width, surround.rgba(), board)
        scene_key = (id(scene), id(look))
        shift = (offset[0] - self._offset[0], offset[1] - self._offset[1])
        is_far = abs(shift[0]) >= width or abs(shift[1]) >= height
        whole = QRect(0, 0, width, height)
        if picture_key != self._picture_key or is_far:
            self._picture = _blank(width, height)
            self._paint_picture(picture, viewport, surround, board, [whole])
            self._compose(scene, viewport, look, [whole])
        else:
            strips: list[QRect] = []
            if shift != (0, 0):
                strips = _strips(width, height, *shift)
                self._picture = _shifted(self._picture, *shift)
                self._paint_picture(picture, viewport, surround, board, strips)
            if scene_key != self._scene_key:
                self._compose(scene, viewport, look, [whole])
            elif shift != (0, 0):
                self._composed = _shifted(self._composed, *shift)
                self._compose(scene, viewport, look, strips)
        self._picture_key, self._scene_key, self._offset = picture_key, scene_key, offset
        self._shown = (picture, scene, look)
        return self._composed

    def _paint_picture(
        self,
        picture: Pyramid | None,
        viewport: Viewport,
        surround: QColor,
        board: int | None,
        rects: list[QRect],
    ) -> None:
        painter = QPainter(self._picture)
        for rect in rects:
            painter.fillRect(rect, surround)
            if picture is not None:
                picture.paint(painter, viewport, rect, board)
        painter.end()

    def _compose(
        self, scene: Scene | None, viewport: Viewport, look: Look, rects: list[QRect]
    ) -> None:
        if self._composed.size() != self._picture.size():
            self._composed = _blank(self._picture.width(), self._picture.height())
        painter = QPainter(self._composed)
        for rect in rects:
            painter.drawImage(rect, self._picture, rect)
        painter.end()
        if scene is not None:
            for rect in rects:
                paint_scene(self._composed, scene, viewport, look, rect)


def _strips(width: int, height: int, dx: int, dy: int) -> list[QRect]:
    """What a shift of the view leaves uncovered: a strip at a side, one above or below."""
    strips = []
    if dx:
        strips.append(QRect(0 if dx > 0 else width + dx, 0, abs(dx), height))
    if dy:
        strips.append(QRect(0, 0 if dy > 0 else height + dy, width, abs(dy)))
    return strips


def _blank(width: int, height: int) -> QImage:
    return QImage(max(width, 1), max(height, 1), QImage.Format.Format_RGB32)


def _shifted(image: QImage, dx: int, dy: int) -> QImage:
    moved = _blank(image.width(), image.height())
    painter = QPainter(moved)
    painter.drawImage(dx, dy, image)
    painter.end()
    return moved
