"""Crowd mode: one tile of the picture after the other, until all of them were looked at."""

from typing import TYPE_CHECKING

import numpy as np
from PySide6.QtCore import QObject, Qt, Signal

from app.loop.judging import Judging
from app.loop.tiles import Tiles, cut
from app.loop.verdict_book import VerdictBook

if TYPE_CHECKING:
    from app.document import Document
    from app.session import Session


class CrowdMode(QObject):
    """Which tiles of the shown image were checked, and which one is looked at.

    Attributes:
        tiles: of the shown image; None while the mode is off.
        tile: number of the one that is looked at.

    Signals:
        changed: mode, tiles or checks are others.
        tile_changed: another tile shall be seen.
    """

    changed = Signal()
    tile_changed = Signal()

    def __init__(
        self,
        session: "Session",
        judging: Judging,
        book: VerdictBook,
        parent: QObject | None = None,
    ) -> None:
        super().__init__(parent)
        self._session, self._judging, self._book = session, judging, book
        self.tiles: Tiles | None = None
        self.tile = 0
        self._view: tuple[int, int] = (0, 0)
        self._unit = 1.0
        self._checked: frozenset[int] = frozenset()
        # Queued, as in the queue: the canvas comes first.
        session.shown_changed.connect(self._on_shown, Qt.ConnectionType.QueuedConnection)
        session.folder_changed.connect(self.leave)
        book.loaded.connect(self._on_book)
        book.status_changed.connect(self._on_book)

    @property
    def is_on(self) -> bool:
        """Whether the picture is looked at tile by tile."""
        return self.tiles is not None

    @property
    def checked(self) -> frozenset[int]:
        """The tiles of the shown image that were checked, in whatever session."""
        return self._checked

    def boxes_in_tile(self) -> int:
        """How many boxes and visible predictions belong to the tile that is looked at."""
        document = self._session.document
        if self.tiles is None or document is None:
            return 0
        return int(np.count_nonzero(self.tiles.holding(_faces(document)) == self.tile))

    # ---- going ----

    def enter(self, view: tuple[int, int], unit: float) -> None:
        """Cuts the shown image for a view of this height and width in device pixels."""
        self._view, self._unit = view, unit
        self._cut()

    def leave(self) -> None:
        """Shows pictures whole again."""
        if self.is_on:
            self.tiles = None
            self.changed.emit()

    def look_at(self, tile: int) -> None:
        """Looks at one tile."""
        if self.tiles is not None and 0 <= tile < len(self.tiles):
            self.tile = tile
            self.changed.emit()
            self.tile_changed.emit()

    def check(self) -> None:
        """Marks the tile as checked and goes on; after the last one the image is reviewed."""
        tiles, name = self.tiles, self._judging.looked_at
        if tiles is None or name is None:
            return
        if self.tile not in self._checked:
            self._book.check_tile(name, tiles.share(self.tile))
            self._look_up()
        left = self._unchecked(tiles)
        if left:
            self.look_at(next((tile for tile in left if tile > self.tile), left[0]))
        else:
            self.changed.emit()
            self._judging.finish_image()

    def _unchecked(self, tiles: Tiles) -> list[int]:
        return [tile for tile in range(len(tiles)) if tile not in self.checked]

    def _look_up(self) -> None:
        """Which tiles were checked, by what was noted of the image."""
        self._checked = frozenset()
        if self.tiles is not None and self._session.name is not None:
            parts = self._book.tiles(self._session.name)
            self._checked = frozenset(np.flatnonzero(self.tiles.covered_by(parts)).tolist())

    def _on_book(self) -> None:
        if self.is_on:
            self._look_up()
            self.changed.emit()

    def _on_shown(self) -> None:
        if self.is_on:
            self._cut()

    def _cut(self) -> None:
        document = self._session.document
        if document is None:
            return
        faces = _faces(document)
        heights = faces[:, 3] - faces[:, 1]
        self.tiles = cut(document.image_size, self._view, heights, self._unit)
        self._look_up()
        left = self._unchecked(self.tiles)
        self.look_at(left[0] if left else 0)


def _faces(document: "Document") -> np.ndarray:
    places = document.visible_places()
    return np.concatenate([document.gt_boxes, document.predictions.xyxy[places]])
