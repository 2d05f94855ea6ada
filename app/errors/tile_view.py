"""The tiles: one a disagreement, painted where they are seen and nowhere else.

Twenty thousand tiles are arrays and no widgets; only those in view are painted, and only their
crops are cut.
"""

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QAccessible,
    QAccessibleEvent,
    QContextMenuEvent,
    QFocusEvent,
    QHelpEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPalette,
    QResizeEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QToolTip, QWidget

from app.errors.crops import Crops, Place, part_around
from app.errors.picking import Picking
from app.errors.tile_painter import CAPTION, PADDING, PICTURE_SIDE, Appearance, paint_tile
from app.rubber_band import Cells, RubberBand
from tinaface.disagreement_listing import Listed, Listing
from tinaface.matching import BoolArray

CELL = QSize(PICTURE_SIDE + 2 * PADDING, PICTURE_SIDE + 2 * PADDING + CAPTION)
ROWS_AHEAD = 2
"""Rows below those in view whose crops are cut already."""
OWN_KEYS = frozenset(
    {
        Qt.Key.Key_Left,
        Qt.Key.Key_Right,
        Qt.Key.Key_Up,
        Qt.Key.Key_Down,
        Qt.Key.Key_Home,
        Qt.Key.Key_End,
        Qt.Key.Key_PageUp,
        Qt.Key.Key_PageDown,
        Qt.Key.Key_Return,
        Qt.Key.Key_Enter,
        Qt.Key.Key_Space,
    }
)


class _Tile(NamedTuple):
    """What is painted at one place, prepared once while it is in view."""

    listed: Listed
    name: str
    crop: Place


class TileView(QAbstractScrollArea):
    """Shows a listing as tiles, of which some are picked.

    Args:
        crops: where the pictures of the tiles come from.
        name_of: the image of a number.
        describe: a tile in words.

    Signals:
        picked_changed: other tiles are picked.
        entered: the Listed that the user wants to see in its image.
    """

    picked_changed = Signal()
    entered = Signal(object)

    def __init__(
        self,
        crops: Crops,
        name_of: Callable[[int], str],
        describe: Callable[[Listed], str],
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._crops, self._name_of, self._describe = crops, name_of, describe
        self._root = Path()
        self._listing = Listing.none()
        self._tiles: dict[int, _Tile] = {}
        self._place_of_crop: dict[Place, int] = {}
        self.picking = Picking(0)
        self._band = RubberBand(self, self._all_cells)
        self._band.changed.connect(self.viewport().update)
        self._band.taken.connect(self._take_band)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOn)
        self.viewport().setBackgroundRole(QPalette.ColorRole.Base)
        self.verticalScrollBar().setSingleStep(CELL.height() // 3)
        crops.arrived.connect(self._on_crop)

    # ---- what is shown ----

    @property
    def listing(self) -> Listing:
        """All tiles."""
        return self._listing

    def show_listing(self, root: Path, listing: Listing) -> None:
        """Shows other tiles; those that are among them again stay picked."""
        self._band.end()
        before, picked = self._listing, self.picking.places
        self._root, self._listing = root, listing
        self._tiles = {}
        self.picking = self.picking.moved_to(
            len(listing),
            listing.places_of(before.take(picked)) if len(picked) else picked,
            listing.places_of(before.take(np.array([self.picking.current])))[0]
            if self.picking.current < len(before)
            else -1,
        )
        self._measure()
        self._show_pick()

    def picked(self) -> Listing:
        """Those that are picked."""
        return self._listing.take(self.picking.places)

    # ---- geometry ----

    @property
    def columns(self) -> int:
        """Tiles side by side."""
        return max(self.viewport().width() // CELL.width(), 1)

    def cell(self, place: int) -> QRect:
        """Where a tile is in the view."""
        row, column = divmod(place, self.columns)
        y = row * CELL.height() - self.verticalScrollBar().value()
        return QRect(QPoint(column * CELL.width(), y), CELL)

    def place_at(self, point: QPoint) -> int | None:
        """The tile under a point of the view."""
        column = point.x() // CELL.width()
        row = (point.y() + self.verticalScrollBar().value()) // CELL.height()
        place = row * self.columns + column
        return place if column < self.columns and 0 <= place < len(self._listing) else None

    def _places_in(self, top: int, bottom: int) -> range:
        """The tiles that are seen between two lines of the view."""
        start = self.verticalScrollBar().value()
        first = max(start + top, 0) // CELL.height() * self.columns
        last = (max(start + bottom, 0) // CELL.height() + 1) * self.columns
        return range(first, min(last, len(self._listing)))

    def _measure(self) -> None:
        bar = self.verticalScrollBar()
        rows = -(-len(self._listing) // self.columns)
        bar.setRange(0, max(rows * CELL.height() - self.viewport().height(), 0))
        bar.setPageStep(self.viewport().height())
        self.viewport().update()
        self._want_crops()

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._measure()

    def scrollContentsBy(self, _dx: int, dy: int) -> None:
        self.viewport().scroll(0, dy)
        self._want_crops()

    # ---- crops ----

    def _want_crops(self) -> None:
        """Prepares the tiles in view and some rows below, and has their crops cut."""
        places = self._places_in(0, self.viewport().height() + ROWS_AHEAD * CELL.height())
        self._tiles = {place: self._tiles.get(place) or self._tile(place) for place in places}
        self._place_of_crop = {tile.crop: place for place, tile in self._tiles.items()}
        self._crops.want([tile.crop for tile in self._tiles.values()])

    def _tile(self, place: int) -> _Tile:
        listed = self._listing[place]
        name = self._name_of(listed.image)
        side = round(PICTURE_SIDE * self.devicePixelRatioF())
        part = part_around(listed.xyxy, listed.partner_xyxy)
        return _Tile(listed, name, Place(self._root / name, part, side))

    def _on_crop(self, arrived: Place) -> None:
        place = self._place_of_crop.get(arrived)
        if place is not None:
            self.viewport().update(self.cell(place))

    # ---- painting ----

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self.viewport())
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        region = event.rect()
        picked, has_focus = self.picking.is_picked, self.hasFocus()
        for place in self._places_in(region.top(), region.bottom()):
            cell = self.cell(place)
            if not cell.intersects(region):
                continue
            tile = self._tiles.get(place) or self._tile(place)
            look = Appearance(
                bool(picked[place]),
                has_focus and place == self.picking.current,
                self.palette(),
                self.font(),
            )
            crop = self._crops.get(tile.crop)
            paint_tile(painter, cell, tile.listed, tile.name, tile.crop, crop, look)
        self._band.paint(painter)
        painter.end()

    # ---- picking ----

    def keyPressEvent(self, event: QKeyEvent) -> None:
        modifiers = event.modifiers()
        extends = bool(modifiers & Qt.KeyboardModifier.ShiftModifier)
        only_moves = bool(modifiers & Qt.KeyboardModifier.ControlModifier)
        step = self._step(Qt.Key(event.key()))
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._enter()
        elif step is not None:
            self.picking.move(step, extends=extends, only_moves=only_moves)
            self._show_pick()
        elif event.key() == Qt.Key.Key_Space:
            self.picking.toggle(self.picking.current)
            self._show_pick()
        elif event.key() == Qt.Key.Key_Escape and self._band.give_up():
            self._show_pick()
        elif event.key() == Qt.Key.Key_A and only_moves:
            self.picking.take_all()
            self._show_pick()
        else:
            super().keyPressEvent(event)

    def _step(self, key: Qt.Key) -> int | None:
        page = max(self.viewport().height() // CELL.height(), 1) * self.columns
        many = len(self._listing)
        return {
            Qt.Key.Key_Left: -1,
            Qt.Key.Key_Right: 1,
            Qt.Key.Key_Up: -self.columns,
            Qt.Key.Key_Down: self.columns,
            Qt.Key.Key_PageUp: -page,
            Qt.Key.Key_PageDown: page,
            Qt.Key.Key_Home: -many,
            Qt.Key.Key_End: many,
        }.get(key)

    def event(self, event: QEvent) -> bool:
        if isinstance(event, QKeyEvent) and event.type() is QEvent.Type.ShortcutOverride:
            # These move about and pick here, whatever commands they are keys of elsewhere.
            is_all = event.key() == Qt.Key.Key_A and bool(
                event.modifiers() & Qt.KeyboardModifier.ControlModifier
            )
            plain = event.modifiers() & ~Qt.KeyboardModifier.KeypadModifier
            is_alt = bool(plain & Qt.KeyboardModifier.AltModifier)
            if is_all or (event.key() in OWN_KEYS and not is_alt):
                event.accept()
                return True
        return super().event(event)

    def mousePressEvent(self, event: QMouseEvent) -> None:
        if event.button() is not Qt.MouseButton.LeftButton:
            return
        at = event.position().toPoint()
        adds = bool(event.modifiers() & Qt.KeyboardModifier.ControlModifier)
        before = self.picking.is_picked.copy()
        self._band.press(at, before, before if adds else np.zeros_like(before))
        place = self.place_at(at)
        if place is None:
            return
        if adds:
            self.picking.toggle(place)
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.picking.extend_to(place)
        else:
            self.picking.take_only(place)
        self._show_pick()

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        self._band.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        if event.button() is Qt.MouseButton.LeftButton and self._band.end():
            self._show_pick()

    def _all_cells(self) -> Cells:
        pitch = QPoint(CELL.width(), CELL.height())
        return Cells(QRect(QPoint(), CELL), pitch, self.columns, len(self._listing))

    def _take_band(self, beside: BoolArray, places: tuple[int, ...]) -> None:
        """Picks what the band touches, and keeps what was picked beside it."""
        self.picking.take_beside(beside, places)
        self.picked_changed.emit()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:
        if self.place_at(event.position().toPoint()) is not None:
            self._enter()

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        event.ignore()

    def _enter(self) -> None:
        if self.picking.current < len(self._listing):
            self.entered.emit(self._listing[self.picking.current])

    def _show_pick(self) -> None:
        if len(self._listing):
            self._reveal(self.picking.current)
            text = self._describe(self._listing[self.picking.current])
            self.setAccessibleDescription(text)
            change = QAccessibleEvent(self, QAccessible.Event.DescriptionChanged)
            QAccessible.updateAccessibility(change)
        self.viewport().update()
        self.picked_changed.emit()

    def _reveal(self, place: int) -> None:
        """Scrolls just as far as the tile needs to be seen whole."""
        bar, cell = self.verticalScrollBar(), self.cell(place)
        if cell.top() < 0:
            bar.setValue(bar.value() + cell.top())
        elif cell.bottom() > self.viewport().height():
            bar.setValue(bar.value() + cell.bottom() - self.viewport().height())

    # ---- the rest ----

    def viewportEvent(self, event: QEvent) -> bool:
        if isinstance(event, QHelpEvent) and event.type() is QEvent.Type.ToolTip:
            place = self.place_at(event.pos())
            text = "" if place is None else self._describe(self._listing[place])
            QToolTip.showText(event.globalPos(), text, self)
            return True
        return super().viewportEvent(event)

    def focusInEvent(self, event: QFocusEvent) -> None:
        super().focusInEvent(event)
        self.viewport().update()

    def focusOutEvent(self, event: QFocusEvent) -> None:
        super().focusOutEvent(event)
        self.viewport().update()
