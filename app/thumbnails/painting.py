"""Paints a thumbnail: the small picture with its boxes, or what stands in its place."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect, QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.canvas.colours import ON_BRIGHT, ON_DARK, Rgb
from app.schemes import Scheme
from app.theme import pixmap
from app.thumbnails.thumbnail import Thumbnail
from tinaface.boxes import FloatArray

HALO_ALPHA = 130
# Of more boxes the halos would hide the picture.
MOST_HALOS = 150
CROWD_ALPHA = 120
LEAST_SIDE = 2.0


@dataclass(frozen=True, eq=False)
class Overlay:
    """The boxes to paint, in pixels of the full picture.

    Attributes:
        gt_boxes, predictions: `[N, 4]`, the predictions above the threshold only.
    """

    gt_boxes: FloatArray
    predictions: FloatArray


def overlay_of(thumbnail: Thumbnail, threshold: float, shown: str) -> Overlay:
    """What is painted of a thumbnail's own boxes: `shown` is both, gt, prediction or none."""
    nothing = thumbnail.gt_boxes[:0]
    above = thumbnail.scores >= threshold
    return Overlay(
        thumbnail.gt_boxes if shown in ("both", "gt") else nothing,
        thumbnail.predictions[above] if shown in ("both", "prediction") else nothing,
    )


def fitted(size: QSize, room: QRect) -> QRect:
    """Where a picture of this size lies, in the middle of the room; not enlarged beyond it."""
    scaled = size.scaled(room.size(), Qt.AspectRatioMode.KeepAspectRatio)
    place = QRect(0, 0, max(scaled.width(), 1), max(scaled.height(), 1))
    place.moveCenter(room.center())
    return place


def paint_thumbnail(
    painter: QPainter, room: QRect, thumbnail: Thumbnail, overlay: Overlay
) -> QRect:
    """Paints picture and boxes into the room and gives the picture's place."""
    assert thumbnail.image is not None
    place = fitted(thumbnail.image.size(), room)
    painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
    painter.drawImage(place, thumbnail.image)
    height, width = thumbnail.size
    if not (height and width):
        return place
    painter.save()
    painter.setClipRect(place)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    colours = ON_BRIGHT if thumbnail.is_bright else ON_DARK
    scale = np.array([place.width() / width, place.height() / height] * 2)
    corner = np.array([place.x(), place.y()] * 2)
    # Dashes over a solid line: of two boxes in one place both are seen.
    layers = [
        (_rects(boxes * scale + corner), colour, style)
        for boxes, colour, style in (
            (overlay.gt_boxes, colours.gt, Qt.PenStyle.SolidLine),
            (overlay.predictions, colours.prediction, Qt.PenStyle.DashLine),
        )
    ]
    painter.setPen(QPen(QColor(*colours.halo, HALO_ALPHA), 3.0))
    for rects, _, _ in layers:
        if 0 < len(rects) <= MOST_HALOS:
            painter.drawRects(rects)
    for rects, colour, style in layers:
        if rects:
            painter.setPen(_pen(colour, len(rects), style))
            painter.drawRects(rects)
    painter.restore()
    return place


def _rects(placed: FloatArray) -> list[QRectF]:
    sides = np.maximum(placed[:, 2:] - placed[:, :2], LEAST_SIDE)
    return [
        QRectF(*corner, *side)
        for corner, side in zip(placed[:, :2].tolist(), sides.tolist(), strict=True)
    ]


def _pen(colour: Rgb, boxes: int, style: Qt.PenStyle) -> QPen:
    if boxes <= MOST_HALOS:
        return QPen(QColor(*colour), 1.4, style)
    return QPen(QColor(*colour, CROWD_ALPHA), 1.0)  # fine and clear, so that faces are still seen


def paint_placeholder(painter: QPainter, room: QRect, name: str, scheme: Scheme) -> None:
    """Stands for a picture that is on its way."""
    painter.fillRect(room, QColor(scheme.hover))
    painter.setPen(QColor(scheme.muted))
    inner = room.adjusted(6, 6, -6, -6)
    text = painter.fontMetrics().elidedText(
        name.rpartition("/")[2], Qt.TextElideMode.ElideMiddle, inner.width()
    )
    painter.drawText(inner, Qt.AlignmentFlag.AlignCenter, text)


def paint_broken(painter: QPainter, room: QRect, scheme: Scheme) -> None:
    """Stands for a picture that cannot be shown."""
    painter.fillRect(room, QColor(scheme.hover))
    side = max(16, min(40, room.height() // 3))
    sign = QRect(0, 0, side, side)
    sign.moveCenter(room.center())
    painter.drawPixmap(sign, pixmap("broken", scheme.bad, 2 * side))
