"""Paints one cell of thumbnails: picture, boxes, name, signs, and whether it is picked."""

from dataclasses import dataclass

import numpy as np
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.listing.signs import GONE_OPACITY, MARGIN, paint_signs
from app.schemes import Scheme
from app.session import Session
from app.theme import Theme
from app.thumbnails.painting import (
    Overlay,
    overlay_of,
    paint_broken,
    paint_placeholder,
    paint_thumbnail,
)
from app.thumbnails.shelf import Thumbnails
from app.thumbnails.thumbnail import Thumbnail

RADIUS = 4
FRAME = 2
INSET = 4
NARROW = 120


@dataclass(frozen=True)
class CellState:
    """How a cell stands out."""

    is_current: bool = False
    is_picked: bool = False


class CellPainter:
    """Paints cells of the session's images.

    Attributes:
        overlay: which boxes are painted: both, gt, prediction or none.
    """

    def __init__(self, session: Session, thumbnails: Thumbnails, theme: Theme) -> None:
        self._session = session
        self._thumbnails = thumbnails
        self._theme = theme
        self.overlay = "both"

    def paint(self, painter: QPainter, cell: QRect, side: int, row: int, state: CellState) -> None:
        """Paints a shown image's cell: a square, and below it name and signs."""
        scheme, files = self._theme.scheme, self._session.files
        name = files.name(row)
        painter.save()
        self._paint_ground(painter, cell, state, scheme)
        inner = QRect(cell.left(), cell.top(), cell.width(), side)
        painter.setOpacity(GONE_OPACITY if files.is_gone else 1.0)
        self.paint_picture(painter, inner.adjusted(INSET, INSET, -INSET, -INSET), name)
        caption = QRect(cell.left(), cell.top() + side, cell.width(), cell.height() - side)
        right = paint_signs(painter, caption, files.sign(row), scheme)
        words = caption.adjusted(MARGIN // 2, 0, 0, 0)
        words.setRight(right)
        painter.setOpacity(1.0)
        painter.setPen(QColor(scheme.muted if files.is_gone else scheme.text))
        file, elide = name.rpartition("/")[2], Qt.TextElideMode.ElideMiddle
        if side < NARROW:
            # There is room for the number only, which stands at the end.
            file, elide = file.rpartition(".")[0] or file, Qt.TextElideMode.ElideLeft
        text = painter.fontMetrics().elidedText(file, elide, words.width())
        painter.drawText(words, Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft, text)
        painter.restore()

    def paint_picture(self, painter: QPainter, room: QRect, name: str) -> None:
        """Paints an image's thumbnail into a room, or what stands in its place."""
        scheme = self._theme.scheme
        thumbnail = self._thumbnails.get(name)
        if thumbnail is None:
            paint_placeholder(painter, room, name, scheme)
        elif thumbnail.image is None:
            paint_broken(painter, room, scheme)
        else:
            paint_thumbnail(painter, room, thumbnail, self._boxes(name, thumbnail))

    def _boxes(self, name: str, thumbnail: Thumbnail) -> Overlay:
        """The boxes of an image as they are now: those on the canvas are newer than their file."""
        session = self._session
        document = session.document
        if document is None or session.shown is None or session.shown.name != name:
            return overlay_of(thumbnail, session.threshold, self.overlay)
        found = document.predictions
        live = Thumbnail(
            thumbnail.image,
            thumbnail.size,
            np.asarray(document.gt_boxes, np.float32),
            found.xyxy,
            found.scores,
        )
        return overlay_of(live, session.threshold, self.overlay)

    def _paint_ground(
        self, painter: QPainter, cell: QRect, state: CellState, scheme: Scheme
    ) -> None:
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        if state.is_picked:
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(scheme.selected))
            painter.drawRoundedRect(cell, RADIUS, RADIUS)
            painter.setBrush(Qt.BrushStyle.NoBrush)
        if state.is_picked or state.is_current:
            style = Qt.PenStyle.SolidLine if state.is_current else Qt.PenStyle.DotLine
            painter.setPen(QPen(QColor(scheme.accent), FRAME, style))
            painter.drawRoundedRect(cell.adjusted(1, 1, -1, -1), RADIUS, RADIUS)
