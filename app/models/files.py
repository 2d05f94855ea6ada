"""The images of a folder as a Qt list model: filled in batches, filtered outside Qt.

It holds two short texts an image and no widget's state, so that 32,000 images cost a few
megabytes and a filter a few milliseconds.
"""

import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QAbstractListModel, QModelIndex, QPersistentModelIndex, Qt, Signal

from app.error_texts import told
from app.models.folder_names import FolderNames
from app.models.sign import Sign as Sign
from app.scan import FoundImage

if TYPE_CHECKING:  # these bring numpy, and the window opens without
    from app.models.arrangement import Arrangement
    from tinaface.image_columns import FloatColumn, ImageColumns
    from tinaface.image_filter import Filter
    from tinaface.image_order import ImageOrder

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
LABELS = Sign.LABELS.value


class FilesModel(QAbstractListModel):
    """The images that pass the filter, in the wanted order (`app/models/arrangement.py`).

    A *place* counts all images, a *row* only those shown. Images are named by their path
    relative to the folder, with `/` between its parts.

    Signals:
        counts_changed: there are more images, or others are shown.
        arrangement_changed: filter, kept selection or order are others.
    """

    counts_changed = Signal()
    arrangement_changed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._names: list[str] = []
        self._faults: dict[int, str] = {}
        self._place_of: dict[str, int] = {}
        self._sharing: set[str] = set()
        self._folders = FolderNames()
        self._made: Arrangement | None = None
        self._filter = ""
        self._kept_title = ""
        self._is_gone = False

    @property
    def is_gone(self) -> bool:
        """Whether the folder is out of reach: its images are listed in grey."""
        return self._is_gone

    @is_gone.setter
    def is_gone(self, value: bool) -> None:
        if value != self._is_gone:
            self._is_gone = value
            self._tell_all()

    @property
    def _arrangement(self) -> "Arrangement":
        """Made at first use, after the window is shown: it brings numpy."""
        if self._made is None:
            from app.models.arrangement import Arrangement

            self._made = Arrangement()
        return self._made

    @property
    def _shown(self) -> Sequence[int]:
        return range(0) if self._made is None else self._made.shown  # type: ignore[return-value]  # an array of places serves as well

    # ---- filling ----

    def clear(self) -> None:
        """Forgets all images; filter and order stay."""
        self.beginResetModel()
        self._names, self._is_gone = [], False
        self._faults, self._place_of, self._sharing = {}, {}, set()
        self._folders = FolderNames()
        if self._made is not None:
            before, self._made = self._made, None
            self._arrangement.asked = before.asked
            self._arrangement.sort(before.order, before.seed)
        self._kept_title = ""
        self.endResetModel()
        self.counts_changed.emit()

    def append(self, found: Iterable[FoundImage]) -> None:
        """Adds images."""
        names: list[str] = []
        signs: list[int] = []
        for name, has_labels, shares_labels in found:
            if shares_labels:
                self._sharing.add(name)
            self._place_of[name] = len(self._names) + len(names)
            names.append(name)
            signs.append(LABELS if has_labels else 0)
        self._names += names
        has_new_folders = self._folders.add({name.rpartition("/")[0] for name in names})
        arrangement = self._arrangement
        rows, shown = len(arrangement.shown), arrangement.append(names)
        arrangement.signs.append(signs)
        if len(shown) > rows:
            self.beginInsertRows(ROOT, rows, len(shown) - 1)
            arrangement.shown = shown
            self.endInsertRows()
        if has_new_folders and rows:
            self._tell_all()
        self.counts_changed.emit()

    # ---- filter and order ----

    @property
    def filter(self) -> str:
        """The text of the search box."""
        return self._filter

    @property
    def asked(self) -> "Filter":
        """What the text of the search box asks for."""
        return self._arrangement.asked

    @property
    def is_filtered(self) -> bool:
        """Whether some images may be hidden."""
        return self._made is not None and self._made.is_filtered

    @property
    def kept_title(self) -> str:
        """What the kept selection is; empty where all images are kept."""
        return self._kept_title

    def set_filter(self, text: str) -> None:
        """Shows the images that a text lets through (`tinaface/image_filter.py`)."""
        from tinaface.image_filter import parse

        before, self._filter = self._arrangement.asked, text
        self._arrangement.asked = asked = parse(text)
        if asked.key() != before.key():
            self.rearrange()
        self.arrangement_changed.emit()

    def keep(self, names: Iterable[str], title: str) -> None:
        """Shows these images only, as far as the filter lets them through.

        Args:
            title: what they are, for people.
        """
        places = (self._place_of.get(name) for name in names)
        self._arrangement.kept = frozenset(place for place in places if place is not None)
        self._kept_title = title
        self.rearrange()
        self.arrangement_changed.emit()

    def keep_all(self) -> None:
        """Ends `keep`."""
        if self._made is not None and self._made.kept is not None:
            self._made.kept, self._kept_title = None, ""
            self.rearrange()
            self.arrangement_changed.emit()

    @property
    def order(self) -> "tuple[ImageOrder, int]":
        """The order of the images, and the seed of the random one."""
        return self._arrangement.order, self._arrangement.seed

    @property
    def is_in_order(self) -> bool:
        """Whether new images belong at the end, where they are put while the folder is read."""
        return self._made is None or self._made.is_natural

    def sort_by(self, order: "ImageOrder", seed: int = 0) -> None:
        """Shows the images in another order."""
        if self.order != (order, seed):
            self._arrangement.sort(order, seed)
            self.rearrange()
            self.arrangement_changed.emit()

    def rearrange(self) -> None:
        """Filters and sorts anew, as something that decides may have changed."""
        self.beginResetModel()
        self._arrangement.arrange()
        self.endResetModel()
        self.counts_changed.emit()

    @property
    def columns(self) -> "ImageColumns":
        """What is known of all images, by place."""
        return self._arrangement.columns

    def put_facts(self, names: Sequence[str], values: "Mapping[str, FloatColumn]") -> None:
        """Notes what is known of some images; rows stay where they are until `rearrange`."""
        places = [self._place_of.get(name, -1) for name in names]
        known = [row for row, place in enumerate(places) if place >= 0]
        if len(known) < len(places):
            places = [places[row] for row in known]
            values = {column: value[known] for column, value in values.items()}
        self._arrangement.columns.put(places, values)

    # ---- asking ----

    @property
    def total(self) -> int:
        """How many images the folder has."""
        return len(self._names)

    def name(self, row: int) -> str:
        """The relative path of a shown image."""
        return self._names[self._shown[row]]

    def title(self, row: int) -> tuple[str, str]:
        """Folder and file of a row as they are shown: the folder without what all images share."""
        folder, _, file = self.name(row).rpartition("/")
        return self._folders.shown(folder), file

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
        """Whether another image has the same stem, and the label file is not surely this one's."""
        return name in self._sharing

    def sharing(self, name: str) -> list[str]:
        """Those of this image's stem whose labels it shares, itself included; none where it does
        not."""
        if name not in self._sharing:
            return []
        stem = os.path.splitext(name)[0]
        return sorted(one for one in self._sharing if os.path.splitext(one)[0] == stem)

    def row_of(self, name: str) -> int | None:
        """The row of an image; None where it is unknown or filtered away."""
        place = self._place_of.get(name)
        return None if place is None else self._arrangement.row_of(place)

    def row_near(self, name: str) -> int:
        """The row of an image, or where it would stand if the filter let it through."""
        row = self._arrangement.row_near(self._place_of.get(name, 0))
        return min(row, max(len(self._shown) - 1, 0))

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

    def around(self, name: str | None, steps: Iterable[int]) -> list[str]:
        """The shown images so many rows from this one, where there are such; none where it is
        filtered away."""
        row = None if name is None else self.row_of(name)
        rows = () if row is None else (row + step for step in steps)
        return [self.name(other) for other in rows if 0 <= other < self.rowCount()]

    def sign(self, row: int) -> Sign:
        """What to show beside a shown image's name."""
        return self._arrangement.signs.of(self._shown[row])

    def has_sign(self, name: str, sign: Sign) -> bool:
        """Whether an image has a sign."""
        place = self._place_of.get(name)
        return place is not None and self._arrangement.signs.has(place, sign)

    def any_has(self, sign: Sign) -> bool:
        """Whether any image has a sign, shown or not."""
        return self._arrangement.signs.any_has(sign)

    # ---- signs ----

    def set_sign(self, name: str, sign: Sign, on: bool) -> None:
        """Puts a sign beside an image's name, or takes it away."""
        place = self._place_of.get(name)
        if place is not None and self._arrangement.signs.has(place, sign) != on:
            self._arrangement.signs.put(place, sign, on)
            self._tell(name)

    def set_signs(self, names: Iterable[str], sign: Sign) -> None:
        """Puts one sign beside many names at once, and takes it from all others."""
        places = [self._place_of[name] for name in names if name in self._place_of]
        self._arrangement.signs.put_only(places, sign)
        self._tell_all()

    def _tell_all(self) -> None:
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

    def set_faults(self, names: Iterable[str], reasons: Mapping[str, str]) -> None:
        """Marks those of many images for which there is a reason, and no others of them."""
        has_changed = False
        for name in names:
            place, reason = self._place_of.get(name), reasons.get(name, "")
            if place is None or self._faults.get(place, "") == reason:
                continue
            has_changed = True
            if reason:
                self._faults[place] = reason
            else:
                del self._faults[place]
            self._arrangement.signs.put(place, Sign.FAULT, bool(reason))
        if has_changed:
            self._tell_all()

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
            return self._names[place] if fault is None else f"{self._names[place]}\n{told(fault)}"
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return self._spoken(place)
        return None

    def _spoken(self, place: int) -> str:
        words = {
            Sign.LABELS: self.tr("has labels"),
            Sign.PREDICTIONS: self.tr("has predictions"),
            Sign.UNSAVED: self.tr("not saved"),
            Sign.FAULT: self.tr("has a fault"),
            Sign.REVIEWED: self.tr("reviewed"),
            Sign.DOUBT: self.tr("doubtful"),
        }
        own = self._arrangement.signs.of(place)
        told = [text for sign, text in words.items() if own & sign]
        return ", ".join([self._names[place], *told])
