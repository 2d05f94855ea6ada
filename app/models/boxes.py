"""The boxes and visible predictions of one image as a Qt table, read from the document's arrays."""

from typing import Any

import numpy as np
import numpy.typing as npt
from PySide6.QtCore import (
    QAbstractTableModel,
    QLocale,
    QModelIndex,
    QPersistentModelIndex,
    Qt,
)

from app.comparison import IGNORED_MARK, MARKS, Agreement, AgreementArray
from app.document import Document
from tinaface.boxes import Detections, FloatArray

Index = QModelIndex | QPersistentModelIndex
ROOT = QModelIndex()

KIND, X, Y, WIDTH, HEIGHT, SCORE, MATCH = range(7)


class BoxesModel(QAbstractTableModel):
    """Ground truth first, in the file's order, then visible predictions, best score first."""

    def __init__(self) -> None:
        super().__init__()
        self._document: Document | None = None
        self._clear()

    def _clear(self) -> None:
        self._gt: FloatArray = np.zeros((0, 4))
        self._predictions = Detections.none()
        self._places: npt.NDArray[np.intp] = np.zeros(0, np.intp)
        self._gt_agreements: AgreementArray = np.zeros(0, np.int8)
        self._prediction_agreements: AgreementArray = np.zeros(0, np.int8)

    def set_document(self, document: Document | None) -> None:
        """Shows another document and follows it."""
        before = self._document
        if before is not None:
            before.boxes_changed.disconnect(self.read)
            before.predictions_changed.disconnect(self.read)
        self._document = document
        if document is not None:
            document.boxes_changed.connect(self.read)
            document.predictions_changed.connect(self.read)
        self.read()

    def read(self) -> None:
        """Takes the document's present state."""
        self.beginResetModel()
        self._clear()
        document = self._document
        if document is not None:
            self._gt = document.gt_boxes
            self._predictions = document.predictions
            places = document.visible_places()
            self._places = places[np.argsort(-document.predictions.scores[places], kind="stable")]
            self._gt_agreements = np.zeros(len(self._gt), np.int8)
            self._prediction_agreements = np.zeros(len(self._predictions), np.int8)
            comparison = document.comparison()
            if comparison is not None:
                self._gt_agreements = comparison.of_boxes(document.threshold)
                self._prediction_agreements = comparison.of_predictions()
        self.endResetModel()

    # ---- rows ----

    def gt_row(self, row: int) -> int | None:
        """The document's row of a ground-truth box; None for a prediction."""
        return row if row < len(self._gt) else None

    def prediction_place(self, row: int) -> int | None:
        """The place of a prediction in the document; None for ground truth."""
        return None if row < len(self._gt) else int(self._places[row - len(self._gt)])

    def rows_of_selection(self) -> list[int]:
        """The rows of what is selected in the document."""
        document = self._document
        if document is None:
            return []
        if document.selected_prediction is not None:
            found = np.flatnonzero(self._places == document.selected_prediction)
            return [len(self._gt) + int(row) for row in found]
        return sorted(document.selection)

    @property
    def counts(self) -> tuple[int, int]:
        """How many ground-truth boxes and how many visible predictions."""
        return len(self._gt), len(self._places)

    # ---- Qt's side ----

    def rowCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else len(self._gt) + len(self._places)

    def columnCount(self, parent: Index = ROOT) -> int:
        return 0 if parent.isValid() else MATCH + 1

    def headerData(
        self,
        section: int,
        orientation: Qt.Orientation,
        role: int = Qt.ItemDataRole.DisplayRole,
    ) -> Any:
        if orientation is not Qt.Orientation.Horizontal:
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return (
                self.tr("Kind"),
                self.tr("x"),
                self.tr("y"),
                self.tr("w"),
                self.tr("h"),
                self.tr("Score"),
                self.tr("Match"),
            )[section]
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(section)
        return None

    def data(self, index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        row, column = index.row(), index.column()
        if not 0 <= row < self.rowCount():
            return None
        if role == Qt.ItemDataRole.DisplayRole:
            return self._text(row, column)
        if role == Qt.ItemDataRole.TextAlignmentRole:
            return _alignment(column)
        if role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.AccessibleTextRole):
            return self._spoken(row)
        return None

    def _text(self, row: int, column: int) -> str:
        place = self.prediction_place(row)
        if column == KIND:
            return self.tr("GT") if place is None else self.tr("Pred")
        if column == SCORE:
            if place is None:
                return ""
            return QLocale().toString(float(self._predictions.scores[place]), "f", 2)
        if column == MATCH:
            if place is None and self._document is not None and self._document.is_ignored[row]:
                return IGNORED_MARK
            return MARKS.get(self._agreement(row), "")
        x0, y0, x1, y1 = self._gt[row] if place is None else self._predictions.xyxy[place]
        value = {X: x0, Y: y0, WIDTH: x1 - x0, HEIGHT: y1 - y0}[column]
        return QLocale().toString(round(float(value)))

    def _agreement(self, row: int) -> Agreement:
        place = self.prediction_place(row)
        if place is None:
            return Agreement(int(self._gt_agreements[row]))
        return Agreement(int(self._prediction_agreements[place]))

    def _spoken(self, row: int) -> str:
        place = self.prediction_place(row)
        if place is None and self._document is not None and self._document.is_ignored[row]:
            return self.tr("Ground truth that counts neither way")
        told = {
            (False, Agreement.TP): self.tr("Ground truth that the detector found"),
            (False, Agreement.FN): self.tr("Ground truth that the detector missed"),
            (False, Agreement.LOOSE): self.tr("Ground truth that the detector found loosely"),
            (True, Agreement.TP): self.tr("Prediction on a labelled face"),
            (True, Agreement.FP): self.tr("Prediction without a label"),
            (True, Agreement.LOOSE): self.tr("Prediction loosely on a labelled face"),
        }
        fallback = self.tr("Ground truth") if place is None else self.tr("Prediction")
        return told.get((place is not None, self._agreement(row)), fallback)


def _alignment(column: int) -> Qt.AlignmentFlag:
    if column == KIND:
        return Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
    if column == MATCH:
        return Qt.AlignmentFlag.AlignCenter
    return Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
