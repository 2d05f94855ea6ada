"""The dialog that shows what this session did, and takes any line of it back."""

from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QDialog,
    QDialogButtonBox,
    QHeaderView,
    QLabel,
    QPushButton,
    QTableWidget,
    QTableWidgetItem,
    QVBoxLayout,
    QWidget,
)

from app.loop.report import Line, SessionReport

SIZE = (720, 460)


class ReportDialog(QDialog):
    """One row an image; `Revert` undoes all that was done in the chosen one."""

    def __init__(self, report: SessionReport, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(self.tr("Session report"))
        self.resize(*SIZE)
        self._report = report
        self._lines: list[Line] = []
        self.summary = QLabel()
        self.summary.setWordWrap(True)
        self.table = QTableWidget()
        self.table.setAccessibleName(self.tr("Changed images"))
        self.table.setColumnCount(6)
        self.table.setHorizontalHeaderLabels(
            [
                self.tr("Image"),
                self.tr("Added"),
                self.tr("Removed"),
                self.tr("Moved"),
                self.tr("Changed"),
                self.tr("Verdicts"),
            ]
        )
        self.table.verticalHeader().hide()
        self.table.setTabKeyNavigation(False)
        self.table.setEditTriggers(QAbstractItemView.EditTrigger.NoEditTriggers)
        self.table.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.table.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        header = self.table.horizontalHeader()
        header.setSectionResizeMode(QHeaderView.ResizeMode.ResizeToContents)
        header.setSectionResizeMode(0, QHeaderView.ResizeMode.Stretch)
        self.table.itemSelectionChanged.connect(self._enable)
        buttons = QDialogButtonBox(QDialogButtonBox.StandardButton.Close)
        self.revert = QPushButton(self.tr("&Revert this image"))
        self.revert.clicked.connect(self._revert)
        copy = QPushButton(self.tr("&Copy as text"))
        copy.clicked.connect(lambda: QGuiApplication.clipboard().setText(report.text()))
        buttons.addButton(self.revert, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.addButton(copy, QDialogButtonBox.ButtonRole.ActionRole)
        buttons.rejected.connect(self.reject)
        layout = QVBoxLayout(self)
        layout.addWidget(self.summary)
        layout.addWidget(self.table, 1)
        layout.addWidget(buttons)
        report.changed.connect(self.refresh)
        self.refresh()

    def refresh(self) -> None:
        """Shows the report as it is now."""
        lines = self._report.lines()
        self.summary.setText(
            self._report.summary() if lines else self.tr("Nothing was changed in this session.")
        )
        if lines == self._lines:
            return
        chosen = self._chosen()
        self._lines = lines
        self.table.setRowCount(len(lines))
        for row, line in enumerate(lines):
            tally = line.tally
            numbers = (tally.added, tally.removed, tally.moved, tally.changed, line.verdicts)
            for column, text in enumerate([line.image, *map(str, numbers)]):
                item = QTableWidgetItem(text)
                if column:
                    item.setTextAlignment(
                        Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
                    )
                self.table.setItem(row, column, item)
        images = [line.image for line in lines]
        if chosen in images:
            self.table.selectRow(images.index(chosen))
        elif images:
            self.table.selectRow(0)
        self._enable()

    def _chosen(self) -> str | None:
        row = self.table.currentRow()
        return self._lines[row].image if 0 <= row < len(self._lines) else None

    def _enable(self) -> None:
        chosen = self._chosen()
        can_revert = chosen is not None and self._report.can_revert(chosen)
        self.revert.setEnabled(can_revert)
        self.revert.setToolTip(
            ""
            if can_revert or chosen is None
            else self.tr("Its undo steps are no longer kept; an earlier version of the file is")
        )

    def _revert(self) -> None:
        chosen = self._chosen()
        if chosen is not None:
            self._report.revert(chosen)
