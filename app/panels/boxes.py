"""The table of ground truth and predictions of the current image; it and the canvas follow one
selection, the document's."""

from PySide6.QtCore import QItemSelection, QItemSelectionModel, QModelIndex, Qt, Signal
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QHeaderView, QLabel, QTableView, QVBoxLayout, QWidget

from app.document import Document
from app.models.boxes import KIND, MATCH, SCORE, BoxesModel
from app.session import Session
from app.theme import named

MARGIN = 10
ROW_PADDING = 7
HEADER_PADDING = 16


class BoxesTable(QTableView):
    """A plain table whose letters are commands, and whose Tab leaves it."""

    def keyboardSearch(self, text: str) -> None:
        """Does nothing: letters are commands."""


class BoxesPanel(QWidget):
    """Counts, and one row a box."""

    box_activated = Signal(object)
    """`[4]` box of a row that was double-clicked or entered."""

    def __init__(self, session: Session, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._session = session
        self._document: Document | None = None
        self._is_following = False
        self._model = BoxesModel()
        self._counts = named(QLabel(), "Muted")
        self._counts.setContentsMargins(MARGIN, 4, MARGIN, 6)
        self._counts.setWordWrap(True)
        self.table = BoxesTable()
        self.table.setAccessibleName(self.tr("Boxes of this image"))
        self.table.setModel(self._model)
        self.table.setShowGrid(False)
        self.table.setTabKeyNavigation(False)
        self.table.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.table.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.table.setWordWrap(False)
        rows = self.table.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + ROW_PADDING)
        columns = self.table.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setMinimumSectionSize(24)
        columns.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
        fixed = ((KIND, self.tr("Pred")), (SCORE, self.tr("Score")), (MATCH, self.tr("Match")))
        for column, widest in fixed:
            columns.setSectionResizeMode(column, QHeaderView.ResizeMode.Fixed)
            width = QFontMetrics(columns.font()).horizontalAdvance(widest) + HEADER_PADDING
            self.table.setColumnWidth(column, width)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(0)
        layout.addWidget(self._counts)
        layout.addWidget(self.table, 1)

        self.table.selectionModel().selectionChanged.connect(self._on_selected)
        self.table.doubleClicked.connect(self._on_activated)
        session.shown_changed.connect(self._on_shown)
        session.edited.connect(self._count)
        self._model.modelReset.connect(self._follow)
        self._on_shown()

    def _on_shown(self) -> None:
        document = self._session.document
        if document is self._document:
            self._count()
            return
        if self._document is not None:
            self._document.selection_changed.disconnect(self._follow)
        self._document = document
        if document is not None:
            document.selection_changed.connect(self._follow)
        self._model.set_document(document)
        self._count()

    def _count(self) -> None:
        if self._document is None:
            self._counts.setText(self.tr("No boxes"))
            return
        gt, predictions = self._model.counts
        locale = self.locale()
        text = self.tr("{gt} ground truth · {predictions} predicted at {threshold}").format(
            gt=locale.toString(gt),
            predictions=locale.toString(predictions),
            threshold=locale.toString(self._document.threshold, "f", 2),
        )
        others = len(self._document.other_shapes)
        if others:
            text += self.tr(" · {others} other shapes").format(others=locale.toString(others))
        self._counts.setText(text)

    def _follow(self) -> None:
        """Selects in the table what is selected in the document."""
        chosen = QItemSelection()
        rows = self._model.rows_of_selection()
        for first_row, last_row in _runs(rows):
            chosen.select(self._model.index(first_row, 0), self._model.index(last_row, MATCH))
        self._is_following = True
        flags = QItemSelectionModel.SelectionFlag
        self.table.selectionModel().select(chosen, flags.ClearAndSelect)
        if rows:
            first = self._model.index(rows[0], 0)
            self.table.selectionModel().setCurrentIndex(first, flags.NoUpdate)
            self.table.scrollTo(first)
        self._is_following = False

    def _on_selected(self) -> None:
        if self._is_following or self._document is None:
            return
        rows = sorted({index.row() for index in self.table.selectionModel().selectedIndexes()})
        places = [self._model.prediction_place(row) for row in rows]
        if places and places[-1] is not None and all(place is not None for place in places):
            self._document.select_prediction(places[-1])
        else:
            found = (self._model.gt_row(row) for row in rows)
            self._document.select([row for row in found if row is not None])

    def _on_activated(self, index: QModelIndex) -> None:
        if self._document is None:
            return
        place = self._model.prediction_place(index.row())
        if place is None:
            self.box_activated.emit(self._document.gt_boxes[index.row()])
        else:
            self.box_activated.emit(self._document.predictions.xyxy[place])


def _runs(rows: list[int]) -> list[tuple[int, int]]:
    """First and last of each unbroken run in ascending rows: few ranges, however many rows."""
    runs: list[tuple[int, int]] = []
    for row in rows:
        if runs and row == runs[-1][1] + 1:
            runs[-1] = (runs[-1][0], row)
        else:
            runs.append((row, row))
    return runs
