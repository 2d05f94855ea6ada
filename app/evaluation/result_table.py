"""What all tables of the page Evaluate have in common."""

from PySide6.QtCore import QAbstractItemModel, Qt
from PySide6.QtWidgets import QAbstractItemView, QHeaderView, QTableView, QWidget

ROW_PADDING = 7


class ResultTable(QTableView):
    """Rows to choose one of, sortable, of even height; one column takes the room that is left."""

    def __init__(
        self, model: QAbstractItemModel, widest: int, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setModel(model)
        self.setShowGrid(False)
        self.setWordWrap(False)
        self.setTabKeyNavigation(False)
        self.setSelectionBehavior(QTableView.SelectionBehavior.SelectRows)
        self.setSelectionMode(QTableView.SelectionMode.SingleSelection)
        self.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        rows = self.verticalHeader()
        rows.hide()
        rows.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        rows.setDefaultSectionSize(self.fontMetrics().height() + ROW_PADDING)
        columns = self.horizontalHeader()
        columns.setHighlightSections(False)
        columns.setSectionResizeMode(widest, QHeaderView.ResizeMode.Stretch)
        self.setSortingEnabled(True)
        # As the rows come, until a column is clicked.
        columns.setSortIndicator(-1, Qt.SortOrder.AscendingOrder)

    def keyboardSearch(self, text: str) -> None:
        """Does nothing: letters are commands."""
