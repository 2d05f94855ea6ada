"""Places in pictures to look at: a list of boxes, kept as arrays however long it is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from PySide6.QtCore import QAbstractTableModel, QLocale, QModelIndex, QPersistentModelIndex, Qt

from tinaface.boxes import FloatArray, IndexArray

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
WHAT, SCORE, HEIGHT, PICTURE = range(4)


@dataclass(frozen=True, eq=False)
class Spots:
    """K boxes of some pictures.

    Attributes:
        images: names of the pictures; None for one that the open folder does not have.
        picture: `[K]` rows of `images`.
        xyxy: `[K, 4]`.
        score: `[K]`, NaN at a face that nothing found.
        what: `[K]` rows of `kinds`.
        kinds: what the boxes are, in the user's language, each with its sign.
    """

    images: Sequence[str | None]
    picture: IndexArray
    xyxy: FloatArray
    score: FloatArray
    what: IndexArray
    kinds: Sequence[str]

    def __len__(self) -> int:
        return len(self.picture)

    def image(self, row: int) -> str | None:
        """The picture of a box."""
        return self.images[self.picture[row]]

    def pictures(self) -> list[str]:
        """The pictures with a box, each once, in the order of the folder."""
        names = (self.images[row] for row in np.unique(self.picture))
        return [name for name in names if name is not None]

    def taken(self, rows: IndexArray) -> "Spots":
        """Some of the boxes, in this order."""
        return Spots(
            self.images,
            self.picture[rows],
            self.xyxy[rows],
            self.score[rows],
            self.what[rows],
            self.kinds,
        )

    @staticmethod
    def joined(parts: "Sequence[Spots]") -> "Spots":
        """The boxes of several lists over the same pictures, the kinds of all behind each other."""
        first = np.cumsum([0, *(len(part.kinds) for part in parts[:-1])])
        return Spots(
            parts[0].images,
            np.concatenate([part.picture for part in parts]),
            np.concatenate([part.xyxy for part in parts]),
            np.concatenate([part.score for part in parts]),
            np.concatenate([part.what + at for part, at in zip(parts, first, strict=True)]),
            [kind for part in parts for kind in part.kinds],
        )


class SpotsModel(QAbstractTableModel):
    """The boxes as a table that can be sorted by each column."""

    def __init__(self) -> None:
        super().__init__()
        self._spots: Spots | None = None
        self._locale = QLocale()

    @property
    def spots(self) -> Spots | None:
        """What is listed, as it is sorted."""
        return self._spots

    def show(self, spots: Spots | None) -> None:
        """Lists other boxes, in the order given."""
        self.beginResetModel()
        self._spots = spots
        self.endResetModel()

    # ---- Qt's side ----

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() or self._spots is None else len(self._spots)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else 4

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            titles = self.tr("Box"), self.tr("Score"), self.tr("Height"), self.tr("Image")
            return titles[section]
        return self._alignment(section) if role == Qt.ItemDataRole.TextAlignmentRole else None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        spots, row = self._spots, index.row()
        if spots is None or not 0 <= row < len(spots):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(index.column())
        if role == Qt.ItemDataRole.ToolTipRole:
            return spots.image(row)
        return (
            self._text(spots, row, index.column()) if role == Qt.ItemDataRole.DisplayRole else None
        )

    def _text(self, spots: Spots, row: int, column: int) -> str:
        if column == WHAT:
            return spots.kinds[spots.what[row]]
        if column == SCORE:
            score = float(spots.score[row])
            return "–" if np.isnan(score) else self._locale.toString(score, "f", 3)  # noqa: RUF001
        if column == HEIGHT:
            return self._locale.toString(float(spots.xyxy[row, 3] - spots.xyxy[row, 1]), "f", 0)
        return spots.image(row) or self.tr("not in this folder")

    @staticmethod
    def _alignment(column: int) -> Qt.AlignmentFlag:
        side = (
            Qt.AlignmentFlag.AlignRight if column in (SCORE, HEIGHT) else Qt.AlignmentFlag.AlignLeft
        )
        return side | Qt.AlignmentFlag.AlignVCenter

    def sort(self, column: int, order: Qt.SortOrder = Qt.SortOrder.AscendingOrder) -> None:
        spots = self._spots
        if spots is None or not 0 <= column < 4:
            return
        keys = (
            spots.what,
            np.nan_to_num(spots.score, nan=-1.0),
            spots.xyxy[:, 3] - spots.xyxy[:, 1],
            spots.picture,
        )
        key = keys[column]
        is_falling = order is Qt.SortOrder.DescendingOrder
        self.show(spots.taken(np.argsort(-key if is_falling else key, kind="stable")))
