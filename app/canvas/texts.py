"""Writes at boxes what they are, and points to boxes that are out of view.

Texts are painted over the kept layers at every repaint: they are few, and they keep inside the
view while the picture moves below them.
"""

import math

import numpy as np
from PySide6.QtCore import QPointF, QRect, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QPainter, QPolygonF

from app.canvas.painter import Look, rows_in, to_view
from app.canvas.scene import Scene, Texts
from app.canvas.viewport import Viewport
from tinaface.boxes import IndexArray, area

TEXTS_UP_TO = 60
"""With more boxes in view, only the selected and hovered ones have a text."""
ARROWS_UP_TO = 20

_ARROW_PX = 9
_PLATE_ALPHA = 205
_GREY_ON_BRIGHT, _GREY_ON_DARK = QColor(0x40, 0x40, 0x40), QColor(0xD0, 0xD0, 0xD0)


def paint_texts(
    painter: QPainter,
    scene: Scene,
    viewport: Viewport,
    look: Look,
    texts: Texts,
    font: QFont,
    hovered: int | None,
) -> None:
    """Writes at the selected and hovered boxes, and at all if few enough are in view.

    Args:
        font: its pixel size is in device pixels.
        hovered: row of the scene under the cursor.
    """
    if texts is Texts.NONE:
        return
    height, width = viewport.view_size
    view = QRect(0, 0, width, height)
    rows = rows_in(scene.xyxy, viewport, view)
    is_chosen = scene.is_selected.copy()
    if hovered is not None:
        is_chosen[hovered] = True
    if len(rows) > TEXTS_UP_TO:
        rows = rows[is_chosen[rows]][:TEXTS_UP_TO]
    has_one = np.count_nonzero(scene.is_selected) == 1
    painter.setFont(font)
    metrics = QFontMetrics(font)
    taken: list[QRect] = []
    # The chosen ones first, then the largest: a text that would cover another is left out.
    sizes = area(scene.xyxy[rows])
    for row in rows[np.lexsort((-sizes, ~is_chosen[rows]))].tolist():
        with_size = row == hovered or (has_one and bool(scene.is_selected[row]))
        text = scene.text(row, texts, with_size=with_size)
        if not text:
            continue
        placed = to_view(scene.xyxy[[row]], viewport)[0].tolist()
        plate = _plate(metrics, text, placed, bool(scene.is_prediction[row]), look, view)
        if not any(plate.intersects(other) for other in taken):
            taken.append(plate)
            _paint_text(painter, plate, text, int(scene.colour[row]), metrics, look)


def _plate(
    metrics: QFontMetrics, text: str, box: list[int], is_prediction: bool, look: Look, view: QRect
) -> QRect:
    """Where a text goes: above a box or below a prediction, inside the view."""
    x0, y0, _, y1 = box
    gap = 3 * look.unit
    plate = QRect(0, 0, metrics.horizontalAdvance(text) + 4 * look.unit, metrics.height())
    y = y1 + gap if is_prediction else y0 - gap - plate.height()
    plate.moveTo(
        min(max(x0 - look.unit, view.left()), view.right() + 1 - plate.width()),
        min(max(y, view.top()), view.bottom() + 1 - plate.height()),
    )
    return plate


def _paint_text(
    painter: QPainter, plate: QRect, text: str, line: int, metrics: QFontMetrics, look: Look
) -> None:
    ground = QColor(*look.colours.halo)
    ground.setAlpha(_PLATE_ALPHA)
    painter.fillRect(plate, ground)
    colour = QColor.fromRgba(line)
    if colour.saturation() == 0:
        # The mid-grey of ignore regions can be read on neither plate.
        colour = _GREY_ON_BRIGHT if ground.lightness() > 127 else _GREY_ON_DARK
    painter.setPen(colour)
    painter.drawText(plate.x() + 2 * look.unit, plate.y() + metrics.ascent(), text)


def paint_arrows(painter: QPainter, scene: Scene, viewport: Viewport, look: Look) -> None:
    """Points from the view's edge to selected boxes out of view, and to those out of picture."""
    height, width = viewport.view_size
    rows = _worth_an_arrow(scene, viewport.picture_size)
    is_seen = np.zeros(len(scene), bool)
    is_seen[rows_in(scene.xyxy, viewport, QRect(0, 0, width, height))] = True
    rows = rows[~is_seen[rows]][:ARROWS_UP_TO]
    for row, (x0, y0, x1, y1) in zip(
        rows.tolist(), to_view(scene.xyxy[rows], viewport).tolist(), strict=True
    ):
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        rim = 1.5 * _ARROW_PX * look.unit
        tip = QPointF(min(max(x, rim), width - rim), min(max(y, rim), height - rim))
        angle = math.atan2(y - tip.y(), x - tip.x())
        painter.setBrush(QColor.fromRgba(int(scene.colour[row])))
        painter.setPen(QColor(*look.colours.halo))
        painter.drawPolygon(_arrow(tip, angle, _ARROW_PX * look.unit), Qt.FillRule.WindingFill)


def _worth_an_arrow(scene: Scene, picture_size: tuple[int, int]) -> IndexArray:
    height, width = picture_size
    box = scene.xyxy
    is_outside = (box[:, 2] <= 0) | (box[:, 3] <= 0) | (box[:, 0] >= width) | (box[:, 1] >= height)
    return np.flatnonzero(scene.is_selected | (is_outside & ~scene.is_prediction))


def _arrow(tip: QPointF, angle: float, size: float) -> QPolygonF:
    corners = [(0.0, 1.0), (math.radians(145), 1.0), (math.pi, 0.4), (math.radians(-145), 1.0)]
    return QPolygonF(
        [
            QPointF(
                tip.x() + length * size * math.cos(angle + turn),
                tip.y() + length * size * math.sin(angle + turn),
            )
            for turn, length in corners
        ]
    )
