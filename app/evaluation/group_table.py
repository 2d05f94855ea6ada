"""The table of results by event folder, height of the face, and flag."""

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import (
    QAbstractTableModel,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    QSortFilterProxyModel,
    Qt,
    Signal,
)
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QWidget

from app import wording
from app.evaluation.result_table import ResultTable
from app.evaluation.summary import NO_VALUE
from tinaface.groups import Group, Kind

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()
NAME, FACES, FOUND, MISSED, ALARMS, RECALL, PRECISION, F1, AP = range(9)
SORT_ROLE = Qt.ItemDataRole.UserRole
CELL_PADDING = 20


class GroupsModel(QAbstractTableModel):
    """One row a group, its counts at one threshold."""

    def __init__(self) -> None:
        super().__init__()
        self._groups: Sequence[Group] = ()
        self._threshold = 0.5
        self._locale = QLocale()

    def group(self, row: int) -> Group:
        """The group of a row."""
        return self._groups[row]

    def show(self, groups: Sequence[Group]) -> None:
        """Lists other groups."""
        self.beginResetModel()
        self._groups = groups
        self.endResetModel()

    def set_threshold(self, threshold: float) -> None:
        """Counts at another threshold."""
        self._threshold = threshold
        if self._groups:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self._groups) - 1, AP))

    def name(self, group: Group) -> str:
        """What a group is called, in the user's language."""
        if group.kind is Kind.FOLDER:
            return group.name or self.tr("top folder")
        if group.kind is Kind.HEIGHT:
            return self.tr("{range} px high").format(range=group.name)
        return wording.flag(group.name)

    # ---- Qt's side ----

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._groups)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else AP + 1

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(section)
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return (
            self.tr("Group"),
            self.tr("Faces"),
            self.tr("Found"),
            self.tr("Missed"),
            self.tr("False alarms"),
            self.tr("Recall"),
            self.tr("Precision"),
            self.tr("F1"),
            self.tr("AP"),
        )[section]

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        if not 0 <= index.row() < len(self._groups):
            return None
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return self._alignment(index.column())
        group = self._groups[index.row()]
        if role == Qt.ItemDataRole.ToolTipRole and index.column() in (ALARMS, PRECISION, F1, AP):
            return None if group.has_precision else self.tr("A false alarm has no flag")
        if role not in (Qt.ItemDataRole.DisplayRole, SORT_ROLE):
            return None
        value = self._value(group, index.column())
        if role == SORT_ROLE:
            return -1 if value is None else value
        if value is None:
            return NO_VALUE
        if isinstance(value, str):
            return value
        if isinstance(value, int):
            return self._locale.toString(value)
        return self._locale.toString(value, "f", 3)

    def _value(self, group: Group, column: int) -> str | int | float | None:
        if column == NAME:
            return self.name(group)
        if column == FACES:
            return group.n_faces
        if column == AP:
            return group.ap
        counts = group.at(self._threshold)
        if column in (FOUND, MISSED, RECALL):
            of_faces = {FOUND: counts.hits, MISSED: counts.missed, RECALL: counts.recall}
            return of_faces[column] if group.n_faces or column != RECALL else None
        if not group.has_precision:
            return None
        return {ALARMS: counts.false_alarms, PRECISION: counts.precision, F1: counts.f1}[column]

    @staticmethod
    def _alignment(column: int) -> Qt.AlignmentFlag:
        side = Qt.AlignmentFlag.AlignLeft if column == NAME else Qt.AlignmentFlag.AlignRight
        return side | Qt.AlignmentFlag.AlignVCenter


class GroupTable(ResultTable):
    """The groups, sortable; choosing a row asks for what lies in it.

    Signals:
        group_chosen: a Group.
    """

    group_chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        groups, in_order = GroupsModel(), QSortFilterProxyModel()
        in_order.setSortRole(SORT_ROLE)
        in_order.setSourceModel(groups)
        super().__init__(in_order, NAME, parent)
        self.groups, self._sorted = groups, in_order
        self.setAccessibleName(self.tr("Results by folder, height and flag"))
        columns = self.horizontalHeader()
        metrics = QFontMetrics(columns.font())
        for column in range(FACES, AP + 1):
            title = self.groups.headerData(column, Qt.Orientation.Horizontal)
            widest = max(map(metrics.horizontalAdvance, (f"{title}▾", "0.000")))
            self.setColumnWidth(column, widest + CELL_PADDING)
        self._sorted.sort(-1)
        self.clicked.connect(self._choose)
        self.activated.connect(self._choose)

    def _choose(self, index: QModelIndex) -> None:
        self.group_chosen.emit(self.groups.group(self._sorted.mapToSource(index).row()))
