"""The eight handles of the selected box: where they are, which is under the cursor."""

from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from app.placement import Edges

HANDLE_PX = 7
"""Side of a handle in screen pixels, at every zoom."""
REACH_PX = 3
"""How far beside a handle a press still takes it."""

_ROOMY_PX = 4 * HANDLE_PX

EDGES = tuple(Edges(x, y) for y in (-1, 0, 1) for x in (-1, 0, 1) if (x, y) != (0, 0))

ViewBox = tuple[float, float, float, float]


def handles_of(box: ViewBox, unit: float) -> list[tuple[Edges, float, float]]:
    """The handles of a box given in view pixels: the edges each moves, and its middle.

    On a small box they step outside, so that its inside can still be grabbed to move it, and the
    ones in the middle of a short side are left out.
    """
    x0, y0, x1, y1 = box
    width, height = x1 - x0, y1 - y0
    aside = HANDLE_PX * unit / 2 if min(width, height) < _ROOMY_PX * unit else 0.0
    placed = []
    for edges in EDGES:
        if edges.x == 0 and width < _ROOMY_PX * unit / 2:
            continue
        if edges.y == 0 and height < _ROOMY_PX * unit / 2:
            continue
        x = (x0 + x1) / 2 + edges.x * (width / 2 + aside)
        y = (y0 + y1) / 2 + edges.y * (height / 2 + aside)
        placed.append((edges, x, y))
    return placed


def handle_at(box: ViewBox, x: float, y: float, unit: float) -> Edges | None:
    """The edges that a press at a view point would drag."""
    reach = (HANDLE_PX / 2 + REACH_PX) * unit
    near = [
        (max(abs(x - hx), abs(y - hy)), edges)
        for edges, hx, hy in handles_of(box, unit)
        if max(abs(x - hx), abs(y - hy)) <= reach
    ]
    return min(near, key=lambda pair: pair[0])[1] if near else None


def cursor_for(edges: Edges) -> Qt.CursorShape:
    """The pointer that tells which way a handle goes."""
    if edges.x == 0:
        return Qt.CursorShape.SizeVerCursor
    if edges.y == 0:
        return Qt.CursorShape.SizeHorCursor
    if edges.x == edges.y:
        return Qt.CursorShape.SizeFDiagCursor
    return Qt.CursorShape.SizeBDiagCursor


def paint_handles(painter: QPainter, box: ViewBox, unit: int) -> None:
    """Paints white squares with a black rim."""
    side = HANDLE_PX * unit
    painter.setPen(Qt.PenStyle.NoPen)
    for _, x, y in handles_of(box, unit):
        left, top = round(x - side / 2), round(y - side / 2)
        painter.setBrush(QColor(0, 0, 0))
        painter.drawRect(QRectF(left, top, side, side))
        painter.setBrush(QColor(255, 255, 255))
        painter.drawRect(QRectF(left + unit, top + unit, side - 2 * unit, side - 2 * unit))
