"""The images of a folder as a Qt list model: filled in batches, filtered outside Qt.

It holds two short texts an image and no widget's state, so that 32,000 images cost a few
megabytes and a filter a few milliseconds.
"""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from enum import IntFlag
from typing import Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.scan import FoundImage

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()


class Sign(IntFlag):
    """What the list shows beside a name."""

    NONE = 0
    LABELS = 1
    PREDICTIONS = 2
    UNSAVED = 4
    FAULT = 8


class FilesModel(QAbstractListModel):
    """The images that pass the filter, in the order in which they were found.

    A *place* counts all images, a *row* only those shown. Images are named by their path
    relative to the folder, with `/` between its parts.
    """

    counts_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []
        self._folded: list[str] = []
        self._signs: list[Sign] = []
        self._faults: dict[int, str] = {}
        self._place_of: dict[str, int] = {}
        self._sharing: set[str] = set()
        self._shown: Sequence[int] = range(0)
        self._filter = ""

    # ---- filling ----

    def clear(self) -> None:
        """Forgets all images; the filter stays."""
        self.beginResetModel()
        self._names, self._folded, self._signs = [], [], []
        self._faults, self._place_of, self._shown = {}, {}, range(0)
        self._sharing = set()
        self.endResetModel()
        self.counts_changed.emit()

    def append(self, found: Iterable[FoundImage]) -> None:
        """Adds images."""
        first = len(self._names)
        for name, has_labels, shares_labels in found:
            if shares_labels:
                self._sharing.add(name)
            self._place_of[name] = len(self._names)
            self._names.append(name)
            self._folded.append(name.casefold())
            self._signs.append(Sign.LABELS if has_labels else Sign.NONE)
        added = self._passing(range(first, len(self._names)))
        if added:
            rows = len(self._shown)
            self.beginInsertRows(ROOT, rows, rows + len(added) - 1)
            if self._filter:
                self._shown = [*self._shown, *added]
            else:
                self._shown = range(len(self._names))
            self.endInsertRows()
        self.counts_changed.emit()

    # ---- filter ----

    @property
    def filter(self) -> str:
        """The words that every shown name contains."""
        return self._filter

    def set_filter(self, text: str) -> None:
        """Shows the images whose path contains every word of `text`, whatever the case."""
        wanted = " ".join(text.casefold().split())
        if wanted == self._filter:
            return
        self.beginResetModel()
        self._filter = wanted
        self._shown = self._passing(range(len(self._names)))
        self.endResetModel()
        self.counts_changed.emit()

    def _passing(self, places: range) -> Sequence[int]:
        if not self._filter:
            return places
        passing: Sequence[int] = places
        for word in self._filter.split():
            passing = [place for place in passing if word in self._folded[place]]
        return passing

    # ---- asking ----

    @property
    def total(self) -> int:
        """How many images the folder has."""
        return len(self._names)

    def name(self, row: int) -> str:
        """The relative path of a shown image."""
        return self._names[self._shown[row]]

    def names(self) -> list[str]:
        """The relative paths of all shown images."""
        return [self._names[place] for place in self._shown]

    def all_names(self) -> Sequence[str]:
        """The relative paths of all images; not to be changed."""
        return self._names

    def holds(self, name: str) -> bool:
        """Whether the folder has this image, shown or not."""
        return name in self._place_of

    def shares_labels(self, name: str) -> bool:
        """Whether another image has the same stem, and so the same label file."""
        return name in self._sharing

    def row_of(self, name: str) -> int | None:
        """The row of an image; None where it is unknown or filtered away."""
        place = self._place_of.get(name)
        if place is None:
            return None
        if isinstance(self._shown, range):
            return place
        # `_shown` ascends, so the place is found by halving.
        row = bisect_left(self._shown, place)
        return row if row < len(self._shown) and self._shown[row] == place else None

    def row_near(self, name: str) -> int:
        """The row of an image, or where it would stand if the filter let it through."""
        place = self._place_of.get(name, 0)
        return min(bisect_left(self._shown, place), max(len(self._shown) - 1, 0))

    def neighbour(self, name: str | None, step: int) -> str | None:
        """The shown image `step` rows from this one, within the list; None if it is empty."""
        count = self.rowCount()
        if not count:
            return None
        row = None if name is None else self.row_of(name)
        if row is not None:
            return self.name(max(0, min(row + step, count - 1)))
        # Filtered away: the nearest one takes its place.
        return self.name(0 if name is None else self.row_near(name))

    def sign(self, row: int) -> Sign:
        """What to show beside a shown image's name."""
        return self._signs[self._shown[row]]

    def has_sign(self, name: str, sign: Sign) -> bool:
        """Whether an image has a sign."""
        place = self._place_of.get(name)
        return place is not None and bool(self._signs[place] & sign)

    # ---- signs ----

    def set_sign(self, name: str, sign: Sign, on: bool) -> None:
        """Puts a sign beside an image's name, or takes it away."""
        place = self._place_of.get(name)
        if place is None or bool(self._signs[place] & sign) == on:
            return
        self._signs[place] ^= sign
        self._tell(name)

    def set_signs(self, names: Iterable[str], sign: Sign) -> None:
        """Puts one sign beside many names at once, and takes it from all others."""
        wanted = {self._place_of[name] for name in names if name in self._place_of}
        self._signs = [
            (old | sign) if place in wanted else (old & ~sign)
            for place, old in enumerate(self._signs)
        ]
        if len(self._shown):
            self.dataChanged.emit(self.index(0), self.index(len(self._shown) - 1))

    def set_fault(self, name: str, reason: str) -> None:
        """Marks an image or its label file as faulty, with the reason for the tooltip; empty takes
        the mark away."""
        place = self._place_of.get(name)
        if place is None:
            return
        if reason:
            self._faults[place] = reason
        else:
            self._faults.pop(place, None)
        self.set_sign(name, Sign.FAULT, bool(reason))

    def _tell(self, name: str) -> None:
        row = self.row_of(name)
        if row is not None:
            self.dataChanged.emit(self.index(row), self.index(row))

    # ---- Qt's side ----

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._shown)

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not 0 <= index.row() < len(self._shown):
            return None
        place = self._shown[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return self._names[place]
        if role == Qt.ItemDataRole.ToolTipRole:
            fault = self._faults.get(place)
            return self._names[place] if fault is None else f"{self._names[place]}\n{fault}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(place)
        return None

    def _spoken(self, place: int) -> str:
        words = {
            Sign.LABELS: self.tr("has labels"),
            Sign.PREDICTIONS: self.tr("has predictions"),
            Sign.UNSAVED: self.tr("not saved"),
            Sign.FAULT: self.tr("has a fault"),
        }
        told = [text for sign, text in words.items() if self._signs[place] & sign]
        return ", ".join([self._names[place], *told])
