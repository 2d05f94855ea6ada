"""What the left mouse button does: select, move and resize, or draw.

A tool keeps the gesture that is under way and shows it as a preview; the document changes once,
when the button is released. Escape therefore only forgets the preview.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QRectF, Qt
from PySide6.QtGui import QColor, QPainter

from app import placement
from app.canvas.handles import cursor_for, handle_at, paint_handles
from app.canvas.painter import paint_double_line
from app.canvas.picking import Hit, hits_at, rows_touching
from app.placement import BoxArray, Edges
from app.rubber_band import paint_band
from tinaface.boxes import IndexArray

if TYPE_CHECKING:
    from app.canvas.view import Canvas
    from app.document import Document

DRAG_PX = 3
"""A press becomes a drag, or a click a second corner, beyond this many screen pixels."""
REPEAT_PX = 5
"""Another click this near takes the next of stacked boxes."""
PICK_PX = 3
"""How far beside a box a click still takes it: its line lies outside."""


@dataclass(frozen=True)
class Pointer:
    """Where the mouse is, in device pixels of the view and in picture pixels, and the keys held."""

    view: tuple[float, float]
    picture: tuple[float, float]
    modifiers: Qt.KeyboardModifier

    def has(self, modifier: Qt.KeyboardModifier) -> bool:
        return bool(self.modifiers & modifier)

    def distance(self, other: Pointer) -> float:
        """View pixels between two places, the larger of both axes."""
        return max(abs(a - b) for a, b in zip(self.view, other.view, strict=True))


@dataclass(frozen=True)
class _Press:
    """A left press on something, before it is known whether it becomes a drag."""

    pointer: Pointer
    hits: list[Hit]
    was_selected: bool


@dataclass(frozen=True)
class _Move:
    start: Pointer
    rows: IndexArray
    before: BoxArray


@dataclass(frozen=True)
class _Resize:
    start: Pointer
    row: int
    edges: Edges
    before: BoxArray


@dataclass(frozen=True)
class _Band:
    start: Pointer
    end: Pointer
    adds: bool


class SelectTool:
    """Click selects, drag moves, handles resize, a drag from empty ground bands."""

    name = "select"

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._gesture: _Press | _Move | _Resize | _Band | None = None
        self._last_click: Pointer | None = None

    @property
    def is_busy(self) -> bool:
        """Whether a gesture is under way that `cancel` would end."""
        return self._gesture is not None

    def press(self, pointer: Pointer) -> None:
        document = self._canvas.document
        if document is None:
            return
        edges = self._edges_at(pointer)
        if edges is not None and not self._refuses(document):
            (row,) = document.selection
            self._gesture = _Resize(pointer, row, edges, document.gt_boxes[row].copy())
            return
        hits = self._hits(document, pointer)
        if not hits:
            self._gesture = _Band(
                pointer, pointer, pointer.has(Qt.KeyboardModifier.ControlModifier)
            )
            return
        if pointer.has(Qt.KeyboardModifier.ControlModifier):
            self._toggle(document, hits)
            return
        was_selected = any(self._is_selected(document, hit) for hit in hits)
        if not was_selected:
            self._select(document, hits[0])
        self._gesture = _Press(pointer, hits, was_selected)

    def move(self, pointer: Pointer) -> None:
        document = self._canvas.document
        gesture = self._gesture
        if document is None or gesture is None:
            self._canvas.set_pointer_shape(self._shape_at(pointer))
            return
        far = DRAG_PX * self._canvas.unit
        if isinstance(gesture, _Press) and pointer.distance(gesture.pointer) > far:
            rows = document.selected_rows()
            if not len(rows) or self._refuses(document):
                return
            gesture = self._gesture = _Move(gesture.pointer, rows, document.gt_boxes[rows])
        if isinstance(gesture, _Move):
            self._canvas.preview(gesture.rows, self._moved(gesture, pointer))
        elif isinstance(gesture, _Resize):
            box = self._resized(gesture, pointer)
            self._canvas.preview(np.array([gesture.row]), box[None])
        elif isinstance(gesture, _Band):
            self._gesture = _Band(gesture.start, pointer, gesture.adds)
            self._canvas.update()

    def release(self, pointer: Pointer) -> None:
        document = self._canvas.document
        gesture, self._gesture = self._gesture, None
        self._canvas.clear_preview()
        if document is None or gesture is None:
            return
        if isinstance(gesture, _Press):
            self._click(document, gesture, pointer)
        elif isinstance(gesture, _Move):
            document.set_boxes(gesture.rows, self._moved(gesture, pointer))
        elif isinstance(gesture, _Resize):
            self._finish_resize(document, gesture, pointer)
        else:
            self._finish_band(document, gesture, pointer)

    def cancel(self) -> bool:
        """Ends a gesture without effect; False where there was none."""
        was_busy = self.is_busy
        self._gesture = None
        self._canvas.clear_preview()
        return was_busy

    def pick(self, pointer: Pointer) -> None:
        """Selects what a menu asked for here would be about; a selection there stays."""
        document = self._canvas.document
        if document is not None and not self.is_busy:
            hits = self._hits(document, pointer)
            if hits and not any(self._is_selected(document, hit) for hit in hits):
                self._select(document, hits[0])

    def hover(self, pointer: Pointer) -> Hit | None:
        """What a click here would take first."""
        document = self._canvas.document
        if document is None or self.is_busy or self._edges_at(pointer) is not None:
            return None
        return next(iter(self._hits(document, pointer)), None)

    def paint(self, painter: QPainter) -> None:
        """Paints the handles and the rubber band, in device pixels."""
        unit = self._canvas.unit
        box = self._handled_box()
        if box is not None:
            paint_handles(painter, box, unit)
        if isinstance(self._gesture, _Band):
            (x0, y0), (x1, y1) = self._gesture.start.view, self._gesture.end.view
            rect = QRectF(min(x0, x1), min(y0, y1), abs(x1 - x0), abs(y1 - y0))
            paint_band(painter, rect, unit)

    # ---- the single steps ----

    def _click(self, document: Document, press: _Press, pointer: Pointer) -> None:
        """A press without a drag: takes the smallest, a click at the same place the next."""
        last, self._last_click = self._last_click, pointer
        if not press.was_selected:
            return
        near = REPEAT_PX * self._canvas.unit
        chosen = 0
        if last is not None and pointer.distance(last) <= near:
            selected = [self._is_selected(document, hit) for hit in press.hits]
            chosen = (selected.index(True) + 1) % len(press.hits)
        self._select(document, press.hits[chosen])

    def _finish_resize(self, document: Document, gesture: _Resize, pointer: Pointer) -> None:
        if pointer.distance(gesture.start) == 0:
            return
        box = self._resized(gesture, pointer)
        if not placement.is_large_enough(box, self._canvas.least_side):
            self._canvas.hint.emit(self._canvas.tr("Too small for a box: nothing was changed."))
            return
        document.set_boxes([gesture.row], box[None], text=document.tr("Resize box"))

    def _finish_band(self, document: Document, gesture: _Band, pointer: Pointer) -> None:
        self._last_click = None
        if pointer.distance(gesture.start) <= DRAG_PX * self._canvas.unit:
            if not gesture.adds:
                document.select([])
            return
        band = placement.normalise(np.array([*gesture.start.picture, *pointer.picture]))
        touched: set[int] = set()
        if self._canvas.overlay.shows_gt:
            touched = set(rows_touching(document, band).tolist())
        document.select(touched | (document.selection if gesture.adds else set()))

    def _moved(self, gesture: _Move, pointer: Pointer) -> BoxArray:
        dx = pointer.picture[0] - gesture.start.picture[0]
        dy = pointer.picture[1] - gesture.start.picture[1]
        if pointer.has(Qt.KeyboardModifier.ShiftModifier):
            # Straight along one axis.
            dx, dy = (dx, 0.0) if abs(dx) >= abs(dy) else (0.0, dy)
        return placement.move(gesture.before, dx, dy, self._canvas.picture_size)

    def _resized(self, gesture: _Resize, pointer: Pointer) -> BoxArray:
        # The grabbed edge keeps its distance to the cursor: a press beside it moves nothing.
        box = gesture.before
        grabbed = [
            box[2 * (edge > 0) + axis] if edge else 0.0
            for axis, edge in enumerate((gesture.edges.x, gesture.edges.y))
        ]
        to = (
            grabbed[0] + pointer.picture[0] - gesture.start.picture[0],
            grabbed[1] + pointer.picture[1] - gesture.start.picture[1],
        )
        return placement.resize(
            box,
            gesture.edges,
            to,
            self._canvas.picture_size,
            from_centre=pointer.has(Qt.KeyboardModifier.AltModifier),
            keep_aspect=pointer.has(Qt.KeyboardModifier.ShiftModifier),
        )

    def _handled_box(self) -> tuple[float, float, float, float] | None:
        """The one selected box in view pixels, as it is shown now."""
        document = self._canvas.document
        if document is None or len(document.selection) != 1 or not self._canvas.shows_boxes:
            return None
        if isinstance(self._gesture, _Resize | _Move):
            return None
        (row,) = document.selection
        if document.is_hidden[row]:
            return None
        return self._canvas.box_in_view(document.gt_boxes[row])

    def _edges_at(self, pointer: Pointer) -> Edges | None:
        box = self._handled_box()
        return None if box is None else handle_at(box, *pointer.view, self._canvas.unit)

    def _shape_at(self, pointer: Pointer) -> Qt.CursorShape:
        edges = self._edges_at(pointer)
        return Qt.CursorShape.ArrowCursor if edges is None else cursor_for(edges)

    def _refuses(self, document: Document) -> bool:
        """Whether nothing may be dragged; says so once a press."""
        if document.is_locked:
            self._gesture = None
            document.refused.emit()
        return document.is_locked

    def _hits(self, document: Document, pointer: Pointer) -> list[Hit]:
        if not self._canvas.shows_boxes:
            return []
        return hits_at(
            document,
            *pointer.picture,
            self._canvas.to_picture_length(PICK_PX),
            with_boxes=self._canvas.overlay.shows_gt,
            with_predictions=self._canvas.overlay.shows_predictions,
        )

    def _is_selected(self, document: Document, hit: Hit) -> bool:
        if hit.is_prediction:
            return document.selected_prediction == hit.index
        return hit.index in document.selection

    def _select(self, document: Document, hit: Hit) -> None:
        if hit.is_prediction:
            document.select_prediction(hit.index)
        else:
            document.select([hit.index])

    def _toggle(self, document: Document, hits: list[Hit]) -> None:
        rows = [hit.index for hit in hits if not hit.is_prediction]
        if rows:
            document.select(document.selection ^ {rows[0]})


class DrawTool:
    """Draws boxes: press, drag, release; or click, click."""

    name = "draw"

    def __init__(self, canvas: Canvas) -> None:
        self._canvas = canvas
        self._start: Pointer | None = None
        self._now: Pointer | None = None
        self._is_pressed = False

    @property
    def is_busy(self) -> bool:
        """Whether a first corner is set."""
        return self._start is not None

    def press(self, pointer: Pointer) -> None:
        self._is_pressed = True
        if self._start is None:
            self._start = pointer

    def move(self, pointer: Pointer) -> None:
        self._now = pointer
        if self._start is not None:
            self._canvas.tell_place(self._box(self._start, pointer))
        self._canvas.set_pointer_shape(Qt.CursorShape.CrossCursor)
        self._canvas.update()

    def release(self, pointer: Pointer) -> None:
        was_pressed, self._is_pressed = self._is_pressed, False
        if self._start is None or not was_pressed:
            return
        if pointer.distance(self._start) <= DRAG_PX * self._canvas.unit:
            # A click sets the first corner; the next click elsewhere sets the second.
            self._now = pointer
            return
        box = self._box(self._start, pointer)
        self._start = None
        self._canvas.finish_drawing(box)

    def cancel(self) -> bool:
        """Forgets the first corner; False where there was none."""
        was_busy = self.is_busy
        self._start = None
        self._is_pressed = False
        if was_busy:
            self._canvas.hint.emit("")
            self._canvas.update()
        return was_busy

    def pick(self, pointer: Pointer) -> None:
        """Drawing selects nothing."""

    def hover(self, pointer: Pointer) -> Hit | None:
        """Drawing takes no box, so none lights up."""
        return None

    def paint(self, painter: QPainter) -> None:
        """Paints the box under way, and cross hairs before it."""
        unit = self._canvas.unit
        if self._now is None:
            return
        if self._start is None:
            height, width = self._canvas.viewport.view_size
            x, y = (math.floor(value) for value in self._now.view)
            for colour, shift in (((0, 0, 0, 120), unit), ((255, 255, 255, 200), 0)):
                painter.fillRect(x + shift, 0, unit, height, QColor(*colour))
                painter.fillRect(0, y + shift, width, unit, QColor(*colour))
            return
        x0, y0, x1, y1 = self._canvas.box_in_view(self._box(self._start, self._now))
        paint_double_line(painter, QRectF(x0, y0, x1 - x0, y1 - y0), unit)

    def _box(self, start: Pointer, end: Pointer) -> BoxArray:
        return placement.drawn(
            start.picture,
            end.picture,
            self._canvas.picture_size,
            from_centre=end.has(Qt.KeyboardModifier.AltModifier),
            keep_aspect=end.has(Qt.KeyboardModifier.ShiftModifier),
        )
