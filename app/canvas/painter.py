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
from app.comparison import Verdict
from app.placement import BoxArray
from tinaface.boxes import IndexArray

_CROSS_PX = 4
_STROKE_PX = 14
_SQUARE_PX = 7
_LIMIT = 1 << 24
_BLACK, _WHITE = 0xFF000000, 0xFFFFFFFF


@dataclass(frozen=True)
class Look:
    """How a scene is painted: all that does not come from the document.

    Attributes:
        unit: device pixels of one screen pixel.
    """

    colours: BoxColours
    unit: int


def to_view(xyxy: BoxArray, viewport: Viewport) -> IntArray:
    """`[N, 4]` boxes in whole device pixels of the view."""
    x, y = round(viewport.offset[0]), round(viewport.offset[1])
    placed = xyxy * viewport.zoom + np.array([x, y, x, y])
    return np.rint(np.clip(placed, -_LIMIT, _LIMIT)).astype(np.int64)


def rows_in(placed: IntArray, region: QRect, reach: tuple[int, int]) -> IndexArray:
    """The rows of `[N, 4]` placed boxes that come within `reach` of a region."""
    across, down = reach
    return np.flatnonzero(
        (placed[:, 2] + across >= region.left())
        & (placed[:, 0] - across <= region.right())
        & (placed[:, 3] + down >= region.top())
        & (placed[:, 1] - down <= region.bottom())
    )


def paint_scene(image: QImage, scene: Scene, viewport: Viewport, look: Look, region: QRect) -> None:
    """Paints the part of a scene that lies in a region of the view onto its 32-bit image.

    Painting a region gives the same pixels as painting the whole view.
    """
    region = region & image.rect()
    if region.isEmpty():
        return
    placed = to_view(scene.xyxy, viewport)
    near = rows_in(placed, region, (4 * look.unit, 4 * look.unit))
    _paint_behind(image, scene, placed, near, viewport, look, region)
    mask = _mask(region, look)
    _draw_lines(mask, scene, placed, near)
    mask.paint(_part(image, region), _argb(look.colours.halo))
    _paint_selected(image, placed[near[scene.is_selected[near]]], look, region)
    _paint_before(image, scene, placed, near, viewport, look, region)


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


def _draw_lines(mask: LineMask, scene: Scene, placed: IntArray, near: IndexArray) -> None:
    missed = near[scene.verdict[near] == Verdict.FN]
    for colour in np.unique(scene.colour[missed]).tolist():
        mask.segments(_strokes(placed[missed[scene.colour[missed] == colour]], mask.unit), colour)
    # Predictions have the larger key and come first, so that ground truth lies over them.
    kinds = (
        scene.is_prediction[near].astype(np.int64) << 40
        | scene.dash[near].astype(np.int64) << 32
        | scene.colour[near]
    )
    for kind in np.unique(kinds)[::-1].tolist():
        dash = DASHES[kind >> 32 & 0xFF]
        mask.outline(placed[near[kinds == kind]], kind & 0xFFFFFFFF, dash)
    extra = near[scene.verdict[near] == Verdict.FP]
    for colour in np.unique(scene.colour[extra]).tolist():
        mask.corners(placed[extra[scene.colour[extra] == colour]], colour)
    if len(scene.links):
        centres = (placed[:, :2] + placed[:, 2:]) // 2
        ends = np.concatenate([centres[scene.links[:, 0]], centres[scene.links[:, 1]]], axis=1)
        mask.segments(ends, int(scene.colour[scene.links[0, 1]]))


def _paint_behind(
    image: QImage,
    scene: Scene,
    placed: IntArray,
    near: IndexArray,
    viewport: Viewport,
    look: Look,
    region: QRect,
) -> None:
    """Hatches and the thin grey lines of other shapes."""
    hatched = near[scene.is_ignored[near] | scene.is_stale[near]]
    if not len(hatched) and not scene.others:
        return
    painter = QPainter(image)
    painter.setClipRect(region)
    offset = QPoint(round(viewport.offset[0]), round(viewport.offset[1]))
    painter.setBrushOrigin(offset)
    for row in hatched.tolist():
        x0, y0, x1, y1 = placed[row].tolist()
        colour = QColor.fromRgba(int(scene.colour[row]))
        colour.setAlpha(150)
        pattern = (
            Qt.BrushStyle.BDiagPattern if scene.is_ignored[row] else Qt.BrushStyle.FDiagPattern
        )
        painter.fillRect(QRect(x0, y0, x1 - x0, y1 - y0) & region, QBrush(colour, pattern))
    painter.setBrush(Qt.BrushStyle.NoBrush)
    for points in scene.others:
        line = QPolygonF(
            [QPointF(*viewport.to_view(float(x), float(y))) for x, y in points.tolist()]
        )
        for rgb, width in ((look.colours.halo, 3 * look.unit), (look.colours.other, look.unit)):
            painter.setPen(QPen(QColor(*rgb), width))
            if line.count() == 1:
                _paint_cross(painter, line.at(0), look.unit)
            else:
                painter.drawPolyline(line)
    painter.end()


def _paint_before(
    image: QImage,
    scene: Scene,
    placed: IntArray,
    near: IndexArray,
    viewport: Viewport,
    look: Look,
    region: QRect,
) -> None:
    """Marks of empty and of unsaved boxes."""
    painter = QPainter(image)
    painter.setClipRect(region)
    is_empty = (scene.xyxy[:, 0] == scene.xyxy[:, 2]) | (scene.xyxy[:, 1] == scene.xyxy[:, 3])
    for row in near[is_empty[near]].tolist():
        x0, y0 = placed[row, :2].tolist()
        for colour, width in ((look.colours.halo, 3 * look.unit), (look.colours.gt, look.unit)):
            painter.setPen(QPen(QColor(*colour), width))
            _paint_cross(painter, QPointF(x0, y0), look.unit)
    reach = (_SQUARE_PX * look.unit, _SQUARE_PX * look.unit)
    edited = rows_in(placed, region, reach)
    for row in edited[scene.is_edited[edited]].tolist():
        _paint_square(painter, placed[row, 0], placed[row, 1], look.unit)
    painter.end()


def _paint_square(painter: QPainter, x: int, y: int, unit: int) -> None:
    """The sign of a box that is not on disk yet, at its top left."""
    side = _SQUARE_PX * unit
    left, top = int(x) - side // 2 - unit, int(y) - side // 2 - unit
    painter.fillRect(QRect(left, top, side, side), QColor(0, 0, 0))
    inner = QRect(left + unit, top + unit, side - 2 * unit, side - 2 * unit)
    painter.fillRect(inner, QColor(*UNSAVED))


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
