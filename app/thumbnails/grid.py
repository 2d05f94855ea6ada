"""The images as a grid of thumbnails: moving by keys, several picked at once.

A scroll area of its own: Qt's list view would place 32,000 cells anew after every change.
"""

from collections.abc import Iterator, Sequence

from PySide6.QtCore import QEvent, QModelIndex, QPoint, QRect, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QHelpEvent,
    QKeyEvent,
    QKeySequence,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from app.error_texts import told
from app.rubber_band import Cells, RubberBand
from app.session import Session
from app.theme import Theme
from app.thumbnails.cell import CellPainter, CellState
from app.thumbnails.shelf import Thumbnails

GAP = 8
PADDING = 6
CAPTION_PADDING = 6


class ThumbnailGrid(QAbstractScrollArea):
    """Shows the list of images as it is filtered and sorted.

    Signals:
        current_changed: name of the image that the user moved to.
        activated: name of an image to open.
        picks_changed: other images are picked.
    """

    current_changed = Signal(str)
    activated = Signal(str)
    picks_changed = Signal()

    def __init__(
        self,
        session: Session,
        thumbnails: Thumbnails,
        theme: Theme,
        side: int,
        *,
        picks_many: bool,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._session = session
        self._files = session.files
        self._thumbnails = thumbnails
        self._cells = CellPainter(session, thumbnails, theme)
        self._side = side
        self._picks_many = picks_many
        self._current: str | None = session.name
        self._anchor: str | None = None
        self._picked: set[str] = set()
        self._band = RubberBand(self, self._all_cells)
        self._band.changed.connect(self.viewport().update)
        self._band.taken.connect(self._take_band)
        self._kept_place: tuple[str, int] | None = None
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setAccessibleName(self.tr("Images as thumbnails"))
        self.viewport().setMouseTracking(True)
        self.verticalScrollBar().valueChanged.connect(self.viewport().update)
        thumbnails.ready.connect(self._update_cell)
        files = session.files
        files.modelAboutToBeReset.connect(self._remember_place)
        files.modelReset.connect(self._on_reset)
        files.rowsInserted.connect(self._fit)
        files.dataChanged.connect(self._on_data)
        session.folder_changed.connect(self._on_folder)
        for signal in (theme.changed, session.threshold_changed, session.edited):
            signal.connect(self.viewport().update)
        self._fit()

    # ---- asking ----

    @property
    def current(self) -> str | None:
        """The image that keys act on."""
        return self._current

    @property
    def picked(self) -> list[str]:
        """The picked images in the order of the list; the current one if none are."""
        chosen = [name for name in self._files.names() if name in self._picked]
        return chosen or ([self._current] if self._current is not None else [])

    @property
    def picked_count(self) -> int:
        """How many images are picked."""
        return len(self._picked)

    @property
    def columns(self) -> int:
        """How many cells stand side by side."""
        return max(1, (self.viewport().width() - GAP) // (self._side + GAP))

    def _row(self) -> int | None:
        return None if self._current is None else self._files.row_of(self._current)

    # ---- looks ----

    @property
    def side(self) -> int:
        """Of a cell's square, in pixels."""
        return self._side

    def set_side(self, side: int) -> None:
        """Makes the cells larger or smaller; the current one stays in view."""
        if side != self._side:
            self._side = side
            self._fit()
            self._reveal()

    def set_overlay(self, shown: str) -> None:
        """Which boxes are painted: both, gt, prediction or none."""
        self._cells.overlay = shown
        self.viewport().update()

    @property
    def _cell_height(self) -> int:
        return self._side + self.fontMetrics().height() + CAPTION_PADDING

    def _cell(self, row: int) -> QRect:
        """The place of a row's cell in the viewport."""
        columns, height = self.columns, self._cell_height + GAP
        x = GAP + row % columns * self._pitch
        y = GAP + row // columns * height - self.verticalScrollBar().value()
        return QRect(x, y, self._side, self._cell_height)

    @property
    def _pitch(self) -> int:
        """From one cell to its neighbour: they spread over the width."""
        return (self.viewport().width() - GAP) // self.columns

    def _row_at(self, at: QPoint) -> int | None:
        columns = self.columns
        column = (at.x() - GAP) // self._pitch
        line = (at.y() + self.verticalScrollBar().value() - GAP) // (self._cell_height + GAP)
        row = line * columns + column
        is_inside = 0 <= column < columns and 0 <= row < self._files.rowCount()
        return row if is_inside and self._cell(row).contains(at) else None

    def _visible_rows(self, lines_more: int = 0) -> range:
        height, top = self._cell_height + GAP, self.verticalScrollBar().value()
        first = max(top // height - lines_more, 0) * self.columns
        last = ((top + self.viewport().height()) // height + 1 + lines_more) * self.columns
        return range(min(first, self._files.rowCount()), min(last, self._files.rowCount()))

    def _fit(self) -> None:
        """Gives the scroll bar the length of the list."""
        lines = -(-self._files.rowCount() // self.columns)
        height = lines * (self._cell_height + GAP) + GAP
        bar = self.verticalScrollBar()
        bar.setRange(0, max(height - self.viewport().height(), 0))
        bar.setPageStep(max(self.viewport().height(), 1))
        bar.setSingleStep((self._cell_height + GAP) // 3)
        self.viewport().update()

    # ---- following the list ----

    def _remember_place(self) -> None:
        rows = self._visible_rows()
        row = self._row()
        if row is None or row not in rows:
            row = rows.start if len(rows) else None
        self._kept_place = None
        if row is not None:
            self._kept_place = self._files.name(row), self._cell(row).top()

    def _on_reset(self) -> None:
        self._band.end()
        self._fit()
        if self._kept_place is not None and self._files.total:
            name, top = self._kept_place
            line = self._files.row_near(name) // self.columns
            self.verticalScrollBar().setValue(GAP + line * (self._cell_height + GAP) - top)
        self.viewport().update()

    def _on_data(self, first: QModelIndex, last: QModelIndex) -> None:
        if first.row() == last.row():
            self.viewport().update(self._cell(first.row()))
        else:
            self.viewport().update()

    def _on_folder(self) -> None:
        self._picked.clear()
        self._current, self._anchor = None, None

    def _update_cell(self, name: str) -> None:
        row = self._files.row_of(name)
        if row is not None and row in self._visible_rows():
            self.viewport().update(self._cell(row))

    def show_current(self, name: str | None) -> None:
        """Marks an image as the current one without telling anybody, and brings it into view."""
        self._current = name
        self._reveal()
        self.viewport().update()

    def _reveal(self) -> None:
        row = self._row()
        if row is None:
            return
        cell, bar = self._cell(row), self.verticalScrollBar()
        if cell.top() < GAP:
            bar.setValue(bar.value() + cell.top() - GAP)
        elif cell.bottom() > self.viewport().height() - GAP:
            bar.setValue(bar.value() + cell.bottom() - self.viewport().height() + GAP)

    # ---- picking ----

    def _move_to(self, row: int, *, extends: bool = False, toggles: bool = False) -> None:
        name = self._files.name(row)
        if extends and self._picks_many:
            anchor = self._files.row_of(self._anchor) if self._anchor is not None else None
            first = row if anchor is None else anchor
            self._picked = {self._files.name(one) for one in _between(first, row)}
        elif toggles and self._picks_many:
            self._picked ^= {name}
            self._anchor = name
        else:
            self._picked = {name} if self._picks_many else set()
            self._anchor = name
        self._current = name
        self._reveal()
        self.viewport().update()
        self._announce(row)
        self.picks_changed.emit()
        self.current_changed.emit(name)

    def pick_all(self) -> None:
        """Picks every image of the list."""
        if self._picks_many:
            self._picked = set(self._files.names())
            self.viewport().update()
            self.picks_changed.emit()

    def pick_none(self) -> None:
        """Keeps the current image only."""
        self._picked.clear()
        self.viewport().update()
        self.picks_changed.emit()

    def _all_cells(self) -> Cells:
        first = self._cell(0).translated(0, self.verticalScrollBar().value())
        pitch = QPoint(self._pitch, self._cell_height + GAP)
        return Cells(first, pitch, self.columns, self._files.rowCount())

    def _take_band(self, beside: set[str], rows: tuple[int, ...]) -> None:
        """Picks what the band touches, and keeps what was picked beside it."""
        self._picked = beside | {self._files.name(row) for row in rows}
        self.picks_changed.emit()

    def _end_band(self) -> None:
        """Moves to the first image of what the band picked, as keys would go on from there."""
        rows = self._band.touched
        if self._band.end() and rows:
            self._current = self._anchor = self._files.name(rows[0])
            self._announce(rows[0])
            self.current_changed.emit(self._current)

    def _announce(self, row: int) -> None:
        spoken = self._files.index(row).data(Qt.ItemDataRole.AccessibleTextRole)
        self.setAccessibleDescription(str(spoken))
        change = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
        QAccessible.updateAccessibility(change)

    # ---- events ----

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        visible = self._visible_rows()
        for row in visible:
            cell = self._cell(row)
            if not cell.intersects(event.rect()):
                continue
            name = self._files.name(row)
            state = CellState(
                is_current=name == self._current and self.hasFocus(),
                is_picked=name in self._picked or (not self._picked and name == self._current),
            )
            self._cells.paint(painter, cell, self._side, row, state)
        self._band.paint(painter)
        painter.end()
        self._thumbnails.wish(self, self._wanted(visible))

    def _wanted(self, visible: range) -> Sequence[str]:
        """What is seen, then a line more on either side."""
        around = self._visible_rows(1)
        rows = [*visible, *(row for row in around if row not in visible)]
        return [self._files.name(row) for row in rows]

    def hideEvent(self, event: QEvent) -> None:
        self._thumbnails.wish(self, ())

    def resizeEvent(self, event: QResizeEvent) -> None:
        self._fit()

    def changeEvent(self, event: QEvent) -> None:
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange:
            self._fit()

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        at, held = event.position().toPoint(), event.modifiers()
        adds = bool(held & Qt.KeyboardModifier.ControlModifier)
        if self._picks_many:
            self._band.press(at, set(self._picked), set(self._picked) if adds else set())
        row = self._row_at(at)
        if row is not None:
            extends = bool(held & Qt.KeyboardModifier.ShiftModifier)
            self._move_to(row, extends=extends, toggles=adds)
        elif not adds:
            self.pick_none()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._band.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton:
            self._end_band()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        row = self._row_at(event.position().toPoint())
        if row is not None:
            self.activated.emit(self._files.name(row))

    def keyPressEvent(self, event: QKeyEvent) -> None:
        key, count = event.key(), self._files.rowCount()
        if key in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self._current is not None:
            self.activated.emit(self._current)
            return
        if key == Qt.Key.Key_Escape and self._band.give_up():
            return
        if event.matches(QKeySequence.StandardKey.SelectAll):
            self.pick_all()
            return
        row = self._target(key)
        if row is None or not count:
            super().keyPressEvent(event)
            return
        extends = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        self._move_to(max(0, min(row, count - 1)), extends=extends)

    def _target(self, key: int) -> int | None:
        """The row that a key leads to; None for keys that lead nowhere."""
        row, columns = self._row() or 0, self.columns
        page = max(1, self.viewport().height() // (self._cell_height + GAP)) * columns
        return {
            Qt.Key.Key_Left: row - 1,
            Qt.Key.Key_Right: row + 1,
            Qt.Key.Key_Up: row - columns if row >= columns else row,
            Qt.Key.Key_Down: row + columns,
            Qt.Key.Key_PageUp: row - page,
            Qt.Key.Key_PageDown: row + page,
            Qt.Key.Key_Home: 0,
            Qt.Key.Key_End: self._files.rowCount() - 1,
        }.get(Qt.Key(key))

    def focusInEvent(self, event: QEvent) -> None:
        self.viewport().update()

    def focusOutEvent(self, event: QEvent) -> None:
        self.viewport().update()

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() == QEvent.Type.ToolTip:
            row = self._row_at(event.pos())
            text = "" if row is None else self._tooltip(row)
            QToolTip.showText(event.globalPos(), text, self.viewport())
            return True
        return super().viewportEvent(event)

    def _tooltip(self, row: int) -> str:
        text = str(self._files.index(row).data(Qt.ItemDataRole.ToolTipRole))
        thumbnail = self._thumbnails.get(self._files.name(row))
        fault = "" if thumbnail is None else told(thumbnail.fault)
        if fault and fault not in text:
            text = f"{text}\n{fault}"
        return text


def _between(first: int, last: int) -> Iterator[int]:
    yield from range(min(first, last), max(first, last) + 1)
