"""The small signs beside an image's name: what it has, and how far the review is."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QPainter, QPen

from app.models.files import Sign
from app.schemes import Scheme
from app.theme import pixmap

MARGIN = 10
SIGN_WIDTH = 14
GONE_OPACITY = 0.4
"""Of signs and pictures while their folder is out of reach."""


def paint_signs(painter: QPainter, rect: QRect, sign: Sign, scheme: Scheme) -> int:
    """Paints the signs from the right and gives where the room for the name ends.

    They differ by shape, not only by colour: a filled square has labels, a hollow one predictions,
    a dot unsaved edits, a triangle a fault; a check mark was reviewed, a question mark is
    doubtful.
    """
    x = rect.right() - MARGIN
    middle = rect.center().y()
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    if sign & Sign.LABELS:
        painter.fillRect(QRect(x - 7, middle - 3, 8, 8), QColor(scheme.accent))
        x -= SIGN_WIDTH
    if sign & Sign.PREDICTIONS:
        painter.setPen(QPen(QColor(scheme.warning), 1.4, Qt.PenStyle.DotLine))
        painter.drawRect(QRect(x - 7, middle - 3, 7, 7))
        x -= SIGN_WIDTH
    if sign & Sign.UNSAVED:
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(scheme.warning))
        painter.drawEllipse(QRect(x - 7, middle - 3, 7, 7))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        x -= SIGN_WIDTH
    if sign & (Sign.REVIEWED | Sign.DOUBT):
        is_done = not sign & Sign.DOUBT
        painter.setPen(QColor(scheme.good if is_done else scheme.warning))
        place = QRect(x - SIGN_WIDTH + 2, rect.top(), SIGN_WIDTH, rect.height())
        painter.drawText(place, Qt.AlignmentFlag.AlignCenter, "✓" if is_done else "?")
        x -= SIGN_WIDTH
    if sign & Sign.FAULT:
        painter.drawPixmap(QRect(x - 12, middle - 7, 14, 14), pixmap("warning", scheme.bad, 28))
        x -= SIGN_WIDTH + 4
    return x - 2
