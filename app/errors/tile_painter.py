"""Paints one tile: what lies around a disagreement, both boxes, the kind's mark and the score.

Colours, lines and marks are the canvas' (`app/canvas/scene.py`): solid labels, dashed extra
predictions with thick corners, dotted predictions of found labels, a stroke across missed ones.
"""

from dataclasses import dataclass

from PySide6.QtCore import QPointF, QRect, QRectF, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPalette, QPen

from app.canvas.colours import BoxColours, Rgb
from app.canvas.painter import paint_double_line
from app.canvas.raster import DASH, DOT
from app.comparison import MARKS, Agreement
from app.errors.crops import Crop, Place
from tinaface.disagreement_listing import Listed
from tinaface.disagreements import Kind

DOUBLE_MARK = "‖"
KIND_MARKS = {
    Kind.FP: MARKS[Agreement.FP],
    Kind.FN: MARKS[Agreement.FN],
    Kind.LOOSE: MARKS[Agreement.LOOSE],
    Kind.DUP: DOUBLE_MARK,
}
PICTURE_SIDE = 144
PADDING = 6
CAPTION = 20

_CORNER_PX, _STROKE_PX = 12, 14


@dataclass(frozen=True)
class Appearance:
    """How the tile at one place of the view is to look."""

    is_selected: bool
    is_current: bool
    palette: QPalette
    font: QFont


def paint_tile(
    painter: QPainter,
    cell: QRect,
    listed: Listed,
    name: str,
    place: Place,
    crop: Crop | None,
    look: Appearance,
) -> None:
    """Paints a tile into its cell of the view."""
    picture = QRect(cell.x() + PADDING, cell.y() + PADDING, PICTURE_SIDE, PICTURE_SIDE)
    ground = QPalette.ColorRole.Highlight if look.is_selected else QPalette.ColorRole.Base
    painter.fillRect(cell.adjusted(1, 1, -1, -1), look.palette.color(ground))
    if crop is None or crop.image is None:
        painter.fillRect(picture, look.palette.color(QPalette.ColorRole.AlternateBase))
        painter.setPen(look.palette.color(QPalette.ColorRole.PlaceholderText))
        text = "…" if crop is None else "✕"
        painter.drawText(picture, Qt.AlignmentFlag.AlignCenter, text)
    else:
        painter.drawImage(picture, crop.image)
        painter.save()
        painter.setClipRect(picture)
        _paint_boxes(painter, picture, listed, place, crop.colours)
        painter.restore()
    _paint_caption(painter, cell, picture, listed, name, look)
    if look.is_selected:
        paint_double_line(painter, QRectF(picture), 1)
    if look.is_current:
        ring = QPen(look.palette.color(QPalette.ColorRole.Text), 1, Qt.PenStyle.DotLine)
        painter.setPen(ring)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(cell.adjusted(1, 1, -2, -2))


def _paint_caption(
    painter: QPainter,
    cell: QRect,
    picture: QRect,
    listed: Listed,
    name: str,
    look: Appearance,
) -> None:
    line = QRect(
        picture.x(), picture.bottom() + 1, picture.width(), cell.bottom() - picture.bottom()
    )
    role = QPalette.ColorRole.HighlightedText if look.is_selected else QPalette.ColorRole.Text
    painter.setPen(look.palette.color(role))
    text = KIND_MARKS[listed.kind]
    if listed.score is not None:
        text += f" {listed.score:.2f}"
    strong = QFont(look.font)
    strong.setBold(True)
    painter.setFont(strong)
    width = QFontMetrics(strong).horizontalAdvance(text)
    middle = Qt.AlignmentFlag.AlignVCenter
    painter.drawText(line, Qt.AlignmentFlag.AlignLeft | middle, text)
    painter.setFont(look.font)
    rest = line.adjusted(width + 6, 0, 0, 0)
    short = QFontMetrics(look.font).elidedText(
        name.rpartition("/")[2], Qt.TextElideMode.ElideMiddle, rest.width()
    )
    painter.drawText(rest, Qt.AlignmentFlag.AlignRight | middle, short)


def _paint_boxes(
    painter: QPainter, picture: QRect, listed: Listed, place: Place, colours: BoxColours
) -> None:
    own = _in_tile(listed.xyxy, picture, place)
    other = None if listed.partner_xyxy is None else _in_tile(listed.partner_xyxy, picture, place)
    match listed.kind:
        case Kind.FP:
            _outline(painter, own, colours.fp, colours.halo, DASH)
            _corners(painter, own, colours.fp, colours.halo)
        case Kind.FN:
            if other is not None:  # found, but not at this threshold
                _outline(painter, other, colours.prediction, colours.halo, DASH)
            _outline(painter, own, colours.fn, colours.halo)
            length = min(own.width(), own.height()) * 0.4
            reach = QPointF(min(length, _STROKE_PX), 0)
            corner = own.topRight()
            end = corner + QPointF(0, reach.x())
            _line(painter, corner - reach, end, colours.fn, colours.halo)
        case Kind.LOOSE:
            if other is not None:
                _outline(painter, other, colours.tp, colours.halo, DOT)
                _line(painter, own.center(), other.center(), colours.tp, colours.halo)
            _outline(painter, own, colours.tp, colours.halo)
        case Kind.DUP:
            if other is not None:
                _outline(painter, other, colours.gt, colours.halo)
            _outline(painter, own, colours.gt, colours.halo)


def _in_tile(xyxy: tuple[float, float, float, float], picture: QRect, place: Place) -> QRectF:
    x, y, side, _ = place.part
    zoom = picture.width() / side
    x0, y0, x1, y1 = xyxy
    left, top = picture.x() + (x0 - x) * zoom, picture.y() + (y0 - y) * zoom
    return QRectF(left, top, (x1 - x0) * zoom, (y1 - y0) * zoom)


def _outline(
    painter: QPainter, box: QRectF, colour: Rgb, halo: Rgb, dash: tuple[int, int] | None = None
) -> None:
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.setPen(_pen(halo, 3))
    painter.drawRect(box)
    pen = _pen(colour, 1)
    if dash is not None:
        pen.setDashPattern(list(dash))
    painter.setPen(pen)
    painter.drawRect(box)


def _corners(painter: QPainter, box: QRectF, colour: Rgb, halo: Rgb) -> None:
    length = min(box.width() / 3, box.height() / 3, _CORNER_PX)
    for rgb, width in ((halo, 5), (colour, 3)):
        painter.setPen(_pen(rgb, width))
        for corner, dx, dy in (
            (box.topLeft(), length, length),
            (box.topRight(), -length, length),
            (box.bottomLeft(), length, -length),
            (box.bottomRight(), -length, -length),
        ):
            painter.drawPolyline([corner + QPointF(dx, 0), corner, corner + QPointF(0, dy)])


def _line(painter: QPainter, start: QPointF, end: QPointF, colour: Rgb, halo: Rgb) -> None:
    for rgb, width in ((halo, 3), (colour, 1)):
        painter.setPen(_pen(rgb, width))
        painter.drawLine(start, end)


def _pen(colour: Rgb, width: int) -> QPen:
    pen = QPen(QColor(*colour), width)
    pen.setCapStyle(Qt.PenCapStyle.FlatCap)
    pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
    return pen
