"""Paints a scene's lines into an image: outlines by numpy, hatches and small signs by Qt.

Everything is in device pixels; `unit` is how many of them make one screen pixel, so lines and
marks look the same at every zoom and scale factor.
"""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QPoint, QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QBrush, QColor, QImage, QPainter, QPen, QPolygonF

from app.canvas.colours import UNSAVED, BoxColours, Rgb
from app.canvas.raster import IntArray, LineMask, PixelArray, pixels_of
from app.canvas.scene import DASHES, Scene
from app.canvas.viewport import Viewport
from app.comparison import Agreement
from app.placement import BoxArray
from tinaface.boxes import IndexArray

_CROSS_PX = 4
_STROKE_PX = 14
_SQUARE_PX = 7
_REACH_PX = 8
"""How far lines and marks of a box lie outside it."""
_HATCH_ALPHA = 150
_LIMIT = 1 << 24
_BLACK, _WHITE = 0xFF000000, 0xFFFFFFFF
_BLACK_RGB = (0, 0, 0)


@dataclass(frozen=True)
class Look:
    """How a scene is painted: all that does not come from the document.

    Attributes:
        unit: device pixels of one screen pixel.
        is_checkered: transparent pictures lie on a checkerboard.
        has_halo: lines have a rim of white or black, so that they are seen on every picture.
    """

    colours: BoxColours
    unit: int
    is_checkered: bool = False
    has_halo: bool = True

    @property
    def halo(self) -> int | None:
        """The colour of the rim, 0xAARRGGBB."""
        return _argb(self.colours.halo) if self.has_halo else None

    def pens(self, colour: Rgb) -> list[QPen]:
        """What a line is drawn with, one pen after the other: its rim, then itself."""
        rim = [QPen(QColor(*self.colours.halo), 3 * self.unit)] if self.has_halo else []
        return [*rim, QPen(QColor(*colour), self.unit)]


def to_view(xyxy: BoxArray, viewport: Viewport) -> IntArray:
    """`[N, 4]` boxes in whole device pixels of the view."""
    x, y = round(viewport.offset[0]), round(viewport.offset[1])
    placed = xyxy * viewport.zoom + np.array([x, y, x, y])
    return np.rint(np.clip(placed, -_LIMIT, _LIMIT)).astype(np.int64)


def rows_in(xyxy: BoxArray, viewport: Viewport, region: QRect, reach: int = 0) -> IndexArray:
    """The rows of `[N, 4]` boxes that come within `reach` view pixels of a region."""
    left, top = viewport.to_picture(region.left() - reach - 1, region.top() - reach - 1)
    right, bottom = viewport.to_picture(region.right() + reach + 2, region.bottom() + reach + 2)
    return np.flatnonzero(
        (xyxy[:, 2] >= left) & (xyxy[:, 0] <= right) & (xyxy[:, 3] >= top) & (xyxy[:, 1] <= bottom)
    )


def paint_scene(image: QImage, scene: Scene, viewport: Viewport, look: Look, region: QRect) -> None:
    """Paints the part of a scene that lies in a region of the view onto its 32-bit image.

    Painting a region gives the same pixels as painting the whole view.
    """
    region = region & image.rect()
    if region.isEmpty():
        return
    near = scene.take(rows_in(scene.xyxy, viewport, region, _REACH_PX * look.unit))
    placed = to_view(near.xyxy, viewport)
    _paint_behind(image, near, placed, viewport, look, region)
    mask = _mask(region, look)
    _draw_lines(mask, near, placed)
    _draw_links(mask, scene, viewport)
    mask.paint(_part(image, region), look.halo)
    _paint_selected(image, placed[near.is_selected], look, region)
    _paint_before(image, near, placed, look, region)


def _strokes(placed: IntArray, unit: int) -> IntArray:
    """`[N, 4]` strokes across the top right corners; a longer one would cross the face out."""
    sides = np.minimum(placed[:, 2] - placed[:, 0], placed[:, 3] - placed[:, 1])
    length = np.minimum(sides * 2 // 5, _STROKE_PX * unit)
    x, y = placed[:, 2], placed[:, 1]
    return np.stack([x - length, y, x, y + length], axis=1)


def _paint_selected(image: QImage, placed: IntArray, look: Look, region: QRect) -> None:
    """A double line, white inside black: one of both is seen on every picture."""
    if not len(placed):
        return
    (left, top), (right, bottom) = placed[:, :2].min(axis=0), placed[:, 2:].max(axis=0)
    rim = 2 * look.unit
    region = region & QRect(QPoint(left - rim, top - rim), QPoint(right + rim, bottom + rim))
    if region.isEmpty():
        return
    mask = _mask(region, look)
    mask.outline(placed, _WHITE)
    mask.outline(placed, _BLACK, inset=-look.unit)
    mask.paint(_part(image, region), None)


def _part(image: QImage, region: QRect) -> PixelArray:
    """The `[H, W]` pixels of an image's region."""
    rows = slice(region.top(), region.bottom() + 1)
    return pixels_of(image)[rows, region.left() : region.right() + 1]


def _mask(region: QRect, look: Look) -> LineMask:
    return LineMask(region.x(), region.y(), region.width(), region.height(), look.unit)


def _draw_lines(mask: LineMask, near: Scene, placed: IntArray) -> None:
    is_missed, is_extra = near.agreement == Agreement.FN, near.agreement == Agreement.FP
    for colour in np.unique(near.colour[is_missed]).tolist():
        mask.segments(_strokes(placed[is_missed & (near.colour == colour)], mask.unit), colour)
    # Predictions have the larger key and come first, so that ground truth lies over them.
    kinds = (
        near.is_prediction.astype(np.int64) << 40 | near.dash.astype(np.int64) << 32 | near.colour
    )
    for kind in np.unique(kinds)[::-1].tolist():
        mask.outline(placed[kinds == kind], kind & 0xFFFFFFFF, DASHES[kind >> 32 & 0xFF])
    for colour in np.unique(near.colour[is_extra]).tolist():
        mask.corners(placed[is_extra & (near.colour == colour)], colour)


def _draw_links(mask: LineMask, scene: Scene, viewport: Viewport) -> None:
    if len(scene.links):
        ends = to_view(scene.xyxy[scene.links.reshape(-1)], viewport)
        centres = (ends[:, :2] + ends[:, 2:]) // 2
        mask.segments(centres.reshape(-1, 4), int(scene.colour[scene.links[0, 1]]))


def _paint_behind(
    image: QImage, near: Scene, placed: IntArray, viewport: Viewport, look: Look, region: QRect
) -> None:
    """Hatches and the thin grey lines of other shapes."""
    is_hatched = near.is_ignored | near.is_stale
    if not is_hatched.any() and not near.others:
        return
    painter = QPainter(image)
    painter.setClipRect(region)
    offset = QPoint(round(viewport.offset[0]), round(viewport.offset[1]))
    painter.setBrushOrigin(offset)
    painter.setPen(Qt.PenStyle.NoPen)
    for colour in np.unique(near.colour[is_hatched]).tolist():
        for rows, pattern in (
            (near.is_ignored, Qt.BrushStyle.BDiagPattern),
            (near.is_stale, Qt.BrushStyle.FDiagPattern),
        ):
            pale = QColor.fromRgba(colour)
            pale.setAlpha(_HATCH_ALPHA)
            painter.setBrush(QBrush(pale, pattern))
            painter.drawRects(_rects(placed[rows & (near.colour == colour)], region))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for points in near.others:
        line = QPolygonF(
            [QPointF(*viewport.to_view(float(x), float(y))) for x, y in points.tolist()]
        )
        for pen in look.pens(look.colours.other):
            painter.setPen(pen)
            if line.count() == 1:
                _paint_cross(painter, line.at(0), look.unit)
            else:
                painter.drawPolyline(line)
    painter.end()


def _paint_before(image: QImage, near: Scene, placed: IntArray, look: Look, region: QRect) -> None:
    """Marks of empty and of unsaved boxes."""
    is_empty = (near.xyxy[:, :2] == near.xyxy[:, 2:]).any(axis=1)
    if not is_empty.any() and not near.is_edited.any():
        return
    painter = QPainter(image)
    painter.setClipRect(region)
    for x0, y0 in placed[is_empty, :2].tolist():
        for pen in look.pens(look.colours.gt):
            painter.setPen(pen)
            _paint_cross(painter, QPointF(x0, y0), look.unit)
    painter.setPen(Qt.PenStyle.NoPen)
    corners = placed[near.is_edited, :2]
    for side, colour in ((_SQUARE_PX, _BLACK_RGB), (_SQUARE_PX - 2, UNSAVED)):
        painter.setBrush(QColor(*colour))
        low = corners - side * look.unit // 2 - look.unit
        painter.drawRects(_rects(np.concatenate([low, low + side * look.unit], axis=1), region))
    painter.end()


def _rects(placed: IntArray, region: QRect) -> list[QRect]:
    """Qt's rectangles of `[N, 4]` boxes, cut to a region with room around."""
    rim = 64
    x0, x1 = np.clip(placed[:, 0::2], region.left() - rim, region.right() + rim).T
    y0, y1 = np.clip(placed[:, 1::2], region.top() - rim, region.bottom() + rim).T
    return list(map(QRect, x0.tolist(), y0.tolist(), (x1 - x0).tolist(), (y1 - y0).tolist()))


def _paint_cross(painter: QPainter, at: QPointF, unit: int) -> None:
    arm = _CROSS_PX * unit
    painter.drawLine(at - QPointF(arm, arm), at + QPointF(arm, arm))
    painter.drawLine(at - QPointF(arm, -arm), at + QPointF(arm, -arm))


def paint_double_line(painter: QPainter, rect: QRectF, unit: int) -> None:
    """A black and white frame just outside a rectangle, seen on every picture."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    half = unit / 2
    for grow, colour in ((half, Qt.GlobalColor.white), (half + unit, Qt.GlobalColor.black)):
        pen = QPen(QColor(colour), unit)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.drawRect(rect.adjusted(-grow, -grow, grow, grow))


def _argb(colour: Rgb) -> int:
    return QColor(*colour).rgba()
