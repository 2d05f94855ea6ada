"""The canvas: one widget that shows a picture with its boxes and lets them be edited.

It paints arrays (`scene.py`, `painter.py`) over a kept picture (`layers.py`). Keys are the
window's (`app/actions.py`): here are the methods that they call, and the one key that no action
can be, holding B to hide all boxes.
"""

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRectF, Qt, Signal, SignalInstance
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QFocusEvent,
    QFont,
    QFontInfo,
    QImage,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
)
from PySide6.QtWidgets import QWidget

from app import placement
from app.canvas.colours import LIGHT, Theme, box_colours
from app.canvas.layers import Layers
from app.canvas.painter import Look, to_view
from app.canvas.picking import Hit
from app.canvas.picture_view import PictureView
from app.canvas.pyramid import Pyramid
from app.canvas.scene import Overlay, Scene, Texts, build_scene
from app.canvas.texts import paint_arrows, paint_texts
from app.canvas.tools import DrawTool, Pointer, SelectTool
from app.document import Document
from app.placement import BoxArray, Edges
from tinaface.boxes import IndexArray

_FOCUS_PX = 2
_TEXT_SIZE = 0.92
_PAN_STEP_PX = 40


class Canvas(PictureView):
    """Shows one picture and its document, and lets its boxes be edited.

    Attributes:
        least_side: image pixels; what is drawn or resized to less is dropped.
        is_checkered, has_halo: see `Look`.
    """

    cursor_moved = Signal(float, float)
    cursor_left = Signal()
    tool_changed = Signal(str)
    hint = Signal(str)
    context_menu_requested = Signal(QPoint, object)
    scene_changed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.document: Document | None = None
        self.overlay = Overlay.BOTH
        self.texts = Texts.SCORE
        self.theme = LIGHT
        self.least_side = placement.MINIMUM_SIDE
        self.is_checkered, self.has_halo = False, True
        self._layers = Layers()
        self._scene: Scene | None = None
        self._look: Look | None = None
        self._preview: tuple[IndexArray, BoxArray] | None = None
        self._is_hidden_by_key = False
        self._hovered: Hit | None = None
        self._draws_many = False
        self._select_tool, self._draw_tool = SelectTool(self), DrawTool(self)
        self._tool: SelectTool | DrawTool = self._select_tool
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Picture"))
        self._describe()

    # ---- what is shown ----

    def set_image(self, image: QImage | Pyramid | None, name: str | None = None) -> None:
        self._tool.cancel()
        super().set_image(image, name)
        self._look = None
        self._forget_scene()

    def set_document(self, document: Document | None) -> None:
        """Shows another document's boxes, and follows its changes."""
        self._tool.cancel()
        if self.document is not None:
            for signal in _signals(self.document):
                signal.disconnect(self._on_document_changed)
        self.document = document
        if document is not None:
            for signal in _signals(document):
                signal.connect(self._on_document_changed)
        self._on_document_changed()

    def set_theme(self, theme: Theme) -> None:
        """Takes the window's colours."""
        self.theme = theme
        self._look = None
        self._forget_scene()

    def set_look(self, *, is_checkered: bool, has_halo: bool) -> None:
        """Chooses what lies behind transparent pictures, and whether lines have a rim."""
        if (is_checkered, has_halo) != (self.is_checkered, self.has_halo):
            self.is_checkered, self.has_halo, self._look = is_checkered, has_halo, None
            self._forget_scene()

    def set_overlay(self, name: str) -> None:
        """Shows "both", "gt", "prediction" or "none"."""
        self.overlay = Overlay(name)
        self._forget_scene()

    def set_texts(self, name: str) -> None:
        """Writes "none", "score" or "all" at boxes."""
        self.texts = Texts(name)
        self.update()

    def next_texts(self) -> None:
        """Writes scores only, then all, then nothing at boxes."""
        order = (Texts.SCORE, Texts.ALL, Texts.NONE)
        self.set_texts(order[(order.index(self.texts) + 1) % len(order)].value)

    def set_boxes_hidden(self, is_hidden: bool) -> None:
        """Hides all boxes while a key is held."""
        if is_hidden != self._is_hidden_by_key:
            self._is_hidden_by_key = is_hidden
            self._forget_scene()

    @property
    def shows_boxes(self) -> bool:
        """Whether any box could be seen."""
        return not self._is_hidden_by_key and self.overlay is not Overlay.NONE

    @property
    def picture_size(self) -> tuple[int, int]:
        """Height and width in which boxes are edited."""
        return self.document.image_size if self.document else self.viewport.picture_size

    # ---- the view follows boxes ----

    def toggle_zoom_to_box(self) -> None:
        """Zooms to the selected boxes or prediction; the second time back to where it was."""
        boxes = self.selected_boxes()
        if not self.show_before_box() and len(boxes):
            self.show_box(placement.bounds(boxes))

    def reveal(self, xyxy: BoxArray) -> None:
        """Pans, without zooming, until a `[4]` box is in view."""
        x0, y0, x1, y1 = self.box_in_view(xyxy)
        height, width = self.viewport.view_size
        if x1 < 0 or y1 < 0 or x0 > width or y0 > height:
            self.centre_on(float(xyxy[0] + xyxy[2]) / 2, float(xyxy[1] + xyxy[3]) / 2)

    def box_in_view(self, xyxy: BoxArray) -> tuple[float, float, float, float]:
        """A `[4]` box in device pixels of the view, where it is painted."""
        x0, y0, x1, y1 = to_view(np.asarray(xyxy, np.float64)[None], self.viewport)[0].tolist()
        return x0, y0, x1, y1

    # ---- tools and edits ----

    @property
    def tool(self) -> str:
        """The name of the tool in use."""
        return self._tool.name

    def set_tool(self, name: str, *, many: bool = False) -> None:
        """Takes "select" or "draw"; `many` keeps drawing until `cancel`."""
        tools = {tool.name: tool for tool in (self._select_tool, self._draw_tool)}
        if name not in tools:
            raise ValueError(f"no tool {name!r}, only {', '.join(tools)}")
        self._tool.cancel()
        self._draws_many = many
        changed = tools[name] is not self._tool
        self._tool = tools[name]
        self.set_pointer_shape(
            Qt.CursorShape.CrossCursor if name == "draw" else Qt.CursorShape.ArrowCursor
        )
        self._hovered = None
        self.update()
        if changed:
            self.tool_changed.emit(name)

    def finish_drawing(self, xyxy: BoxArray) -> None:
        """Adds a drawn box, if it is large enough to be one."""
        if self.document is None:
            return
        if not placement.is_large_enough(xyxy, self.least_side):
            self.hint.emit(self.tr("Too small for a box: nothing was added."))
        else:
            self.hint.emit("")
            self.document.add_box(xyxy)
            if not self._draws_many:
                self.set_tool("select")
        self.update()

    def nudge(self, dx: float, dy: float) -> None:
        """Moves the selected boxes by image pixels; without any, pans the picture."""
        if self.document is not None and self.document.selection:
            self.document.nudge(dx, dy)
        else:
            self.pan(-dx * _PAN_STEP_PX, -dy * _PAN_STEP_PX)

    def move_edge(self, edge_x: int, edge_y: int, dx: float, dy: float) -> None:
        """Moves an edge of each selected box: -1 is left or top, 1 right or bottom, 0 none."""
        if self.document is not None:
            self.document.nudge_edges(Edges(edge_x, edge_y), dx, dy, self.least_side)

    def select_next(self, step: int = 1) -> None:
        """Selects the next box in reading order, or the one before."""
        if self.document is None:
            return
        rows = placement.reading_order(self.document.gt_boxes)
        rows = rows[~self.document.is_hidden[rows]]
        if not len(rows):
            return
        at = np.flatnonzero(np.isin(rows, self.document.selected_rows()))
        start = (-1 if step > 0 else 0) if not len(at) else int(at[-1 if step > 0 else 0])
        row = int(rows[(start + step) % len(rows)])
        self.document.select([row])
        self.reveal(self.document.gt_boxes[row])

    def delete_selection(self) -> None:
        """Deletes the selected boxes."""
        if self.document is not None:
            self.document.delete_selected()

    def cancel(self) -> bool:
        """Ends a drag, else the draw tool, else the selection; False where none was."""
        if self._tool.cancel():
            return True
        if self._tool is self._draw_tool:
            self.set_tool("select")
            return True
        document = self.document
        if document is None:
            return False
        was_selected = bool(document.selection) or document.selected_prediction is not None
        document.select([])
        return was_selected

    # ---- for the tools ----

    def preview(self, rows: IndexArray, xyxy: BoxArray) -> None:
        """Shows boxes at other places without changing the document."""
        self._preview = (rows, xyxy)
        self._forget_scene()
        self.tell_place(placement.bounds(xyxy))

    def tell_place(self, xyxy: BoxArray) -> None:
        """Hints at the place and size of the `[4]` box under way."""
        locale = self.locale()
        x0, y0, x1, y1 = (float(value) for value in xyxy)
        x, y, width, height = (locale.toString(v, "f", 1) for v in (x0, y0, x1 - x0, y1 - y0))
        self.hint.emit(
            self.tr("x {x}, y {y}, {width} wide, {height} high").format(
                x=x, y=y, width=width, height=height
            )
        )

    def clear_preview(self) -> None:
        """Shows all boxes where the document has them."""
        if self._preview is not None:
            self._preview = None
            self._forget_scene()
            self.hint.emit("")
        self.update()

    def set_pointer_shape(self, shape: Qt.CursorShape) -> None:
        """Changes the mouse pointer, if it is another."""
        if self.cursor().shape() != shape:
            self.setCursor(shape)

    # ---- changes ----

    def _on_document_changed(self) -> None:
        self._hovered = None
        self._describe()
        self._forget_scene()

    def _forget_scene(self) -> None:
        self._scene = None
        self.scene_changed.emit()
        self.update()

    def _describe(self) -> None:
        if self.document is None:
            self.setAccessibleDescription(self.tr("No labels are open."))
            return
        self.setAccessibleDescription(
            self.tr("{boxes} boxes, {selected} selected, {predictions} predictions").format(
                boxes=len(self.document.gt_boxes),
                selected=len(self.document.selection),
                predictions=len(self.document.visible_places()),
            )
        )

    def selected_boxes(self) -> BoxArray:
        """`[N, 4]` selected boxes, or the selected prediction."""
        document = self.document
        if document is None:
            return np.zeros((0, 4))
        if document.selected_prediction is not None:
            return document.predictions.xyxy[[document.selected_prediction]].astype(np.float64)
        return document.gt_boxes[document.selected_rows()]

    # ---- painting ----

    def look(self) -> Look:
        """How boxes are painted on this picture and screen."""
        if self._look is None or self._look.unit != self.unit:
            on_board, picture = self.is_checkered, self._picture
            brightness = picture.brightness(is_checkered=on_board) if picture else 0.0
            self._look = Look(box_colours(brightness), self.unit, on_board, self.has_halo)
        return self._look

    def _text_font(self) -> QFont:
        """The window's font, a little smaller, in device pixels."""
        font = QFont(self.font())
        pixels = QFontInfo(font).pixelSize() * _TEXT_SIZE * self.devicePixelRatioF()
        font.setPixelSize(max(round(pixels), 1))
        return font

    def scene(self) -> Scene | None:
        """What is painted of the document; None where no box is shown."""
        if self.document is None or not self.shows_boxes:
            return None
        if self._scene is None:
            colours = self.look().colours
            self._scene = build_scene(self.document, colours, self.overlay)
            if self._preview is not None:
                self._scene = self._scene.with_boxes(*self._preview)
        return self._scene

    def paintEvent(self, event: QPaintEvent) -> None:
        look = self.look()
        scene = self.scene()
        image = self._layers.update(self._picture, scene, self.viewport, look, self.theme.surround)
        painter = QPainter(self)
        ratio = self.devicePixelRatioF()
        painter.scale(1 / ratio, 1 / ratio)
        painter.drawImage(0, 0, image)
        if self._picture is None:
            painter.setPen(self.theme.text)
            painter.setFont(self._text_font())
            area = QRectF(0, 0, image.width(), image.height())
            painter.drawText(area, Qt.AlignmentFlag.AlignCenter, self.tr("No picture"))
        if scene is not None:
            hovered = self._hovered_row(scene)
            if hovered is not None and not scene.is_selected[hovered]:
                self._paint_hovered(painter, scene, hovered, look)
            paint_arrows(painter, scene, self.viewport, look)
            font = self._text_font()
            paint_texts(painter, scene, self.viewport, look, self.texts, font, hovered)
        self._tool.paint(painter)
        if self.hasFocus():
            self._paint_focus(painter)
        painter.end()

    def _hovered_row(self, scene: Scene) -> int | None:
        if self._hovered is None:
            return None
        return scene.row_of(self._hovered.index, self._hovered.is_prediction)

    def _paint_hovered(self, painter: QPainter, scene: Scene, row: int, look: Look) -> None:
        x0, y0, x1, y1 = self.box_in_view(scene.xyxy[row])
        grow = 1.5 * look.unit
        pen = QPen(QColor.fromRgba(int(scene.colour[row])), 3 * look.unit)
        pen.setJoinStyle(Qt.PenJoinStyle.MiterJoin)
        painter.setPen(pen)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.drawRect(QRectF(x0, y0, x1 - x0, y1 - y0).adjusted(-grow, -grow, grow, grow))

    def _paint_focus(self, painter: QPainter) -> None:
        height, width = self.viewport.view_size
        thick = _FOCUS_PX * self.unit
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(QPen(self.theme.focus, thick))
        painter.drawRect(QRectF(thick / 2, thick / 2, width - thick, height - thick))

    # ---- events ----

    def event(self, event: QEvent) -> bool:
        if event.type() == QEvent.Type.DevicePixelRatioChange:
            self._look = None
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            super().mousePressEvent(event)
        elif not self.navigation.is_panning and self._picture is not None:
            self._tool.press(self._pointer(event))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        super().mouseMoveEvent(event)
        pointer = self._pointer(event)
        self.cursor_moved.emit(*pointer.picture)
        if self.navigation.is_panning:
            return
        self._tool.move(pointer)
        hovered = self._tool.hover(pointer)
        if hovered != self._hovered:
            self._hovered = hovered
            self.update()

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            if self._picture is not None:
                self._tool.release(self._pointer(event))
        elif self.navigation.release(event):
            self._tool.pick(self._pointer(event))
            self.context_menu_requested.emit(event.globalPosition().toPoint(), self._hovered)

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton or self._tool is self._draw_tool:
            self.mousePressEvent(event)
            return
        self._tool.cancel()
        hit = self._tool.hover(self._pointer(event))
        if hit is not None and self.document is not None:
            boxes = self.document.predictions.xyxy if hit.is_prediction else self.document.gt_boxes
            self.show_box(boxes[hit.index])

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        # The mouse asks on release, in `mouseReleaseEvent`: its right drag pans.
        if event.reason() is not QContextMenuEvent.Reason.Mouse:
            self.context_menu_requested.emit(event.globalPos(), None)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        is_plain = event.modifiers() == Qt.KeyboardModifier.NoModifier
        if event.key() == Qt.Key.Key_B and is_plain and not event.isAutoRepeat():
            self.set_boxes_hidden(True)
        elif event.key() != Qt.Key.Key_B:
            super().keyPressEvent(event)

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_B and not event.isAutoRepeat():
            self.set_boxes_hidden(False)
        elif event.key() != Qt.Key.Key_B:
            super().keyReleaseEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        self.update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        # A key that is released in another window would hide the boxes for ever.
        self.set_boxes_hidden(False)
        self.update()

    def leaveEvent(self, event: QEvent) -> None:
        super().leaveEvent(event)
        self._hovered = None
        self.cursor_left.emit()
        self.update()

    def _pointer(self, event: QMouseEvent) -> Pointer:
        at = event.position() * self.devicePixelRatioF()
        view = (at.x(), at.y())
        return Pointer(view, self.viewport.to_picture(*view), event.modifiers())


def _signals(document: Document) -> tuple[SignalInstance, ...]:
    return document.boxes_changed, document.selection_changed, document.predictions_changed
